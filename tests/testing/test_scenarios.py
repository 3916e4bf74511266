from __future__ import annotations

import pytest

from circleci_v2.testing import FakeCircleCI, JobPlan, WorkflowPlan


@pytest.mark.parametrize("status", ["success", "failed", "canceled", "running", "on_hold"])
@pytest.mark.parametrize("jobs", [None, ["build"], ["build", "test", "deploy"]])
def test_a_pipeline_is_in_the_wanted_status_now(status: str, jobs: list[str] | None) -> None:
    fake = FakeCircleCI()
    pipeline = fake.add_pipeline("gh/acme/web", status=status, jobs=jobs)
    now = fake.clock.now()
    assert [workflow.status(now) for workflow in pipeline.workflows(now)] == [status]
    assert pipeline.state(now) == "created"


def test_an_errored_pipeline_has_errors_and_no_workflow() -> None:
    fake = FakeCircleCI()
    pipeline = fake.add_pipeline("gh/acme/web", status="errored")
    assert pipeline.state(fake.clock.now()) == "errored"
    assert pipeline.errors
    assert pipeline.workflows(fake.clock.now()) == []


def test_a_running_pipeline_ends_when_time_passes() -> None:
    fake = FakeCircleCI()
    pipeline = fake.add_pipeline("gh/acme/web", status="running")
    fake.clock.advance(3600)
    assert pipeline.workflows(fake.clock.now())[0].status(fake.clock.now()) == "success"


def test_job_names_alone_run_one_after_the_other() -> None:
    pipeline = FakeCircleCI().add_pipeline("gh/acme/web", jobs=["build", "test"])
    build, test = pipeline.planned_workflows[0].jobs
    assert test.dependencies == (build,)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"jobs": ["a"], "workflows": []}, "both given"),
        ({"branch": "main", "tag": "v1"}, "one of them"),
        ({"jobs": []}, "needs a job"),
        ({"jobs": [JobPlan(name="a", outcome="failed")]}, "contradicts the plan"),
        ({"jobs": [JobPlan(name="a", type="approval")]}, "contradicts the plan"),
        ({"status": "running", "jobs": [JobPlan(name="a", type="approval")]}, "needs a job that runs"),
    ],
)
def test_contradictory_arguments_are_an_error(arguments: dict[str, object], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        FakeCircleCI().add_pipeline("gh/acme/web", **arguments)


@pytest.mark.parametrize("slug", ["gh/acme", "gh/acme/web/x", "", "svn/acme/web", "gh//web", "gh/acme/"])
def test_an_invalid_slug_is_an_error(slug: str) -> None:
    with pytest.raises(ValueError, match="slug"):
        FakeCircleCI().add_project(slug)


def test_a_project_is_added_once() -> None:
    fake = FakeCircleCI()
    fake.add_project("gh/acme/web")
    with pytest.raises(ValueError, match="already"):
        fake.add_project("gh/acme/web")


def test_dynamic_configuration_brings_more_workflows_after_the_setup() -> None:
    fake = FakeCircleCI()
    setup = WorkflowPlan(name="setup", jobs=(JobPlan(name="generate", seconds=10),), tag="setup")
    pipeline = fake.add_pipeline("gh/acme/web", workflows=[setup, WorkflowPlan(name="build", jobs=("build",))])
    first, second = pipeline.planned_workflows
    during = first.created_at + 5

    assert pipeline.state(during) == "setup"
    assert pipeline.workflows(during) == [first]
    assert second.created_at == first.jobs[0].stopped_at
    assert pipeline.state(fake.clock.now()) == "created"
