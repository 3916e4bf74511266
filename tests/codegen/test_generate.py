"""The generated tree: up to date, small, importable, and safe against hostile documents."""

from __future__ import annotations

import ast
import copy
import importlib
import pkgutil
from pathlib import Path
from typing import Any

import pytest

import circleci_v2._generated
from circleci_v2.models import Model
from codegen.documents import OUR_DOCUMENT, read_document
from codegen.errors import SpecError
from codegen.generate import GENERATED, differences, generate

HOSTILE = '"""\nimport os; os.system("true")\n"""; \\ {{ 7 * 7 }} {exec("1")} \x00 \u2028 \'; #'


@pytest.fixture(scope="module")
def ours() -> dict[str, Any]:
    return read_document(OUR_DOCUMENT)


def test_the_tree_is_what_the_generator_writes(ours: dict[str, Any], tmp_path: Path):
    notes = generate(ours, tmp_path / "_generated")
    assert sorted(differences(GENERATED, tmp_path / "_generated")) == []
    assert list(notes) == []


def test_every_module_can_be_imported():
    names = [m.name for m in pkgutil.walk_packages(circleci_v2._generated.__path__, "circleci_v2._generated.")]
    assert len(names) > 150
    for name in names:
        importlib.import_module(name)


def test_there_are_few_models_and_their_modules_have_short_names():
    from circleci_v2._generated import models

    assert 120 <= len(models.__all__) <= 260
    assert all(len(path.stem) <= 60 for path in GENERATED.rglob("*.py"))


def test_no_generated_module_imports_httpx():
    for path in GENERATED.rglob("*.py"):
        assert "httpx" not in path.read_text(encoding="utf-8"), path


def test_all_generated_models_are_models():
    from circleci_v2._generated import models
    from circleci_v2._wire.types import OpenStrEnum

    for name in models.__all__:
        assert issubclass(getattr(models, name), (Model, OpenStrEnum))


def code_shape(tree: ast.AST) -> list[str]:
    """The kinds of all nodes except constants: a text changes them only if it escapes its quotes."""
    return [type(node).__name__ for node in ast.walk(tree) if not isinstance(node, ast.Constant)]


def test_hostile_texts_stay_inside_their_quotes(ours: dict[str, Any], tmp_path: Path):
    hostile = copy.deepcopy(ours)

    def poison(value: Any) -> None:
        if isinstance(value, list):
            for item in value:
                poison(item)
        elif isinstance(value, dict):
            for key, item in value.items():
                if key in {"description", "summary"} and isinstance(item, str):
                    value[key] = HOSTILE
                else:
                    poison(item)

    poison(hostile)
    generate(hostile, tmp_path / "_generated")
    for path in sorted(GENERATED.rglob("*.py")):
        poisoned = ast.parse((tmp_path / "_generated" / path.relative_to(GENERATED)).read_text(encoding="utf-8"))
        assert code_shape(poisoned) == code_shape(ast.parse(path.read_text(encoding="utf-8"))), path


@pytest.mark.parametrize("text", ['a"', 'a\\"', 'a\\\\"', '"""', 'a"""', "a\\", '\\"""', '""""'])
def test_no_text_ends_its_docstring_early(text: str):
    from codegen.generate.rendering import docstring

    assert ast.literal_eval(f'"""{docstring(text)}"""') == text


def test_hostile_names_become_identifiers_or_are_rejected(ours: dict[str, Any], tmp_path: Path):
    hostile = copy.deepcopy(ours)
    hostile["components"]["schemas"]["Workflow"]["properties"]['x"]; import os #'] = {"type": "string"}
    generate(hostile, tmp_path / "_generated")
    tree = (tmp_path / "_generated" / "models" / "workflow.py").read_text(encoding="utf-8")
    assert "x_import_os: str | None = field(default=None" in tree
    ast.parse(tree)


def test_of_two_fields_of_one_python_name_the_model_has_the_first(ours: dict[str, Any], tmp_path: Path):
    twice = copy.deepcopy(ours)
    twice["components"]["schemas"]["Workflow"]["properties"]["project-slug"] = {"type": "string"}
    notes = generate(twice, tmp_path / "_generated")
    (note,) = [note for note in notes if note.startswith("schema Workflow:")]
    assert note.startswith(
        "schema Workflow: 'project-slug' and 'project_slug' would both be called project_slug in Python"
    )


@pytest.mark.parametrize(
    ("one", "other", "member"),
    [("GitHub", "github", "GITHUB"), ("on-hold", "on hold", "ON_HOLD"), ("value_0", "#", "VALUE_0")],
)
def test_two_values_of_one_python_name_are_numbered(
    ours: dict[str, Any], tmp_path: Path, one: str, other: str, member: str
):
    odd = copy.deepcopy(ours)
    odd["components"]["schemas"]["WorkflowStatus"]["enum"] = [one, other]
    notes = generate(odd, tmp_path / "_generated")
    (note,) = [note for note in notes if "WorkflowStatus" in note]
    assert f"would both be called {member} in Python; the second is called {member}_2" in note
    assert repr(one) in note
    assert repr(other) in note
    code = (tmp_path / "_generated" / "models" / "workflow_status.py").read_text(encoding="utf-8")
    assert f" {member} = " in code
    assert f" {member}_2 = " in code


def test_the_objects_that_a_field_maps_to_have_a_name_of_their_own(ours: dict[str, Any], tmp_path: Path):
    newer = copy.deepcopy(ours)
    label = {"type": "object", "properties": {"color": {"type": "string"}}}
    newer["components"]["schemas"]["Webhook"]["properties"]["labels"] = {
        "type": "object",
        "additionalProperties": label,
    }
    generate(newer, tmp_path / "_generated")
    webhook = (tmp_path / "_generated" / "models" / "webhook.py").read_text(encoding="utf-8")
    assert "labels: dict[str, WebhookLabelsValue] | None" in webhook


def test_a_response_to_any_success_has_a_default_name_beside_those_by_status(ours: dict[str, Any], tmp_path: Path):
    newer = copy.deepcopy(ours)
    path = "/project/{provider}/{organization}/{project}/pipeline/run"
    responses = newer["paths"][path]["post"]["responses"]
    responses["2XX"] = responses.pop("201")
    notes = generate(newer, tmp_path / "_generated")
    assert f"response 2XX of POST {path} is called TriggerPipelineRunResponse" in notes
    module = (tmp_path / "_generated" / "api" / "pipelines.py").read_text(encoding="utf-8")
    assert ") -> PipelineNotTriggered | TriggerPipelineRunResponse:" in module
    assert "{200: models.PipelineNotTriggered, None: models.TriggerPipelineRunResponse}," in module


def test_an_operation_without_a_name_in_the_table_still_works(ours: dict[str, Any], tmp_path: Path):
    newer = copy.deepcopy(ours)
    newer["paths"]["/pipeline/{pipeline-id}/lineage"] = {
        "get": {
            "operationId": "getPipelineLineage",
            "tags": ["Pipeline"],
            "parameters": [
                {"name": "pipeline-id", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}
            ],
            "responses": {
                "200": {
                    "description": "",
                    "content": {
                        "application/json": {"schema": {"type": "object", "properties": {"depth": {"type": "integer"}}}}
                    },
                }
            },
        }
    }
    notes = generate(newer, tmp_path / "_generated")
    assert "operation GET /pipeline/{pipeline-id}/lineage is called pipelines.get_pipeline_lineage" in notes
    namespace = (tmp_path / "_generated" / "api" / "pipelines.py").read_text(encoding="utf-8")
    assert "async def get_pipeline_lineage(self, pipeline_id: UUID | str) -> GetPipelineLineageResponse:" in namespace


def test_an_operation_id_of_a_retained_operation_is_rejected(ours: dict[str, Any], tmp_path: Path):
    newer = copy.deepcopy(ours)
    newer["paths"].pop("/project/{project-slug}/job/{job-number}")
    newer["paths"]["/jobs/{job_id}"]["get"]["operationId"] = "getJobDetails"
    with pytest.raises(SpecError, match=r"GET .* and GET .* both have the operationId 'getJobDetails'") as caught:
        generate(newer, tmp_path / "_generated")
    assert "GET /jobs/{job_id}" in str(caught.value)
    assert "GET /project/{project-slug}/job/{job-number}" in str(caught.value)


def test_a_header_that_is_required_and_not_sent_is_named(ours: dict[str, Any], tmp_path: Path):
    newer = copy.deepcopy(ours)
    headers = [
        {"name": name, "in": "header", "required": name != "Prefer", "schema": {"type": "string"}}
        for name in ("Idempotency-Key", "Prefer", "Circle-Token", "Accept")
    ]
    newer["paths"]["/context"]["post"]["parameters"] = headers
    notes = generate(newer, tmp_path / "_generated")
    assert list(notes) == [
        "POST /context requires the header 'Idempotency-Key', which the client does not send",
        "POST /context may have the header 'Prefer', which the client does not send",
    ]


def test_a_layer_that_a_document_leaves_without_an_operation_is_named(ours: dict[str, Any], tmp_path: Path):
    poorer = copy.deepcopy(ours)
    poorer["paths"]["/workflow/{id}/approve/{approval_request_id}"].pop("post")
    notes = generate(poorer, tmp_path / "_generated")
    assert "waiting will not work: the document has no approvePendingApprovalJobById" in notes


@pytest.mark.parametrize(
    ("path", "method", "returns"),
    [("/workflow/{id}", "get", "Workflow | None"), ("/project/{project-slug}/pipeline", "get", "Paginator[Pipeline]")],
)
def test_one_of_several_successes_may_have_no_body(
    ours: dict[str, Any], tmp_path: Path, path: str, method: str, returns: str
):
    newer = copy.deepcopy(ours)
    operation = newer["paths"][path][method]
    operation["responses"]["202"] = {"description": "Accepted; there is nothing to show yet."}
    generate(newer, tmp_path / "_generated")
    (namespace,) = [
        p for p in (tmp_path / "_generated" / "api").glob("*.py") if f"({operation['operationId']})" in p.read_text()
    ]
    assert f" -> {returns}:" in namespace.read_text(encoding="utf-8")
