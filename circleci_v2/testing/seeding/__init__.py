"""Seeding: a project with a realistic history, reproducible from a seed.

The history has hundreds of pipelines of a web application: releases on ``main`` with an approval, pull requests, tags,
nightly schedules without ``vcs``, dynamic configuration, flaky tests with reruns, invalid configurations, and, at the
end, pipelines that are still running. The project also has contexts, environment variables, and deploy environments.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from random import Random
from typing import Final

import attrs

from circleci_v2.errors import ConfigurationError
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

__all__ = ["seed_project"]

_JOB_NUMBERS_PER_PIPELINE: Final = 40
_RECENT: Final = 6
_WORKING_HOURS: Final = range(7, 20)
_SATURDAY: Final = 5

_USERS: Final = (
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


_CONTEXTS: Final = {
    "staging": ("DATABASE_URL", "DEPLOY_KEY"),
    "production": ("DATABASE_URL", "DEPLOY_KEY", "PAGER_KEY"),
    "registry": ("REGISTRY_USER", "REGISTRY_PASSWORD"),
}
_VARIABLES: Final = ("COVERAGE_KEY", "NOTIFICATION_URL")
_ENVIRONMENTS: Final = {"staging": "deploy-staging", "production": "deploy-production"}
_VERSIONS_PER_ENVIRONMENT: Final = 12
_DEPLOYED_PIPELINES: Final = 60


@attrs.frozen
class _PipelineKind:
    """A kind of pipeline.

    Attributes:
        share: Its share of all pipelines.
        ref: ``branch`` (a feature branch), ``main``, ``tag``, or ``none`` for a scheduled pipeline without commit.
    """

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
    """Add a project with a history.

    Args:
        state: The state of the fake.
        slug: The slug of the project, for example ``gh/acme/web``.
        pipelines: The number of pipelines.
        seed: The seed of all random values of the project.

    Returns:
        The project. Workflows and jobs are created when they are first needed, so that a long history starts quickly.

    Raises:
        ConfigurationError: `pipelines` is negative, `slug` is not a project slug, or the project exists already.
    """
    if pipelines < 0:
        msg = f"pipelines={pipelines!r} is negative: pass the number of pipelines in the history, 0 for none"
        raise ConfigurationError(msg)
    random = Random(f"{seed} {slug}")
    project = state.add_project(slug, workflows=_plans_for_new_pipelines())
    users = [state.user, *(state.add_user(login, name) for login, name in _USERS)]
    project.next_job_number = pipelines * _JOB_NUMBERS_PER_PIPELINE + 1
    for created_at in _creation_times(state.now(), pipelines, Random(f"{seed} {slug} moments")):
        _add_past_pipeline(state, project, created_at, users, random)
    _add_resources(state, project, random)
    return project


def _plans_for_new_pipelines() -> tuple[WorkflowPlan, ...]:
    return tuple(drawn.plan for drawn in draw_workflows(("pull-request", "security-scan"), Random(0)))


def _creation_times(now: float, count: int, random: Random) -> list[float]:
    """Draw creation times, oldest first: mostly in working hours, and the last few within minutes of the current time."""
    times: list[float] = []
    time = now
    while len(times) < count:
        time -= random.uniform(40, 160) if len(times) < _RECENT else random.expovariate(1 / 1500)
        at = datetime.fromtimestamp(time, tz=UTC)
        quiet = at.hour not in _WORKING_HOURS or at.weekday() >= _SATURDAY
        if not quiet or len(times) < _RECENT or random.random() < 0.1:
            times.append(time)
    return times[::-1]


def _add_past_pipeline(
    state: FakeState, project: FakeProject, created_at: float, users: Sequence[FakeUser], random: Random
) -> None:
    kind = random.choices(_KINDS, [kind.share for kind in _KINDS])[0]
    user = random.choice(users)
    scheduled = kind.ref == "none"
    number = len(project.pipelines) + 1
    first_job_number = (number - 1) * _JOB_NUMBERS_PER_PIPELINE + 1
    pipeline = FakePipeline(
        id=uuid(random),
        number=number,
        project=project,
        created_at=created_at,
        trigger_type=kind.trigger_type,
        actor_login="" if scheduled else user.login,
        actor_id=user.id,
        actor_avatar_url=None if scheduled else user.avatar_url,
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
    # If the setup workflow failed, the drawn workflows after it do not exist.
    for workflow, drawn_workflow in zip(list(pipeline.planned_workflows), drawn, strict=False):
        _apply_user_actions(state, workflow, drawn_workflow, random)


def _apply_user_actions(state: FakeState, workflow: FakeWorkflow, drawn: DrawnWorkflow, random: Random) -> None:
    """Cancel or rerun a workflow as drawn; CircleCI does not rerun setup workflows."""
    if drawn.canceled_after is not None:
        workflow.canceled_at = workflow.created_at + drawn.canceled_after
        workflow.canceled_by = workflow.started_by
        workflow.update_times()
    failed_at = workflow.stopped_at(float("inf"))
    if drawn.rerun and failed_at is not None:
        at = failed_at + random.uniform(60, 1800)
        if workflow.plan.tag != "setup":
            rerun(state, workflow, created_at=at, started_by=workflow.started_by, from_failed=True, random=random)


def _add_resources(state: FakeState, project: FakeProject, random: Random) -> None:
    """Add environment variables and a pipeline definition to a project, and contexts and deploys to its organization."""
    made_at = state.now() - 300 * DAY
    for name, variables in _CONTEXTS.items():
        _add_context_variables(project.organization.add_context(uuid(random), name, created_at=made_at), variables)
    for name in _VARIABLES:
        variable = {"name": name, "value": masked(uuid(random)), "created-at": rfc3339(made_at)}
        project.environment_variables[name] = variable
    definition = _definition(project, made_at, random)
    project.definitions[definition["id"]] = definition
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


def _definition(project: FakeProject, made_at: float, random: Random) -> Record:
    repository = {"full_name": f"{project.organization.name}/{project.name}", "external_id": "123456789"}
    source = {"provider": "github_app", "repo": repository}
    return {
        "id": uuid(random),
        "name": project.name,
        "description": "Builds each change.",
        "created_at": rfc3339(made_at),
        "config_source": {**source, "file_path": ".circleci/config.yml"},
        "checkout_source": source,
    }


def _add_context_variables(context: FakeContext, variables: tuple[str, ...]) -> None:
    at = rfc3339(context.created_at)
    for name in variables:
        context.variables[name] = {"variable": name, "created_at": at, "updated_at": at, "context_id": context.id}
        context.values[name] = f"value of {name}"


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
    """Return the versions that the latest deploy jobs deployed to an environment, newest first."""
    deploys = [
        (pipeline, job)
        for pipeline in reversed(project.pipelines[-_DEPLOYED_PIPELINES:])
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
