"""Rewrite an OpenAPI 3.1 document as 3.0, the version of openapi.json and of the generator's input.

OpenAPI 3.1 has the schemas of JSON Schema 2020-12 (https://spec.openapis.org/oas/v3.1.0#schema-object). All that affects the
generated code has an equivalent in 3.0 and is rewritten; a constraint without one, such as ``if``, is dropped, because the
client does not check values.

- A list of types, and ``null`` as a type or a variant, become ``nullable`` and ``anyOf``.
- ``const`` becomes an ``enum`` with one value; ``examples`` becomes ``example``.
- A numeric ``exclusiveMinimum`` becomes ``minimum`` with ``exclusiveMinimum: true``; the same applies to the maximum.
- ``patternProperties`` and ``unevaluatedProperties`` become ``additionalProperties``; ``prefixItems`` becomes ``items``.
- ``contentEncoding`` and ``contentMediaType`` become a ``format``.
- Keys next to a ``$ref``, which 3.0 ignores, are kept by wrapping the reference in an ``allOf``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeGuard

from circleci_v2._wire.json import is_array, is_object
from codegen.documents import METHODS, Document
from codegen.errors import SpecError
from codegen.media import kind_of
from codegen.normalize.flatten import UNION_KEYS
from codegen.schemas import CONSTRAINT_KEYS, DOC_KEYS, Schema

__all__ = ["as_openapi_30", "parts_left_out", "schemas_in"]

_TARGET = "3.0.3"

_ARRAY_KEYS = frozenset({"items", "minItems", "maxItems", "uniqueItems"})
_OBJECT_KEYS = frozenset({"properties", "required", "additionalProperties", "minProperties", "maxProperties"})
_STRING_KEYS = frozenset({"format", "pattern", "minLength", "maxLength"})
_NUMBER_KEYS = frozenset({"format", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"})
_KEYS_OF_TYPE: Mapping[str, frozenset[str]] = {
    "array": _ARRAY_KEYS,
    "object": _OBJECT_KEYS,
    "string": _STRING_KEYS,
    "integer": _NUMBER_KEYS,
    "number": _NUMBER_KEYS,
    "boolean": frozenset(),
}
_TYPED_KEYS = frozenset[str]().union(*_KEYS_OF_TYPE.values())

_SCHEMA_KEYS_OF_30 = frozenset(
    {
        *("$ref", "type", "allOf", "anyOf", "oneOf", "not", "enum", "nullable", "discriminator", "xml"),
        *("title", "description", "externalDocs", "example", "deprecated", "readOnly", "writeOnly"),
        *_TYPED_KEYS,
        *CONSTRAINT_KEYS,
    }
)
_NULL_TYPES = ("null", None)
"""The type null; YAML reads it as None where it is not quoted."""
_HOLDERS = frozenset({"headers", "parameters", "requestBodies", "responses"})
"""Objects whose keys are names, which may be `schema`."""

_DEFINITIONS = "$defs"
"""Only references lead there; `merge_all_of` drops it."""


def as_openapi_30(document: Mapping[str, Any]) -> Document:
    """Return a document as OpenAPI 3.0: the document itself, or a rewritten copy if its version is 3.1 or later."""
    if str(document.get("openapi", "")).startswith("3.0"):
        return dict(document)
    try:
        return _converted(document)
    except RecursionError as error:
        msg = "the document is nested too deep, or contains itself"
        raise SpecError(msg) from error


def parts_left_out(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield a note for each part of a document that only OpenAPI 3.1 has and the package does not."""
    for name, _ in _fields(document.get("webhooks")):
        yield f"webhooks/{name} is left out: the client sends requests and does not receive them"
    components = document.get("components")
    for name, scheme in _fields(components.get("securitySchemes") if is_object(components) else None):
        if _is_mutual_tls(scheme):
            yield f"components/securitySchemes/{name} is left out: a client certificate belongs to the TLS settings (`verify`)"


def _is_mutual_tls(scheme: Any) -> bool:
    return is_object(scheme) and scheme.get("type") == "mutualTLS"


def _converted(document: Mapping[str, Any]) -> Document:
    rewritten: Document = {**_rewritten(document, ""), "openapi": _TARGET}
    info, components = rewritten.get("info"), rewritten.get("components")
    if is_object(info):
        info.pop("summary", None)
        if is_object(info.get("license")):
            info["license"].pop("identifier", None)
    if is_object(components):
        if is_object(components.get("schemas")):
            components["schemas"] = {name: _schema(schema) for name, schema in _fields(components["schemas"])}
        for name, scheme in _fields(components.get("securitySchemes")):
            if _is_mutual_tls(scheme):
                del components["securitySchemes"][name]
    for _, item in _fields(rewritten.get("paths")):
        for method, operation in _fields(item):
            if method in METHODS and is_object(operation):
                operation.setdefault("responses", {"default": {"description": ""}})
    return rewritten


def _fields(value: Any) -> Sequence[tuple[str, Any]]:
    return list(value.items()) if is_object(value) else []


def _rewritten(value: Any, above: str) -> Any:
    """Return a copy in which every schema of a parameter, header or body is rewritten, but not those of the components."""
    if is_array(value):
        return [_rewritten(item, "") for item in value]
    if not is_object(value) or above in {"example", "examples", "schemas"}:
        return value
    return {
        key: _schema(item) if key == "schema" and above not in _HOLDERS else _rewritten(item, key)
        for key, item in value.items()
    }


def schemas_in(value: Any, above: str = "", location: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every schema of a document, with its location, that is not part of another schema."""
    entries = enumerate(value) if is_array(value) else _fields(value)
    for key, item in () if above in {"example", "examples"} else entries:
        place = f"{location}/{key}".lstrip("/")
        if above == "schemas" or (key == "schema" and above not in _HOLDERS):
            yield place, item
        else:
            yield from schemas_in(item, str(key), place)


def _schema(schema: Any) -> Any:
    if schema is True:
        return {}
    if schema is False:
        return {"not": {}}
    if not is_object(schema):
        return schema
    result = _with_rewritten_parts(_without_null_variants(schema))
    for rewrite in (_constant, _bounds, _examples, _other_fields, _other_items, _content, _types):
        rewrite(result)
    kept = {
        key: value
        for key, value in result.items()
        if key in _SCHEMA_KEYS_OF_30 or key.startswith("x-") or key == _DEFINITIONS
    }
    return _wrapped(kept)


def _without_null_variants(schema: Schema) -> Schema:
    """Remove null from the variants of a union; a union of null and one schema is that schema."""
    result: Schema = dict(schema)
    for key in UNION_KEYS:
        variants = schema.get(key)
        if not is_array(variants):
            continue
        left = [variant for variant in variants if not _is_null(variant)]
        if len(left) == len(variants):
            continue
        result["nullable"] = True
        if len(left) > 1:
            result[key] = left
        else:
            del result[key]
        if len(left) == 1:
            only = left[0] if is_object(left[0]) else {}
            result = {**only, **result} if not only.keys() & result.keys() - DOC_KEYS else {**result, "allOf": left}
    return result


def _is_null(schema: Any) -> bool:
    if not is_object(schema):
        return False
    return (
        ("type" in schema and schema["type"] in (*_NULL_TYPES, ["null"], [None]))
        or schema.get("enum") == [None]
        or schema.get("const", 0) is None
    )


def _with_rewritten_parts(schema: Mapping[str, Any]) -> Schema:
    result: Schema = {}
    for key, value in schema.items():
        if key in {"properties", "patternProperties", _DEFINITIONS} and is_object(value):
            # A field with the schema `false` cannot be present.
            result[key] = {name: _schema(field) for name, field in value.items() if field is not False}
        elif key in {"allOf", "anyOf", "oneOf", "prefixItems"} and is_array(value):
            result[key] = [_schema(member) for member in value]
        elif key == "items" or (key in {"additionalProperties", "unevaluatedProperties"} and is_object(value)):
            result[key] = _schema(value)
        else:
            result[key] = value
    return result


def _constant(schema: Schema) -> None:
    if "const" not in schema:
        return
    value = schema.pop("const")
    schema["enum"] = [value]
    if "type" not in schema and (kind := _type_of(value)):
        schema["type"] = kind


def _type_of(value: Any) -> str:
    kinds = {"boolean": bool, "integer": int, "number": float, "string": str, "array": list, "object": dict}
    return next((kind for kind, types in kinds.items() if isinstance(value, types)), "null" if value is None else "")


def _bounds(schema: Schema) -> None:
    for bound, exclusive, tighter in (("minimum", "exclusiveMinimum", max), ("maximum", "exclusiveMaximum", min)):
        limit = schema.get(exclusive)
        inclusive = schema.get(bound, limit)
        if not _is_number(limit) or not _is_number(inclusive):
            continue
        schema[bound] = tighter(inclusive, limit)
        del schema[exclusive]
        if schema[bound] == limit:
            schema[exclusive] = True


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _examples(schema: Schema) -> None:
    examples = schema.pop("examples", None)
    if is_array(examples) and examples:
        schema.setdefault("example", examples[0])


def _other_fields(schema: Schema) -> None:
    patterns = [pattern for _, pattern in _fields(schema.pop("patternProperties", None))]
    unevaluated = schema.pop("unevaluatedProperties", None)
    if unevaluated is not None:
        schema.setdefault("additionalProperties", unevaluated)
    extra = schema.get("additionalProperties")
    values = [*patterns, *([extra] if is_object(extra) else [])]
    if patterns and extra is not True:
        schema["additionalProperties"] = _any_of(values)
    if patterns:
        schema.setdefault("type", "object")


def _other_items(schema: Schema) -> None:
    first = schema.pop("prefixItems", None)
    rest = schema.get("items")
    if is_array(first) and first:
        schema["items"] = _any_of([*first, *([rest] if is_object(rest) and rest != {"not": {}} else [])])


def _any_of(schemas: Sequence[Any]) -> Any:
    distinct = [schema for index, schema in enumerate(schemas) if schema not in schemas[:index]]
    return distinct[0] if len(distinct) == 1 else {"anyOf": distinct}


def _content(schema: Schema) -> None:
    encoding, media_type = schema.pop("contentEncoding", None), schema.pop("contentMediaType", None)
    if encoding == "base64":
        schema.setdefault("format", "byte")
    elif encoding is None and isinstance(media_type, str) and kind_of(media_type, {}) == "bytes":
        schema.setdefault("format", "binary")


def _types(schema: Schema) -> None:
    if "type" not in schema:
        return
    declared = schema["type"]
    if not is_array(declared) and declared not in _NULL_TYPES:
        return
    types: list[Any] = declared if is_array(declared) else [declared]
    del schema["type"]
    rest = [kind for kind in types if kind not in _NULL_TYPES]
    if len(rest) < len(types):
        schema["nullable"] = True
    if len(rest) == 1:
        schema["type"] = rest[0]
    elif rest and not any(key in schema for key in UNION_KEYS):
        typed = {key: schema.pop(key) for key in [*schema] if key in _TYPED_KEYS}
        values = schema.pop("enum", [])
        schema["anyOf"] = [_variant(kind, typed, values) for kind in rest]


def _variant(kind: Any, typed: Schema, values: Sequence[Any]) -> Schema:
    """Return one variant of a list of types, with the keys and the enum values that apply to it."""
    keys = _KEYS_OF_TYPE.get(kind, frozenset()) if isinstance(kind, str) else frozenset[str]()
    enum = [value for value in values if _type_of(value) == kind]
    return {
        "type": kind,
        **{key: value for key, value in typed.items() if key in keys},
        **({"enum": enum} if enum else {}),
    }


def _wrapped(schema: Schema) -> Schema:
    if "$ref" not in schema or len(schema) == 1:
        return schema
    rest = {key: value for key, value in schema.items() if key not in {"$ref", "allOf"}}
    return {"allOf": [{"$ref": schema["$ref"]}, *schema.get("allOf", ())], **rest}
