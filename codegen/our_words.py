"""Our words, put to the facts of another document.

Each place of the other document that ours has too gets the words of ours, and keeps none where ours has none. Each that is
new gets the marker of `codegen.unwritten`; the other document's own words are never taken, because they are not ours to take.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import attrs

from circleci_v2._wire.json import is_object
from codegen.documents import Document
from codegen.facts import facts_of, with_own_parameters
from codegen.names import canonical_key, snake_case
from codegen.reading import fields_of_schema, operations_of
from codegen.schemas import WORDS, Schema, unwrapped
from codegen.unwritten import MARKER

__all__ = ["Renames", "with_our_words"]

_OPERATIONS_THAT_AGREE: Final = 3
"""Below that it is chance: two operations call the name of a variable ``name``."""


@attrs.frozen
class Renames:
    """What the other document calls otherwise.

    Attributes:
        operations: Canonical key there -> canonical key in ours, of operations that moved.
        fields: Model and field there -> field in ours that it may have been. A guess, which the marker passes on.
    """

    operations: Mapping[str, str] = attrs.field(factory=dict[str, str])
    fields: Mapping[tuple[str, str], str] = attrs.field(factory=dict[tuple[str, str], str])


def with_our_words(ours: Document, theirs: Document, renames: Renames) -> Document:
    """The facts of `theirs` in the words of `ours`; both are in normal form, the result is not yet.

    Args:
        ours: The document that has the words.
        theirs: The document that has the facts.
        renames: What is the same under another name.
    """
    return _Wording(with_own_parameters(ours), renames).dressed(facts_of(theirs), theirs)


class _Wording:
    def __init__(self, ours: Document, renames: Renames) -> None:
        self.ours = ours
        self.renames = renames
        self.operations = {canonical_key(method, path): operation for method, path, operation in operations_of(ours)}
        self.parameters = _agreed(self.operations.values())

    def dressed(self, facts: Document, theirs: Document) -> Document:
        for method, path, operation in operations_of(facts):
            self._dress_operation(operation, canonical_key(method, path))
        components = facts["components"]
        for name, schema in components["schemas"].items():
            components["schemas"][name] = self._component(name, schema)
        for kind in ("responses", "securitySchemes"):
            known = self.ours["components"].get(kind, {})
            components[kind] = {name: _said(known.get(name), entry) for name, entry in components[kind].items()}
        tags = {tag["name"]: tag for tag in self.ours.get("tags", ())}
        head: Schema = {key: self.ours[key] for key in ("openapi", "info") if key in self.ours}
        return {
            **head,
            "servers": _servers(self.ours, theirs),
            "security": _security(self.ours, theirs),
            "tags": [tags.get(tag["name"]) or _said(None, {"name": tag["name"]}) for tag in theirs["tags"]],
            "paths": facts["paths"],
            "components": components,
        }

    def _dress_operation(self, operation: Schema, key: str) -> None:
        known = self.operations.get(self.renames.operations.get(key, key))
        if known is None:
            operation |= {"summary": MARKER, "description": MARKER}
        else:
            operation |= _words(known)
        before = {(p["in"], p["name"]): p for p in known["parameters"]} if known else {}
        operation["parameters"] = [self._parameter(parameter, before) for parameter in operation["parameters"]]
        for status, response in operation["responses"].items():
            if "$ref" not in response:
                _dress_holder(response, known["responses"].get(status) if known else None)
        if "requestBody" in operation:
            body = known.get("requestBody") if known else None
            _dress_holder(operation["requestBody"], body or {"content": {}})

    def _parameter(self, parameter: Schema, before: Mapping[tuple[str, str], Schema]) -> Schema:
        place = (parameter["in"], parameter["name"])
        known = before.get(place)
        if known is None and place in self.parameters:
            return {**parameter, "description": self.parameters[place]}
        dressed = _said(known, parameter)
        return {**dressed, "schema": _carried(parameter["schema"], known["schema"] if known else None)}

    def _component(self, name: str, schema: Schema) -> Schema:
        known: Schema | None = self.ours["components"]["schemas"].get(name)
        dressed = _said(known, schema)
        before: Schema = known.get("properties", {}) if known else {}
        respelled = {snake_case(key): field for key, field in before.items()}
        if "properties" in schema:
            dressed["properties"] = {
                key: self._field(name, key, field, before.get(key) or respelled.get(snake_case(key)))
                for key, field in schema["properties"].items()
            }
        for key in ("items", "additionalProperties"):
            if key in schema:
                dressed[key] = _carried(schema[key], known.get(key) if known else None)
        return dressed

    def _field(self, model: str, key: str, field: Schema, known: Schema | None) -> Schema:
        guess = self.renames.fields.get((model, key))
        if known is None and guess:
            before = fields_of_schema(self.ours, model)[guess].get("description", "")
            return _with_reference_wrapped({**field, "description": f"{MARKER} (perhaps `{guess}` renamed: {before})"})
        return _carried(field, known) if known is not None else _with_reference_wrapped(_said(None, field))


def _agreed(operations: Iterable[Schema]) -> dict[tuple[str, str], str]:
    """What ours says of a parameter in several operations, and everywhere the same: it holds for new ones as well."""
    said: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for operation in operations:
        for parameter in operation["parameters"]:
            said[parameter["in"], parameter["name"]][parameter.get("description", "")] += 1
    return {
        place: next(iter(texts))
        for place, texts in said.items()
        if len(texts) == 1 and texts.total() >= _OPERATIONS_THAT_AGREE
    }


def _words(known: Mapping[str, Any]) -> Schema:
    return {key: known[key] for key in WORDS if key in known}


def _said(known: Mapping[str, Any] | None, facts: Schema) -> Schema:
    return {**facts, **(_words(known) if known is not None else {"description": MARKER})}


def _carried(facts: Any, known: Any) -> Any:
    """A schema with the words that stand at the same places of another one."""
    if not is_object(facts) or not is_object(known):
        return facts
    before = unwrapped(known)
    result: Schema = {**unwrapped(facts), **_words(before)}
    for key in ("items", "additionalProperties"):
        if key in result:
            result[key] = _carried(result[key], before.get(key))
    for key in ("allOf", "anyOf", "oneOf"):
        arms: Sequence[Any] = before.get(key, ())
        if key in result and len(arms) == len(result[key]):
            result[key] = [_carried(arm, other) for arm, other in zip(result[key], arms, strict=True)]
    return _with_reference_wrapped(result)


def _with_reference_wrapped(schema: Schema) -> Schema:
    """What is said beside a reference stands around it, as OpenAPI 3.0 wants."""
    if "$ref" not in schema or len(schema) == 1:
        return schema
    return {"allOf": [{"$ref": schema["$ref"]}], **{key: value for key, value in schema.items() if key != "$ref"}}


def _dress_holder(holder: Schema, known: Mapping[str, Any] | None) -> None:
    """Words for a response or a request body; a body that ours does not describe needs no description."""
    holder |= {"description": MARKER} if known is None else _words(known)
    before: Mapping[str, Any] = known.get("content", {}) if known else {}
    for kind, media in holder.get("content", {}).items():
        media["schema"] = _carried(media["schema"], before.get(kind, {}).get("schema"))


def _servers(ours: Document, theirs: Document) -> list[Any]:
    known = {server.get("url"): server for server in ours.get("servers", ())}
    return [known.get(url) or {"url": url, "description": MARKER} for url in _urls(theirs)]


def _urls(document: Document) -> list[str]:
    return [str(server.get("url")) for server in document.get("servers", ())]


def _security(ours: Document, theirs: Document) -> list[Any]:
    """The newer facts; in the order of ours, as long as they are the same."""
    before: list[Any] = ours.get("security", [])
    after: list[Any] = theirs.get("security", [])
    return before if sorted(map(str, before)) == sorted(map(str, after)) else after
