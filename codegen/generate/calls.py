"""What the document says of each operation, and the method that stands for it."""

from __future__ import annotations

import builtins
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs

from circleci_v2.policies import IDEMPOTENT_METHODS
from codegen.documents import Document
from codegen.errors import SpecError
from codegen.names import CallName, Names, identifier
from codegen.queries import component_of, fields_of_schema, json_schema_of, operations_of

__all__ = ["Call", "calls_of", "field_words"]

_TAKEN_IN_METHODS = frozenset({"given", "org_path", "path_segment", "project_path", "self"})
_SENT_ANYWAY = frozenset({"accept", "authorization", "circle-token", "content-type"})
_ERRORS = {
    "400": ("BadRequestError", "CircleCI cannot make sense of an argument."),
    "401": ("AuthenticationError", "The token is missing or not known."),
    "403": ("PermissionDeniedError", "The owner of the token may not do this."),
    "404": ("NotFoundError", "It does not exist, or the token may not see it."),
    "409": ("ConflictError", "It contradicts what is there, for example a name that is taken."),
    "429": ("RateLimitError", "Too many requests, and no more time to wait for the next chance."),
}


@attrs.frozen(kw_only=True)
class Call:
    """One operation of the document, and the method that stands for it."""

    id: str
    method: str
    path: str
    name: CallName
    tag: str
    summary: str
    description: str
    deprecated: bool
    responses: Mapping[str, Any]
    parameters: Sequence[Mapping[str, Any]]
    body: Mapping[str, Any] | None
    body_words: Mapping[str, str]
    renamed: Mapping[str, str]
    slug_path: str | None
    slug_description: str

    @property
    def module(self) -> str:
        """The module of the operation; the name of a built-in is given an underscore, because the module is imported."""
        method = self.name.method
        return f"{method}_" if hasattr(builtins, method) else method

    def argument(self, key: str) -> str:
        """The Python name of a parameter, or of a field of the body."""
        return self.renamed.get(key) or identifier(key, prefix="field_", taken=_TAKEN_IN_METHODS | {self.module})

    @property
    def place(self) -> str:
        """Method and path, for messages."""
        return f"{self.method.upper()} {self.path}"

    @property
    def idempotent(self) -> bool:
        """Whether sending it twice has the effect of sending it once."""
        return self.method.upper() in IDEMPOTENT_METHODS

    @property
    def unsent(self) -> Sequence[str]:
        """The headers and cookies that the document requires and the client does not send."""
        return [
            f"{p['in']} {p['name']!r}"
            for p in self.parameters
            if p["in"] in ("header", "cookie") and p.get("required") and p["name"].lower() not in _SENT_ANYWAY
        ]

    @property
    def route(self) -> str:
        """The path that Python fills in: as published, or with three segments of a slug written as one."""
        return self.slug_path or self.path

    @property
    def raises(self) -> Iterator[tuple[str, str]]:
        """The errors that the document names for it, with what each means."""
        yield from (_ERRORS[status] for status in sorted(self.responses) if status in _ERRORS)


def calls_of(document: Document, names: Names) -> dict[CallName, Call]:
    """Every operation of a normalised document by the name of its method, in the document's order.

    Raises:
        SpecError: Two operations claim one method, or have one operationId.
    """
    calls: dict[CallName, Call] = {}
    by_id: dict[str, Call] = {}
    for method, path, operation in operations_of(document):
        call = _call(document, names, path, method, operation)
        if other := calls.get(call.name):
            msg = f"{call.place} and {other.place} are both called {call.name}"
            raise SpecError(msg)
        if other := by_id.get(call.id):
            # Within one document this is invalid OpenAPI; an operation that the overlay retains comes from another one.
            msg = (
                f"{call.place} and {other.place} both have the operationId {call.id!r}; "
                "where overlay.yaml retains one of them, give that one another id in openapi.json"
            )
            raise SpecError(msg)
        calls[call.name] = by_id[call.id] = call
    return calls


def _call(document: Document, names: Names, path: str, method: str, operation: Mapping[str, Any]) -> Call:
    name = names.call(method, path, operation)
    parameters = [_looked_up(document, parameter) for parameter in operation["parameters"]]
    return Call(
        id=operation.get("operationId", str(name)),
        method=method,
        path=path,
        name=name,
        tag=operation["tags"][0],
        summary=operation.get("summary", ""),
        description=operation.get("description", ""),
        deprecated=bool(operation.get("deprecated")),
        responses=operation["responses"],
        parameters=parameters,
        body=operation.get("requestBody"),
        body_words=field_words(document, component_of(json_schema_of(operation.get("requestBody", {})))),
        renamed=names.arguments(method, path),
        slug_path=_slug_path(path, names.slug_paths),
        slug_description=document["components"]["parameters"].get("ProjectSlug", {}).get("description", ""),
    )


def _looked_up(document: Document, value: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" not in value:
        return value
    found: Mapping[str, Any] = document["components"]["parameters"][value["$ref"].rsplit("/", 1)[1]]
    return found


def _slug_path(path: str, slug_paths: Sequence[str]) -> str | None:
    return next((path.replace(run, "{project-slug}") for run in slug_paths if run in path), None)


def field_words(document: Document, model: str) -> dict[str, str]:
    """What the document says of each field of a model.

    Of a field that is a model or an enum, the generator's parser knows only what is said of that model or enum.
    """
    return {name: str(field.get("description", "")) for name, field in fields_of_schema(document, model).items()}
