"""A document of OpenAPI 3.1 means the same as one of 3.0, and becomes one."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openapi_spec_validator import validate

from codegen.adopt.adoption import adopt
from codegen.errors import SpecError
from codegen.generate import GENERATED, generate
from codegen.generate.generation import differences
from codegen.normalize import normalize
from codegen.normalize.openapi31 import as_openapi_30
from codegen.normalize.validation import check_validity
from tests.codegen.support.documents import VENDOR_DOCUMENTS, copy_of_ours, normalized_vendor, ours, vendor
from tests.codegen.support.unseen_documents import inlined, modern_document

Document = dict[str, Any]
TEXT = {"type": "string"}
NUMBER = {"type": "number"}


def test_our_document_in_openapi_31_becomes_the_same_document_and_the_same_code(tmp_path: Path):
    document = modern_document(ours())
    check_validity(document)
    assert document != {**ours(), "openapi": "3.1.0"}
    assert normalize(document).document == ours()
    generate(document, tmp_path / "_generated")
    assert list(differences(GENERATED, tmp_path / "_generated")) == []


def test_our_document_with_another_version_becomes_the_same_document():
    document = {**ours(), "openapi": "3.1.0"}
    check_validity(document)
    assert normalize(document).document == ours()


@pytest.mark.parametrize("name", VENDOR_DOCUMENTS)
def test_a_document_with_another_version_becomes_the_same_document(reference: Path, name: str):
    document = {**vendor(reference, name), "openapi": "3.1.0"}
    check_validity(document)
    assert normalize(document).document == {**normalized_vendor(reference, name).document, "openapi": "3.0.3"}


def test_adopting_a_document_of_openapi_31_writes_valid_openapi_30(tmp_path: Path):
    document = modern_document(ours())
    workflow = document["components"]["schemas"]["Workflow"]
    workflow["properties"] |= {
        "kind": {"const": "plain"},
        "score": {"type": ["number", "null"], "exclusiveMinimum": 0, "examples": [0.5, 1]},
        "labels": {"type": "object", "patternProperties": {"^[a-z]+$": TEXT}, "additionalProperties": False},
        "digest": {**TEXT, "contentEncoding": "base64"},
        "pair": {"type": "array", "prefixItems": [TEXT, NUMBER], "items": False},
        "either": {"type": ["string", "integer"]},
        "letters": {"type": "string", "pattern": r"^\p{L}+$"},
    }
    check_validity(document)
    adopted = adopt(ours(), document).document
    assert adopted["openapi"] == "3.0.3"
    validate(adopted)
    fields = adopted["components"]["schemas"]["Workflow"]["properties"]
    plain = {key: {k: v for k, v in fields[key].items() if k != "description"} for key in fields}
    assert plain["score"] == {"type": "number", "nullable": True, "minimum": 0, "exclusiveMinimum": True}
    assert plain["labels"] == {"type": "object", "additionalProperties": TEXT}
    assert plain["digest"] == {**TEXT, "format": "byte"}
    assert plain["pair"] == {"type": "array", "items": {"anyOf": [TEXT, NUMBER]}}
    assert plain["either"] == {"anyOf": [TEXT, {"type": "integer"}]}
    generate(adopted, tmp_path / "_generated")
    model = (tmp_path / "_generated" / "models" / "workflow.py").read_text()
    for line in (
        "score: float | None = None",
        "labels: dict[str, str] | None = None",
        "digest: str | None = None",
        "pair: list[str | float] | None = None",
        "either: str | int | None = None",
        "kind: WorkflowKind | None = None",
    ):
        assert line in model


def rewritten(schema: Any) -> Any:
    document = {"openapi": "3.1.0", "paths": {}, "components": {"schemas": {"X": schema}}}
    before = copy.deepcopy(document)
    result = as_openapi_30(document)["components"]["schemas"]["X"]
    assert document == before
    return result


REFERENCE = {"$ref": "#/components/schemas/Y"}


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        (True, {}),
        (False, {"not": {}}),
        ({"type": ["string", "null"]}, {"type": "string", "nullable": True}),
        ({"type": ["string"]}, TEXT),
        ({"type": "null"}, {"nullable": True}),
        # YAML reads an unquoted null so.
        ({"type": None}, {"nullable": True}),
        ({"type": ["string", None]}, {"type": "string", "nullable": True}),
        ({"anyOf": [TEXT, {"type": None}]}, {"type": "string", "nullable": True}),
        (
            {"type": ["array", "string", "null"], "items": TEXT, "maxLength": 3, "description": "d"},
            {
                "nullable": True,
                "description": "d",
                "anyOf": [{"type": "array", "items": TEXT}, {"type": "string", "maxLength": 3}],
            },
        ),
        (
            {"type": ["string", "integer"], "enum": ["a", 1, "b"]},
            {"anyOf": [{"type": "string", "enum": ["a", "b"]}, {"type": "integer", "enum": [1]}]},
        ),
        (
            {"type": ["object", "null"], "oneOf": [REFERENCE, TEXT]},
            {"type": "object", "nullable": True, "oneOf": [REFERENCE, TEXT]},
        ),
        ({"const": "a"}, {"type": "string", "enum": ["a"]}),
        ({"const": 1}, {"type": "integer", "enum": [1]}),
        ({"const": True}, {"type": "boolean", "enum": [True]}),
        ({"const": None}, {"nullable": True, "enum": [None]}),
        ({"type": "number", "const": 1}, {"type": "number", "enum": [1]}),
        ({**NUMBER, "exclusiveMinimum": 0}, {**NUMBER, "minimum": 0, "exclusiveMinimum": True}),
        ({**NUMBER, "exclusiveMaximum": 9}, {**NUMBER, "maximum": 9, "exclusiveMaximum": True}),
        ({**NUMBER, "minimum": 5, "exclusiveMinimum": 0}, {**NUMBER, "minimum": 5}),
        ({**NUMBER, "maximum": 5, "exclusiveMaximum": 5}, {**NUMBER, "maximum": 5, "exclusiveMaximum": True}),
        ({**TEXT, "examples": ["a", "b"]}, {**TEXT, "example": "a"}),
        ({**TEXT, "examples": []}, TEXT),
        ({"patternProperties": {"^x": TEXT}}, {"type": "object", "additionalProperties": TEXT}),
        (
            {"type": "object", "patternProperties": {"^x": TEXT, "^y": NUMBER, "^z": TEXT}},
            {"type": "object", "additionalProperties": {"anyOf": [TEXT, NUMBER]}},
        ),
        (
            {"type": "object", "patternProperties": {"^x": TEXT}, "additionalProperties": NUMBER},
            {"type": "object", "additionalProperties": {"anyOf": [TEXT, NUMBER]}},
        ),
        (
            {"type": "object", "patternProperties": {"^x": TEXT}, "additionalProperties": True},
            {"type": "object", "additionalProperties": True},
        ),
        ({"type": "object", "unevaluatedProperties": False}, {"type": "object", "additionalProperties": False}),
        ({"type": "object", "properties": {"a": True, "b": False}}, {"type": "object", "properties": {"a": {}}}),
        ({"type": "array", "prefixItems": [TEXT]}, {"type": "array", "items": TEXT}),
        (
            {"type": "array", "prefixItems": [TEXT], "items": NUMBER},
            {"type": "array", "items": {"anyOf": [TEXT, NUMBER]}},
        ),
        ({**TEXT, "contentMediaType": "application/octet-stream"}, {**TEXT, "format": "binary"}),
        ({**TEXT, "contentMediaType": "text/html"}, TEXT),
        ({**REFERENCE, "description": "d"}, {"allOf": [REFERENCE], "description": "d"}),
        ({**REFERENCE, "allOf": [{"type": "object"}]}, {"allOf": [REFERENCE, {"type": "object"}]}),
        ({"anyOf": [REFERENCE, {"type": "null"}]}, {"allOf": [REFERENCE], "nullable": True}),
        ({"oneOf": [TEXT, {"const": None}, {"enum": [None]}]}, {**TEXT, "nullable": True}),
        (
            {"oneOf": [{**TEXT, "description": "c"}, {"type": "null"}], "description": "d"},
            {**TEXT, "nullable": True, "description": "d"},
        ),
        (
            {"type": "object", "oneOf": [{"type": "object", "properties": {}}, {"type": "null"}]},
            {"type": "object", "nullable": True, "allOf": [{"type": "object", "properties": {}}]},
        ),
        ({"anyOf": [TEXT, NUMBER, {"type": "null"}]}, {"anyOf": [TEXT, NUMBER], "nullable": True}),
        ({"anyOf": [{"type": "null"}]}, {"nullable": True}),
        ({**TEXT, "if": {}, "then": {}, "$comment": "c", "propertyNames": {}, "x-own": 1}, {**TEXT, "x-own": 1}),
        ({"allOf": [{"type": ["string", "null"]}]}, {"allOf": [{**TEXT, "nullable": True}]}),
        (
            {"items": {"additionalProperties": {"const": "a"}}},
            {"items": {"additionalProperties": {**TEXT, "enum": ["a"]}}},
        ),
    ],
    ids=str,
)
def test_keywords_of_json_schema_are_rewritten(schema: Any, expected: Any):
    assert rewritten(schema) == expected
    assert rewritten(expected) == expected


def test_definitions_inside_a_schema_are_found_and_not_kept():
    document = copy_of_ours()
    inner = {"type": "object", "properties": {"size": {"type": ["integer", "null"]}}}
    pointer = {"$ref": "#/components/schemas/Workflow/$defs/Inner"}
    document["openapi"] = "3.1.0"
    document["components"]["schemas"]["Workflow"] |= {"$defs": {"Inner": inner}}
    document["components"]["schemas"]["Workflow"]["properties"]["inner"] = pointer
    schemas = normalize(document).document["components"]["schemas"]
    assert schemas["WorkflowInner"]["properties"] == {"size": {"type": "integer", "nullable": True}}
    assert "$defs" not in schemas["Workflow"]


def test_parts_of_a_document_that_30_does_not_have_are_removed():
    document = copy_of_ours()
    document |= {
        "openapi": "3.1.0",
        "webhooks": {"x": {}},
        "jsonSchemaDialect": "https://spec.openapis.org/oas/3.1/dialect/base",
    }
    document["info"] |= {"summary": "s", "license": {"name": "l", "identifier": "MIT"}}
    document["components"]["securitySchemes"]["tls"] = {"type": "mutualTLS"}
    document["components"]["pathItems"] = {"Me": document["paths"].pop("/me")}
    document["paths"]["/me"] = {"$ref": "#/components/pathItems/Me"}
    del document["paths"]["/context"]["post"]["responses"]
    check_validity(document)
    normalized = normalize(document)
    assert "webhooks/x is left out: the client sends requests and does not receive them" in normalized.notes
    assert any(note.startswith("components/securitySchemes/tls is left out: ") for note in normalized.notes)
    normal = normalized.document
    validate(normal)
    assert normal["info"]["license"] == {"name": "l"}
    assert set(normal) == set(ours())
    assert normal["paths"]["/me"] == ours()["paths"]["/me"]


def test_a_parameter_may_be_called_schema_and_an_example_stays_what_it_is():
    parameter = {"name": "schema", "in": "query", "schema": {"const": "a"}, "example": {"schema": {"const": "a"}}}
    document = {"openapi": "3.1.0", "paths": {}, "components": {"parameters": {"schema": parameter}}}
    result = as_openapi_30(document)["components"]["parameters"]["schema"]
    assert result == {**parameter, "schema": {"type": "string", "enum": ["a"]}}


def test_a_document_that_contains_itself_is_rejected():
    schema: Document = {"type": "object"}
    schema["properties"] = {"again": schema}
    with pytest.raises(SpecError, match="the document is nested too deep, or contains itself"):
        as_openapi_30({"openapi": "3.1.0", "components": {"schemas": {"X": schema}}})


KEYWORDS = (
    *("type", "const", "enum", "examples", "anyOf", "allOf", "items", "prefixItems", "properties", "patternProperties"),
    *(
        "additionalProperties",
        "unevaluatedProperties",
        "exclusiveMinimum",
        "minimum",
        "$ref",
        "contentEncoding",
        "$defs",
    ),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from(["null", "string", "array", "object", "x"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYWORDS), inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_whatever_a_schema_holds_is_rewritten_once(schema: Any):
    document = {"openapi": "3.1.0", "components": {"schemas": {"X": schema}}}
    once = as_openapi_30(document)
    assert as_openapi_30({**once, "openapi": "3.1.0"}) == once


@pytest.mark.parametrize("properties", [["id"], "id", 7])
def test_an_operation_whose_properties_are_no_object_is_left_out(properties: Any):
    # The validator does not look into every nested schema of OpenAPI 3.1.
    document = {**copy_of_ours(), "openapi": "3.1.0"}
    document["components"]["schemas"]["RunPipelineRequest"] = {"type": "object", "properties": properties}
    normalized = normalize(document, strict=False)
    assert "/project/{provider}/{organization}/{project}/pipeline/run" not in normalized.document["paths"]
    assert any(f"must be an object, not {properties!r}" in str(note) for note in normalized.notes)


@pytest.mark.parametrize(
    ("schema", "place"),
    [
        ({"$ref": 7}, "new/$ref"),
        ({"type": "nonsense"}, "new/type"),
        ({"type": "string", "minLength": "x"}, "new/minLength"),
        ({"type": "array", "items": 7}, "new/items"),
        ({"anyOf": [{"type": "object", "properties": {"x": "y"}}]}, "new/anyOf/0/properties/x"),
        ("text", "new"),
    ],
    ids=str,
)
def test_a_schema_inside_an_inline_schema_is_checked(schema: Any, place: str):
    document = inlined(modern_document(copy_of_ours()))
    body = document["paths"]["/webhook"]["post"]["requestBody"]["content"]["application/json"]
    body["schema"]["properties"]["new"] = schema
    located = f"paths//webhook/post/requestBody/content/application/json/schema/properties/{place}: "
    with pytest.raises(SpecError, match=re.escape(located)):
        check_validity(document)
