"""The result of an operation: the type that its method returns, and that the response is decoded to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs
from openapi_python_client.parser.openapi import Endpoint

from codegen.documents import Document
from codegen.generate.calls import Call
from codegen.generate.rendering import annotation, fields_of, model_names, plain
from codegen.media import JSON, kind_of
from codegen.queries import body_schema_of, component_of, fields_of_schema, media_of, operations_of, references_in

__all__ = ["Outcome", "envelope_models", "outcome_of"]


_CONTENT_TYPES = {"text": ("str", "TEXT"), "bytes": ("bytes", "bytes"), "none": ("None", "NoneType")}
"""The type of a body that is not JSON, in the signature and for the decoder."""


@attrs.frozen(kw_only=True)
class Outcome:
    """The result of a method: its type in the signature, and the same type for the decoder.

    Attributes:
        annotation: The type that the method returns; of a list, that of its items.
        target: The same type as an expression, for the decoder.
        accept: The media types that the method accepts; None if it is JSON only.
        page: Whether the response is one page of a list.
        items: The field that holds the items of a page.
        models: The models and enums in the type.
        description: The document's description of the response.
        notes: Parts of the response that the type does not describe.
    """

    annotation: str
    target: str
    accept: str | None = None
    page: bool = False
    items: str = "items"
    models: frozenset[str] = frozenset()
    description: str = ""
    notes: Sequence[str] = ()


def envelope_models(document: Document) -> set[str]:
    """Components that do not become models: envelopes of lists, bodies that become arguments, errors."""
    envelopes: set[str] = set()
    kept: set[str] = set()
    for _, _, operation in operations_of(document):
        envelopes |= {component_of(body_schema_of(operation.get("requestBody", {})))}
        for status, response in operation["responses"].items():
            schema = body_schema_of(response)
            name = component_of(schema)
            is_page = _items_key(document, operation["parameters"], schema) is not None
            (envelopes if is_page else kept if status.startswith("2") else envelopes).add(name)
    nested = set(references_in(document["components"]["schemas"]))
    errors = set(references_in(document["components"]["responses"]))
    return ((envelopes | errors) - nested - kept) - {""}


_TOKEN = "next_page_token"  # noqa: S105 - a field
_ABOUT_THE_LIST = frozenset({"items", _TOKEN, "total_count"})


def _items_key(document: Document, parameters: Sequence[Mapping[str, Any]], schema: Mapping[str, Any]) -> str | None:
    """Return the field that holds the items of a page, ``items`` for a bare array; None if the schema is not a page."""
    if schema.get("type") == "array":
        return "items"
    fields = fields_of_schema(document, component_of(schema))
    lists = [key for key, field in fields.items() if field.get("type") == "array"]
    # Fields beside the items are kept in `Page.additional_properties`.
    if "items" in lists and (_TOKEN in fields or set(fields) <= _ABOUT_THE_LIST):
        return "items"
    shared = document["components"].get("parameters", {})
    names = {shared.get(component_of(parameter), parameter).get("name") for parameter in parameters}
    return lists[0] if _TOKEN in fields and len(lists) == 1 and "page-token" in names else None


def _page_notes(document: Document, call: Call, key: str, status: str) -> Iterator[str]:
    """Parts of the responses that a paginator does not return as the document describes them."""
    schema = body_schema_of(call.responses[status])
    others = sorted(set(fields_of_schema(document, component_of(schema))) - _ABOUT_THE_LIST - {key})
    if others:
        yield f"{call.place}: {', '.join(map(repr, others))} of a page is in `Page.additional_properties`"
    for other, response in call.responses.items():
        if other.startswith("2") and media_of(response) and body_schema_of(response) != schema:
            yield f"{call.place}: {status} is a page and {other} is not; the method reads every response as a page"


def outcome_of(document: Document, call: Call, endpoint: Endpoint) -> Outcome:
    """The result of an operation, from the document and the types of the generator's parser."""
    by_status = {
        str(response.status_code.pattern): response
        for response in endpoint.responses
        if str(response.status_code.pattern)[0] == "2"
    }
    described = (call.responses[s].get("description", "").rstrip(".") for s in by_status if s in call.responses)
    description = " Or: ".join(f"{text}." for text in dict.fromkeys(described) if text)
    # A body without any description, `schema: {}`, is a body all the same.
    media = {s: media_of(call.responses.get(s, {})) for s in by_status}
    bodies = {s: r.prop for s, r in by_status.items() if media[s] == JSON}
    for status, prop in bodies.items():
        key = _items_key(document, call.parameters, body_schema_of(call.responses[status]))
        if key is not None:
            return attrs.evolve(_page(prop, key, description), notes=list(_page_notes(document, call, key, status)))
    tokens = [
        s for s in bodies if _TOKEN in fields_of_schema(document, component_of(body_schema_of(call.responses[s])))
    ]
    notes = (
        [f"{call.place} has a {_TOKEN}, but not one list that it belongs to; its pages are not iterated"]
        if tokens
        else []
    )
    kinds: dict[str, str] = {}
    targets: dict[str, str] = {}
    for status in by_status:
        if status in bodies:
            kinds[status], targets[status] = annotation(bodies[status]), _target(bodies[status])
        else:
            schema = body_schema_of(call.responses.get(status, {}))
            kinds[status], targets[status] = _CONTENT_TYPES[kind_of(media[status], schema) if media[status] else "none"]
    return Outcome(
        annotation=" | ".join(dict.fromkeys(sorted(kinds.values(), key=lambda kind: kind == "None"))) or "None",
        target=_by_status(targets),
        models=frozenset(name for prop in bodies.values() for name in model_names(prop)),
        description=description if any(media.values()) else "",
        notes=notes,
        accept=", ".join(dict.fromkeys(filter(None, media.values()))) if {*media.values()} - {JSON, ""} else None,
    )


def _page(prop: Any, key: str, description: str) -> Outcome:
    if hasattr(prop, "inner_property"):
        item = prop.inner_property
    else:
        item = next(field.inner_property for field in fields_of(prop) if plain(field.name) == key)
    return Outcome(
        annotation=annotation(item),
        target=_target(item),
        page=True,
        items=key,
        models=frozenset(model_names(item)),
        description=description,
    )


def _by_status(targets: Mapping[str, str]) -> str:
    """The targets of all statuses as one expression; the last one also serves statuses that the document does not have."""
    if len(set(targets.values())) < 2:
        return next(iter(targets.values()), "NoneType")
    # A range such as 2XX has no number: its key is None, and it is the last one.
    numbers = sorted(targets, key=lambda status: not status.isdigit())
    return f"{{{', '.join(f'{s if s.isdigit() else None}: {targets[s]}' for s in numbers)}}}"


def _target(prop: Any) -> str:
    """A type as an expression: models are attributes of the lazy package, so that only those in use are imported."""
    arms = [_runtime(arm) for arm in getattr(prop, "inner_properties", [prop])]
    arms = sorted(("NoneType" if arm == "None" else arm for arm in arms), key=lambda arm: arm == "NoneType")
    return arms[0] if len(arms) == 1 else f"one_of({', '.join(arms)})"


def _runtime(prop: Any) -> str:
    text = annotation(prop)
    for name in sorted(set(model_names(prop)), key=len, reverse=True):
        text = re.sub(rf"(?<![.\w]){name}\b", f"models.{name}", text)
    return text
