"""The API surface of the package that a document results in: methods, models and enums as callers see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
from openapi_python_client.parser.properties.enum_property import EnumProperty
from openapi_python_client.parser.properties.model_property import ModelProperty

from codegen.documents import Document
from codegen.generate import rendering
from codegen.generate.annotations import arms, without, without_literals
from codegen.generate.calls import field_descriptions
from codegen.generate.parsing import parse
from codegen.generate.views import Argument, View
from codegen.names import Names, canonical_key
from codegen.queries import body_schema_of, component_of, fields_of_schema, media_of, parameter_schema_of, references_in
from codegen.schemas import CONSTRAINT_KEYS

__all__ = ["Enum", "Field", "Method", "Model", "Parameter", "Surface", "surface_of"]

Constraints = Mapping[str, Any]
"""Bounds, pattern, default and format of a value, which its Python type does not express."""


@attrs.frozen(kw_only=True)
class Parameter:
    """An argument of a method.

    Attributes:
        key: The name in the document.
        location: ``path``, ``query``, ``body``, or ``json`` for the body as a whole.
        type: The accepted type, without the None or `Unset` that stands for an omitted argument.
        nullable: Whether null can be sent.
        style: The encoding of a query parameter, where it is not ``form`` with a repeated name.
        docs: The description.
    """

    name: str
    key: str
    location: str
    style: str | None
    type: str
    required: bool
    nullable: bool
    constraints: Constraints
    docs: str


@attrs.frozen(kw_only=True)
class Method:
    """An operation.

    Attributes:
        key: The canonical key: method and path, ignoring the spelling of placeholders.
        id: The operationId.
        operation: Method and path, for messages.
        media: The media type of the body; empty if it has none.
        accepts: The media types of the successful responses that have a body.
        encoding: How the fields of a form are encoded, where that is not the default.
        returns: The return type, or the type of one item if the response is paginated.
        items: The field that holds the items of a page.
        unsent: The required headers and cookies that the client does not send.
        ignored: The optional ones.
        authentication: The alternative ways to authenticate.
        has_own_authentication: Whether they are not those of the document.
        servers: The URLs of its servers, if they are not those of the document.
        errors: Status -> component, for the error responses that the document lists.
        docs: Summary and description.
    """

    name: str
    key: str
    id: str
    operation: str
    parameters: Mapping[str, Parameter]
    positional: Sequence[str]
    media: str
    accepts: frozenset[str]
    encoding: Mapping[str, Any]
    returns: str
    is_page: bool
    items: str
    successes: frozenset[str]
    unsent: Sequence[str]
    ignored: Sequence[str]
    authentication: frozenset[str]
    has_own_authentication: bool
    servers: frozenset[str]
    errors: Mapping[str, str]
    deprecated: bool
    docs: str


@attrs.frozen(kw_only=True)
class Field:
    """A field of a model; `type` does not include the None of a field that may be absent or null."""

    name: str
    key: str
    type: str
    required: bool
    nullable: bool
    constraints: Constraints
    docs: str


@attrs.frozen(kw_only=True)
class _NamedSchema:
    """The common part of models and enums.

    Attributes:
        sent: The methods that send it.
        received: The methods that return it.
    """

    name: str
    sent: Sequence[str]
    received: Sequence[str]
    docs: str

    @property
    def used_by(self) -> Sequence[str]:
        """The methods that send or return it."""
        return sorted({*self.sent, *self.received})


@attrs.frozen(kw_only=True)
class Model(_NamedSchema):
    """A model; `tags` maps fields to the values by which it is recognized among the variants of a union."""

    fields: Mapping[str, Field]
    tags: Mapping[str, Sequence[str]]


@attrs.frozen(kw_only=True)
class Enum(_NamedSchema):
    """An enum; `values` maps members to values."""

    values: Mapping[str, str]


@attrs.frozen(kw_only=True)
class Surface:
    """Everything that callers see of a package and of the service.

    Attributes:
        methods: Canonical key -> method.
        models: Name -> model.
        enums: Name -> enum.
        servers: The URLs of the servers.
        security: Name -> authentication scheme.
        authentication: The alternative combinations of schemes, one of which a request needs.
        notes: Operations and fields of the document that the package leaves out.
    """

    methods: Mapping[str, Method]
    models: Mapping[str, Model]
    enums: Mapping[str, Enum]
    servers: frozenset[str]
    security: Mapping[str, str]
    authentication: frozenset[str]
    notes: Sequence[str] = ()


def surface_of(document: Document, names: Names) -> Surface:
    """Return the surface of the package that a document in normal form results in.

    Raises:
        SpecError: No package can be generated from the document.
    """
    parsed = parse(document, names, Path())
    document = parsed.document
    sent, received = _users(document, parsed.views)
    schemas = document["components"]["schemas"]

    def common(name: str) -> dict[str, Any]:
        docs = str(schemas.get(name, {}).get("description", ""))
        return {"name": name, "sent": sent.get(name, ()), "received": received.get(name, ()), "docs": docs}

    return Surface(
        methods={method.key: method for method in (_method(document, entry) for entry in parsed.views)},
        models={
            name: Model(fields=_fields(document, model), tags=parsed.tags.get(name, {}), **common(name))
            for model in parsed.models
            if (name := str(model.class_info.name))
        },
        enums={
            name: Enum(values=_values(enum), **common(name))
            for enum in parsed.enums
            if (name := str(enum.class_info.name))
        },
        servers=frozenset(str(server.get("url")) for server in document.get("servers", ())),
        security={name: _scheme(scheme) for name, scheme in document["components"].get("securitySchemes", {}).items()},
        authentication=frozenset(_requirement(entry) for entry in document.get("security", ())),
        notes=parsed.notes,
    )


def _scheme(scheme: Mapping[str, Any]) -> str:
    return " ".join(str(scheme[key]) for key in ("type", "scheme", "in", "name") if key in scheme)


def _requirement(schemes: Mapping[str, Sequence[str]]) -> str:
    return " and ".join(" ".join([name, *sorted(scopes)]) for name, scopes in sorted(schemes.items())) or "nothing"


def _method(document: Document, entry: View) -> Method:
    call = entry.call
    return Method(
        name=str(call.name),
        key=canonical_key(call.method, call.path),
        id=call.id,
        operation=call.place,
        parameters={argument.name: _parameter(document, entry, argument) for argument in entry.arguments},
        positional=[argument.name for argument in entry.positional],
        media=call.media,
        accepts=frozenset(media_of(r) for s, r in call.responses.items() if s.startswith("2")) - {""},
        encoding=call.encoding,
        returns=entry.outcome.annotation,
        is_page=entry.outcome.page,
        items=entry.outcome.items,
        successes=frozenset(status for status in call.responses if status.startswith("2")),
        unsent=call.unsent,
        ignored=call.ignored,
        authentication=frozenset(map(_requirement, call.security)),
        has_own_authentication="security" in document["paths"][call.path][call.method],
        servers=frozenset(call.servers),
        errors={s: component_of(r) for s, r in sorted(call.responses.items()) if not s.startswith("2")},
        deprecated=call.deprecated,
        docs=f"{call.summary}\n{call.description}",
    )


def _parameter(document: Document, entry: View, argument: Argument) -> Parameter:
    required = argument.default is None
    kind = argument.annotation if required else without(argument.annotation, "None", "Unset")
    return Parameter(
        name=argument.name,
        key=argument.key,
        location=argument.place,
        style=argument.style,
        # A change of the values of an enum is reported for the enum.
        type=without_literals(without(kind, "None")),
        required=required,
        nullable=argument.nullable or "None" in arms(kind),
        constraints=_constraints(_schema_of_argument(document, entry, argument)),
        docs=argument.description,
    )


def _schema_of_argument(document: Document, entry: View, argument: Argument) -> Mapping[str, Any]:
    if argument.place == "json":
        return body_schema_of(entry.call.body or {})
    if argument.place == "body":
        schema: Mapping[str, Any] = fields_of_schema(document, _body(entry)).get(argument.key, {})
        return schema
    declared = {(p["in"], p["name"]): p for p in entry.call.parameters}
    # A project slug that the document declares as three parameters is a single argument without a schema of its own.
    described: Mapping[str, Any] = parameter_schema_of(declared.get((argument.place, argument.key), {}))
    return described


def _body(entry: View) -> str:
    return component_of(body_schema_of(entry.call.body or {}))


def _fields(document: Document, model: ModelProperty) -> Mapping[str, Field]:
    name = str(model.class_info.name)
    descriptions = field_descriptions(document, name)
    schemas = fields_of_schema(document, name)

    def field(prop: Any) -> Field:
        key = rendering.plain(prop.name)
        return Field(
            name=rendering.attribute(prop.name),
            key=key,
            type=without(rendering.annotation(prop), "None"),
            required=bool(prop.required),
            nullable=rendering.is_nullable(prop),
            constraints=_constraints(schemas.get(key, {})),
            docs=descriptions.get(key, ""),
        )

    return {entry.name: entry for entry in map(field, rendering.fields_of(model))}


def _values(enum: EnumProperty) -> Mapping[str, str]:
    return {member: rendering.plain(value) for member, value in enum.values.items()}


def _constraints(schema: Mapping[str, Any]) -> Constraints:
    return {key: schema[key] for key in sorted(CONSTRAINT_KEYS | {"format"}) if key in schema}


def _users(document: Document, views: Sequence[View]) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Return component -> the methods that send it, and component -> the methods that return it."""
    sent: dict[str, list[str]] = {}
    received: dict[str, list[str]] = {}
    for entry in views:
        successes = [response for status, response in entry.call.responses.items() if status.startswith("2")]
        for users, value in ((sent, [entry.call.parameters, entry.call.body]), (received, successes)):
            for component in _reachable(document, value):
                users.setdefault(component, []).append(str(entry.call.name))
    return sent, received


def _reachable(document: Document, value: Any) -> set[str]:
    """Return the schema components that a part of the document refers to, directly or indirectly."""
    found: set[str] = set()
    pending = list(references_in(value))
    while pending:
        component = pending.pop()
        if component not in found:
            found.add(component)
            pending.extend(references_in(document["components"]["schemas"].get(component, {})))
    return found
