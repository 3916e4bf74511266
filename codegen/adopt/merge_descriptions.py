"""Combine the facts of one document with the descriptions of another.

Everything that both documents have gets our description, or none if ours has none. Everything new gets the marker of
`codegen.adopt.check_todos`. CircleCI's own descriptions are never copied, because we have no license for them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import attrs

from circleci_v2._wire.json import is_array, is_object
from codegen.adopt.check_todos import TODO
from codegen.adopt.strip_docs import inline_parameters, strip_docs
from codegen.documents import Document
from codegen.names import canonical_key, snake_case
from codegen.queries import fields_of_schema, operations_of, parameter_schema_of, with_parameter_schema
from codegen.schemas import DOC_KEYS, Schema, unwrap_reference

__all__ = ["Renames", "merge_descriptions"]

_MINIMUM_USES: Final = 3
"""A parameter's description is reused for new operations if this many share it; with two, ``name`` would be the name of a
variable."""


@attrs.frozen
class Renames:
    """Things that have another name in the newer document.

    Attributes:
        operations: New canonical key -> our canonical key, of operations that moved.
        fields: Model and new field -> our field. These are guesses, so the description is proposed beside the marker.
    """

    operations: Mapping[str, str] = attrs.field(factory=dict[str, str])
    fields: Mapping[tuple[str, str], str] = attrs.field(factory=dict[tuple[str, str], str])


def merge_descriptions(ours: Document, theirs: Document, renames: Renames) -> Document:
    """Return the facts of `theirs` with the descriptions of `ours`; the result is not in normal form.

    Args:
        ours: The document with the descriptions, in normal form.
        theirs: The document with the facts, in normal form.
        renames: Names that differ in `theirs`.
    """
    return _Merger(inline_parameters(ours), renames).merge(strip_docs(theirs), theirs)


class _Merger:
    def __init__(self, ours: Document, renames: Renames) -> None:
        self.ours = ours
        self.renames = renames
        self.operations = {canonical_key(method, path): operation for method, path, operation in operations_of(ours)}
        self.common_parameters = _common_descriptions(self.operations.values())

    def merge(self, facts: Document, theirs: Document) -> Document:
        for method, path, operation in operations_of(facts):
            self._describe_operation(operation, canonical_key(method, path))
        components = facts["components"]
        for name, schema in components["schemas"].items():
            components["schemas"][name] = self._component(name, schema)
        for kind in ("responses", "securitySchemes"):
            known = self.ours["components"].get(kind, {})
            components[kind] = {name: _described(entry, known.get(name)) for name, entry in components[kind].items()}
        tags = {tag["name"]: tag for tag in self.ours.get("tags", ())}
        head: Schema = {key: self.ours[key] for key in ("openapi", "info") if key in self.ours}
        return {
            **head,
            "servers": _servers(self.ours, theirs),
            "security": _security(self.ours, theirs),
            "tags": [tags.get(tag["name"]) or _described({"name": tag["name"]}, None) for tag in theirs["tags"]],
            "paths": facts["paths"],
            "components": components,
        }

    def _describe_operation(self, operation: Schema, key: str) -> None:
        known = self.operations.get(self.renames.operations.get(key, key))
        if known is None:
            operation |= {"summary": TODO, "description": TODO}
        else:
            operation |= _docs_of(known)
        before = {(p["in"], p["name"]): p for p in known["parameters"]} if known else {}
        operation["parameters"] = [self._parameter(parameter, before) for parameter in operation["parameters"]]
        for status, response in operation["responses"].items():
            if "$ref" not in response:
                _describe_body(response, known["responses"].get(status) if known else None)
        if "requestBody" in operation:
            body = known.get("requestBody") if known else None
            _describe_body(operation["requestBody"], body or {"content": {}})

    def _parameter(self, parameter: Schema, before: Mapping[tuple[str, str], Schema]) -> Schema:
        key = (parameter["in"], parameter["name"])
        known = before.get(key)
        if known is None and key in self.common_parameters:
            return {**parameter, "description": self.common_parameters[key]}
        described = _described(parameter, known)
        schema = _described_schema(parameter_schema_of(parameter), parameter_schema_of(known) if known else None)
        return with_parameter_schema(described, schema)

    def _component(self, name: str, schema: Schema) -> Schema:
        known: Schema | None = self.ours["components"]["schemas"].get(name)
        described = _described(schema, known)
        before: Schema = known.get("properties", {}) if known else {}
        respelled = {snake_case(key): field for key, field in before.items()}
        if "properties" in schema:
            described["properties"] = {
                key: self._field(name, key, field, before.get(key) or respelled.get(snake_case(key)))
                for key, field in schema["properties"].items()
            }
        for key in ("items", "additionalProperties"):
            if key in schema:
                described[key] = _described_schema(schema[key], known.get(key) if known else None)
        return described

    def _field(self, model: str, key: str, field: Schema, known: Schema | None) -> Schema:
        guess = self.renames.fields.get((model, key))
        if known is None and guess:
            before = fields_of_schema(self.ours, model)[guess].get("description", "")
            return _wrap_reference({**field, "description": f"{TODO} (perhaps `{guess}` renamed: {before})"})
        return _described_schema(field, known) if known is not None else _wrap_reference(_described(field, None))


def _common_descriptions(operations: Iterable[Schema]) -> dict[tuple[str, str], str]:
    """Return the descriptions of parameters that several operations share and none contradicts."""
    descriptions: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for operation in operations:
        for parameter in operation["parameters"]:
            descriptions[parameter["in"], parameter["name"]][parameter.get("description", "")] += 1
    return {
        key: next(iter(texts))
        for key, texts in descriptions.items()
        if len(texts) == 1 and texts.total() >= _MINIMUM_USES
    }


def _docs_of(known: Mapping[str, Any]) -> Schema:
    return {key: known[key] for key in DOC_KEYS if key in known}


def _described(facts: Schema, known: Mapping[str, Any] | None) -> Schema:
    return {**facts, **(_docs_of(known) if known is not None else {"description": TODO})}


def _described_schema(facts: Any, known: Any) -> Any:
    """Copy the docs of a known schema, and of every schema inside it, to the same locations of another schema."""
    if not is_object(facts) or not is_object(known):
        return _wrap_references(facts)
    before = unwrap_reference(known)
    result: Schema = {**unwrap_reference(facts), **_docs_of(before)}
    for key in ("items", "additionalProperties"):
        if key in result:
            result[key] = _described_schema(result[key], before.get(key))
    for key in ("allOf", "anyOf", "oneOf"):
        members: Sequence[Any] = before.get(key, ())
        if key in result and len(members) == len(result[key]):
            result[key] = [_described_schema(one, other) for one, other in zip(result[key], members, strict=True)]
    return _wrap_reference(result)


def _wrap_references(facts: Any) -> Any:
    """Wrap every reference with siblings inside a schema of which nothing was known."""
    if is_array(facts):
        return [_wrap_references(item) for item in facts]
    if not is_object(facts):
        return facts
    return _wrap_reference({key: _wrap_references(value) for key, value in facts.items()})


def _wrap_reference(schema: Schema) -> Schema:
    """Wrap a reference with siblings in an ``allOf``, because OpenAPI 3.0 ignores siblings of ``$ref``."""
    if "$ref" not in schema or len(schema) == 1:
        return schema
    return {"allOf": [{"$ref": schema["$ref"]}], **{key: value for key, value in schema.items() if key != "$ref"}}


def _describe_body(holder: Schema, known: Mapping[str, Any] | None) -> None:
    """Describe a response or request body in place; a known body without a description needs none."""
    holder |= {"description": TODO} if known is None else _docs_of(known)
    before: Mapping[str, Any] = known.get("content", {}) if known else {}
    for kind, media in holder.get("content", {}).items():
        media["schema"] = _described_schema(media["schema"], before.get(kind, {}).get("schema"))


def _servers(ours: Document, theirs: Document) -> list[Any]:
    known = {server.get("url"): server for server in ours.get("servers", ())}
    urls = [str(server.get("url")) for server in theirs.get("servers", ())]
    return [known.get(url) or {"url": url, "description": TODO} for url in urls]


def _security(ours: Document, theirs: Document) -> list[Any]:
    """Return the security requirements of `theirs`, in our order if both have the same ones."""
    before: list[Any] = ours.get("security", [])
    after: list[Any] = theirs.get("security", [])
    return before if sorted(map(str, before)) == sorted(map(str, after)) else after
