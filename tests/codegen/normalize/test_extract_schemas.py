"""Unions: closed ones are opened, because by the rules of JSON Schema they would allow no field at all."""

from __future__ import annotations

from codegen.documents import OUR_DOCUMENT, read_document
from tests.codegen.support.workflow_document import document, schemas


def test_a_closed_union_of_objects_is_opened():
    by_id = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}
    by_slug = {"type": "object", "required": ["slug"], "properties": {"slug": {"type": "string"}}}
    closed = {"type": "object", "properties": {"owner": {"oneOf": [by_id, by_slug], "additionalProperties": False}}}
    found = schemas(document(closed))["Workflow"]["properties"]["owner"]
    assert list(found) == ["oneOf"]
    assert len(found["oneOf"]) == 2


def test_fields_beside_a_union_belong_to_each_arm_that_has_fields():
    by_id = {"type": "object", "properties": {"id": {"type": "string"}}}
    by_slug = {"type": "object", "required": ["slug"], "properties": {"slug": {"type": "string"}}}
    arms = [{"$ref": "#/components/schemas/by_id"}, by_slug, {"type": "string"}]
    owner = {"type": "object", "required": ["type"], "properties": {"type": {"type": "string"}}, "oneOf": arms}
    found = schemas(document({"type": "object", "properties": {"owner": owner}}, by_id=by_id))
    assert found["Workflow"]["properties"]["owner"] == {
        "oneOf": [
            {"$ref": "#/components/schemas/WorkflowOwnerById"},
            {"$ref": "#/components/schemas/WorkflowOwnerVariant2"},
            {"type": "string"},
        ]
    }
    one, other = found["WorkflowOwnerById"], found["WorkflowOwnerVariant2"]
    assert (one["required"], list(one["properties"])) == (["type"], ["id", "type"])
    assert (other["required"], list(other["properties"])) == (["slug", "type"], ["slug", "type"])


def test_keys_that_do_not_apply_to_a_value_leave_no_reference_behind():
    stray = {"$ref": "#/components/schemas/Stray"}
    count = {"type": "integer", "items": stray, "not": stray, "minimum": 1}
    workflow = {"type": "object", "properties": {"count": count}}
    found = schemas(document(workflow, Stray={"type": "object", "properties": {"id": {"type": "string"}}}))
    assert found["Workflow"]["properties"]["count"] == {"type": "integer", "minimum": 1}


def test_nothing_in_our_document_is_closed():
    assert '"additionalProperties": false' not in OUR_DOCUMENT.read_text(encoding="utf-8")
    assert (
        "oneOf" in read_document(OUR_DOCUMENT)["components"]["schemas"]["CreateContextRequest"]["properties"]["owner"]
    )
