from __future__ import annotations

from collections import Counter

import httpx
import pytest

from circleci_v2.testing import FakeCircleCI
from tests.testing.conftest import BASE_URL


def records(seed: int) -> list[object]:
    fake = FakeCircleCI.seeded(pipelines=30, seed=seed)
    with httpx.Client(transport=fake.transport(), base_url=BASE_URL, headers={"Circle-Token": fake.token}) as http:
        pipelines = http.get("/project/gh/acme/web/pipeline").json()["items"]
        workflows = [http.get(f"/pipeline/{pipeline['id']}/workflow").json() for pipeline in pipelines]
        return [pipelines, workflows]


def test_the_same_seed_produces_the_same_history() -> None:
    assert records(7) == records(7)
    assert records(7) != records(8)


def test_the_history_does_not_depend_on_the_order_of_access() -> None:
    forward, backward = FakeCircleCI.seeded(pipelines=30), FakeCircleCI.seeded(pipelines=30)
    project = backward.state.projects["gh/acme/web"]
    for pipeline in reversed(project.pipelines):
        assert pipeline.planned_workflows is not None

    def jobs(fake: FakeCircleCI) -> list[tuple[object, ...]]:
        flows = fake.state.projects["gh/acme/web"].planned_workflows()
        return [(job.id, job.number, job.name, job.outcome, job.stopped_at) for flow in flows for job in flow.jobs]

    assert jobs(forward) == jobs(backward)


def test_the_history_contains_all_cases_that_clients_handle() -> None:
    fake = FakeCircleCI.seeded(pipelines=400)
    now = fake.clock.now()
    pipelines = fake.state.projects["gh/acme/web"].pipelines
    workflows = [workflow for pipeline in pipelines for workflow in pipeline.workflows(now)]
    jobs = [job for workflow in workflows for job in workflow.jobs]

    assert {"created", "errored"} <= {pipeline.state(now) for pipeline in pipelines}
    assert {"webhook", "schedule", "api"} <= {pipeline.trigger_type for pipeline in pipelines}
    assert any(pipeline.commit is None for pipeline in pipelines)
    assert any(pipeline.commit and pipeline.commit.tag for pipeline in pipelines)
    assert len({pipeline.branch for pipeline in pipelines}) > 20
    statuses = Counter(workflow.status(now) for workflow in workflows)
    assert {"success", "failed", "canceled", "running", "on_hold"} <= set(statuses)
    assert statuses["success"] > len(workflows) / 2
    assert {"success", "failed", "blocked", "canceled", "running", "on_hold"} <= {job.status(now) for job in jobs}
    assert any(job.plan.type == "approval" and job.number is None for job in jobs)
    assert any(workflow.rerun_of for workflow in workflows)
    assert any(workflow.plan.tag == "setup" for workflow in workflows)


def test_job_numbers_are_unique() -> None:
    project = FakeCircleCI.seeded(pipelines=100).state.projects["gh/acme/web"]
    jobs = [job for workflow in project.planned_workflows() for job in workflow.jobs if job.reused_from is None]
    numbers = [job.number for job in jobs if job.number is not None]
    assert len(numbers) == len(set(numbers))


def test_an_id_is_found_before_its_pipeline_was_accessed(fake: FakeCircleCI, http: httpx.Client) -> None:
    same = FakeCircleCI.seeded(pipelines=50).state.projects["gh/acme/web"].pipelines[3].planned_workflows[0]
    assert http.get(f"/workflow/{same.id}").json()["id"] == same.id
    assert http.get(f"/jobs/{same.jobs[0].id}").json()["name"] == same.jobs[0].name


def test_a_negative_number_of_pipelines_is_an_error() -> None:
    with pytest.raises(ValueError, match="pipelines=-1"):
        FakeCircleCI.seeded(pipelines=-1)


def test_a_long_history_is_planned_on_demand() -> None:
    pipelines = FakeCircleCI.seeded(pipelines=2000).state.projects["gh/acme/web"].pipelines
    assert sum(pipeline.planner is None for pipeline in pipelines) < 100
    assert len(pipelines[0].planned_workflows) > 0
    assert pipelines[0].planner is None
