"""Changes between two documents, and their grades."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import attrs
import pytest

from codegen.diff import document_diff
from codegen.diff.__main__ import main
from codegen.diff.changes import Change, Diff, Grade
from codegen.diff.document_diff import PreparedDocument, diff_documents, diff_prepared, prepare
from codegen.documents import OUR_DOCUMENT, write_document
from codegen.errors import SpecError
from tests.codegen.support.checked_changes import CHECKED, UNCHANGED
from tests.codegen.support.documents import NO_CORRECTIONS, copy_of_ours, excerpt, ours, vendor

CALLERS, RUN_TIME, SAFE, WORDS = (
    Grade.BREAKS_CALLERS,
    Grade.BREAKS_AT_RUN_TIME,
    Grade.SAFE,
    Grade.DESCRIPTION_ONLY,
)
SMALL = excerpt()
LIST_PIPELINES = "/project/{project-slug}/pipeline"

Mutation = Callable[[dict[str, Any]], None]


_prepared: dict[str, PreparedDocument] = {}


def prepare_once(document: dict[str, Any], name: str, **options: Any) -> PreparedDocument:
    """Prepare a document as `prepare` does; the result for one that was prepared before is kept, since each takes a second."""
    assert not any(options.values())
    key = json.dumps(document)
    if key not in _prepared:
        _prepared[key] = prepare(document, name, **options)
    return attrs.evolve(_prepared[key], name=name)


@cache
def prepared_vendor(reference: Path, name: str) -> PreparedDocument:
    return prepare(vendor(reference, name), name)


@cache
def vendor_diff(reference: Path, old: str, new: str) -> Diff:
    return diff_prepared(prepared_vendor(reference, old), prepared_vendor(reference, new))


def test_at_least_forty_changes_were_checked_by_hand():
    assert sum(map(len, CHECKED.values())) >= 40


@pytest.mark.parametrize("pair", CHECKED, ids=" ".join)
def test_the_changes_that_were_checked_by_hand_are_found_and_graded_right(reference: Path, pair: tuple[str, str]):
    diff = vendor_diff(reference, *pair)
    for subject, kind, grade, words in CHECKED[pair]:
        found = [c for c in diff.changes if (c.subject, c.kind) == (subject, kind) and words in c.message]
        assert [change.grade for change in found] == [grade], (subject, kind, words)
    for subject in UNCHANGED.get(pair, ()):
        assert [c.message for c in diff.changes if c.subject == subject and c.grade is not WORDS] == []


@pytest.mark.parametrize("pair", CHECKED, ids=" ".join)
def test_what_breaks_between_documents_of_circleci_was_checked_completely(reference: Path, pair: tuple[str, str]):
    diff = vendor_diff(reference, *pair)
    checked = {(subject, kind) for subject, kind, _, _ in CHECKED[pair]}
    breaking = {(c.subject, c.kind) for c in diff.changes if c.grade >= RUN_TIME}
    # Models that only a removed operation returned are removed with it.
    gone_with_it = {"model-removed", "enum-removed"}
    # Closed bodies are tested with documents of their own, in test_service_changes.
    unchecked = {(s, k) for s, k in breaking - checked if k not in gone_with_it | {"body-closed"}}
    assert unchecked <= {("RepositoryConfigSourceInput.provider", "field-type")}


def test_a_document_does_not_differ_from_itself_nor_from_its_normal_form(reference: Path):
    assert diff_documents(ours(), ours()).changes == []


def test_ours_has_all_that_the_newest_document_of_circleci_has(reference: Path):
    diff = diff_prepared(prepare_once(ours(), "ours"), prepared_vendor(reference, "2026-08-partial"))
    assert [c for c in diff.changes if c.grade is not WORDS] == []


@cache
def prepared_excerpt() -> PreparedDocument:
    return prepare(SMALL, "old", overlay=NO_CORRECTIONS)


def prepared(mutation: Mutation) -> PreparedDocument:
    mutated = copy.deepcopy(SMALL)
    mutation(mutated)
    return prepare(mutated, "new", overlay=NO_CORRECTIONS)


@cache
def prepared_case(case: str) -> PreparedDocument:
    return prepared(CASES[case][0])


def small_diff(mutation: Mutation) -> Diff:
    return diff_prepared(prepared_excerpt(), prepared(mutation))


def schema(name: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda document: document["components"]["schemas"][name]


def field(model: str, name: str, **changes: Any) -> Mutation:
    return lambda document: schema(model)(document)["properties"][name].update(changes)


def without_field(model: str, name: str) -> Mutation:
    return lambda document: schema(model)(document)["properties"].pop(name)


def new_field(model: str, name: str, *, required: bool) -> Mutation:
    def mutate(document: dict[str, Any]) -> None:
        schema(model)(document)["properties"][name] = {"type": "string"}
        if required:
            schema(model)(document)["required"].append(name)

    return mutate


def required(model: str, name: str, *, to: bool) -> Mutation:
    def mutate(document: dict[str, Any]) -> None:
        fields = schema(model)(document).setdefault("required", [])
        fields.append(name) if to else fields.remove(name)

    return mutate


def parameters(change: Callable[[list[dict[str, Any]]], object]) -> Mutation:
    return lambda document: change(document["paths"][LIST_PIPELINES]["get"]["parameters"])


def branch(**changes: Any) -> Mutation:
    return parameters(lambda ps: next(p for p in ps if p.get("name") == "branch").update(changes))


def enum_values(name: str, change: Callable[[list[str]], object]) -> Mutation:
    return lambda document: change(schema(name)(document)["enum"])


def workflow(change: Callable[[dict[str, Any]], object]) -> Mutation:
    return lambda document: change(document["paths"]["/workflow/{id}"]["get"])


def moved(source: str, target: str) -> Mutation:
    return lambda document: document["paths"].update({target: document["paths"].pop(source)})


def query(name: str, **changes: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": {"type": "string"}, **changes}


CASES: dict[str, tuple[Mutation, str, str, Grade, str]] = {
    "an argument goes": (
        parameters(lambda ps: ps.remove(next(p for p in ps if p.get("name") == "branch"))),
        "pipelines.list_for_project",
        "argument-removed",
        CALLERS,
        "loses argument `branch`",
    ),
    "an argument comes": (
        parameters(lambda ps: ps.append(query("mine"))),
        "pipelines.list_for_project",
        "argument-added",
        SAFE,
        "gains argument `mine`",
    ),
    "a required argument comes": (
        parameters(lambda ps: ps.append(query("mine", required=True))),
        "pipelines.list_for_project",
        "argument-added",
        CALLERS,
        "gains required argument `mine`",
    ),
    "an argument is renamed": (
        branch(name="branch-name"),
        "pipelines.list_for_project",
        "argument-removed",
        CALLERS,
        "loses argument `branch`; possibly renamed to `branch_name`",
    ),
    "an argument becomes required": (
        branch(required=True),
        "pipelines.list_for_project(branch)",
        "argument-required",
        CALLERS,
        "is required now",
    ),
    "an argument becomes another type": (
        branch(schema={"type": "integer"}),
        "pipelines.list_for_project(branch)",
        "argument-type",
        CALLERS,
        "accepts `int`, was `str`",
    ),
    "an argument becomes an enum, of which a type checker accepts the published values only": (
        branch(schema={"type": "string", "enum": ["main"]}),
        "pipelines.list_for_project(branch)",
        "argument-type",
        CALLERS,
        "accepts `Branch`, was `str`",
    ),
    "an argument is respelled": (
        branch(name="Branch"),
        "pipelines.list_for_project(branch)",
        "argument-key",
        RUN_TIME,
        "is sent as query 'Branch', was query 'branch'",
    ),
    "an argument is bounded": (
        branch(schema={"type": "string", "maxLength": 10}),
        "pipelines.list_for_project(branch)",
        "argument-bounds",
        RUN_TIME,
        "now has the maxLength 10",
    ),
    "an argument gets a default": (
        branch(schema={"type": "string", "default": "main"}),
        "pipelines.list_for_project(branch)",
        "argument-default",
        RUN_TIME,
        "now has the default 'main'",
    ),
    "an argument is described otherwise": (
        branch(description="Only this one."),
        "pipelines.list_for_project(branch)",
        "argument-description",
        WORDS,
        "has another description",
    ),
    "an operation is removed": (
        lambda document: document["paths"].pop("/workflow/{id}"),
        "workflows.get",
        "operation-removed",
        CALLERS,
        "is removed (GET /workflow/{id})",
    ),
    "an operation moves to a path that nobody has named": (
        moved("/workflow/{id}", "/workflows/{id}"),
        "workflows.get",
        "operation-moved",
        RUN_TIME,
        "moved from GET /workflow/{id} to GET /workflows/{id}",
    ),
    "and is then called after its operationId": (
        moved("/workflow/{id}", "/workflows/{id}"),
        "workflows.get",
        "method-renamed",
        CALLERS,
        "is called `workflows.get_workflow_by_id` now",
    ),
    "an operation gets another operationId": (
        workflow(lambda operation: operation.update(operationId="fetchWorkflow")),
        "workflows.get",
        "operation-id",
        RUN_TIME,
        'is OPERATIONS["fetchWorkflow"] now, was OPERATIONS["getWorkflowById"]',
    ),
    "an operation is deprecated": (
        workflow(lambda operation: operation.update(deprecated=True)),
        "workflows.get",
        "deprecation",
        SAFE,
        "is now deprecated",
    ),
    "an answer ends": (
        workflow(lambda operation: operation["responses"]["200"].pop("content")),
        "workflows.get",
        "response-type",
        CALLERS,
        "returns `None`, was `Workflow`",
    ),
    "a list is no longer one": (
        lambda document: schema("PipelineList")(document).update(properties={"count": {"type": "integer"}}),
        "pipelines.list_for_project",
        "response-pages",
        CALLERS,
        "is no longer paginated",
    ),
    "a field of an answer goes": (
        without_field("Workflow", "errored_by"),
        "Workflow.errored_by",
        "field-removed",
        CALLERS,
        "is removed",
    ),
    "a field of an answer may be null": (
        field("Workflow", "name", nullable=True),
        "Workflow.name",
        "field-presence",
        RUN_TIME,
        "is required and may be null, was required",
    ),
    "a field of an answer may be absent": (
        required("Workflow", "name", to=False),
        "Workflow.name",
        "field-presence",
        RUN_TIME,
        "is optional, was required",
    ),
    "a field of an answer becomes required": (
        required("Workflow", "tag", to=True),
        "Workflow.tag",
        "field-presence",
        SAFE,
        "is required and may be null, was optional and may be null",
    ),
    "a field of an answer becomes another type": (
        field("Workflow", "pipeline_number", type="string", format="uuid"),
        "Workflow.pipeline_number",
        "field-type",
        CALLERS,
        "is `UUID`, was `int`",
    ),
    "a field of an answer becomes a wider type": (
        field("Workflow", "name", type="object", additionalProperties={}),
        "Workflow.name",
        "field-type",
        CALLERS,
        "is `dict[str, Any]`, was `str`",
    ),
    "a field of an answer may be anything": (
        lambda document: schema("Workflow")(document)["properties"].update(name={}),
        "Workflow.name",
        "field-type",
        RUN_TIME,
        "is `Any`, was `str`",
    ),
    "a field of an answer is respelled": (
        lambda document: [
            schema("Workflow")(document)["properties"].update(
                {"project-slug": schema("Workflow")(document)["properties"].pop("project_slug")}
            ),
            required("Workflow", "project-slug", to=True)(document),
        ],
        "Workflow.project_slug",
        "field-key",
        SAFE,
        "has the JSON key 'project-slug', was 'project_slug'",
    ),
    "a field of an answer has bounds": (
        field("Workflow", "name", maxLength=10),
        "Workflow.name",
        "field-bounds",
        SAFE,
        "now has the maxLength 10",
    ),
    "a field that is sent comes and is required": (
        new_field("WebhookScopeInput", "region", required=True),
        "WebhookScopeInput.region",
        "field-added",
        CALLERS,
        "is new and required",
    ),
    "a field that is sent comes": (
        new_field("WebhookScopeInput", "region", required=False),
        "WebhookScopeInput.region",
        "field-added",
        SAFE,
        "is new",
    ),
    "a required field of an answer comes": (
        new_field("Workflow", "region", required=True),
        "Workflow.region",
        "field-added",
        SAFE,
        "is new",
    ),
    "a field that is sent becomes required": (
        required("ContextOwnerById", "type", to=True),
        "ContextOwnerById.type",
        "field-presence",
        CALLERS,
        "is required, was optional",
    ),
    "a field that is sent need not be": (
        required("WebhookScopeInput", "type", to=False),
        "WebhookScopeInput.type",
        "field-presence",
        SAFE,
        "is optional, was required",
    ),
    "an enum value comes": (
        enum_values("WorkflowStatus", lambda values: values.append("paused")),
        "WorkflowStatus.PAUSED",
        "value-added",
        SAFE,
        "is new ('paused')",
    ),
    "an enum value goes": (
        enum_values("WorkflowStatus", lambda values: values.remove("failing")),
        "WorkflowStatus.FAILING",
        "value-removed",
        CALLERS,
        "is removed ('failing')",
    ),
    "an enum value is respelled": (
        enum_values("WorkflowStatus", lambda values: values.__setitem__(values.index("on_hold"), "on-hold")),
        "WorkflowStatus.ON_HOLD",
        "value-respelled",
        RUN_TIME,
        "has the value 'on-hold', was 'on_hold'",
    ),
    "an argument takes fewer items": (
        field("CreateWebhookRequest", "events", maxItems=1),
        "webhooks.create(events)",
        "argument-bounds",
        RUN_TIME,
        "now has the maxItems 1",
    ),
    "an argument takes text of one form alone": (
        branch(schema={"type": "string", "format": "uuid"}),
        "pipelines.list_for_project(branch)",
        "argument-type",
        RUN_TIME,
        "accepts `UUID | str`, was `str`",
    ),
    "a header becomes required": (
        parameters(lambda ps: ps.append({**query("Idempotency-Key", required=True), "in": "header"})),
        "pipelines.list_for_project",
        "unsent-added",
        RUN_TIME,
        "requires the header 'Idempotency-Key' now, which the client does not send",
    ),
    "an authentication scheme has another header": (
        lambda document: document["components"]["securitySchemes"]["api_key_header"].update(name="X-Api-Token"),
        "security",
        "security-changed",
        RUN_TIME,
        "the authentication scheme 'api_key_header' is 'apiKey header X-Api-Token', was 'apiKey header Circle-Token'",
    ),
    "an authentication scheme no longer suffices": (
        lambda document: document["security"].remove({"api_key_header": []}),
        "authentication",
        "authentication-removed",
        RUN_TIME,
        "the authentication by 'api_key_header' is removed",
    ),
    "a server is removed": (
        lambda document: document["servers"].clear(),
        "servers",
        "servers-removed",
        RUN_TIME,
        "the server 'https://circleci.com/api/v2' is removed",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_it_says_what_it_means_when(case: str):
    _, subject, kind, grade, message = CASES[case]
    diff = diff_prepared(prepared_excerpt(), prepared_case(case))
    found = {(c.subject, c.kind): (c.grade, c.message) for c in diff.changes}
    assert found.get((subject, kind)) == (grade, message), found


@pytest.mark.parametrize(
    ("before", "after", "grade"),
    [
        ({"minItems": 1}, {"minItems": 2}, RUN_TIME),
        ({"maxItems": 1}, {"maxItems": 2}, SAFE),
        ({"minItems": 2}, {}, SAFE),
        ({}, {"uniqueItems": True}, RUN_TIME),
    ],
)
def test_bounds_of_a_list_are_graded_by_what_they_reject(before: dict[str, Any], after: dict[str, Any], grade: Grade):
    numbers = {"type": "array", "items": {"type": "integer"}}
    old, new = copy.deepcopy(SMALL), copy.deepcopy(SMALL)
    for document, bounds in ((old, before), (new, after)):
        parameters(lambda ps, bounds=bounds: ps.append(query("numbers", schema={**numbers, **bounds})))(document)  # type: ignore[misc]
    (change,) = diff_documents(old, new, overlay=NO_CORRECTIONS).changes
    assert (change.kind, change.grade) == ("argument-bounds", grade)


@pytest.mark.parametrize(
    ("before", "after", "grade"),
    [
        ({"exclusiveMaximum": True}, {}, SAFE),
        ({}, {"exclusiveMinimum": True}, RUN_TIME),
        ({"multipleOf": 2}, {"multipleOf": 4}, RUN_TIME),
    ],
)
def test_bounds_of_a_number_are_graded_by_what_they_reject(before: dict[str, Any], after: dict[str, Any], grade: Grade):
    old, new = copy.deepcopy(SMALL), copy.deepcopy(SMALL)
    for document, bounds in ((old, before), (new, after)):
        number = {"type": "integer", "minimum": 0, "maximum": 8, **bounds}
        parameters(lambda ps, number=number: ps.append(query("number", schema=number)))(document)  # type: ignore[misc]
    (change,) = diff_documents(old, new, overlay=NO_CORRECTIONS).changes
    assert (change.kind, change.grade) == ("argument-bounds", grade)


def test_a_move_is_one_change_and_not_a_removal_with_an_addition():
    diff = small_diff(moved("/workflow/{id}", "/workflows/{id}"))
    assert not {c.kind for c in diff.changes} & {"operation-removed", "operation-added"}


def test_an_operation_id_that_was_given_to_another_path_is_no_move():
    def mutate(document: dict[str, Any]) -> None:
        newer = copy.deepcopy(document["paths"]["/workflow/{id}"])
        document["paths"]["/workflow/{id}"]["get"]["operationId"] = "fetchWorkflow"
        document["paths"]["/workflows/{id}"] = newer

    kinds = {c.kind for c in small_diff(mutate).changes}
    assert "operation-moved" not in kinds
    assert {"operation-id", "operation-added"} <= kinds


def test_what_the_vendor_only_rearranges_is_no_change():
    def rearrange(document: dict[str, Any]) -> None:
        operation = document["paths"].pop("/workflow/{id}")
        operation["get"]["parameters"][0] = {
            "name": "workflow-id",
            "in": "path",
            "required": True,
            "schema": {"type": "string", "format": "uuid"},
        }
        operation["get"]["tags"] = ["Elsewhere"]
        document["paths"]["/workflow/{workflow-id}"] = operation
        answer = operation["get"]["responses"]["200"]["content"]["application/json"]
        answer["schema"] = copy.deepcopy(document["components"]["schemas"]["Workflow"])
        document["components"]["schemas"]["Orphan"] = {"type": "string"}

    assert [(c.subject, c.message) for c in small_diff(rearrange).changes if c.grade is not WORDS] == []


@pytest.mark.parametrize("case", CASES)
def test_the_way_back_is_a_change_too(case: str):
    assert diff_prepared(prepared_case(case), prepared_excerpt()).changes


def test_the_worst_comes_first_and_methods_come_before_models():
    diff = small_diff(
        lambda document: [without_field("Workflow", "errored_by")(document), branch(name="ref")(document)]
    )
    grades = [change.grade for change in diff.changes]
    assert grades == sorted(grades, reverse=True)
    breaking = [change.subject for change in diff.changes if change.grade is CALLERS]
    assert breaking == ["pipelines.list_for_project", "Workflow.errored_by"]


def test_a_model_is_reported_with_the_methods_that_use_it():
    (change,) = [c for c in small_diff(without_field("Workflow", "errored_by")).changes if c.grade is CALLERS]
    assert change.used_by == ["workflows.get"]


def test_an_operation_is_reported_with_the_layers_that_rely_on_it():
    diff = small_diff(lambda document: document["paths"].pop("/workflow/{id}"))
    (change,) = [c for c in diff.changes if c.kind == "operation-removed"]
    assert "waiting" in change.layers


def test_a_document_that_cannot_be_used_is_named():
    with pytest.raises(SpecError, match=r"^new: not valid OpenAPI: the document: .*info"):
        diff_documents(SMALL, {"openapi": "3.0.3"}, overlay=NO_CORRECTIONS)


def test_what_is_not_valid_is_rejected_with_the_location():
    with pytest.raises(SpecError, match=r"^new: not valid OpenAPI: paths//project/\{project-slug\}/pipeline/get"):
        small_diff(parameters(lambda ps: ps.append({"name": "mine", "schema": {"type": "string"}})))


def test_a_status_that_is_no_text_is_rejected_with_the_location():
    with pytest.raises(SpecError, match=r"^new: /paths//workflow/\{id\}/get/responses/200: .* in quotes"):
        small_diff(workflow(lambda get: get["responses"].update({200: get["responses"].pop("200")})))


@pytest.fixture
def documents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Mutation], tuple[str, str]]:
    # The tests of the command compare the same few documents.
    monkeypatch.setattr(document_diff, "prepare", prepare_once)

    def write(mutation: Mutation) -> tuple[str, str]:
        newer = copy_of_ours()
        mutation(newer)
        write_document(newer, tmp_path / "new.json")
        return str(OUR_DOCUMENT), str(tmp_path / "new.json")

    return write


Documents = Callable[[Mutation], tuple[str, str]]


def test_the_command_fails_for_what_breaks_callers(documents: Documents, capsys: pytest.CaptureFixture[str]):
    assert main(documents(without_field("Workflow", "errored_by"))) == 4
    output = capsys.readouterr().out
    assert "breaks callers" in output
    assert "Workflow.errored_by" in output
    assert "1 breaks callers" in output


def test_the_command_fails_otherwise_for_what_breaks_at_run_time(documents: Documents):
    paths = documents(field("Workflow", "name", nullable=True))
    assert main(paths) == 3
    assert main([*paths, "--fail-on", "callers"]) == 0


def test_the_command_can_be_told_to_report_only(documents: Documents):
    assert main([*documents(without_field("Workflow", "errored_by")), "--fail-on", "never"]) == 0


def test_the_command_succeeds_when_nothing_breaks(documents: Documents, capsys: pytest.CaptureFixture[str]):
    assert main(documents(new_field("Workflow", "region", required=False))) == 0
    assert "1 safe" in capsys.readouterr().out


def test_the_command_tells_a_document_that_cannot_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main([str(OUR_DOCUMENT), str(tmp_path / "gone.json")]) == 1
    assert f"error: {tmp_path / 'gone.json'}: No such file" in capsys.readouterr().err


def test_json_holds_everything_that_a_change_says(documents: Documents, tmp_path: Path):
    paths = documents(without_field("Workflow", "errored_by"))
    main([*paths, "--format", "json", "--output", str(tmp_path / "diff.json")])
    content = json.loads((tmp_path / "diff.json").read_text(encoding="utf-8"))
    assert content["counts"]["breaks callers"] == 1
    (change,) = content["changes"]
    assert change == {
        "grade": "breaks callers",
        "kind": "field-removed",
        "subject": "Workflow.errored_by",
        "message": "is removed",
        "operation": None,
        "used_by": ["pipelines.list_workflows", "workflows.get"],
        "layers": [],
    }


def test_markdown_has_a_section_for_each_grade_and_escapes_what_documents_say():
    from codegen.diff.reports import as_markdown

    hostile = Change(grade=CALLERS, kind="k", subject="A`b", message="is <b>bold</b> *now*\n# heading")
    text = as_markdown(Diff(old="old.json", new="new.json", changes=[hostile], notes=["a note"]))
    assert text.splitlines() == [
        "# From `old.json` to `new.json`",
        "",
        "1 breaks callers.",
        "",
        "## Breaks callers",
        "",
        r"- ``A`b`` is \<b\>bold\</b\> \*now\* \# heading",
        "",
        "## Notes",
        "",
        "- a note",
    ]


def test_words_count_between_documents_that_are_not_ours(
    documents: Documents, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    path, other = documents(lambda document: schema("Workflow")(document).update(description="Other words."))
    assert main([path, other]) == 0
    assert "no difference" in capsys.readouterr().out
    write_document(ours(), tmp_path / "old.json")
    assert main([str(tmp_path / "old.json"), other]) == 0
    assert "description only" in capsys.readouterr().out
    assert main([str(tmp_path / "old.json"), other, "--no-descriptions"]) == 0
    assert "no difference" in capsys.readouterr().out


def test_the_table_can_be_written_to_a_file(documents: Documents, tmp_path: Path):
    paths = documents(without_field("Workflow", "errored_by"))
    main([*paths, "--output", str(tmp_path / "report.txt")])
    lines = (tmp_path / "report.txt").read_text(encoding="utf-8").splitlines()
    assert lines[0].split() == ["Grade", "Where", "What"]
    assert lines[1].startswith("breaks callers  Workflow.errored_by  is removed")
    assert lines[-1].endswith(": 1 breaks callers")
