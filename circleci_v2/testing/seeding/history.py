"""The past of a seeded project: pipeline after pipeline, over the weeks before now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from random import Random
from typing import Final

import attrs

from circleci_v2.testing.seeding.plans import DrawnWorkflow, draw_workflows
from circleci_v2.testing.seeding.surroundings import furnish
from circleci_v2.testing.state.identifiers import hexadecimal, uuid
from circleci_v2.testing.state.launching import add_pipeline, launch, rerun
from circleci_v2.testing.state.organizations import User
from circleci_v2.testing.state.plans import WorkflowPlan
from circleci_v2.testing.state.projects import Project
from circleci_v2.testing.state.runs import Commit, Pipeline, Workflow
from circleci_v2.testing.state.world import World

__all__ = ["seed_project"]

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
class _Kind:
    """One reason why pipelines come to be, how often it occurs, and which workflows follow."""

    share: float
    trigger_type: str
    workflows: tuple[str, ...]
    ref: str


_PULL_REQUEST: Final = _Kind(0.52, "webhook", ("pull-request", "security-scan"), "branch")
_KINDS: Final = (
    _PULL_REQUEST,
    _Kind(0.27, "webhook", ("release", "security-scan"), "main"),
    _Kind(0.04, "webhook", ("publish",), "tag"),
    _Kind(0.06, "schedule", ("nightly",), "none"),
    _Kind(0.04, "api", ("pull-request",), "branch"),
    _Kind(0.04, "webhook", ("setup", "pull-request", "security-scan"), "branch"),
    _Kind(0.03, "webhook", (), "branch"),
)


def seed_project(world: World, slug: str, *, pipelines: int, seed: int) -> Project:
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
    project = world.add_project(slug, workflows=_plans_for_new_pipelines())
    people = [world.user, *(world.add_user(login, name) for login, name in _PEOPLE)]
    project.next_job_number = pipelines * _JOB_NUMBERS_PER_PIPELINE + 1
    for created_at in _moments(world.now(), pipelines, Random(f"{seed} {slug} moments")):
        _add_past_pipeline(world, project, created_at, people, random)
    furnish(world, project, random)
    return project


def _plans_for_new_pipelines() -> tuple[WorkflowPlan, ...]:
    return tuple(drawn.plan for drawn in draw_workflows(("pull-request", "security-scan"), Random(0)))


def _moments(now: float, count: int, random: Random) -> list[float]:
    """When the pipelines were created, the oldest first: often in working hours, seldom at night, some just now."""
    moments: list[float] = []
    moment = now
    while len(moments) < count:
        moment -= random.uniform(40, 160) if len(moments) < _RECENT else random.expovariate(1 / 1500)
        at = datetime.fromtimestamp(moment, tz=UTC)
        quiet = at.hour not in _WORKING_HOURS or at.weekday() >= _SATURDAY
        if not quiet or len(moments) < _RECENT or random.random() < 0.1:
            moments.append(moment)
    return moments[::-1]


def _add_past_pipeline(
    world: World, project: Project, created_at: float, people: Sequence[User], random: Random
) -> None:
    kind = random.choices(_KINDS, [kind.share for kind in _KINDS])[0]
    person = random.choice(people)
    scheduled = kind.ref == "none"
    number = len(project.pipelines) + 1
    first_job_number = (number - 1) * _JOB_NUMBERS_PER_PIPELINE + 1
    pipeline = Pipeline(
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
        grow=partial(_grow, world, kind.workflows, random.getrandbits(32)),
    )
    add_pipeline(world, pipeline)


def _schedule_parameters(project: Project) -> dict[str, object]:
    return {
        "git": {"branch": project.default_branch, "repo_name": project.name, "repo_owner": project.organization.name},
        "circleci": {"event_type": "schedule", "trigger_type": "schedule"},
    }


def _commit(ref: str, project: Project, random: Random) -> Commit:
    topic = random.choice(_TOPICS)
    subject = f"{random.choice(_VERBS)} {topic}"
    revision = hexadecimal(random, 40)
    match ref:
        case "tag":
            return Commit(revision=revision, tag=f"v1.{random.randrange(40)}.{random.randrange(10)}")
        case "main":
            return Commit(revision=revision, branch=project.default_branch, subject=subject, body="")
        case _:
            branch = f"{random.choice(('feature', 'fix'))}/{topic}-{random.randrange(1, 12)}"
            return Commit(revision=revision, branch=branch, subject=subject, body=f"Part of #{random.randrange(900)}.")


def _grow(world: World, names: Sequence[str], seed: int, pipeline: Pipeline) -> None:
    random = Random(seed)
    drawn = draw_workflows(names, random)
    launch(world, pipeline, [workflow.plan for workflow in drawn], random=random)
    # After a setup workflow that failed there are fewer workflows than were drawn.
    for workflow, what_happened in zip(list(pipeline.planned_workflows), drawn, strict=False):
        _act(world, workflow, what_happened, random)


def _act(world: World, workflow: Workflow, what_happened: DrawnWorkflow, random: Random) -> None:
    """Let people do about a workflow what they did."""
    if what_happened.canceled_after is not None:
        workflow.canceled_at = workflow.created_at + what_happened.canceled_after
        workflow.canceled_by = workflow.started_by
        workflow.lay_out()
    failed_at = workflow.stopped_at(float("inf"))
    if what_happened.rerun and failed_at is not None:
        at = failed_at + random.uniform(60, 1800)
        rerun(world, workflow, created_at=at, started_by=workflow.started_by, from_failed=True, random=random)
