"""The result of an operation: the type that its method returns, and that the response is decoded to."""

from __future__ import annotations

import re
from collections.abc import Mapping
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
        models: The models and enums in the type.
        description: The document's description of the response.
    """

    annotation: str
    target: str
    accept: str | None = None
    page: bool = False
    models: frozenset[str] = frozenset()
    description: str = ""


def envelope_models(document: Document) -> set[str]:
    """Components that do not become models: envelopes of lists, bodies that become arguments, errors."""
    envelopes: set[str] = set()
    kept: set[str] = set()
    for _, _, operation in operations_of(document):
        envelopes |= {component_of(body_schema_of(operation.get("requestBody", {})))}
        for status, response in operation["responses"].items():
            schema = body_schema_of(response)
            name = component_of(schema)
            (envelopes if _is_page(document, schema) else kept if status.startswith("2") else envelopes).add(name)
    nested = set(references_in(document["components"]["schemas"]))
    errors = set(references_in(document["components"]["responses"]))
    return ((envelopes | errors) - nested - kept) - {""}


def _is_page(document: Document, schema: Mapping[str, Any]) -> bool:
    if schema.get("type") == "array":
        return True
    fields = fields_of_schema(document, component_of(schema))
    # All other fields must be about the list itself, so that no data is lost when the envelope becomes a Page.
    return fields.get("items", {}).get("type") == "array" and set(fields) <= {"items", "next_page_token", "total_count"}


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
    if page := next((p for s, p in bodies.items() if _is_page(document, body_schema_of(call.responses[s]))), None):
        return _page(page, description)
    kinds, targets = {}, {}
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
        accept=", ".join(dict.fromkeys(filter(None, media.values()))) if {*media.values()} - {JSON, ""} else None,
    )


def _page(prop: Any, description: str) -> Outcome:
    if hasattr(prop, "inner_property"):
        item = prop.inner_property
    else:
        item = next(field.inner_property for field in fields_of(prop) if plain(field.name) == "items")
    return Outcome(
        annotation=annotation(item),
        target=_target(item),
        page=True,
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
