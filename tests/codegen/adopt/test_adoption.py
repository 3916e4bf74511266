"""Adopting a newer document: facts change, our descriptions stay, and the remaining work is reported."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from codegen.adopt.__main__ import main
from codegen.adopt.adoption import Adoption, adopt
from codegen.adopt.check_todos import TODO, find_todos
from codegen.adopt.license_check import shared_sentences
from codegen.adopt.strip_docs import strip_docs
from codegen.diff.changes import Grade
from codegen.diff.compare_code import expected_differences
from codegen.diff.document_diff import diff_documents
from codegen.documents import OUR_DOCUMENT, dump_document, read_document, write_document
from codegen.errors import SpecError
from codegen.normalize import normalize
from tests.codegen.support.documents import normalized_vendor, ours, vendor
from tests.codegen.support.trees import Tree

OURS = ours()

Document = dict[str, Any]


def newer(change: Callable[[Document], object]) -> Document:
    document = copy.deepcopy(OURS)
    change(document)
    return document


def without_source(document: Document) -> Document:
    info = {key: value for key, value in document["info"].items() if key != "x-source"}
    return {**document, "info": info}


def described(document: Document) -> set[str]:
    return {place for place in find_todos(document) if not place.startswith("info/")}


def test_the_facts_of_2024_become_those_of_2025_and_then_those_of_today(reference: Path):
    older = normalized_vendor(reference, "2024-11").document
    then = adopt(older, vendor(reference, "2025-10"))
    assert strip_docs(then.document) == strip_docs(normalized_vendor(reference, "2025-10").document)
    # All other facts of today's document were added by 2026-08; differences.yaml lists them field by field.
    since = diff_documents(then.document, OURS)
    came = (
        "operation-added",
        "error-statuses",
        "model-added",
        "enum-added",
        "security-added",
        "authentication-added",
        "operation-retained",
    )
    # It does not list bounds: since 2026-08 events must be unique.
    bounded = {c.subject for c in since.changes if c.kind.endswith("-bounds") and "uniqueItems" in c.message}
    assert bounded == {"Webhook.events", "webhooks.create(events)", "webhooks.update(events)"}
    changed = {
        c.subject.split("(")[0]
        for c in since.changes
        if c.kind not in came and c.grade is not Grade.DESCRIPTION_ONLY and c.subject not in bounded
    }
    assert changed <= set(expected_differences("openapi-2025-10"))
    now = adopt(then.document, vendor(reference, "2026-08-partial"))
    assert strip_docs(now.document) == strip_docs(OURS)


def test_our_descriptions_survive_an_older_and_then_a_newer_document(reference: Path):
    older = adopt(OURS, vendor(reference, "2024-11")).document
    assert len(older["paths"]) < len(OURS["paths"])
    # Only a deprecated field, removed by now, never got a description of ours.
    assert described(older) == {"components/schemas/CreateContextRestrictionRequest/properties/project_id/description"}
    again = adopt(older, vendor(reference, "2025-10")).document
    for path in older["paths"].keys() & again["paths"].keys():
        for method in older["paths"][path]:
            for words in ("summary", "description"):
                assert again["paths"][path][method][words] == OURS["paths"][path][method][words]
    workflow, known = (d["components"]["schemas"]["Workflow"]["properties"] for d in (again, OURS))
    assert workflow["status"] == known["status"]
    assert workflow["auto_rerun_number"]["description"] == TODO


def test_no_description_of_circleci_is_copied(reference: Path):
    theirs = vendor(reference, "2025-10")
    adopted = adopt(adopt(OURS, vendor(reference, "2022-04")).document, theirs).document
    assert shared_sentences(adopted, [theirs]) == []


def test_the_newest_document_of_circleci_changes_nothing_to_the_letter(reference: Path):
    adoption = adopt(OURS, vendor(reference, "2026-08-partial"))
    assert dump_document(adoption.document) == OUR_DOCUMENT.read_text(encoding="utf-8")
    assert adoption.diff.changes == []
    assert list(adoption.proposals) == []


def new_operation(document: Document) -> None:
    document["paths"]["/pipeline/{pipeline-id}/lineage"] = {
        "get": {
            "operationId": "getPipelineLineage",
            "summary": "Their words",
            "tags": ["Pipeline"],
            "parameters": [
                {
                    "name": "pipeline-id",
                    "in": "path",
                    "required": True,
                    "description": "Their words",
                    "schema": {"type": "string", "format": "uuid"},
                },
                {"name": "depth", "in": "query", "schema": {"type": "integer"}},
            ],
            "responses": {
                "200": {
                    "description": "Their words",
                    "content": {
                        "application/json": {
                            "schema": {
                                "type": "object",
                                "properties": {"depth": {"type": "integer", "description": "Their words"}},
                            }
                        }
                    },
                },
                "418": {"description": "Their words"},
            },
        }
    }


@cache
def adoption_of_new_operation() -> Adoption:
    return adopt(OURS, newer(new_operation))


def test_a_new_operation_comes_with_markers_instead_of_descriptions():
    adoption = adoption_of_new_operation()
    path = "/pipeline/{pipeline-id}/lineage"
    operation = adoption.document["paths"][path]["get"]
    assert described(adoption.document) == {
        f"paths/{path}/get/summary",
        f"paths/{path}/get/description",
        f"paths/{path}/get/parameters/depth/description",
        f"paths/{path}/get/responses/200/description",
        "components/schemas/GetPipelineLineageResponse/description",
        "components/schemas/GetPipelineLineageResponse/properties/depth/description",
        "components/responses/Status418/description",
    }
    assert "Their words" not in json.dumps(adoption.document)
    # The description of the shared parameter is reused.
    shared = OURS["components"]["parameters"]["PipelineId"]
    assert {"$ref": "#/components/parameters/PipelineId"} in operation["parameters"]
    assert adoption.document["components"]["parameters"]["PipelineId"] == shared
    assert any("is called pipelines.get_pipeline_lineage" in note for note in adoption.diff.notes)


@pytest.mark.parametrize("name", ["id", "name"], ids=["described in several ways", "described too rarely"])
def test_a_parameter_without_a_common_description_gets_a_marker(name: str):
    def lend(document: Document) -> None:
        new_operation(document)
        parameter = {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        operation = document["paths"].pop("/pipeline/{pipeline-id}/lineage")["get"]
        document["paths"][f"/lineage/{{{name}}}"] = {"get": {**operation, "parameters": [parameter]}}

    adopted = adopt(OURS, newer(lend)).document
    assert f"paths//lineage/{{{name}}}/get/parameters/{name}/description" in described(adopted)


def test_operations_that_are_no_longer_retained_are_reported():
    def move(document: Document) -> None:
        paths = document["paths"]
        paths["/job/by-id/{job_id}"] = paths.pop("/jobs/{job_id}")
        del paths["/project/{project-slug}/{job-number}/tests"]

    adoption = adopt(OURS, newer(move))
    assert "/project/{project-slug}/{job-number}/tests" not in adoption.document["paths"]
    (proposal,) = [line for line in adoption.proposals if "retained" in line]
    assert proposal.startswith(
        "overlay.yaml: GET /project/{project-slug}/{job-number}/tests is no longer retained, because GET /jobs/{job_id} is gone"
    )


def test_an_adopted_document_is_in_normal_form_and_can_be_adopted_again():
    adopted = adoption_of_new_operation().document
    assert normalize(adopted).document == adopted
    assert adopt(adopted, newer(new_operation)).document == adopted


def test_an_invalid_document_is_rejected_with_the_location():
    path = "/pipeline/{pipeline-id}"

    def damage(document: Document) -> None:
        document["paths"][path]["get"]["parameters"].append({"name": "depth", "schema": {"type": "integer"}})

    with pytest.raises(SpecError, match=rf"not valid OpenAPI: paths/{re.escape(path)}/get/parameters"):
        adopt(OURS, newer(damage))


def test_a_removed_operation_is_removed_and_its_name_is_reported_as_unused():
    adoption = adopt(OURS, newer(lambda document: document["paths"].pop("/me/collaborations")))
    assert "/me/collaborations" not in adoption.document["paths"]
    assert "Collaboration" not in adoption.document["components"]["schemas"]
    assert (
        "names.yaml: GET /me/collaborations (user.collaborations) no longer matches an operation; remove the entry"
        in adoption.proposals
    )
    assert any(
        "Collaboration.properties['avatar_url','vcs-type'] is not in this document" in line and "its reason: " in line
        for line in adoption.proposals
    )


def test_a_moved_operation_keeps_its_description_and_is_proposed():
    moved = newer(
        lambda document: document["paths"].update({"/workflows/{id}": document["paths"].pop("/workflow/{id}")})
    )
    adoption = adopt(OURS, moved)
    operation = adoption.document["paths"]["/workflows/{id}"]["get"]
    assert operation["description"] == OURS["paths"]["/workflow/{id}"]["get"]["description"]
    assert (
        "names.yaml: GET /workflow/{id} is probably GET /workflows/{id} now; rename the key, restore openapi.json and "
        "adopt again, or `workflows.get` becomes "
        "`workflows.get_workflow_by_id`"
    ) in adoption.proposals


def test_a_moved_operation_without_a_name_in_the_table_is_not_proposed():
    def move(document: Document) -> None:
        new_operation(document)
        paths = document["paths"]
        paths["/pipelines/{pipeline-id}/lineage"] = paths.pop("/pipeline/{pipeline-id}/lineage")

    adoption = adopt(adoption_of_new_operation().document, newer(move))
    assert "/pipelines/{pipeline-id}/lineage" in adoption.document["paths"]
    assert [line for line in adoption.proposals if "lineage" in line] == []


def rename_field(old: str, new: str) -> Callable[[Document], object]:
    def rename(document: Document) -> None:
        schema = document["components"]["schemas"]["Job"]
        schema["properties"][new] = schema["properties"].pop(old)
        schema["required"] = [new if name == old else name for name in schema.get("required", ())]

    return rename


def test_a_field_that_seems_renamed_is_proposed_with_its_description():
    known = OURS["components"]["schemas"]["Job"]["properties"]
    assert "stopped_at" in known
    adoption = adopt(OURS, newer(rename_field("stopped_at", "stopped_on")))
    field = adoption.document["components"]["schemas"]["Job"]["properties"]["stopped_on"]
    assert field["description"].startswith(
        f"{TODO} (perhaps `stopped_at` renamed: {known['stopped_at']['description']}"
    )
    assert (
        "Job.stopped_on may be Job.stopped_at renamed; the description of stopped_at is next to its 'TODO: describe'"
        in adoption.proposals
    )


def test_a_field_that_is_only_respelled_keeps_its_description():
    adoption = adopt(OURS, newer(rename_field("stopped_at", "stopped-at")))
    fields = adoption.document["components"]["schemas"]["Job"]["properties"]
    assert (
        fields["stopped-at"]["description"]
        == OURS["components"]["schemas"]["Job"]["properties"]["stopped_at"]["description"]
    )
    assert described(adoption.document) == set()


def test_a_correction_that_the_vendor_has_made_is_no_longer_needed(reference: Path):
    theirs = vendor(reference, "2026-08-partial")
    enum = theirs["paths"]["/pipeline/{pipeline-id}"]["get"]["responses"]["200"]["content"]["application/json"]
    values = enum["schema"]["properties"]["trigger"]["properties"]["type"]["enum"]
    needed = adopt(OURS, theirs).proposals
    assert not [line for line in needed if "PipelineTriggerType" in line]

    def correct(value: Any) -> None:
        if isinstance(value, dict):
            if sorted(value.get("enum", ())) == sorted(values):
                value["enum"] = [*values, "gitlab", "schedule", "unknown", "Decoupled Ingestion System"]
            for item in value.values():
                correct(item)
        elif isinstance(value, list):
            for item in value:
                correct(item)

    corrected = copy.deepcopy(theirs)
    correct(corrected)
    (line,) = [line for line in adopt(OURS, corrected).proposals if "PipelineTriggerType" in line]
    assert "is no longer needed; its reason: Seen on pipelines" in line


def test_the_command_writes_the_document_and_prints_the_next_steps(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    write_document(newer(new_operation), tmp_path / "newer.json")
    output = tmp_path / "openapi.json"
    assert main([str(tmp_path / "newer.json"), "--output", str(output)]) == 0
    assert "/pipeline/{pipeline-id}/lineage" in read_document(output)["paths"]
    printed = capsys.readouterr().out
    assert "pipelines.get_pipeline_lineage" in printed
    assert "8 descriptions are missing" in printed
    assert "Next: replace every 'TODO: describe' by a description" in printed


def with_colors(document: Document) -> None:
    """Add operations that no hand-written code knows: a list, one that creates, one that reads, one that deletes."""
    color = {
        "type": "object",
        "required": ["id", "name", "created_at"],
        "properties": {
            "id": {"type": "string", "format": "uuid"},
            "name": {"type": "string"},
            "shade": {"type": "string", "enum": ["light", "dark"]},
            "created_at": {"type": "string", "format": "date-time"},
        },
    }
    page = {
        "type": "object",
        "required": ["items", "next_page_token"],
        "properties": {
            "items": {"type": "array", "items": color},
            "next_page_token": {"type": "string", "nullable": True},
        },
    }
    fields = {"name": {"type": "string"}, "shade": color["properties"]["shade"]}
    body = {"type": "object", "required": ["name"], "properties": fields}

    def place(name: str, kind: str = "path", **schema: Any) -> Document:
        return {"name": name, "in": kind, "required": kind == "path", "schema": {"type": "string", **schema}}

    def operation(name: str, status: str, schema: Any, *parameters: Document, **more: Any) -> Document:
        content = {"content": {"application/json": {"schema": schema}}} if schema else {}
        responses = {status: {"description": "", **content}}
        return {"operationId": name, "tags": ["Color"], "parameters": [*parameters], "responses": responses, **more}

    slug, one = place("project-slug"), place("color-id", format="uuid")
    sent = {"requestBody": {"required": True, "content": {"application/json": {"schema": body}}}}
    document["paths"] |= {
        "/project/{project-slug}/color": {
            "get": operation("listColors", "200", page, slug, place("page-token", "query")),
            "post": operation("createColor", "201", color, slug, **sent),
        },
        "/color/{color-id}": {
            "get": operation("getColor", "200", color, one),
            "delete": operation("deleteColor", "204", None, one),
        },
    }


CALL_COLORS = """
import asyncio, json
from circleci_v2 import CircleCI
from circleci_v2.errors import BadRequestError
from circleci_v2.testing import FakeCircleCI

async def main():
    fake = FakeCircleCI()
    async with CircleCI(fake.token, transport=fake.transport(), strict=True) as circleci:
        created = await circleci.color.create_color("gh/acme/web", name="red", shade="dark")
        listed = await circleci.color.list_colors("gh/acme/web").collect()
        got = await circleci.color.get_color(listed[0].id)
        await circleci.color.delete_color(got.id)
        try:
            await circleci.color.create_color("gh/acme/web", name=7)
        except BadRequestError as error:
            rejected = str(error)
    calls = [[e.request.method, e.request.route, e.response.status_code] for e in fake.journal]
    sent = fake.journal.bodies("POST /project/{project-slug}/color")
    print(json.dumps([created.name, created.shade, got.id == listed[0].id, calls, sent, rejected]))

asyncio.run(main())
"""


def test_a_new_operation_can_be_called_against_the_fake_without_python_by_hand(tmp_path: Path):
    adopted = adopt(OURS, newer(with_colors)).document
    tree = Tree(tmp_path / "tree", adopted)
    write_document(adopted, tree.folder / "openapi.json")
    (tmp_path / "call.py").write_text(CALL_COLORS)
    name, shade, is_same, calls, sent, rejected = json.loads(tree.run(str(tmp_path / "call.py")))
    assert (name, shade, is_same) == ("red", "dark", True)
    assert calls == [
        ["POST", "/project/{project-slug}/color", 201],
        ["GET", "/project/{project-slug}/color", 200],
        ["GET", "/color/{color-id}", 200],
        ["DELETE", "/color/{color-id}", 204],
        ["POST", "/project/{project-slug}/color", 400],
    ]
    assert sent == [{"name": "red", "shade": "dark"}, {"name": 7}]
    assert "the body at $.name: 7 is not of type 'string'" in rejected
