"""What an operation answers: what its method returns, and how the answer is parsed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import attrs
from openapi_python_client.parser.openapi import Endpoint

from codegen.documents import Document
from codegen.generate.calls import Call
from codegen.generate.rendering import annotation, fields_of, model_names, plain
from codegen.queries import component_of, fields_of_schema, json_schema_of, operations_of, references_in

__all__ = ["Outcome", "envelope_models", "outcome_of"]


@attrs.frozen(kw_only=True)
class Outcome:
    """What a method returns and how the answer is parsed."""

    annotation: str
    parsing: Sequence[str]
    page: bool = False
    models: frozenset[str] = frozenset()
    description: str = ""


def envelope_models(document: Document) -> set[str]:
    """Components that are no models of the client: envelopes of lists, bodies that become arguments, errors."""
    envelopes: set[str] = set()
    kept: set[str] = set()
    for _, _, operation in operations_of(document):
        envelopes |= {component_of(json_schema_of(operation.get("requestBody", {})))}
        for status, response in operation["responses"].items():
            schema = json_schema_of(response)
            name = component_of(schema)
            (envelopes if _is_page(document, schema) else kept if status.startswith("2") else envelopes).add(name)
    nested = set(references_in(document["components"]["schemas"]))
    errors = set(references_in(document["components"]["responses"]))
    return ((envelopes | errors) - nested - kept) - {""}


def _is_page(document: Document, schema: Mapping[str, Any]) -> bool:
    if schema.get("type") == "array":
        return True
    fields = fields_of_schema(document, component_of(schema))
    # Everything beside the items is about the list, so that nothing is lost when the envelope becomes a Page.
    return fields.get("items", {}).get("type") == "array" and set(fields) <= {"items", "next_page_token", "total_count"}


def outcome_of(document: Document, call: Call, endpoint: Endpoint) -> Outcome:
    """What a method returns, from the document's facts and the generator's types."""
    by_status = {
        str(response.status_code.pattern): response
        for response in endpoint.responses
        if str(response.status_code.pattern)[0] == "2"
    }
    described = "; ".join(
        dict.fromkeys(call.responses[s].get("description", "").rstrip(".") for s in by_status if s in call.responses)
    )
    description = f"{described}." if described else ""
    # A body that nothing is said of, `schema: {}`, is a body all the same.
    bodies = {s: r.prop for s, r in by_status.items() if "content" in call.responses.get(s, {})}
    if not bodies:
        return Outcome(annotation="None", parsing=["answer.nothing()"], description=description)
    if page := next((p for s, p in bodies.items() if _is_page(document, json_schema_of(call.responses[s]))), None):
        return _page(page, description)
    kinds = {status: annotation(bodies[status]) if status in bodies else "None" for status in by_status}
    returns = [f"return {_decoding(bodies[s])}" if s in bodies else "return None" for s in by_status]
    lines = [f"if answer.status_code == {s}:\n    {r}" for s, r in zip(by_status, returns, strict=True)][:-1]
    return Outcome(
        annotation=" | ".join(dict.fromkeys(sorted(kinds.values(), key=lambda kind: kind == "None"))),
        parsing=[*(lines if len(set(kinds.values())) > 1 else ()), returns[-1]],
        models=frozenset(name for prop in bodies.values() for name in model_names(prop)),
        description=description,
    )


def _page(prop: Any, description: str) -> Outcome:
    if hasattr(prop, "inner_property"):
        item = prop.inner_property
    else:
        item = next(field.inner_property for field in fields_of(prop) if plain(field.name) == "items")
    models = frozenset(model_names(item))
    return Outcome(
        annotation=annotation(item),
        parsing=[f"return answer.page({_alternatives(item)})"],
        page=True,
        models=models,
        description=description,
    )


def _decoding(prop: Any) -> str:
    return f"answer.{'one_of' if hasattr(prop, 'inner_properties') else 'decode'}({_alternatives(prop)})"


def _alternatives(prop: Any) -> str:
    """The types that a value may be of, each an argument, since type checkers take no union for a type."""
    arms = [_runtime(arm) for arm in getattr(prop, "inner_properties", [prop])]
    return ", ".join("type(None)" if arm == "None" else arm for arm in sorted(arms, key=lambda arm: arm == "None"))


def _runtime(prop: Any) -> str:
    """A type as an expression: models are reached through the lazy package, so that only what is decoded is imported."""
    text = annotation(prop)
    for name in sorted(set(model_names(prop)), key=len, reverse=True):
        text = re.sub(rf"(?<![.\w]){name}\b", f"models.{name}", text)
    return text
