"""The overlay: corrections of a document, each with a reason."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from codegen.adopt.__main__ import main as adopt
from codegen.diff.__main__ import main as diff
from codegen.documents import OUR_DOCUMENT, write_document
from codegen.errors import SpecError
from codegen.generate.generation import main as generate
from codegen.normalize import normalize
from codegen.normalize.overlay import Overlay, place_of
from tests.codegen.support.documents import VENDOR_DOCUMENTS, copy_of_ours, normalized_vendor
from tests.codegen.support.workflow_document import WORKFLOW, document


def overlay(tmp_path: Path, text: str) -> Overlay:
    path = tmp_path / "overlay.yaml"
    path.write_text(text)
    return Overlay.load(path)


def with_color(schema: dict[str, Any]) -> dict[str, Any]:
    """The document with one more field."""
    return document({**WORKFLOW, "properties": {**WORKFLOW["properties"], "color": schema}})


def correction(target: str, update: str = "{}") -> str:
    return f"actions: [{{target: {json.dumps(target)}, x-reason: it was odd, update: {update}}}]"


COLOR = "$.components.schemas.WorkflowColor.enum"


def test_a_correction_whose_place_exists_and_that_finds_nothing_is_an_error(tmp_path: Path):
    corrections = overlay(tmp_path, correction(COLOR, "[blue]"))
    object_now = with_color({"type": "object", "properties": {"red": {"type": "integer"}}})
    with pytest.raises(SpecError) as caught:
        normalize(object_now, overlay=corrections)
    assert str(caught.value) == (
        f"overlay.yaml: {COLOR} matches nothing, although its place is in the document; correct or remove it. "
        "Its reason: it was odd"
    )
    assert normalize(object_now, overlay=corrections, strict=False).problems == [str(caught.value)]


@pytest.mark.parametrize(
    "target",
    [
        COLOR,
        "$.components.schemas.Workflow.properties.color",
        "$.components.schemas.Workflow.properties['color','colour'].default",
        "$.paths['/workflow/{id}/color'].get.parameters",
        "$.paths['/workflow/{id}'].post.parameters",
        "$.paths.*.*.parameters[?(@.name == 'color')].schema",
    ],
)
def test_a_correction_whose_place_does_not_exist_is_a_note(tmp_path: Path, target: str):
    normalized = normalize(document(), overlay=overlay(tmp_path, correction(target)))
    assert normalized.notes == [f"overlay.yaml: {target} is not in this document"]
    assert normalized.problems == []


def test_a_field_that_is_spelled_otherwise_is_in_the_note(tmp_path: Path):
    target = "$.components.schemas.Workflow.properties['stopped-at']"
    (note,) = normalize(document(), overlay=overlay(tmp_path, correction(target))).notes
    assert note == (
        f"overlay.yaml: {target} is not in this document, which has 'stopped_at'; add this spelling to the target if it is "
        "the same field"
    )


@pytest.mark.parametrize(
    ("target", "place"),
    [
        (COLOR, "$.components.schemas.WorkflowColor"),
        ("$.components.schemas.A.properties.b", "$.components.schemas.A.properties.b"),
        ("$.components.schemas.A.properties.b.default", "$.components.schemas.A.properties.b"),
        ("$.paths['/a'].get.parameters", "$.paths.'/a'.get"),
        ("$.paths['/a']", "$.paths.'/a'"),
    ],
)
def test_the_place_of_a_correction(target: str, place: str):
    assert place_of(target) == place


def test_generate_diff_and_adopt_agree_on_a_correction_that_finds_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    newer = copy_of_ours()
    newer["components"]["schemas"]["WorkflowStatus"] = {"type": "object", "properties": {"name": {"type": "string"}}}
    write_document(newer, tmp_path / "newer.json")
    corrections = overlay(tmp_path, correction("$.components.schemas.WorkflowStatus.enum", "[blue]"))
    monkeypatch.setattr(Overlay, "load", lambda: corrections)
    message = (
        "overlay.yaml: $.components.schemas.WorkflowStatus.enum matches nothing, although its place is in the document"
    )
    for command in (generate, adopt):
        assert command(["--output", str(tmp_path / "out"), *source(command, tmp_path / "newer.json")]) == 1
        assert message in capsys.readouterr().err
        assert not (tmp_path / "out").exists()
    assert diff([str(OUR_DOCUMENT), str(tmp_path / "newer.json")]) == 1
    printed = " ".join(capsys.readouterr().out.split())
    assert f"error: {message}" in printed
    assert "WorkflowStatus is removed" in printed


def source(command: Callable[[list[str]], int], path: Path) -> list[str]:
    return ["--spec", str(path)] if command is generate else [str(path)]


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


def test_a_field_that_is_always_present_becomes_required_in_the_order_of_the_fields(tmp_path: Path):
    target = "$.components.schemas.Workflow.properties.*"
    text = f"actions: [{{target: {target}, x-reason: r, update: {{x-always-present: true}}}}]"
    found = normalize(document(), overlay=overlay(tmp_path, text)).document["components"]["schemas"]["Workflow"]
    assert found["required"] == list(found["properties"])
    assert not any("x-always-present" in field for field in found["properties"].values())
    again = normalize(document(), overlay=overlay(tmp_path, text)).document
    assert normalize(again, overlay=overlay(tmp_path, text)).document == again
