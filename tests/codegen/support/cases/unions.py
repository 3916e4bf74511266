"""Variants of unions, fields of one direction, and schemas that refer to themselves."""

from __future__ import annotations

from typing import Any

from tests.codegen.support.cases.case import Case, Document, api, operation

__all__ = ["CASES", "pet", "returning"]

_TEXT = {"type": "string"}
_PREFIX = "#/components/schemas/"


def _ref(name: str) -> Document:
    return {"$ref": f"{_PREFIX}{name}"}


def _fields(*required: str, **fields: Any) -> Document:
    return {"type": "object", **({"required": list(required)} if required else {}), "properties": fields}


def returning(schema: Any, **schemas: Any) -> Document:
    """A document with one more operation that returns a schema."""
    return api({"/x": {"get": operation("getX", schema)}}, components={"schemas": schemas})


def _sending(schema: Any, **schemas: Any) -> Document:
    body = {"required": True, "content": {"application/json": {"schema": schema}}}
    return api({"/x": {"post": operation("postX", requestBody=body)}}, components={"schemas": schemas})


def pet(kind: Document = _TEXT, **fields: Any) -> Document:
    """A schema with a kind, a name and other fields."""
    return _fields("kind", kind=kind, name=_TEXT, **fields)


_PETS = {"Cat": pet(lives={"type": "integer"}), "Dog": pet(good={"type": "boolean"})}
_EITHER = {"oneOf": [_ref("Cat"), _ref("Dog")]}
_BY_KIND = {"propertyName": "kind", "mapping": {"cat": f"{_PREFIX}Cat", "dog": "Dog", "hound": f"{_PREFIX}Dog"}}
_BASE = {**_fields("kind", kind=_TEXT), "discriminator": {"propertyName": "kind"}}
_IN_PLACE = {"propertyName": "kind", "mapping": {"cat": f"{_PREFIX}Cat", "bird": f"{_PREFIX}Bird"}}
_SWAPPED = {**_EITHER, "discriminator": {"propertyName": "kind", "mapping": {"cat": "Dog", "dog": "Cat"}}}
_READ_ONLY = {**_TEXT, "readOnly": True}
_WRITE_ONLY = {**_TEXT, "writeOnly": True}


def _case(topic: str, name: str, outcome: Any, document: Document, *expected: str) -> Case:
    return Case(topic, name, outcome, lambda: document, expected)


CASES = (
    _case(
        "unions",
        "with a discriminator and a mapping",
        "code",
        returning({**_EITHER, "discriminator": _BY_KIND}, **_PETS),
        "async def get_x(self) -> Cat | Dog:",
        '_tags = {"kind": ("cat", ), }',
        '_tags = {"kind": ("dog", "hound", ), }',
    ),
    _case(
        "unions",
        "with a discriminator whose values are the names of the components",
        "code",
        returning({**_EITHER, "discriminator": {"propertyName": "kind"}}, **_PETS),
        '_tags = {"kind": ("Cat", ), }',
    ),
    _case(
        "unions",
        "with a discriminator that maps to something else",
        "note",
        returning({**_EITHER, "discriminator": _IN_PLACE}, **_PETS),
        f"GET /x 200: the discriminator maps 'bird' to '{_PREFIX}Bird', which is not a variant; it is ignored",
        '_tags = {"kind": ("cat", ), }',
        '_tags = {"kind": ("Dog", ), }',
    ),
    _case(
        "unions",
        "with discriminators that contradict each other",
        "note",
        returning(_fields(one={**_EITHER, "discriminator": _BY_KIND}, two=_SWAPPED), **_PETS),
        "schemas Cat and Dog are both identified by the kind 'cat' in different unions; responses are distinguished by their",
    ),
    _case(
        "unions",
        "of the schemas that extend a base with a discriminator",
        "code",
        returning(
            _ref("Pet"),
            Pet=_BASE,
            Cat={"allOf": [_ref("Pet"), _fields(lives={"type": "integer"})]},
            Dog={"allOf": [_ref("Pet"), _fields(good={"type": "boolean"})]},
            Puppy={"allOf": [_ref("Dog"), _fields(weeks={"type": "integer"})]},
        ),
        "async def get_x(self) -> Cat | Dog | Puppy:",
        '_tags = {"kind": ("Puppy", ), }',
    ),
    _case(
        "unions",
        "of components without a discriminator",
        "code",
        returning(_fields(pets={"type": "array", "items": {"anyOf": [_ref("Cat"), _ref("Dog")]}}), **_PETS),
        "pets: list[Cat | Dog] | None = None",
    ),
    _case(
        "unions",
        "of a component with the name of one of our models",
        "code",
        returning({"oneOf": [_ref("Workflow"), _ref("Dog")]}, Workflow=_PETS["Cat"], Dog=_PETS["Dog"]),
        "async def get_x(self) -> GetXResponseWorkflow | Dog:",
    ),
    _case(
        "unions",
        "of schemas that are no components",
        "code",
        returning({"oneOf": [_PETS["Cat"], _PETS["Dog"]]}),
        "-> GetXResponseVariant1 | GetXResponseVariant2:",
    ),
    _case(
        "direction",
        "a read-only field in a request",
        "code",
        _sending(_fields("id", "name", id=_READ_ONLY, name=_TEXT)),
        "async def post_x(self, *, name: str) -> None:",
    ),
    _case(
        "direction",
        "a read-only field in an object in a request",
        "code",
        _sending(_fields(inner=_ref("Inner")), Inner=_fields("id", "name", id=_READ_ONLY, name=_TEXT)),
        '"""PostXRequestInner.""" name: str',
    ),
    _case(
        "direction",
        "a read-only field in a response",
        "code",
        returning(_fields("id", id=_READ_ONLY)),
        '"""GetXResponse.""" id: str',
    ),
    _case(
        "direction",
        "a write-only field in a response",
        "code",
        returning(_fields("secret", "id", secret=_WRITE_ONLY, id=_TEXT)),
        '"""GetXResponse.""" id: str',
    ),
    _case(
        "recursion",
        "through an array",
        "code",
        returning(_ref("Node"), Node=_fields(nodes={"type": "array", "items": _ref("Node")})),
        "nodes: list[GetXResponse] | None = None",
    ),
    _case(
        "recursion",
        "through a map",
        "code",
        returning(_ref("Node"), Node=_fields(nodes={"type": "object", "additionalProperties": _ref("Node")})),
        "nodes: dict[str, GetXResponse] | None = None",
    ),
    _case(
        "recursion",
        "through a union",
        "code",
        returning(_ref("Node"), Node=_fields(node={"oneOf": [_ref("Node"), _TEXT]})),
        "node: GetXResponse | str | None = None",
    ),
    _case(
        "recursion",
        "of an array alone",
        "note",
        returning(_ref("Nodes"), Nodes={"type": "array", "items": _ref("Nodes")}),
        "GET /x 200[]: the schema leads back to itself without an object; it is Any",
        "Paginator[Any]",
    ),
    _case(
        "recursion",
        "of a union of text and an array",
        "note",
        returning(_ref("Tree"), Tree={"oneOf": [_TEXT, {"type": "array", "items": _ref("Tree")}]}),
        "GET /x 200|1[]: the schema leads back to itself without an object; it is Any",
        "async def get_x(self) -> str | list[Any]:",
    ),
    _case(
        "recursion",
        "of a map alone",
        "note",
        returning(_ref("Map"), Map={"type": "object", "additionalProperties": _ref("Map")}),
        "async def get_x(self) -> dict[str, Any]:",
        "leads back to itself without an object",
    ),
)
