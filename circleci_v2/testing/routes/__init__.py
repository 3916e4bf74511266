"""Routes, which are found by the raw, still percent-encoded path; their handlers are in the modules of this package.

CircleCI's documents allow ``%2F`` for the slashes of slugs. Live, organization routes accept it; project routes are reported
to accept it and to respond with 404. The routers of web frameworks, Starlette's included, match the decoded path and cannot
distinguish the two.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final
from urllib.parse import unquote

import attrs

from circleci_v2._validation import did_you_mean
from circleci_v2.errors import ConfigurationError
from circleci_v2.operations import OPERATIONS
from circleci_v2.testing.messages import FakeRequest, FakeResponse
from circleci_v2.testing.state import FakeState

__all__ = ["Handler", "Match", "Route", "Routes"]

Handler = Callable[[FakeState, FakeRequest], FakeResponse]
"""Responds to the requests of a route; raises `HTTPError` for error responses."""

_SEGMENT_COUNTS: Final[Mapping[str, tuple[int, ...]]] = {
    "project-slug": (3,),
    "org-slug": (2,),
    "org-slug-or-id": (1, 2),
}
_SLUG_PARTS: Final = {*_SEGMENT_COUNTS, "provider", "organization", "project"}
_PROJECT_OR_ID: Final = ["project", "{project-slug}"]
"""The path on which the live API also accepts the id of a project (terraform-provider-circleci, project.go)."""

_ENCODED_SLASH: Final = re.compile("%2f", re.IGNORECASE)
_PLACEHOLDER: Final = re.compile(r"\{([^}]+)\}")


@attrs.frozen
class Route:
    """A method and a path template with their handler."""

    method: str
    template: str
    handler: Handler


@attrs.frozen
class Match:
    """The route of a request.

    Attributes:
        path_params: The decoded parameters of the path.
        encoded_slash: Whether a slug was sent with ``%2F``.
    """

    route: Route
    path_params: Mapping[str, str]
    encoded_slash: bool = False

    @property
    def of_project(self) -> bool:
        """Whether the path contains a project slug."""
        return "project-slug" in self.path_params or "provider" in self.path_params


@attrs.frozen
class _Pattern:
    """A template expanded to a fixed number of segments; a parameter may span several of them.

    Attributes:
        parts: For each segment, whether it is a parameter, and its name or text.
    """

    route: Route
    parts: tuple[tuple[bool, str], ...]

    def read(self, segments: list[str], decoded: range) -> dict[str, str] | None:
        """Return the decoded parameters if the segments match, otherwise None.

        Args:
            segments: The segments of the path.
            decoded: The positions of segments that were one segment with ``%2F``, which have to belong to a slug.
        """
        values: dict[str, list[str]] = {}
        for position, ((is_parameter, name), segment) in enumerate(zip(self.parts, segments, strict=True)):
            in_slug = is_parameter and name in _SLUG_PARTS
            if not is_parameter:
                if segment != name:
                    return None
            elif not segment or (in_slug and "%2f" in segment.lower()):
                return None
            else:
                values.setdefault(name, []).append(unquote(segment))
            if position in decoded and not in_slug:
                return None
        return {name: "/".join(texts) for name, texts in values.items()}

    @property
    def order(self) -> tuple[bool, ...]:
        """The sort key: literal segments match before parameters, from the left."""
        return tuple(is_parameter for is_parameter, _ in self.parts)


class Routes:
    """A collection of routes, with decorators to add handlers.

    Args:
        routes: The initial routes. Default: none.
    """

    def __init__(self, routes: Iterable[Route] = ()) -> None:
        self._routes: list[Route] = []
        self._patterns: dict[int, list[_Pattern]] = {}
        for route in routes:
            self.add(route)

    def __iter__(self) -> Iterator[Route]:
        return iter(self._routes)

    def add(self, route: Route) -> None:
        """Add a route.

        Raises:
            ConfigurationError: There is a route with the same method and template.
        """
        if any((route.method, route.template) == (known.method, known.template) for known in self._routes):
            msg = f"{route.method} {route.template} has two handlers"
            raise ConfigurationError(msg)
        self._routes.append(route)
        for parts in _expand(route.template.strip("/").split("/")):
            patterns = self._patterns.setdefault(len(parts), [])
            patterns.append(_Pattern(route, parts))
            patterns.sort(key=lambda pattern: pattern.order)

    def on(self, method: str, template: str) -> Callable[[Handler], Handler]:
        """Return a decorator that registers the handler of a method and a path template."""

        def register(handler: Handler) -> Handler:
            self.add(Route(method, template, handler))
            return handler

        return register

    def get(self, template: str) -> Callable[[Handler], Handler]:
        """Return a decorator that registers the handler of GET."""
        return self.on("GET", template)

    def post(self, template: str) -> Callable[[Handler], Handler]:
        """Return a decorator that registers the handler of POST."""
        return self.on("POST", template)

    def put(self, template: str) -> Callable[[Handler], Handler]:
        """Return a decorator that registers the handler of PUT."""
        return self.on("PUT", template)

    def patch(self, template: str) -> Callable[[Handler], Handler]:
        """Return a decorator that registers the handler of PATCH."""
        return self.on("PATCH", template)

    def delete(self, template: str) -> Callable[[Handler], Handler]:
        """Return a decorator that registers the handler of DELETE."""
        return self.on("DELETE", template)

    def find(self, method: str, path: str) -> Match | None:
        """Return the route of a request and its path parameters, or None."""
        return next((match for match in self._matches(path) if match.route.method == method), None)

    def named(self, name: str) -> frozenset[tuple[str, str]]:
        """Return the methods and templates of the routes with a name.

        Args:
            name: An operationId (``rerunWorkflow``), the method of the client (``circleci.workflows.rerun`` or
                ``workflows.rerun``), a method and a template (``POST /workflow/{id}/rerun``), or a template alone, which
                stands for all methods of the path.

        Raises:
            ConfigurationError: No route has this name; the message contains the nearest name.
        """
        names = self._names()
        if name not in names:
            nearest = self._name_of_path(name) or did_you_mean(name, names) or "."
            msg = (
                f"{name!r} names no route: pass an operationId, a method of the client such as circleci.workflows.rerun, "
                f"or an HTTP method and a path template such as 'POST /workflow/{{id}}/rerun'{nearest}"
            )
            raise ConfigurationError(msg)
        return frozenset(names[name])

    def _names(self) -> dict[str, set[tuple[str, str]]]:
        names: dict[str, set[tuple[str, str]]] = {}
        for route in self._routes:
            key = (route.method, route.template)
            names.setdefault(f"{route.method} {route.template}", set()).add(key)
            names.setdefault(route.template, set()).add(key)
        for operation in OPERATIONS.values():
            key = (operation.method, operation.path)
            method = f"{operation.namespace}.{operation.name}"
            names |= {operation.id: {key}, method: {key}, f"circleci.{method}": {key}}
        return names

    def _name_of_path(self, name: str) -> str:
        """Return the end of an error message that names the route of a concrete path, such as ``GET /project/gh/acme/web``."""
        method, _, path = name.rpartition(" ")
        found = sorted(
            {
                f"{match.route.method} {match.route.template}"
                for match in self._matches(path)
                if method.upper() in {"", match.route.method}
            }
        )
        return f"; did you mean {found[0]!r}?" if found else ""

    def methods(self, path: str) -> list[str]:
        """Return the allowed methods of a path, in alphabetical order."""
        return sorted({match.route.method for match in self._matches(path)})

    def _matches(self, path: str) -> Iterator[Match]:
        segments = path.removeprefix("/").split("/")
        for written, decoded in (segments, range(0)), *_with_decoded_slug(segments):
            for pattern in self._patterns.get(len(written), ()):
                parameters = pattern.read(written, decoded)
                if parameters is not None:
                    yield Match(pattern.route, parameters, encoded_slash=bool(decoded))


def _with_decoded_slug(segments: list[str]) -> Iterator[tuple[list[str], range]]:
    """Yield the segments with the first ``%2F`` of a path as a slash, and the positions of the segments that it separates."""
    for position, segment in enumerate(segments):
        parts = _ENCODED_SLASH.split(segment)
        if len(parts) > 1:
            yield [*segments[:position], *parts, *segments[position + 1 :]], range(position, position + len(parts))
            return


def _expand(segments: list[str]) -> list[tuple[tuple[bool, str], ...]]:
    expansions: list[tuple[tuple[bool, str], ...]] = [()]
    for segment in segments:
        placeholder = _PLACEHOLDER.fullmatch(segment)
        name = placeholder[1] if placeholder else segment
        counts = _SEGMENT_COUNTS.get(name, (1,)) if placeholder else (1,)
        if segments == ["project", "{project-slug}"]:
            counts = (
                (1, *counts) if placeholder else counts
            )  # the live API also takes the id of a project, on this path only
        part = (placeholder is not None, name)
        expansions = [parts + (part,) * count for parts in expansions for count in counts]
    return expansions
