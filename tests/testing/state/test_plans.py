"""Plans accept names by position, and reject values that CircleCI does not know, unless they are meant."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from circleci_v2 import CircleCI
from circleci_v2.errors import ConfigurationError
from circleci_v2.testing import (
    ArtifactFile,
    FakeCircleCI,
    FakeRateLimit,
    JobPlan,
    TestResult,
    UnknownValue,
    WorkflowPlan,
)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: JobPlan("test", outcome="faild"),
            r"outcome='faild': pass one of 'success', 'failed', .*mean 'failed'",
        ),
        (lambda: JobPlan("test", outcome_of_rerun="sucess"), "outcome_of_rerun='sucess': .*did you mean 'success'"),
        (lambda: JobPlan("test", type="aproval"), "type='aproval': .*did you mean 'approval'"),
        (lambda: JobPlan("test", requires={"build": ["failure"]}), r"requires\['build'\]='failure': pass one of"),
        (lambda: TestResult("test_one", result="fail"), "result='fail': .*did you mean 'failure'"),
        (lambda: TestResult("test_one", result="passed"), "result='passed': pass one of 'success', 'failure', 'error'"),
        (lambda: WorkflowPlan("ci", ["build"], tag="set-up"), "tag='set-up': .*did you mean 'setup'"),
        (lambda: FakeCircleCI().add_pipeline("gh/acme/web", status="cancelled"), "status='cancelled': .*'canceled'"),
        (lambda: FakeRateLimit(1, kind="windows"), "kind='windows': .*did you mean 'window'"),
        (lambda: FakeRateLimit(1, body="txt"), "body='txt': .*did you mean 'text'"),
        (lambda: FakeRateLimit(1, headers=("Ratelimit",)), "headers='Ratelimit': .*did you mean 'RateLimit'"),
        (lambda: FakeCircleCI().faults.cut_next(cut="inside body"), "cut='inside body': .*'inside the body'"),
    ],
)
def test_a_typing_error_is_an_error(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        make()


def test_names_are_given_by_position() -> None:
    job = JobPlan("build", tests=(TestResult("test_one"),), artifacts=(ArtifactFile("log.txt", b"text"),))
    assert WorkflowPlan("ci", [job, "deploy"]) == WorkflowPlan(name="ci", jobs=(job, JobPlan(name="deploy")))


@pytest.mark.anyio
async def test_unknown_values_reach_the_client_if_they_are_meant() -> None:
    fake = FakeCircleCI()
    job = JobPlan(
        "gate", outcome=UnknownValue("skipped_by_policy"), tests=(TestResult("t", result=UnknownValue("odd")),)
    )
    pipeline = fake.add_pipeline("gh/acme/web", workflows=[WorkflowPlan("ci", [job])])
    async with CircleCI(fake.token, transport=fake.transport()) as circleci:
        (workflow,) = await circleci.pipelines.list_workflows(pipeline.id).collect()
        (shown,) = await circleci.workflows.list_jobs(workflow.id).collect()
        (test,) = await circleci.jobs.list_tests("gh/acme/web", shown.job_number or 0).collect()
    assert (shown.status, test.result) == ("skipped_by_policy", "odd")


@pytest.mark.parametrize("outcome", ["success", "failed", "canceled"])
def test_a_job_that_requires_any_end_starts_after_each(outcome: Any) -> None:
    fake = FakeCircleCI()
    jobs = [JobPlan("test", outcome=outcome), JobPlan("report", requires={"test": ["terminal"]})]
    fake.add_project("gh/acme/web", workflows=[WorkflowPlan("ci", jobs)])
    project = fake.state.projects["gh/acme/web"]
    pipeline = fake.add_pipeline(project, status="running")
    (_, report) = pipeline.planned_workflows[0].jobs
    assert report.ready_at is not None
