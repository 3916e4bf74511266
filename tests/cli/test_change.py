"""The commands that change something: approve, cancel, rerun; and waits that approve."""

from __future__ import annotations

import json
from collections.abc import Iterator
from uuid import uuid4

import pytest
from typer.testing import CliRunner, Result

from circleci_v2.cli import change, trigger
from circleci_v2.cli.app import app
from circleci_v2.testing import FakeCircleCI, FakeResponse, JobPlan, WorkflowPlan
from tests.cli.commands import PROJECT, run


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeCircleCI]:
    fake = FakeCircleCI()
    with fake.serve() as url:
        monkeypatch.setenv("CIRCLECI_BASE_URL", url)
        monkeypatch.setenv("CIRCLE_TOKEN", fake.token)
        for module in (change, trigger):
            monkeypatch.setattr(module, "polling", lambda *, demo: fake.polling())  # noqa: PLW0108 - drops demo
        yield fake


def held(fake: FakeCircleCI, *names: str) -> str:
    gates = tuple(JobPlan(name=name, type="approval") for name in names)
    return fake.add_pipeline(PROJECT, status="on_hold", workflows=[WorkflowPlan(name="deploy", jobs=gates)]).id


def test_approve_approves_the_named_job_only(fake: FakeCircleCI) -> None:
    pipeline = held(fake, "hold-stage", "hold-production")
    result = run("approve", pipeline, "hold-stage", "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["before"] == "on_hold"
    assert "hold-stage of workflow deploy: approved." in result.stderr
    again = run("approve", f"https://app.circleci.com/pipelines/{PROJECT}/1", "hold-stage")
    assert "had been approved before" in again.stderr
    assert len(fake.journal.of("POST /workflow/{id}/approve/{approval_request_id}")) == 1
    unknown = run("approve", pipeline, "hold")
    assert unknown.exit_code == 2
    assert "'hold-production', 'hold-stage'" in unknown.stderr


def test_a_name_that_several_workflows_have_needs_the_id_of_one(fake: FakeCircleCI) -> None:
    plans = [WorkflowPlan(name=name, jobs=(JobPlan(name="hold", type="approval"),)) for name in ("stage", "production")]
    pipeline = fake.add_pipeline(PROJECT, status="on_hold", workflows=plans)
    result = run("approve", pipeline.id, "hold")
    assert result.exit_code == 2
    assert "2 workflows have an approval job 'hold'" in result.stderr
    workflow = pipeline.planned_workflows[1].id
    assert workflow in result.stderr
    assert run("approve", workflow, "hold").exit_code == 0


def test_cancel_cancels_what_has_not_ended(fake: FakeCircleCI) -> None:
    pipeline = fake.add_pipeline(PROJECT, status="running")
    result = run("cancel", pipeline.id, "--json")
    assert json.loads(result.stdout)["cancelled"] == [pipeline.planned_workflows[0].id]
    assert pipeline.planned_workflows[0].status(fake.clock.now()) == "canceled"
    assert "Nothing to cancel" in run("cancel", pipeline.id).stderr
    assert len(fake.journal.of("POST /workflow/{id}/cancel")) == 1


def test_cancel_cancels_each_run_of_a_workflow(fake: FakeCircleCI) -> None:
    plan = WorkflowPlan(name="test", jobs=(JobPlan(name="t", outcome="failed", outcome_of_rerun="failed"),))
    pipeline = fake.add_pipeline(PROJECT, status="failed", workflows=[plan])
    first = pipeline.planned_workflows[0].id
    for _ in range(2):
        assert run("rerun", first).exit_code == 0
    result = run("cancel", pipeline.id, "--json")
    assert len(json.loads(result.stdout)["cancelled"]) == 2


def test_rerun_of_a_pipeline_reruns_the_failed_workflows(fake: FakeCircleCI) -> None:
    plans = [
        WorkflowPlan(name="lint", jobs=("lint",)),
        WorkflowPlan(name="test", jobs=(JobPlan(name="t", outcome="failed"),)),
    ]
    pipeline = fake.add_pipeline(PROJECT, status="failed", workflows=plans)
    fake.clock.advance(600)
    result = run("rerun", pipeline.id, "--failed", "--json")
    assert result.exit_code == 0, result.output
    (row,) = json.loads(result.stdout)["reruns"]
    assert (row["workflow"], row["rerun_of"]) == ("test", pipeline.planned_workflows[1].id)
    assert fake.journal.bodies("POST /workflow/{id}/rerun") == [{"from_failed": True}]
    fake.clock.advance(600)
    assert "Nothing to rerun" in run("rerun", pipeline.id, "--failed").stderr


@pytest.mark.parametrize(("outcome", "exit_code"), [("success", 0), ("failed", 1)])
def test_rerun_waits_and_exits_with_the_result(fake: FakeCircleCI, outcome: str, exit_code: int) -> None:
    job = JobPlan(name="t", outcome="failed", outcome_of_rerun=outcome, seconds=0, queued_seconds=0)
    pipeline = fake.add_pipeline(PROJECT, status="failed", workflows=[WorkflowPlan(name="test", jobs=(job,))])
    result = run("rerun", pipeline.id, "--failed", "--wait")
    assert result.exit_code == exit_code, result.output
    assert f"test: {outcome}" in result.stderr


def test_an_error_after_the_first_rerun_has_its_own_exit_code(fake: FakeCircleCI) -> None:
    plans = [WorkflowPlan(name=name, jobs=(JobPlan(name="t", outcome="failed"),)) for name in ("one", "two")]
    pipeline = fake.add_pipeline(PROJECT, status="failed", workflows=plans)
    fake.clock.advance(600)
    path = "/workflow/{id}/rerun"
    fake.faults.respond_next(FakeResponse.json({"workflow_id": pipeline.id}, 202), route=path)
    fake.faults.fail_next(403, route=path)
    result = run("rerun", pipeline.id, "--failed")
    assert result.exit_code == 6
    assert "1 workflows were rerun, but then an error occurred: PermissionDeniedError" in result.stderr
    fake.faults.fail_next(403, route=path)
    assert run("rerun", pipeline.id, "--failed").exit_code == 4


@pytest.mark.parametrize(
    ("arguments", "exit_code"),
    [
        (("approve", PROJECT, "hold", "--demo"), 2),
        (("cancel", "nope", "--demo"), 2),
        (("cancel", "00000000-0000-0000-0000-000000000001", "--demo"), 5),
        (("rerun", f"https://circleci.com/{PROJECT}/99999999", "--demo"), 5),
        (("trigger", PROJECT, "--approve", "hold", "--demo"), 2),
    ],
)
def test_an_argument_that_leads_nowhere_has_an_exit_code(arguments: tuple[str, ...], exit_code: int) -> None:
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (exit_code, ""), result.output


def test_a_wait_approves_the_named_jobs_and_prints_json(fake: FakeCircleCI) -> None:
    pipeline = held(fake, "hold-stage")
    result = run("wait", pipeline, "--approve", "hold-stage", "--json")
    assert result.exit_code == 0, result.output
    assert (json.loads(result.stdout)["status"], json.loads(result.stdout)["succeeded"]) == ("success", True)


def test_trigger_prints_json() -> None:
    result = run("trigger", PROJECT, "--json", "--demo")
    assert set(json.loads(result.stdout)) == {"id", "state", "number", "created_at"}
    result = run("trigger", PROJECT, "--json", "--wait", "--approve", "none", "--timeout", "1", "--demo")
    assert result.exit_code == 124


def variable_in(fake: FakeCircleCI, *projects: str) -> None:
    for project in projects:
        fake.add_pipeline(project).project.environment_variables["TOKEN"] = {
            "name": "TOKEN",
            "value": "xxxx0001",
            "created-at": "2026-01-01T00:00:00Z",
        }


def with_input(text: str, *arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), input=text)


def test_setenv_reads_the_value_from_standard_input(fake: FakeCircleCI) -> None:
    fake.add_project(PROJECT)
    for action in ("created", "replaced"):
        result = with_input("new-value-4711\n", "setenv", PROJECT, "TOKEN", "--json")
        assert result.exit_code == 0, result.output
        assert json.loads(result.stdout)["action"] == action
        assert "4711" not in result.output
    assert (
        fake.journal.bodies("POST /project/{project-slug}/envvar") == [{"name": "TOKEN", "value": "new-value-4711"}] * 2
    )


def test_setenv_finds_a_context_by_its_name(fake: FakeCircleCI) -> None:
    organization = fake.add_project(PROJECT).organization
    context = organization.add_context(str(uuid4()), "production", created_at=0.0)
    result = with_input("value", "setenv", "gh/acme", "TOKEN", "--context", "production")
    assert result.exit_code == 0, result.output
    assert context.values == {"TOKEN": "value"}
    assert with_input("value", "setenv", "gh/acme", "TOKEN", "--context", "none").exit_code == 5


def test_a_value_is_required_and_never_an_argument(fake: FakeCircleCI) -> None:
    assert with_input("", "setenv", PROJECT, "TOKEN").exit_code == 2
    assert with_input("\n", "rotate", "gh/acme", "TOKEN").exit_code == 2
    assert run("setenv", PROJECT, "TOKEN", "value").exit_code == 2
    assert len(fake.journal) == 0


def test_rotate_names_the_places_that_failed_and_a_rerun_completes(fake: FakeCircleCI) -> None:
    projects = [f"gh/acme/{name}" for name in ("api", "billing", "web")]
    variable_in(fake, *projects)
    assert "would replace" in run("rotate", "gh/acme", "TOKEN", "--dry-run").stdout
    fake.faults.fail_next(500, route="POST /project/{project-slug}/envvar")
    fake.faults.fail_next(403, route="POST /project/{project-slug}/envvar")
    first = with_input("new-value-4711\n", "rotate", "gh/acme", "TOKEN", "--jsonl")
    assert first.exit_code == 3
    rows = [json.loads(line) for line in first.stdout.splitlines()]
    assert sorted(row["action"] for row in rows) == ["failed", "failed", "replaced"]
    assert "2 of 3 places failed: repeat the command with the same value." in first.stderr
    again = with_input("new-value-4711\n", "rotate", "gh/acme", "TOKEN")
    assert again.exit_code == 0, again.output
    assert {fake.state.project(slug).environment_variables["TOKEN"]["value"] for slug in projects} == {"xxxx4711"}
    assert "4711" not in first.output + again.output


def test_rotate_exits_with_the_code_of_the_only_kind_of_failure(fake: FakeCircleCI) -> None:
    variable_in(fake, PROJECT)
    fake.faults.fail_next(403, route="POST /project/{project-slug}/envvar")
    assert with_input("value", "rotate", "gh/acme", "TOKEN").exit_code == 4
    assert with_input("value", "rotate", "gh/acme", "OTHER").exit_code == 5
    assert with_input("value", "rotate", "gh/acme", "TOKEN", "--no-projects").exit_code == 5


def test_a_prompt_does_not_show_the_value(fake: FakeCircleCI, monkeypatch: pytest.MonkeyPatch) -> None:
    fake.add_project(PROJECT)
    prompts: list[tuple[str, bool, bool]] = []

    def prompt(text: str, *, hide_input: bool, confirmation_prompt: bool, err: bool) -> str:
        prompts.append((text, hide_input, confirmation_prompt and err))
        return "typed-value"

    monkeypatch.setattr(change.typer, "prompt", prompt)
    monkeypatch.setattr(change, "_reads_from_terminal", lambda: True)
    result = run("setenv", PROJECT, "TOKEN")
    assert result.exit_code == 0, result.output
    assert prompts == [("Value of TOKEN", True, True)]
    assert "typed-value" not in result.output
