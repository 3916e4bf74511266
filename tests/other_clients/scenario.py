"""The fake that the clients are run against, and the identifiers of what it contains."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from circleci_v2 import CircleCI
from circleci_v2.models import Context
from circleci_v2.testing import ArtifactFile, Clock, FakeCircleCI, JobPlan, TestResult, WorkflowPlan

MODES: Final = ("default", "realistic")
PROJECT: Final = "gh/acme/web"
STANDALONE: Final = "circleci/0b1c9a52-6d1c-4f4e-9c5e-0d3a4c1f7a10/5f0a3c7e-2b44-4b7e-8f7d-3f6f6a1b9c21"
"""A project of an organization that is not connected through OAuth; the slug consists of the two ids."""

_LONG: Final = 1_000_000.0
_TESTS: Final = tuple(
    TestResult(name=f"test_{number}", classname="tests.test_web", file="tests/test_web.py", result=result)
    for number, result in enumerate(("success", "failure", "success"))
)


async def create_scenario(mode: str) -> tuple[FakeCircleCI, dict[str, str]]:
    """Create the fake for one run of one client.

    Args:
        mode: One of `MODES`.

    Returns:
        The fake, and the identifiers that a driver needs.
    """
    fake = FakeCircleCI(clock=Clock(datetime.now(UTC), speed=1.0), realistic=mode == "realistic")
    web = fake.add_seeded_project(PROJECT, pipelines=45)
    standalone = fake.add_project(STANDALONE, name="web")
    known = {
        "token": fake.token,
        "user_id": fake.state.user.id,
        "organization_id": web.organization.id,
        "organization_slug": web.organization.slug,
        "project_id": web.id,
        "project_slug": web.slug,
        "standalone_organization_id": standalone.organization.id,
        "standalone_project_id": standalone.id,
        "standalone_project_slug": standalone.slug,
        "start_date": (fake.clock.moment() - timedelta(days=60)).strftime("%Y-%m-%dT00:00:00Z"),
        "last_week": (fake.clock.moment() - timedelta(days=8)).strftime("%Y-%m-%dT00:00:00Z"),
        "yesterday": (fake.clock.moment() - timedelta(days=1)).strftime("%Y-%m-%dT00:00:00Z"),
    }
    known |= _pipelines(fake)
    async with CircleCI(fake.token, transport=fake.transport()) as circleci:
        known |= await _resources(circleci, known)
    fake.journal.clear()
    return fake, known


def _pipelines(fake: FakeCircleCI) -> dict[str, str]:
    """Add pipelines in the states that calls need: ended, failed, running, on hold, and waiting to be continued."""
    jobs = [
        JobPlan(name="build", artifacts=[ArtifactFile(path="dist/web.tar", content=b"web")]),
        JobPlan(name="test", requires=("build",), tests=_TESTS, outcome="failed"),
    ]
    plans = [WorkflowPlan(name="build-and-test", jobs=jobs)]
    to_continue = fake.add_pipeline(
        PROJECT, workflows=[WorkflowPlan(name="setup", jobs=[JobPlan(name="generate")], tag="setup")]
    )
    held = fake.add_pipeline(PROJECT, status="on_hold", workflows=[_with_approval()])
    running = [
        fake.add_pipeline(PROJECT, status="running", jobs=[JobPlan(name="build", seconds=_LONG)]) for _ in range(3)
    ]
    standalone = fake.add_pipeline(STANDALONE, status="failed", workflows=plans)
    failed = fake.add_pipeline(PROJECT, status="failed", workflows=plans)  # the newest of its branch
    now = fake.clock.now()
    (failed_workflow,), (held_workflow,), (standalone_workflow,) = (
        pipeline.workflows(now) for pipeline in (failed, held, standalone)
    )
    to_cancel = [pipeline.workflows(now)[0] for pipeline in running]
    approval = next(job for job in held_workflow.jobs if job.approval_request_id)
    build, test = failed_workflow.jobs
    return {
        "pipeline_id": failed.id,
        "pipeline_number": str(failed.number),
        "workflow_id": failed_workflow.id,
        "workflow_name": failed_workflow.plan.name,
        "job_id": build.id,
        "job_name": build.name,
        "job_number": str(build.number),
        "test_job_number": str(test.number),
        "held_workflow_id": held_workflow.id,
        "approval_request_id": str(approval.approval_request_id),
        "continuation_key": str(to_continue.continuation_key),
        "standalone_workflow_id": standalone_workflow.id,
        "standalone_job_number": str(standalone_workflow.jobs[0].number),
        "running_workflow_id": to_cancel[0].id,
        "running_job_id": to_cancel[1].jobs[0].id,
        "running_job_number": str(to_cancel[2].jobs[0].number),
    }


def _with_approval() -> WorkflowPlan:
    approve = JobPlan(name="approve", requires=("build",), type="approval")
    return WorkflowPlan(name="deploy", jobs=["build", approve, JobPlan(name="deploy", requires=("approve",))])


async def _resources(circleci: CircleCI, known: dict[str, str]) -> dict[str, str]:
    """Add the resources that clients only read or change, through the API."""
    organization_id, project_id = known["organization_id"], known["project_id"]
    context = await _context(circleci, organization_id)
    await _context(circleci, known["standalone_organization_id"])
    await circleci.contexts.set_environment_variable(context.id, "REGION", value="eu-central-1")
    key = await circleci.projects.create_checkout_key(PROJECT, type="deploy-key")
    await circleci.projects.create_environment_variable(PROJECT, name="REGION", value="eu-central-1")
    schedule = await circleci.schedules.create(
        PROJECT,
        name="nightly",
        attribution_actor="current",
        parameters={"branch": "main"},
        timetable={"per-hour": 1, "hours-of-day": [3], "days-of-week": ["MON"]},
    )
    webhook = await circleci.webhooks.create(
        name="receiver",
        events=["workflow-completed"],
        scope={"id": project_id, "type": "project"},
        signing_secret="a-long-secret",
        url="http://127.0.0.1:9/",
        verify_tls=True,
    )
    restriction = await circleci.contexts.create_restriction(
        context.id, restriction_type="project", restriction_value=known["standalone_project_id"]
    )
    group = await circleci.groups.create(organization_id, name="reviewers")
    exporter = await circleci.otel.create_exporter(
        org_id=organization_id, endpoint="otel.example:4317", protocol="grpc"
    )
    entry = await circleci.organizations.create_url_orb_allow_list_entry(
        known["organization_slug"], name="shared", prefix="https://shared.example/", auth="none"
    )
    end = datetime.fromisoformat(known["yesterday"])
    export = await circleci.usage.create_export(organization_id, start=end - timedelta(days=7), end=end)
    component = (await circleci.deploy.list_components(org_id=organization_id, page_size=10)).items[0]
    environments = await circleci.deploy.list_environments(org_id=organization_id, page_size=10).collect()
    environment = next(environment for environment in environments if environment.name == "production")
    versions = circleci.deploy.list_component_versions(str(component.id), environment_id=environment.id)
    names = [version.name for version in await versions.collect()]
    return {
        "context_id": str(context.id),
        "fingerprint": key.fingerprint,
        "schedule_id": str(schedule.id),
        "webhook_id": str(webhook.id),
        "restriction_id": str(restriction.id),
        "group_id": str(group.id),
        "exporter_id": str(exporter.id),
        "allow_list_entry_id": str(entry.id),
        "usage_export_job_id": str(export.usage_export_job_id),
        "decision_id": await _decision(circleci, organization_id),
        "component_id": str(component.id),
        "component_name": component.name,
        "environment_id": str(environment.id),
        "current_version": names[0],
        "target_version": names[1],
        **await _definitions(circleci, project_id, ""),
        **await _definitions(circleci, known["standalone_project_id"], "standalone_"),
    }


async def _context(circleci: CircleCI, organization_id: str) -> Context:
    return await circleci.contexts.create(name="shared", owner={"id": organization_id, "type": "organization"})


async def _decision(circleci: CircleCI, organization_id: str) -> str:
    """Store a policy and log a decision; returns the id of the decision."""
    await circleci.policies.create_policy_bundle(organization_id, policies={"images": 'enable_rule["pinned"]'})
    await circleci.policies.make_decision(organization_id, input="version: 2.1")
    decisions = await circleci.policies.list_decisions(organization_id).collect()
    return str(decisions[0].id)


async def _definitions(circleci: CircleCI, project_id: str, prefix: str) -> dict[str, str]:
    """Add a pipeline definition with a trigger to a project."""
    repository = {"provider": "github_app", "repo": {"external_id": "1"}}
    definition = await circleci.pipeline_definitions.create(
        project_id,
        name="build",
        checkout_source=repository,
        config_source={**repository, "file_path": ".circleci/config.yml"},
    )
    trigger = await circleci.triggers.create(
        project_id, str(definition.id), event_source=repository, event_preset="all-pushes", checkout_ref="main"
    )
    return {f"{prefix}definition_id": str(definition.id), f"{prefix}trigger_id": str(trigger.id)}
