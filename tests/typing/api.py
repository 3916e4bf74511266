"""What type checkers see of the public names; checked by mypy and pyright, never run."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, assert_type
from uuid import UUID

from circleci_v2 import OPERATIONS, CircleCI, NotFoundError, Page, Paginator, ProjectSlug, Response
from circleci_v2.artifacts import ArtifactDownload
from circleci_v2.bulk import Outcome
from circleci_v2.history import PipelineRecord
from circleci_v2.models import (
    ContextEnvironmentVariable,
    DecisionLog,
    JobTest,
    MessageResponse,
    Pipeline,
    PipelineCreation,
    PipelineNotTriggered,
    Project,
    Schedule,
    TimetableByDayOfWeek,
    User,
    Weekday,
    Workflow,
    WorkflowStatus,
)
from circleci_v2.operations import Operation
from circleci_v2.usage_export import UsageExport
from circleci_v2.waiting import PipelineResult


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


def registry() -> None:
    assert_type(OPERATIONS["getCurrentUser"], Operation)


async def chores(circleci: CircleCI, since: datetime) -> None:
    async for record in circleci.history("gh/acme/web", since=since, include=("jobs", "tests")):
        assert_type(record, PipelineRecord)
    async for outcome in circleci.map(circleci.workflows.get, [UUID(int=0)], concurrency=50, on_error="collect"):
        assert_type(outcome, Outcome[UUID, Workflow])
        assert_type(outcome.result, Workflow)
    run = await circleci.trigger_and_wait("gh/acme/web", branch="main", parameters={"deploy": True}, timeout=1800)
    assert_type(run, PipelineResult)
    assert_type(await circleci.wait_for_workflow("id", timeout=60), Workflow)
    assert_type(await circleci.download_artifacts("gh/acme/web", 1234, "out/"), ArtifactDownload)
    assert_type(await circleci.export_usage("org", since, since, "usage.csv"), UsageExport)
    async with circleci.open_artifact("https://example.com/file") as stream:
        async for piece in stream:
            assert_type(piece, bytes)
