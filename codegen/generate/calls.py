"""The operations of a document, and the methods that call them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import count
from typing import Any

import attrs

from codegen.documents import Document
from codegen.errors import SpecError
from codegen.names import CallName, Names, identifier
from codegen.queries import body_schema_of, component_of, fields_of_schema, media_of, operations_of

__all__ = ["Call", "calls_of", "description_of", "field_descriptions"]

# The names that the body of a method uses, which no argument may shadow.
_TAKEN_IN_METHODS = frozenset(
    {
        *("bytes_body", "checked_files", "form_body", "multipart_body", "text_body"),
        *("deep_object", "delimited", "document_keys", "json_text", "spread_object"),
        *("models", "one_of", "org_path", "path_segment", "project_path", "required", "self", "unmasked"),
        *("bool", "bytes", "dict", "float", "int", "list", "str"),
    }
)
_SENT_ALWAYS = frozenset({"accept", "authorization", "circle-token", "content-type"})
_ERRORS = {
    "400": ("BadRequestError", "An argument is not valid."),
    "401": ("AuthenticationError", "The token is missing or unknown."),
    "403": ("PermissionDeniedError", "The owner of the token may not do this."),
    "404": ("NotFoundError", "It does not exist, or the token has no access to it."),
    "409": ("ConflictError", "It conflicts with the current state, for example a name that is already in use."),
    "422": (
        "UnprocessableEntityError",
        "The request is well-formed but refused, for example because a limit is reached.",
    ),
    "429": ("RateLimitError", "Too many requests, and the wait for the next attempt would exceed the deadline."),
}


@attrs.frozen(kw_only=True)
class Call:
    """One operation of the document, and the method that calls it.

    `security` lists the alternative ways to authenticate, and `servers` is empty unless those of the document do not apply.

    Attributes:
        media: The media type of the body; empty if it has none.
        encoding: How the fields of a form are encoded, where that is not the default.
        passwords: The fields of the body whose format is ``password``; responses contain a mask in their place.
    """

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
    media: str
    encoding: Mapping[str, Mapping[str, Any]]
    body_descriptions: Mapping[str, str]
    passwords: Collection[str]
    renamed: Mapping[str, str]
    slug_path: str | None
    slug_description: str
    security: Sequence[Mapping[str, Any]]
    servers: Sequence[str]

    def argument(self, key: str, place: str = "path") -> str:
        """The Python name of a parameter, or of a field of the body; `place` is ``path``, ``query`` or ``body``."""
        return (
            self.renamed.get(f"{place} {key}")
            or self.renamed.get(key)
            or identifier(key, prefix="field_", taken=_TAKEN_IN_METHODS)
        )

    @property
    def place(self) -> str:
        """Method and path, for messages."""
        return f"{self.method.upper()} {self.path}"

    @property
    def unsent(self) -> Sequence[str]:
        """The headers and cookies that the document requires and the client does not send."""
        return [
            f"{p['in']} {p['name']!r}"
            for p in self.parameters
            if p["in"] in ("header", "cookie") and p.get("required") and p["name"].lower() not in _SENT_ALWAYS
        ]

    @property
    def ignored(self) -> Sequence[str]:
        """The optional headers and cookies, which the client does not send."""
        return [
            f"{p['in']} {p['name']!r}"
            for p in self.parameters
            if p["in"] in ("header", "cookie") and not p.get("required") and p["name"].lower() not in _SENT_ALWAYS
        ]

    @property
    def route(self) -> str:
        """The path for the arguments: as published, or with the three segments of a slug joined into one."""
        return self.slug_path or self.path

    @property
    def raises(self) -> Iterator[tuple[str, str]]:
        """The errors that the document lists, with the meaning of each."""
        yield from (_ERRORS[status] for status in sorted(self.responses) if status in _ERRORS)


def calls_of(document: Document, names: Names) -> tuple[dict[CallName, Call], list[str]]:
    """Every operation of a normalised document by the name of its method, in the document's order; and notes about names.

    Raises:
        SpecError: Two operations have one operationId.
    """
    notes: list[str] = []
    calls: dict[CallName, Call] = {}
    by_id: dict[str, Call] = {}
    for method, path, operation in operations_of(document):
        call = _call(document, names, path, method, operation)
        if other := calls.get(call.name):
            numbered = (CallName(call.name.namespace, f"{call.name.method}_{number}") for number in count(2))
            name = next(name for name in numbered if name not in calls)
            notes.append(
                f"{call.place} and {other.place} would both be called {call.name} in Python; the first is called {name}. "
                "To change that, name it in names.yaml"
            )
            call = attrs.evolve(call, name=name)
        if other := by_id.get(call.id):
            # Within one document this is invalid OpenAPI; an operation that overlay.yaml retains comes from another one.
            msg = (
                f"{call.place} and {other.place} both have the operationId {call.id!r}; "
                "if overlay.yaml retains one of them, change its id in openapi.json"
            )
            raise SpecError(msg)
        calls[call.name] = by_id[call.id] = call
    return calls, notes


def _call(document: Document, names: Names, path: str, method: str, operation: Mapping[str, Any]) -> Call:
    name = names.call(method, path, operation)
    parameters = [_looked_up(document, parameter) for parameter in operation["parameters"]]
    media = media_of(operation.get("requestBody", {}))
    body_model = component_of(body_schema_of(operation.get("requestBody", {})))
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
        media=media,
        encoding=operation.get("requestBody", {}).get("content", {}).get(media, {}).get("encoding", {}),
        body_descriptions=field_descriptions(document, body_model),
        passwords={
            name for name, field in fields_of_schema(document, body_model).items() if field.get("format") == "password"
        },
        renamed=names.arguments(method, path),
        slug_path=_slug_path(path, names.slug_paths),
        security=operation.get("security", document.get("security", ())),
        servers=[server["url"] for server in operation.get("servers", ())],
        slug_description=document["components"]["parameters"].get("ProjectSlug", {}).get("description", ""),
    )


def _looked_up(document: Document, value: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" not in value:
        return value
    found: Mapping[str, Any] = document["components"]["parameters"][value["$ref"].rsplit("/", 1)[1]]
    return found


def _slug_path(path: str, slug_paths: Sequence[str]) -> str | None:
    return next((path.replace(run, "{project-slug}") for run in slug_paths if run in path), None)


def field_descriptions(document: Document, model: str) -> dict[str, str]:
    """The description of each field of a model.

    For a field whose type is a model or an enum, the generator's parser keeps only the description of that type.
    """
    return {name: description_of(field) for name, field in fields_of_schema(document, model).items()}


def description_of(value: Mapping[str, Any]) -> str:
    """The description of a parameter or field, which says so if it is deprecated."""
    text = str(value.get("description", ""))
    is_unsaid = value.get("deprecated") is True and "deprecated" not in text.lower()
    return f"Deprecated. {text}".strip() if is_unsaid else text
