"""What the templates need to know of each operation: its call in Python, its arguments, what it answers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs
from openapi_python_client.parser.openapi import Endpoint
from openapi_python_client.parser.properties.model_property import ModelProperty

from codegen.documents import Document
from codegen.errors import SpecError
from codegen.generate.annotations import arms
from codegen.generate.calls import Call
from codegen.generate.outcomes import Outcome, outcome_of
from codegen.generate.rendering import argument_annotation, fields_of, is_nullable, literal, model_names, plain

__all__ = ["Argument", "View", "view"]

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_PLAIN_PLACEHOLDER = re.compile(r"[A-Za-z0-9_-]+")
_SLUG_TYPES = {
    "project-slug": ("ProjectSlug | str", "project_path"),
    "org-slug": ("OrgSlug | str", "org_path"),
    "org-slug-or-id": ("OrgSlug | UUID | str", "org_path"),
}


@attrs.frozen(kw_only=True)
class Argument:
    """One argument of a method."""

    name: str
    key: str
    annotation: str
    default: str | None
    description: str
    place: str
    nullable: bool = False
    models: frozenset[str] = frozenset()

    @property
    def declaration(self) -> str:
        """The argument as it stands in a signature."""
        return f"{self.name}: {self.annotation}" + (f" = {self.default}" if self.default is not None else "")


@attrs.frozen(kw_only=True)
class View:
    """An operation as its template prints it."""

    call: Call
    arguments: Sequence[Argument]
    outcome: Outcome
    path_expression: str
    cursor: str | None

    @property
    def module(self) -> str:
        """The module of the operation."""
        return self.call.module

    @property
    def parsed_annotation(self) -> str:
        """What ``parse`` returns."""
        names = sorted(self.outcome.models, key=len, reverse=True)
        kind = self.outcome.annotation
        for name in names:
            kind = re.sub(rf"(?<![.\w]){name}\b", f"models.{name}", kind)
        return f"Page[{kind}]" if self.outcome.page else kind

    @property
    def all_models(self) -> Sequence[str]:
        """The models that the method's signature mentions."""
        return sorted({*self.argument_models, *self.outcome.models})

    @property
    def positional(self) -> Sequence[Argument]:
        """What stands in the path, in its order."""
        return [argument for argument in self.arguments if argument.place == "path" and argument.default is None]

    @property
    def keywords(self) -> Sequence[Argument]:
        """Everything else, what is required first."""
        rest = [argument for argument in self.arguments if argument not in self.positional]
        return sorted(rest, key=lambda argument: argument.default is not None)

    @property
    def signature(self) -> str:
        """All arguments, as they stand in a ``def``."""
        star = ["*"] if self.keywords else []
        return ", ".join([*(a.declaration for a in self.positional), *star, *(a.declaration for a in self.keywords)])

    @property
    def forwarded(self) -> str:
        """All arguments, as the method hands them to the module of the operation."""
        return ", ".join([*(a.name for a in self.positional), *(f"{a.name}={a.name}" for a in self.keywords)])

    def placed(self, place: str) -> Sequence[Argument]:
        """The arguments that travel in one place: path, query or body."""
        return [argument for argument in self.arguments if argument.place == place]

    @property
    def needs(self) -> frozenset[str]:
        """The names of other modules that signature and body mention."""
        text = f"{self.signature} {self.path_expression} {self.outcome.annotation}"
        words = frozenset(re.findall(r"[A-Za-z_]+", text))
        given = {"given"} if any(a.default is not None for a in self.placed("body")) else set[str]()
        return words | given

    @property
    def argument_models(self) -> Sequence[str]:
        """The models that the arguments mention."""
        return sorted({name for argument in self.arguments for name in argument.models})


def view(document: Document, call: Call, endpoint: Endpoint) -> View:
    """An operation as its template prints it, from the document's facts and the generator's types."""
    arguments = list(_arguments(call, endpoint))
    names = [argument.name for argument in arguments]
    if len(set(names)) < len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        msg = f"{call.place}: several parameters are called {', '.join(twice)} in Python; rename them in names.yaml"
        raise SpecError(msg)
    outcome = outcome_of(document, call, endpoint)
    keys = {argument.key for argument in arguments if argument.place == "query"}
    cursor = "offset" if "offset" in keys and "page-token" not in keys else None
    return View(
        call=call,
        arguments=arguments,
        outcome=outcome,
        path_expression=_path_expression(call),
        cursor=cursor if outcome.page else None,
    )


def _arguments(call: Call, endpoint: Endpoint) -> Iterator[Argument]:
    described = {(p["in"], p["name"]): p for p in call.parameters}
    if call.slug_path:
        yield _path_argument(call, "project-slug", described, None)
    for prop in endpoint.path_parameters:
        if not (call.slug_path and plain(prop.name) == "project-slug"):
            yield _path_argument(call, plain(prop.name), described, prop)
    for prop in endpoint.query_parameters:
        source = described["query", plain(prop.name)]
        yield _argument(call, prop, "query", source.get("description", ""), source["schema"].get("default"))
    for body in endpoint.bodies:
        for prop in _fields_of_body(call, body.prop):
            yield _argument(call, prop, "body", call.body_words.get(plain(prop.name), ""), None)


def _fields_of_body(call: Call, prop: Any) -> list[Any]:
    """The fields of a request body: each becomes an argument, so that a body without any could not be given."""
    fields = fields_of(prop) if isinstance(prop, ModelProperty) else []
    if not fields:
        msg = f"{call.place} body: only an object with fields can become arguments, found {argument_annotation(prop)}"
        raise SpecError(msg)
    return fields


def _path_argument(call: Call, key: str, described: Mapping[tuple[str, str], Any], prop: Any) -> Argument:
    source = described.get(("path", key), {})
    kind = _SLUG_TYPES[key][0] if key in _SLUG_TYPES else argument_annotation(prop)
    default = source.get("schema", {}).get("default")
    return Argument(
        name=call.argument(key),
        key=key,
        annotation=kind,
        default=literal(default) if isinstance(default, str) else None,
        description=source.get("description", "") or (call.slug_description if key == "project-slug" else ""),
        place="path",
        models=frozenset() if prop is None else frozenset(model_names(prop)),
    )


def _argument(call: Call, prop: Any, place: str, description: str, default: Any) -> Argument:
    key = plain(prop.name)
    kind = argument_annotation(prop)
    nullable = is_nullable(prop)
    # A time is given as a datetime alone; where it is left out, the API's own default holds.
    if isinstance(default, str) and "str" in arms(kind):
        default = literal(default)
    elif prop.required:
        default = None
    elif nullable and place == "body":
        kind, default = f"{kind.removesuffix(' | None')} | Unset | None", "UNSET"
    else:
        kind, default = (kind if nullable else f"{kind} | None"), "None"
    return Argument(
        name=call.argument(key),
        key=key,
        annotation=kind,
        default=default,
        description=description,
        place=place,
        nullable=nullable and place == "body",
        models=frozenset(model_names(prop)),
    )


def _path_expression(call: Call) -> str:
    """The route as an expression. Its text is put between quotes piece by piece; the rest is names of ours alone."""
    pieces: list[str] = []
    end = 0
    for match in _PLACEHOLDER.finditer(call.route):
        pieces += [_fixed(call.route[end : match.start()]), f"{{{_filled(call, match.group(1))}}}"]
        end = match.end()
    if not pieces:
        return literal(call.route)
    return f'f"{"".join([*pieces, _fixed(call.route[end:])])}"'


def _fixed(text: str) -> str:
    """Text for the inside of an f-string."""
    return literal(text)[1:-1].replace("{", "{{").replace("}", "}}")


def _filled(call: Call, key: str) -> str:
    if not _PLAIN_PLACEHOLDER.fullmatch(key):
        msg = f"{call.place}: the path parameter {key!r} is not made of letters, digits, - and _"
        raise SpecError(msg)
    name = call.argument(key)
    # Single quotes, because an f-string on Python 3.11 cannot reuse its own.
    return f"{_SLUG_TYPES[key][1]}({name})" if key in _SLUG_TYPES else f"path_segment('{name}', {name})"
