"""The overlay: corrections of a document, each with a reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from codegen.errors import SpecError
from codegen.normalize import normalize
from codegen.normalize.overlay import Overlay
from tests.codegen.support.documents import VENDOR_DOCUMENTS, normalized_vendor
from tests.codegen.support.workflow_document import document


def overlay(tmp_path: Path, text: str) -> Overlay:
    path = tmp_path / "overlay.yaml"
    path.write_text(text)
    return Overlay.load(path)


def test_a_correction_that_finds_nothing_is_an_error(tmp_path: Path):
    corrections = overlay(
        tmp_path, "actions: [{target: $.components.schemas.Gone, x-reason: it was odd, update: {nullable: true}}]"
    )
    with pytest.raises(
        SpecError, match=r"\$\.components\.schemas\.Gone matches nothing; correct or remove it. Its reason: it was odd"
    ):
        normalize(document(), overlay=corrections)


def test_an_optional_correction_that_finds_nothing_is_a_note(tmp_path: Path):
    corrections = overlay(
        tmp_path, "actions: [{target: $.components.schemas.Gone, x-optional: true, x-reason: odd, update: {}}]"
    )
    assert normalize(document(), overlay=corrections).notes == [
        "overlay.yaml: $.components.schemas.Gone is not in this document"
    ]


def test_a_correction_without_a_reason_is_rejected(tmp_path: Path):
    with pytest.raises(SpecError, match="has no x-reason"):
        overlay(tmp_path, "actions: [{target: $.paths, update: {}}]")


def test_a_field_that_is_sometimes_absent_is_no_longer_required(tmp_path: Path):
    target = "$.components.schemas.Workflow.properties.status"
    text = f"actions: [{{target: {target}, x-reason: r, update: {{x-sometimes-absent: true}}}}]"
    found = normalize(document(), overlay=overlay(tmp_path, text)).document["components"]["schemas"]["Workflow"]
    assert found["required"] == ["id"]
    assert found["properties"]["status"] == {"$ref": "#/components/schemas/WorkflowStatus"}


@pytest.mark.parametrize("name", [name for name in VENDOR_DOCUMENTS if name > "2023"])
def test_the_update_of_a_webhook_is_complete_in_every_document_that_has_it(reference: Path, name: str):
    found = normalized_vendor(reference, name).document
    schema = found["components"]["schemas"]["UpdateWebhookRequest"]
    assert (
        set(schema["required"])
        == {"name", "events", "signing-secret", "url", "verify-tls"}
        == set(schema["properties"])
    )
    assert schema["properties"]["signing-secret"]["format"] == "password"
    update = found["paths"]["/webhook/{webhook_id}"]["put"]
    assert update["requestBody"]["required"] is True
    assert update["responses"]["403"] == {"$ref": "#/components/responses/Forbidden"}


@pytest.mark.parametrize("name", VENDOR_DOCUMENTS)
def test_a_context_may_be_answered_with_403_in_every_document(reference: Path, name: str):
    paths = normalized_vendor(reference, name).document["paths"]
    lacking = [
        (method, path)
        for path, item in paths.items()
        for method, operation in item.items()
        if path.startswith("/context/{context_id}") and "403" not in operation["responses"]
    ]
    assert lacking == []


def test_an_added_response_takes_its_place_among_the_others(tmp_path: Path):
    target = "$.paths['/workflow/{id}'].get.responses"
    text = f"actions: [{{target: \"{target}\", x-reason: r, update: {{'101': {{description: d}}}}}}]"
    responses = normalize(document(), overlay=overlay(tmp_path, text)).document["paths"]["/workflow/{id}"]["get"][
        "responses"
    ]
    assert list(responses) == sorted(responses)
    assert next(iter(responses)) == "101"
