"""The surface of the package that a document leads to: its methods, models and enums, as callers see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
from openapi_python_client.parser.properties.enum_property import EnumProperty
from openapi_python_client.parser.properties.model_property import ModelProperty

from codegen.generate import rendering
from codegen.documents import Document
from codegen.generate.annotations import arms, without
from codegen.generate.calls import field_descriptions
from codegen.generate.parsing import parse
from codegen.generate.views import Argument, View
from codegen.names import Names, canonical_key
from codegen.reading import component_of, fields_of_schema, json_schema_of, references_in
from codegen.schemas import REFINEMENTS

__all__ = ["Enum", "Field", "Method", "Model", "Parameter", "Surface", "surface_of"]

Facts = Mapping[str, Any]
"""What a schema says of a value beyond its Python type: bounds, pattern, default, format."""


@attrs.frozen(kw_only=True)
class Parameter:
    """One argument of a method.

    Attributes:
        type: What it takes, other than None for "not given".
        nullable: Whether null can be sent, as a value of its own.
    """

    name: str
    key: str
    place: str
    type: str
    required: bool
    nullable: bool
    facts: Facts
    words: str


@attrs.frozen(kw_only=True)
class Method:
    """One operation.

    Attributes:
        key: Method and path, the spelling of placeholders set aside.
        returns: The type of the answer, or of its items where the answer is a list.
        unsent: The headers and cookies that are required and that the client does not send.
        errors: The statuses of refusals that the document names -> the name of the response that describes each.
    """

    name: str
    key: str
    id: str
    operation: str
    parameters: Mapping[str, Parameter]
    positional: Sequence[str]
    returns: str
    is_page: bool
    successes: frozenset[str]
    unsent: Sequence[str]
    errors: Mapping[str, str]
    deprecated: bool
    words: str


@attrs.frozen(kw_only=True)
class Field:
    """One field of a model; `type` leaves out the None of a field that may be absent or null."""

    name: str
    key: str
    type: str
    required: bool
    nullable: bool
    facts: Facts
    words: str


@attrs.frozen(kw_only=True)
class _Schema:
    """What models and enums have in common.

    Attributes:
        sent: The methods that send it.
        received: The methods that answer with it.
    """

    name: str
    sent: Sequence[str]
    received: Sequence[str]
    words: str

    @property
    def used_by(self) -> Sequence[str]:
        """The methods that send it or answer with it."""
        return sorted({*self.sent, *self.received})


@attrs.frozen(kw_only=True)
class Model(_Schema):
    """One model."""

    fields: Mapping[str, Field]


@attrs.frozen(kw_only=True)
class Enum(_Schema):
    """One enum, as member -> value."""

    values: Mapping[str, str]


@attrs.frozen(kw_only=True)
class Surface:
    """Everything that callers see of a package, and of the service behind it.

    Attributes:
        security: The authentication schemes, by name.
        authentication: What has to be given of them; one of these is enough.
    """

    methods: Mapping[str, Method]
    models: Mapping[str, Model]
    enums: Mapping[str, Enum]
    servers: frozenset[str]
    security: Mapping[str, str]
    authentication: frozenset[str]


def surface_of(document: Document, names: Names) -> Surface:
    """The surface of the package that a document in normal form leads to.

    Raises:
        SpecError: No package can be generated from the document.
    """
    parsed = parse(document, names, Path())
    sent, received = _users(document, parsed.views)
    schemas = document["components"]["schemas"]

    def common(name: str) -> dict[str, Any]:
        words = str(schemas.get(name, {}).get("description", ""))
        return {"name": name, "sent": sent.get(name, ()), "received": received.get(name, ()), "words": words}

    return Surface(
        methods={method.key: method for method in (_method(document, entry) for entry in parsed.views)},
        models={
            name: Model(fields=_fields(document, model), **common(name))
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
        returns=entry.outcome.annotation,
        is_page=entry.outcome.page,
        successes=frozenset(status for status in call.responses if status.startswith("2")),
        unsent=call.unsent,
        errors={s: component_of(r) for s, r in sorted(call.responses.items()) if not s.startswith("2")},
        deprecated=call.deprecated,
        words=f"{call.summary}\n{call.description}",
    )


def _parameter(document: Document, entry: View, argument: Argument) -> Parameter:
    required = argument.default is None
    kind = argument.annotation if required else without(argument.annotation, "None", "Unset")
    return Parameter(
        name=argument.name,
        key=argument.key,
        place=argument.place,
        type=without(kind, "None"),
        required=required,
        nullable=argument.nullable or "None" in arms(kind),
        facts=_facts(_schema_of_argument(document, entry, argument)),
        words=argument.description,
    )


def _schema_of_argument(document: Document, entry: View, argument: Argument) -> Mapping[str, Any]:
    if argument.place == "body":
        schema: Mapping[str, Any] = fields_of_schema(document, _body(entry)).get(argument.key, {})
        return schema
    places = {(p["in"], p["name"]): p for p in entry.call.parameters}
    # A slug that the document writes as three parameters is one argument, of which no schema says anything.
    described: Mapping[str, Any] = places.get((argument.place, argument.key), {}).get("schema", {})
    return described


def _body(entry: View) -> str:
    return component_of(json_schema_of(entry.call.body or {}))


def _fields(document: Document, model: ModelProperty) -> Mapping[str, Field]:
    name = str(model.class_info.name)
    words = field_descriptions(document, name)
    schemas = fields_of_schema(document, name)

    def field(prop: Any) -> Field:
        key = rendering.plain(prop.name)
        return Field(
            name=rendering.attribute(prop.name),
            key=key,
            type=without(rendering.annotation(prop), "None"),
            required=bool(prop.required),
            nullable=rendering.is_nullable(prop),
            facts=_facts(schemas.get(key, {})),
            words=words.get(key, ""),
        )

    return {entry.name: entry for entry in map(field, rendering.fields_of(model))}


def _values(enum: EnumProperty) -> Mapping[str, str]:
    return {member: rendering.plain(value) for member, value in enum.values.items()}


def _facts(schema: Mapping[str, Any]) -> Facts:
    return {key: schema[key] for key in sorted(REFINEMENTS | {"format"}) if key in schema}


def _users(document: Document, views: Sequence[View]) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Component -> the methods that send it, and the methods that answer with it."""
    sent: dict[str, list[str]] = {}
    received: dict[str, list[str]] = {}
    for entry in views:
        successes = [response for status, response in entry.call.responses.items() if status.startswith("2")]
        for users, value in ((sent, [entry.call.parameters, entry.call.body]), (received, successes)):
            for component in _reachable(document, value):
                users.setdefault(component, []).append(str(entry.call.name))
    return sent, received


def _reachable(document: Document, value: Any) -> set[str]:
    """The schema components that a part of the document leads to."""
    found: set[str] = set()
    waiting = list(references_in(value))
    while waiting:
        component = waiting.pop()
        if component not in found:
            found.add(component)
            waiting.extend(references_in(document["components"]["schemas"].get(component, {})))
    return found
