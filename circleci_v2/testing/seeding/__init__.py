"""The past of a seeded project: pipeline after pipeline, over the weeks before now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from random import Random
from typing import Final

import attrs

from circleci_v2.testing.clock import rfc3339
from circleci_v2.testing.insights import DAY
from circleci_v2.testing.seeding.workflows import DrawnWorkflow, draw_workflows
from circleci_v2.testing.state import FakeState
from circleci_v2.testing.state.execution import register_pipeline, rerun, start_workflows
from circleci_v2.testing.state.plans import WorkflowPlan
from circleci_v2.testing.state.projects import FakeCommit, FakeJob, FakePipeline, FakeProject, FakeWorkflow
from circleci_v2.testing.state.resources import (
    FakeContext,
    FakeOrganization,
    FakeUser,
    Record,
    hexadecimal,
    masked,
    uuid,
)

__all__ = ["seed_project", "seed_surroundings"]

_JOB_NUMBERS_PER_PIPELINE: Final = 40
_RECENT: Final = 6
_WORKING_HOURS: Final = range(7, 20)
_SATURDAY: Final = 5

_PEOPLE: Final = (
    ("frontend", "Frontend Developer"),
    ("backend", "Backend Developer"),
    ("release-manager", "Release Manager"),
    ("update-bot", "Update Bot"),
)
_TOPICS: Final = ("search", "checkout", "billing", "sessions", "catalog", "orders", "accounts", "inventory")
_VERBS: Final = ("Speed up", "Fix", "Rework", "Document", "Test", "Simplify", "Translate")
_CONFIG_ERRORS: Final = (
    "Error calling job: 'deploy-staging'\nCannot find a definition for command named registry/push",
    "Unable to parse YAML\nmapping values are not allowed here\n in 'string', line 14, column 12",
)
_CONFIG: Final = """version: 2.1
jobs:
  build:
    docker:
      - image: cimg/python:3.13
    steps:
      - checkout
      - run: make build
"""


@attrs.frozen
class _PipelineKind:
    """One reason why pipelines come to be, how often it occurs, and which workflows follow."""

    share: float
    trigger_type: str
    workflows: tuple[str, ...]
    ref: str


_PULL_REQUEST: Final = _PipelineKind(0.52, "webhook", ("pull-request", "security-scan"), "branch")
_KINDS: Final = (
    _PULL_REQUEST,
    _PipelineKind(0.27, "webhook", ("release", "security-scan"), "main"),
    _PipelineKind(0.04, "webhook", ("publish",), "tag"),
    _PipelineKind(0.06, "schedule", ("nightly",), "none"),
    _PipelineKind(0.04, "api", ("pull-request",), "branch"),
    _PipelineKind(0.04, "webhook", ("setup", "pull-request", "security-scan"), "branch"),
    _PipelineKind(0.03, "webhook", (), "branch"),
)


def seed_project(state: FakeState, slug: str, *, pipelines: int, seed: int) -> FakeProject:
    """Add a project with a past.

    Args:
        world: Where it exists.
        slug: What it is called, for example ``gh/acme/web``.
        pipelines: How many of them it has run.
        seed: What everything about it is drawn from.

    Returns:
        The project. Its workflows and jobs are planned when somebody asks for them, so that a long past costs nothing
        at the start.

    Raises:
        ValueError: `pipelines` is negative, the text is no slug, or there is such a project already.
    """
    if pipelines < 0:
        msg = f"pipelines={pipelines!r} is negative: say how many pipelines the project has run"
        raise ValueError(msg)
    random = Random(f"{seed} {slug}")
    project = state.add_project(slug, workflows=_plans_for_new_pipelines())
    people = [state.user, *(state.add_user(login, name) for login, name in _PEOPLE)]
    project.next_job_number = pipelines * _JOB_NUMBERS_PER_PIPELINE + 1
    for created_at in _moments(state.now(), pipelines, Random(f"{seed} {slug} moments")):
        _add_past_pipeline(state, project, created_at, people, random)
    seed_surroundings(state, project, random)
    return project


def _plans_for_new_pipelines() -> tuple[WorkflowPlan, ...]:
    return tuple(drawn.plan for drawn in draw_workflows(("pull-request", "security-scan"), Random(0)))


def _moments(now: float, count: int, random: Random) -> list[float]:
    """When the pipelines were created, the oldest first: often in working hours, seldom at night, some just now."""
    run_times: list[float] = []
    moment = now
    while len(run_times) < count:
        moment -= random.uniform(40, 160) if len(run_times) < _RECENT else random.expovariate(1 / 1500)
        at = datetime.fromtimestamp(moment, tz=UTC)
        quiet = at.hour not in _WORKING_HOURS or at.weekday() >= _SATURDAY
        if not quiet or len(run_times) < _RECENT or random.random() < 0.1:
            run_times.append(moment)
    return run_times[::-1]


def _add_past_pipeline(
    state: FakeState, project: FakeProject, created_at: float, people: Sequence[FakeUser], random: Random
) -> None:
    kind = random.choices(_KINDS, [kind.share for kind in _KINDS])[0]
    person = random.choice(people)
    scheduled = kind.ref == "none"
    number = len(project.pipelines) + 1
    first_job_number = (number - 1) * _JOB_NUMBERS_PER_PIPELINE + 1
    pipeline = FakePipeline(
        id=uuid(random),
        number=number,
        project=project,
        created_at=created_at,
        trigger_type=kind.trigger_type,
        actor_login="" if scheduled else person.login,
        actor_id=person.id,
        actor_avatar_url=None if scheduled else person.avatar_url,
        received_at=0.0 if scheduled else created_at - random.uniform(0.2, 2.0),
        commit=None if scheduled else _commit(kind.ref, project, random),
        trigger_parameters=_schedule_parameters(project) if scheduled else None,
        errors=[] if kind.workflows else [{"type": "config", "message": random.choice(_CONFIG_ERRORS)}],
        config=_CONFIG,
        reserved_job_numbers=iter(range(first_job_number, first_job_number + _JOB_NUMBERS_PER_PIPELINE)),
        planner=partial(_plan_past_workflows, state, kind.workflows, random.getrandbits(32)),
    )
    register_pipeline(state, pipeline)


def _schedule_parameters(project: FakeProject) -> dict[str, object]:
    return {
        "git": {"branch": project.default_branch, "repo_name": project.name, "repo_owner": project.organization.name},
        "circleci": {"event_type": "schedule", "trigger_type": "schedule"},
    }


def _commit(ref: str, project: FakeProject, random: Random) -> FakeCommit:
    topic = random.choice(_TOPICS)
    subject = f"{random.choice(_VERBS)} {topic}"
    revision = hexadecimal(random, 40)
    match ref:
        case "tag":
            return FakeCommit(revision=revision, tag=f"v1.{random.randrange(40)}.{random.randrange(10)}")
        case "main":
            return FakeCommit(revision=revision, branch=project.default_branch, subject=subject, body="")
        case _:
            branch = f"{random.choice(('feature', 'fix'))}/{topic}-{random.randrange(1, 12)}"
            return FakeCommit(
                revision=revision, branch=branch, subject=subject, body=f"Part of #{random.randrange(900)}."
            )


def _plan_past_workflows(state: FakeState, names: Sequence[str], seed: int, pipeline: FakePipeline) -> None:
    random = Random(seed)
    drawn = draw_workflows(names, random)
    start_workflows(state, pipeline, [workflow.plan for workflow in drawn], random=random)
    # After a setup workflow that failed there are fewer workflows than were drawn.
    for workflow, what_happened in zip(list(pipeline.planned_workflows), drawn, strict=False):
        _apply_user_actions(state, workflow, what_happened, random)


def _apply_user_actions(state: FakeState, workflow: FakeWorkflow, what_happened: DrawnWorkflow, random: Random) -> None:
    """Let people do about a workflow what they did."""
    if what_happened.canceled_after is not None:
        workflow.canceled_at = workflow.created_at + what_happened.canceled_after
        workflow.canceled_by = workflow.started_by
        workflow.update_times()
    failed_at = workflow.stopped_at(float("inf"))
    if what_happened.rerun and failed_at is not None:
        at = failed_at + random.uniform(60, 1800)
        rerun(state, workflow, created_at=at, started_by=workflow.started_by, from_failed=True, random=random)


_CONTEXTS: Final = {
    "staging": ("DATABASE_URL", "DEPLOY_KEY"),
    "production": ("DATABASE_URL", "DEPLOY_KEY", "PAGER_KEY"),
    "registry": ("REGISTRY_USER", "REGISTRY_PASSWORD"),
}
_VARIABLES: Final = ("COVERAGE_KEY", "NOTIFICATION_URL")
_ENVIRONMENTS: Final = {"staging": "deploy-staging", "production": "deploy-production"}
_VERSIONS_PER_ENVIRONMENT: Final = 12
_PIPELINES_LOOKED_AT: Final = 60


def seed_surroundings(state: FakeState, project: FakeProject, random: Random) -> None:
    """Add to a project, and to its organization, what a project of some age has."""
    made_at = state.now() - 300 * DAY
    for name, variables in _CONTEXTS.items():
        _add_context(project.organization, FakeContext(id=uuid(random), name=name, created_at=made_at), variables)
    for name in _VARIABLES:
        variable = {"name": name, "value": masked(uuid(random)), "created-at": rfc3339(made_at)}
        project.environment_variables[name] = variable
    component: Record = {
        "id": uuid(random),
        "name": project.name,
        "project_id": project.id,
        "labels": [{"key": "team", "value": "storefront"}],
        "release_count": 0,
        "created_at": rfc3339(made_at),
        "updated_at": rfc3339(state.now()),
    }
    project.organization.components[component["id"]] = component
    project.organization.component_versions[component["id"]] = [
        version
        for name, job_name in _ENVIRONMENTS.items()
        for version in _versions(
            state, project, _add_environment(project.organization, name, made_at, random), job_name
        )
    ]
    component["release_count"] = len(project.organization.component_versions[component["id"]])


def _add_context(organization: FakeOrganization, context: FakeContext, variables: tuple[str, ...]) -> None:
    at = rfc3339(context.created_at)
    for name in variables:
        context.variables[name] = {"variable": name, "created_at": at, "updated_at": at, "context_id": context.id}
        context.values[name] = f"value of {name}"
    organization.contexts[context.id] = context


def _add_environment(organization: FakeOrganization, name: str, made_at: float, random: Random) -> Record:
    environment: Record = {
        "id": uuid(random),
        "name": name,
        "description": f"The {name} environment.",
        "labels": [],
        "created_at": rfc3339(made_at),
        "updated_at": rfc3339(made_at),
    }
    organization.environments[environment["id"]] = environment
    return environment


def _versions(state: FakeState, project: FakeProject, environment: Record, job_name: str) -> list[Record]:
    """What the latest deploy jobs brought to an environment, the newest first."""
    deploys = [
        (pipeline, job)
        for pipeline in reversed(project.pipelines[-_PIPELINES_LOOKED_AT:])
        for workflow in pipeline.workflows(state.now())
        for job in workflow.jobs
        if job.name == job_name and job.reused_from is None and job.status(state.now()) == "success"
    ]
    return [
        _version(environment, pipeline, job, is_live=position == 0)
        for position, (pipeline, job) in enumerate(deploys[:_VERSIONS_PER_ENVIRONMENT])
    ]


def _version(environment: Record, pipeline: FakePipeline, job: FakeJob, *, is_live: bool) -> Record:
    return {
        "name": f"1.{pipeline.number}",
        "environment_id": environment["id"],
        "namespace": "default",
        "is_live": is_live,
        "pipeline_id": pipeline.id,
        "workflow_id": job.workflow.id,
        "job_id": job.id,
        "job_number": job.number,
        "last_deployed_at": rfc3339(job.stopped_at or 0.0),
    }
