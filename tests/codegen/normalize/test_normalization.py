"""The normal form: moved schemas, names, and rejected documents."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from codegen.errors import SpecError
from codegen.names import Names
from codegen.normalize import normalize
from codegen.queries import operations_of
from tests.codegen.support.documents import NO_CORRECTIONS, VENDOR_DOCUMENTS, normalized_vendor, vendor
from tests.codegen.support.workflow_document import WORKFLOW, document, normal, schemas


def test_inline_schemas_become_named_components():
    assert set(schemas(document())) == {"Workflow", "WorkflowStatus"}


def test_a_move_from_inline_to_a_component_changes_nothing():
    moved = document({"$ref": "#/components/schemas/anything"}, anything=WORKFLOW)
    assert normal(moved) == normal(document())


def test_the_spelling_of_a_placeholder_changes_nothing():
    respelled = normal(document(path="/workflow/{workflow-id}"))
    assert respelled == normal(document())
    assert list(respelled["paths"]) == ["/workflow/{id}"]


def test_another_operation_id_or_tag_changes_no_name():
    renamed = document()
    operation = renamed["paths"]["/workflow/{id}"]["get"]
    operation |= {"operationId": "fetchWorkflow", "tags": ["Somewhere else"]}
    assert schemas(renamed) == schemas(document())
    assert normal(renamed)["paths"]["/workflow/{id}"]["get"]["tags"] == ["Workflow"]


def test_x_nullable_is_honoured():
    assert schemas(document())["Workflow"]["properties"]["stopped_at"]["nullable"] is True


def test_null_in_a_list_of_types_is_honoured():
    modern = copy.deepcopy(WORKFLOW)
    modern["properties"]["stopped_at"] = {"type": ["string", "null"], "format": "date-time"}
    assert schemas({**document(modern), "openapi": "3.1.0"}) == schemas(document())


def test_the_order_of_fields_and_values_does_not_matter():
    turned = copy.deepcopy(WORKFLOW)
    turned["properties"] = dict(reversed(list(turned["properties"].items())))
    turned["properties"]["status"]["enum"].reverse()
    assert list(schemas(document(turned))["Workflow"]["properties"]) == ["id", "status", "stopped_at"]
    assert normal(document(turned)) == normal(document())


def test_code_samples_titles_and_orphans_are_dropped():
    noisy = document(
        {**WORKFLOW, "title": "Workflow"}, Orphan={"type": "object", "properties": {"x": {"type": "string"}}}
    )
    noisy["paths"]["/workflow/{id}"]["get"]["x-code-samples"] = [{"lang": "sh"}]
    assert normal(noisy) == normal(document())


def with_another_copy(workflow: dict[str, Any]) -> dict[str, Any]:
    """A document that describes a workflow twice: as a single response, and as an item of a pipeline's list."""
    source = document()
    other = copy.deepcopy(source["paths"]["/workflow/{id}"]["get"])
    other["operationId"] = "listWorkflowsByPipelineId"
    listed = {"type": "object", "properties": {"items": {"type": "array", "items": workflow}}}
    other["responses"]["200"]["content"]["application/json"]["schema"] = listed
    other["parameters"][0] = {**other["parameters"][0], "name": "pipeline-id"}
    source["paths"]["/pipeline/{pipeline-id}/workflow"] = {"get": other}
    return source


def test_copies_that_differ_are_united_and_noted_with_both_locations():
    normalized = normalize(with_another_copy({**WORKFLOW, "required": ["id"]}), overlay=NO_CORRECTIONS)
    assert normalized.document["components"]["schemas"]["Workflow"]["required"] == ["id"]
    (note,) = [note for note in normalized.notes if "Workflow" in note]
    assert note == (
        "Workflow.status is not required in the same copies: at GET /workflow/{id} 200 "
        "and at GET /pipeline/{pipeline-id}/workflow 200.items[]; it is optional"
    )


def test_a_value_that_came_to_one_copy_of_an_enum_comes_to_all_and_is_noted():
    newer = {**WORKFLOW["properties"], "status": {"type": "string", "enum": ["success", "failed", "paused"]}}
    normalized = normalize(with_another_copy({**WORKFLOW, "properties": newer}), overlay=NO_CORRECTIONS)
    components = normalized.document["components"]["schemas"]
    assert sorted(components["WorkflowStatus"]["enum"]) == ["failed", "paused", "success"]
    (note,) = [note for note in normalized.notes if "WorkflowStatus" in note]
    assert note == (
        "WorkflowStatus has different values at GET /workflow/{id} 200.status "
        "and at GET /pipeline/{pipeline-id}/workflow 200.items[].status; the enum has all of them"
    )


def with_windows(*schemas: dict[str, Any]) -> dict[str, Any]:
    """Several operations that each take a reporting window, as their schemas describe it."""
    source = document()
    for place, window in enumerate(schemas):
        operation = copy.deepcopy(source["paths"]["/workflow/{id}"]["get"])
        parameter = {"name": "reporting-window", "in": "query", "schema": window}
        parameters = [*operation["parameters"], parameter]
        source["paths"][f"/workflow/{{id}}/{place}"] = {
            "get": {**operation, "operationId": f"get{place}", "parameters": parameters}
        }
    return source


def test_the_values_that_operations_list_of_one_parameter_are_one_enum_and_noted():
    short, longer = ["last-7-days", "last-24-hours"], ["last-7-days", "last-90-days"]
    source = with_windows(*({"type": "string", "enum": values} for values in (short, longer, short)))
    normalized = normalize(source, overlay=NO_CORRECTIONS)
    values = normalized.document["components"]["schemas"]["ReportingWindow"]["enum"]
    assert values == ["last-24-hours", "last-7-days", "last-90-days"]
    (note,) = [note for note in normalized.notes if "ReportingWindow" in note]
    assert note == (
        "ReportingWindow has different values at GET /workflow/{id}/0 reporting-window "
        "and at GET /workflow/{id}/1 reporting-window; the enum has all of them"
    )


def test_parameters_of_one_name_and_of_different_kinds_get_names_of_their_own():
    window = {"type": "object", "properties": {"days": {"type": "integer"}}}
    source = with_windows({"type": "string", "enum": ["last-7-days"]}, window)
    normalized = normalize(source, overlay=NO_CORRECTIONS)
    assert {"ReportingWindow", "ReportingWindow2"} <= set(normalized.document["components"]["schemas"])
    (note,) = [note for note in normalized.notes if "ReportingWindow" in note]
    assert note == (
        "ReportingWindow is an enum at GET /workflow/{id}/0 reporting-window and an object at "
        "GET /workflow/{id}/1 reporting-window; there it is called ReportingWindow2"
    )


def test_a_difference_that_several_copies_have_is_one_note_with_every_place():
    source = with_windows(*({"type": "string", "enum": [value]} for value in ("a", "b", "b")))
    (note,) = [n for n in normalize(source, overlay=NO_CORRECTIONS).notes if "ReportingWindow" in n]
    assert note.startswith("ReportingWindow has different values at GET /workflow/{id}/0 reporting-window and at GET")


def test_what_else_an_object_may_hold_is_a_model_of_its_own():
    other = {"type": "object", "properties": {"note": {"type": "string"}}}
    components = schemas(document({**WORKFLOW, "additionalProperties": other}))
    assert components["Workflow"]["additionalProperties"] == {"$ref": "#/components/schemas/WorkflowValue"}
    assert list(components["WorkflowValue"]["properties"]) == ["note"]


def test_the_items_of_a_bare_array_keep_their_name_when_it_becomes_a_page():
    array = {"type": "array", "items": {"type": "object", "properties": {"slug": {"type": "string"}}}}
    bare = document(array, path="/me/collaborations")
    bare["paths"]["/me/collaborations"]["get"]["parameters"] = []
    page = copy.deepcopy(bare)
    envelope = {"type": "object", "properties": {"items": array, "next_page_token": {"type": "string"}}}
    content = page["paths"]["/me/collaborations"]["get"]["responses"]["200"]["content"]
    content["application/json"]["schema"] = envelope
    assert set(schemas(bare)) == {"Collaboration"}
    assert set(schemas(page)) == {"Collaboration", "CollaborationList"}


def test_fields_that_move_to_a_schema_that_is_extended_change_nothing():
    fields = dict(WORKFLOW["properties"])
    base = {"type": "object", "required": ["id"], "properties": {"id": fields.pop("id")}}
    extended = {
        "type": "object",
        "allOf": [{"$ref": "#/components/schemas/base"}],
        "required": ["status"],
        "properties": fields,
    }
    assert normal(document(extended, base=base)) == normal(document())
    named = {"$ref": "#/components/schemas/extended"}
    assert normal(document(named, base=base, extended=extended)) == normal(document())


def test_a_schema_that_extends_itself_is_rejected():
    endless = {"allOf": [{"$ref": "#/components/schemas/a"}], "properties": {"id": {"type": "string"}}}
    with pytest.raises(SpecError, match=r"GET /workflow/\{id\} 200: allOf is nested more than"):
        normal(document({"$ref": "#/components/schemas/a"}, a=endless))


def test_schemas_that_refer_to_each_other_in_a_circle_keep_one_name_each():
    node = {"type": "object", "properties": {"id": {"type": "string"}, "next": {"$ref": "#/components/schemas/node"}}}
    found = schemas(document({"$ref": "#/components/schemas/node"}, node=node))
    assert found["Workflow"]["properties"]["next"] == {"$ref": "#/components/schemas/Workflow"}


def test_a_reference_that_leads_back_to_itself_is_rejected():
    with pytest.raises(SpecError, match="leads back to itself"):
        normal(
            document(
                {"$ref": "#/components/schemas/a"},
                a={"$ref": "#/components/schemas/b"},
                b={"$ref": "#/components/schemas/a"},
            )
        )


def test_a_reference_to_nothing_is_rejected_with_its_location():
    with pytest.raises(
        SpecError, match=r"GET /workflow/\{id\} 200: \$ref '#/components/schemas/gone' points to nothing"
    ):
        normal(document({"$ref": "#/components/schemas/gone"}))


def test_a_chain_of_300_references_is_followed():
    chain = {f"s{i}": {"$ref": f"#/components/schemas/s{i + 1}"} for i in range(300)}
    assert schemas(document({"$ref": "#/components/schemas/s0"}, **chain, s300=WORKFLOW)) == schemas(document())


def behind_two_references(source: dict[str, Any], kind: str, value: Any) -> dict[str, str]:
    """A reference to a reference to a value, both among the components of a document."""
    components = source["components"].setdefault(kind, {})
    components |= {"end": value, "middle": {"$ref": f"#/components/{kind}/end"}}
    return {"$ref": f"#/components/{kind}/middle"}


def test_a_reference_to_a_reference_is_followed_everywhere():
    context = {"type": "object", "properties": {"name": {"type": "string"}}}
    plain = document(WORKFLOW)
    plain["paths"]["/workflow/{id}"]["get"]["requestBody"] = {"content": {"application/json": {"schema": context}}}
    indirect = copy.deepcopy(plain)
    operation = indirect["paths"]["/workflow/{id}"]["get"]
    operation["responses"]["200"] = behind_two_references(indirect, "responses", operation["responses"]["200"])
    operation["requestBody"] = behind_two_references(indirect, "requestBodies", operation["requestBody"])
    operation["parameters"] = [behind_two_references(indirect, "parameters", operation["parameters"][0])]
    indirect["paths"]["/workflow/{id}"] = behind_two_references(
        indirect, "pathItems", indirect["paths"]["/workflow/{id}"]
    )
    assert normal(indirect) == normal(plain)


@pytest.mark.parametrize("kind", ["text/plain", "application/problem+json"])
def test_error_responses_may_be_of_any_kind(kind: str):
    source = document()
    source["paths"]["/workflow/{id}"]["get"]["responses"]["429"] = {"description": "", "content": {kind: {}}}
    responses = normal(source)["paths"]["/workflow/{id}"]["get"]["responses"]
    assert responses["429"] == {"$ref": "#/components/responses/RateLimited"}


def test_an_operation_of_endless_nesting_is_left_out():
    deep: dict[str, Any] = {"type": "string"}
    for _ in range(100):
        deep = {"type": "array", "items": deep}
    result = normalize(document(deep), overlay=NO_CORRECTIONS)
    assert list(operations_of(result.document)) == []
    (note,) = [note for note in result.notes if "nested more than 60 deep" in note]
    assert note.startswith("GET /workflow/{id} is left out: 200[][]")


def test_a_placeholder_without_a_parameter_is_rejected():
    source = document()
    source["paths"]["/workflow/{id}"]["get"]["parameters"] = []
    with pytest.raises(SpecError, match="no parameter describes id"):
        normal(source)


def test_a_document_without_paths_is_rejected():
    with pytest.raises(SpecError, match="no paths"):
        normalize({"openapi": "3.0.3"})


@pytest.mark.parametrize("name", VENDOR_DOCUMENTS)
def test_every_document_of_circleci_can_be_normalised_twice(reference: Path, name: str):
    once = normalized_vendor(reference, name).document
    assert normalize(once).document == once


def test_only_what_the_oldest_document_alone_has_is_unnamed(reference: Path):
    for name in VENDOR_DOCUMENTS:
        names = Names.load()
        normalize(vendor(reference, name), names=names)
        assert bool(names.unnamed) == (name == "2022-04")


def test_operations_that_newer_documents_dropped_are_retained(reference: Path):
    newest = normalized_vendor(reference, "2026-08-partial").document
    assert "get" in newest["paths"]["/project/{project-slug}/job/{job-number}"]
    assert "JobDetails" in newest["components"]["schemas"]


def test_operations_that_came_later_are_not_put_into_older_documents(reference: Path):
    oldest = normalized_vendor(reference, "2022-04").document
    assert "/project/{provider}/{organization}/{project}" not in oldest["paths"]
