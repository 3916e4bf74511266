"""Wrong calls, each of which every type checker has to reject; `test_contract` compares the lines with the reports.

A line that ends in ``# rejected`` has at least one error, and no other line has one.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal, assert_never
from uuid import UUID

from circleci_v2 import UNSET, CircleCI, ConnectionOptions, RateLimitPolicy, RetryPolicy
from circleci_v2.fleet import mirror
from circleci_v2.history import PipelineRecord
from circleci_v2.models import ReportingWindow, Workflow, WorkflowStatus
from circleci_v2.testing import FakeCircleCI


async def values_of_enums(circleci: CircleCI, text: str) -> None:
    await circleci.insights.project_summary("gh/acme/web", reporting_window="last-month")  # rejected
    await circleci.insights.project_summary("gh/acme/web", reporting_window=text)  # rejected
    circleci.insights.list_jobs("gh/acme/web", "build", reporting_window="last_7_days")  # rejected
    await circleci.organizations.create(name="acme", vcs_type="gitlab")  # rejected
    await circleci.contexts.create_restriction("id", restriction_type="user", restriction_value="x")  # rejected
    await circleci.projects.create_checkout_key("gh/acme/web", type="deploy_key")  # rejected
    await circleci.webhooks.create(
        name="deploys",
        events=["job-finished"],  # rejected
        url="https://example.com",
        verify_tls=True,
        signing_secret="secret",
        scope={"id": "id", "type": "project"},
    )
    print(ReportingWindow.LAST_MONTH)  # rejected


def a_match_without_a_branch_for_values_that_are_published_later(status: WorkflowStatus) -> bool:  # rejected
    match status:  # pyright: ignore[reportMatchNotExhaustive] - the line above has the error of the other checkers
        case WorkflowStatus.SUCCESS:
            return True
        case (
            WorkflowStatus.CANCELED
            | WorkflowStatus.ERROR
            | WorkflowStatus.FAILED
            | WorkflowStatus.FAILING
            | WorkflowStatus.NOT_RUN
            | WorkflowStatus.ON_HOLD
            | WorkflowStatus.RUNNING
            | WorkflowStatus.UNAUTHORIZED
        ):
            return False


def an_enum_taken_for_complete(window: ReportingWindow) -> int:
    match window:  # pyright: ignore[reportMatchNotExhaustive] - as above
        case ReportingWindow.LAST_24_HOURS:
            return 1
        case ReportingWindow.LAST_7_DAYS:
            return 7
        case ReportingWindow.LAST_30_DAYS | ReportingWindow.LAST_60_DAYS | ReportingWindow.LAST_90_DAYS:
            return 90
    assert_never(window)  # rejected


async def lists_and_streams(circleci: CircleCI) -> None:
    for _ in circleci.pipelines.list_for_project("gh/acme/web"):  # rejected
        pass
    for _ in circleci.history("gh/acme/web"):  # rejected
        pass
    await circleci.history("gh/acme/web")  # rejected
    async for page in circleci.pipelines.list_for_project("gh/acme/web").pages():
        page.number  # rejected
    async for pipeline in circleci.pipelines.list_for_project("gh/acme/web"):
        pipeline.updated_at.isoformat()  # rejected
        pipeline.nummer  # rejected


async def arguments_of_operations(circleci: CircleCI) -> None:
    await circleci.pipelines.get()  # rejected
    await circleci.pipelines.get(7)  # rejected
    await circleci.pipelines.get("id", "other")  # rejected
    circleci.pipelines.list_for_project("gh/acme/web", brunch="main")  # rejected
    await circleci.schedules.update("id", name=UNSET)  # rejected
    await circleci.with_raw_response.projects.get(7)  # rejected
    (await circleci.with_raw_response.projects.get("gh/acme/web")).slug  # rejected


async def outcomes(circleci: CircleCI, ids: list[UUID], numbers: list[float]) -> None:
    circleci.map(circleci.workflows.get, numbers)  # rejected
    circleci.map(circleci.workflows.get, ids, on_error="ignore")  # rejected
    async for outcome in circleci.map(circleci.workflows.get, ids):
        outcome.result.number  # rejected


async def helpers(circleci: CircleCI, workflow: Workflow, record: PipelineRecord, since: datetime) -> None:
    await circleci.trigger_and_wait("gh/acme/web")  # rejected
    await circleci.trigger_and_wait("gh/acme/web", timeout=60, route="run")  # rejected
    await circleci.wait_for_workflow(workflow.id, timeout=60, on_holt="return")  # rejected
    await circleci.wait_for_workflow(workflow.id, timeout=60, on_hold="approved")  # rejected
    circleci.history("gh/acme/web", since="2026-01-01")  # rejected
    circleci.history("gh/acme/web", include=("steps",))  # rejected
    record.to_records("steps")  # rejected
    circleci.organization_projects("gh/acme", sources=["github"])  # rejected
    await circleci.download_artifacts("gh/acme/web", "7", "out")  # rejected
    await circleci.download_artifacts("gh/acme/web", 7, "out", overwrite="always")  # rejected
    await circleci.export_usage("org", since, since, "usage.csv", format="json")  # rejected
    await circleci.export_usage("org", since, since, "usage.csv", overwrite="skip")  # rejected
    await circleci.rotate_environment_variable("NAME", "value")  # rejected
    await circleci.failure_report(since)  # rejected
    await mirror(circleci, "dataset", organization="gh/acme", since=since, include=["steps"])  # rejected


def settings(mode: Literal["live", "recorded"]) -> None:
    CircleCI(auth="token")  # rejected
    CircleCI(retry=3)  # rejected
    CircleCI().with_options(priority="high")  # rejected
    CircleCI(connection=ConnectionOptions(http3=True))  # rejected
    RetryPolicy(retries=3)  # rejected
    RateLimitPolicy(50)  # rejected
    FakeCircleCI(spelling=mode)  # rejected
    FakeCircleCI().add_pipeline("gh/acme/web", status="passed")  # rejected
