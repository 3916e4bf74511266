"""The types that every checker infers for the public names. Checked by `test_contract` and `make types`, never run.

Where a checker infers another type that is correct as well, its own comment says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal, assert_type
from uuid import UUID

from circleci_v2 import (
    OPERATIONS,
    UNSET,
    CircleCI,
    NotFoundError,
    OrgSlug,
    Page,
    Paginator,
    ProjectSlug,
    Response,
    Unset,
)
from circleci_v2.artifacts import ArtifactDownload, LatestArtifacts
from circleci_v2.bulk import Outcome
from circleci_v2.environment import Rotation, VariableOutcome
from circleci_v2.failures import FailureReport, LogChunk
from circleci_v2.fleet import CrawlReport, MirrorReport, Partition, crawl_org_history, mirror, partitions
from circleci_v2.history import OrganizationProject, OrgHistory, PipelineRecord
from circleci_v2.models import (
    ContextEnvironmentVariable,
    ContextRestrictionType,
    DecisionLog,
    JobTest,
    MessageResponse,
    Pipeline,
    PipelineCreation,
    PipelineNotTriggered,
    Project,
    ProjectInsightsSummary,
    ReportingWindow,
    Schedule,
    TimetableByDayOfWeek,
    User,
    WebhookEventType,
    Weekday,
    Workflow,
    WorkflowJob,
    WorkflowStatus,
)
from circleci_v2.operations import Operation
from circleci_v2.streams import Stream
from circleci_v2.testing import FakeCircleCI
from circleci_v2.usage_export import UsageExport, UsageRow
from circleci_v2.waiting import PipelineResult

if TYPE_CHECKING:
    from distributed import Client


async def calls(circleci: CircleCI) -> None:
    assert_type(await circleci.user.me(), User)
    assert_type(await circleci.projects.get("gh/acme/web"), Project)
    assert_type(await circleci.projects.get(ProjectSlug("gh/acme/web")), Project)
    assert_type(await circleci.pipelines.get(UUID(int=0)), Pipeline)
    assert_type(
        await circleci.pipelines.run("gh/acme/web", parameters={"deploy": True}),
        PipelineNotTriggered | PipelineCreation,
    )
    assert_type(
        await circleci.contexts.set_environment_variable("id", "NAME", value="x"),
        ContextEnvironmentVariable | MessageResponse,
    )
    assert_type(await circleci.pipelines.get_values("id"), dict[str, Any])
    assert_type(await circleci.otel.delete_exporter("id"), None)
    assert_type(await circleci.request("GET", "/me"), Any)


async def lists(circleci: CircleCI) -> None:
    paginator = circleci.pipelines.list_for_project("gh/acme/web", branch="main")
    assert_type(paginator, Paginator[Pipeline])
    assert_type(await paginator, Page[Pipeline])
    async for pipeline in paginator:
        assert_type(pipeline, Pipeline)
        assert_type(pipeline.created_at, datetime)
        assert_type(pipeline.updated_at, datetime | None)
    assert_type(await circleci.jobs.list_tests("gh/acme/web", 7).collect(), list[JobTest])
    assert_type(await circleci.policies.list_decisions("owner"), Page[DecisionLog])
    assert_type(await paginator.first(), Pipeline | None)
    async for page in paginator.pages():
        assert_type(page, Page[Pipeline])
        assert_type(page.next_page_token, str | None)
        assert_type([item.number for item in page], list[int])
    async for prefetched in paginator.prefetch():
        assert_type(prefetched, Pipeline)


async def from_a_pipeline_to_its_artifacts(circleci: CircleCI) -> None:
    """Every id can be passed to the next call as it is."""
    async for pipeline in circleci.pipelines.list_for_project("gh/acme/web"):
        assert_type(pipeline.id, UUID)
        async for workflow in circleci.pipelines.list_workflows(pipeline.id):
            assert_type(workflow.id, UUID)
            assert_type(workflow.pipeline_id, UUID)
            assert_type(workflow.pipeline_number, int)
            async for job in circleci.workflows.list_jobs(workflow.id):
                assert_type(job.id, UUID)
                assert_type(job.job_number, int | None)
                await circleci.jobs.cancel(job.id)
            await circleci.workflows.rerun(workflow.id, from_failed=True)
            await circleci.pipelines.get_by_number(workflow.project_slug, workflow.pipeline_number)
    latest = await circleci.latest_artifacts("gh/acme/web", job="test")
    assert_type(latest.job.job_number, int)
    await circleci.download_artifacts("gh/acme/web", latest.job.job_number, "out")
    await circleci.jobs.list_tests("gh/acme/web", latest.job.job_number)


async def from_a_creation_to_the_removal(circleci: CircleCI) -> None:
    context = await circleci.contexts.create(name="release", owner={"slug": "gh/acme", "type": "organization"})
    restriction = await circleci.contexts.create_restriction(
        context.id, restriction_type="project", restriction_value="id"
    )
    await circleci.contexts.delete_restriction(context.id, restriction.id)
    async for listed in circleci.contexts.list_restrictions(context.id):
        await circleci.contexts.delete_restriction(context.id, listed.id)
    group = await circleci.groups.create("id", name="team")
    await circleci.groups.delete("id", group.id)
    async for definition in circleci.pipeline_definitions.list("id"):
        async for trigger in circleci.triggers.list("id", definition.id):
            await circleci.triggers.delete("id", trigger.id)
    for exporter in await circleci.otel.list_exporters(org_id="id"):
        await circleci.otel.delete_exporter(exporter.id)
    async for component in circleci.deploy.list_components(org_id="id", page_size=20):
        await circleci.deploy.list_component_versions(component.id)


async def errors(circleci: CircleCI) -> None:
    try:
        await circleci.projects.list_checkout_keys("gh/acme/web").collect()
    except NotFoundError as error:
        assert_type(error.next_page_token, str | None)
        assert_type(error.items_seen, int | None)
        assert_type(error.may_have_taken_effect, bool)


async def raw_responses(circleci: CircleCI) -> None:
    response = await circleci.with_raw_response.projects.get("gh/acme/web")
    assert_type(response, Response[Project])
    assert_type(response.parsed, Project)
    assert_type(response.headers, Mapping[str, str])
    page = await circleci.with_raw_response.pipelines.list_for_project("gh/acme/web", branch="main")
    assert_type(page, Response[Page[Pipeline]])


async def options(circleci: CircleCI) -> None:
    assert_type(circleci.with_options(timeout=120, max_retries=0), CircleCI)
    async with CircleCI("token", strict=True) as own:
        assert_type(own, CircleCI)


async def bodies(circleci: CircleCI) -> None:
    timetable = TimetableByDayOfWeek(per_hour=1, hours_of_day=[3], days_of_week=[Weekday.MON])
    schedule = await circleci.schedules.create(
        "gh/acme/web", name="nightly", attribution_actor="system", parameters={"branch": "main"}, timetable=timetable
    )
    assert_type(schedule, Schedule)
    assert_type(await circleci.schedules.update(schedule.id, description=None), Schedule)
    await circleci.usage.create_export("org", start=datetime.now(UTC), end=datetime.now(UTC), shared_org_ids=["id"])


def models(workflow: Workflow) -> None:
    assert_type(workflow.status, WorkflowStatus)
    assert_type(workflow.stopped_at, datetime | None)
    assert_type(workflow.to_dict(), dict[str, Any])
    assert_type(Workflow.from_dict({}), Workflow)


async def enums_in_requests(circleci: CircleCI, window: ReportingWindow, text: str) -> None:
    """A member, a published value as text, or a value that this version does not know, as a member that is made of it."""
    for days in (7, 30):
        chosen: Literal["last-7-days", "last-30-days"] = "last-7-days" if days == 7 else "last-30-days"
        await circleci.insights.project_summary("gh/acme/web", reporting_window=chosen)
    assert_type(
        await circleci.insights.project_summary("gh/acme/web", reporting_window="last-90-days"), ProjectInsightsSummary
    )
    await circleci.insights.project_summary("gh/acme/web", reporting_window=ReportingWindow.LAST_7_DAYS)
    await circleci.insights.project_summary("gh/acme/web", reporting_window=ReportingWindow("last-180-days"))
    await circleci.insights.project_summary("gh/acme/web", reporting_window=ReportingWindow(text))
    await circleci.insights.project_summary("gh/acme/web", reporting_window=window)
    circleci.contexts.list_restrictions("id")
    await circleci.contexts.create_restriction(
        "id", restriction_type=ContextRestrictionType.GROUP, restriction_value="id"
    )
    events: list[WebhookEventType | Literal["job-completed", "workflow-completed"]] = ["job-completed"]
    await circleci.webhooks.create(
        name="deploys",
        events=[*events, WebhookEventType.WORKFLOW_COMPLETED, "job-completed"],
        url="https://example.com",
        verify_tls=True,
        signing_secret="secret",
        scope={"id": "id", "type": "project"},
    )


def enums_in_responses(workflow: Workflow) -> str:
    """Every published status has its branch, and the last one is reachable: for those that CircleCI adds later."""
    assert_type(workflow.status.is_published, bool)
    assert_type(workflow.status.value, str)
    if workflow.status in {"success", "paused"} or workflow.status == "paused":
        return workflow.status
    match workflow.status:
        case WorkflowStatus.SUCCESS:
            return "passed"
        case WorkflowStatus.FAILED | WorkflowStatus.ERROR | WorkflowStatus.UNAUTHORIZED:
            return "failed"
        case WorkflowStatus.CANCELED | WorkflowStatus.NOT_RUN:
            return "ended"
        case WorkflowStatus.RUNNING | WorkflowStatus.FAILING | WorkflowStatus.ON_HOLD:
            return "in progress"
        case other:
            return other.value.upper()


def unset(description: str | Unset | None = UNSET) -> str:
    """`UNSET` is narrowed by identity; None is a value."""
    if description is UNSET:
        return "unchanged"
    assert_type(description, str | None)
    return description or "removed"


def registry() -> None:
    assert_type(OPERATIONS["getCurrentUser"], Operation)


async def chores(circleci: CircleCI, since: datetime) -> None:
    async for record in circleci.history("gh/acme/web", since=since, include=("jobs", "tests")):
        assert_type(record, PipelineRecord)
        assert_type(record.cursor, str)
        assert_type([job.job for workflow in record.workflows for job in workflow.jobs or ()], list[WorkflowJob])
        assert_type(record.to_records("tests"), list[dict[str, Any]])
    run = await circleci.trigger_and_wait("gh/acme/web", branch="main", parameters={"deploy": True}, timeout=1800)
    assert_type(run, PipelineResult)
    assert_type(await circleci.wait_for_workflow("id", timeout=60), Workflow)
    assert_type(await circleci.download_artifacts("gh/acme/web", 1234, "out/"), ArtifactDownload)
    async with circleci.open_artifact("https://example.com/file") as stream:
        async for piece in stream:
            assert_type(piece, bytes)


async def bulk_calls(circleci: CircleCI, ids: list[UUID], workflows: list[Workflow]) -> None:
    async def jobs_of(workflow: Workflow) -> list[WorkflowJob]:
        return await circleci.workflows.list_jobs(workflow.id).collect()

    outcomes = circleci.map(jobs_of, workflows, concurrency=50, on_error="collect")
    assert_type(outcomes, Stream[Outcome[Workflow, list[WorkflowJob]]])
    async for outcome in outcomes:
        assert_type(outcome.item, Workflow)
        assert_type(outcome.result, list[WorkflowJob])
        assert_type(outcome.error, Exception | None)
    async for got in circleci.map(circleci.workflows.get, ids):
        # pyrefly takes the type of the argument, `UUID | str`, where the others take that of the items.
        assert_type(got, Outcome[UUID, Workflow])  # pyrefly: ignore[assert-type]
        assert_type(got.result, Workflow)
    async for first_page in circleci.map(circleci.pipelines.list_for_project, ["gh/acme/web"]):
        assert_type(first_page.result, Page[Pipeline])


async def waits(circleci: CircleCI, result: PipelineResult) -> None:
    assert_type(result.succeeded, bool)
    assert_type(result.workflows, Sequence[Workflow])
    assert_type(await circleci.wait_for_pipeline(result, timeout=60, on_hold="return"), PipelineResult)
    assert_type(await circleci.wait_for_workflow("id", timeout=60, approve=["hold"]), Workflow)
    assert_type(await circleci.rerun_and_wait("id", timeout=60, from_failed=True), Workflow)
    assert_type(await circleci.approve("id", "hold"), WorkflowJob)


async def organizations(circleci: CircleCI, since: datetime) -> None:
    crawl = circleci.org_history(OrgSlug("gh/acme"), since=since)
    assert_type(crawl, OrgHistory)
    assert_type(crawl.project_limit_reached, bool)
    async for record in crawl:
        assert_type(record, PipelineRecord)
    async for project in circleci.organization_projects("gh/acme", sources=["insights", "followed"]):
        assert_type(project, OrganizationProject)
    assert_type(await circleci.set_environment_variable("gh/acme/web", "NAME", "value"), VariableOutcome)
    rotation = await circleci.rotate_environment_variable("NAME", "value", organization="gh/acme")
    assert_type(rotation, Rotation)
    assert_type(rotation.failed, list[VariableOutcome])


async def artifacts(circleci: CircleCI) -> None:
    latest = await circleci.latest_artifacts("gh/acme/web", job="test")
    assert_type(latest, LatestArtifacts)
    download = await circleci.download_workflow_artifacts("id", "out", on_error="collect", overwrite="replace")
    assert_type(download, ArtifactDownload)
    assert_type([file.size for file in download.files], list[int])


async def usage(circleci: CircleCI, since: datetime) -> None:
    async for row in circleci.iter_usage_rows("org", since, since):
        assert_type(row, UsageRow)
    assert_type(await circleci.export_usage("org", since, since, "usage.parquet", format="parquet"), UsageExport)


async def failures(circleci: CircleCI) -> None:
    report = await circleci.failure_report("gh/acme/web", branch="main")
    assert_type(report, FailureReport)
    assert_type(report.to_markdown(), str)
    async for chunk in circleci.job_log("gh/acme/web", 7):
        assert_type(chunk, LogChunk)


async def fleets(circleci: CircleCI, dask: Client, since: datetime) -> None:
    assert_type(await mirror(circleci, "dataset", organization="gh/acme", since=since), MirrorReport)
    assert_type(partitions(["gh/acme/web"], since=since, until=since), list[Partition])
    assert_type(await crawl_org_history(dask, "dataset", since=since, until=since), CrawlReport)


def fakes(fake: FakeCircleCI) -> CircleCI:
    assert_type(FakeCircleCI.seeded("gh/acme/web", realistic=True), FakeCircleCI)
    return CircleCI(fake.token, transport=fake.transport())
