"""What the pipelines of a seeded project run: workflow plans, drawn at random from what such projects do."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from random import Random
from typing import Final

import attrs

from circleci_v2.testing.seeding.results import FLAKY_TESTS, TEST_NAMES, artifact_files, results_of_tests
from circleci_v2.testing.state.plans import JobOutcome, JobPlan, WorkflowPlan

__all__ = ["DrawnWorkflow", "draw_workflows"]


@attrs.frozen
class _Habit:
    """How one job of the project behaves over the weeks: seconds at the median, and how often it fails."""

    name: str
    seconds: float
    failure_rate: float
    requires: tuple[str, ...] = ()
    resource_class: str = "medium"
    parallelism: int = 1
    contexts: tuple[str, ...] = ()
    has_tests: bool = False
    approval: bool = False


_LINT: Final = _Habit("lint", 45, 0.03, resource_class="small")
_UNIT: Final = _Habit("unit-tests", 210, 0.06, parallelism=4, has_tests=True)
_BUILD: Final = _Habit("build", 150, 0.02, resource_class="large")
_INTEGRATION: Final = _Habit("integration-tests", 320, 0.07, ("build",), has_tests=True)
_CHECKS: Final = (_LINT, _UNIT, _BUILD, _INTEGRATION)

_HABITS: Final[dict[str, tuple[_Habit, ...]]] = {
    "pull-request": _CHECKS,
    "release": (
        *_CHECKS,
        _Habit("deploy-staging", 95, 0.02, ("lint", "unit-tests", "integration-tests"), contexts=("staging",)),
        _Habit("hold-production", 0, 0, ("deploy-staging",), approval=True),
        _Habit("deploy-production", 130, 0.01, ("hold-production",), contexts=("production",)),
    ),
    "security-scan": (
        _Habit("dependency-audit", 40, 0.04, resource_class="small"),
        _Habit("static-analysis", 120, 0.01),
    ),
    "publish": (_BUILD, _Habit("publish-image", 60, 0.02, ("build",), contexts=("registry",))),
    "nightly": (
        _Habit("end-to-end", 900, 0.15, resource_class="large", parallelism=2, has_tests=True),
        _Habit("load-test", 1500, 0.08, resource_class="xlarge"),
        _Habit("report", 30, 0.0, ("end-to-end", "load-test"), resource_class="small"),
    ),
    "setup": (_Habit("generate-configuration", 12, 0.01, resource_class="small"),),
}

_SPREAD: Final = 0.25
_HARDWARE_FAILURES: Final[tuple[JobOutcome, ...]] = ("infrastructure_fail", "timedout")


@attrs.frozen
class DrawnWorkflow:
    """A plan, and what people did about it.

    Attributes:
        canceled_after: Seconds until somebody canceled it, if anybody did.
        rerun: Whether somebody ran it again after it had failed.
    """

    plan: WorkflowPlan
    canceled_after: float | None = None
    rerun: bool = False


def draw_workflows(names: Sequence[str], random: Random) -> list[DrawnWorkflow]:
    """What a pipeline runs that runs these workflows."""
    return [_draw_workflow(name, random) for name in names]


def _draw_workflow(name: str, random: Random) -> DrawnWorkflow:
    jobs = tuple(_draw_job(habit, random) for habit in _HABITS[name])
    plan = WorkflowPlan(name=name, jobs=jobs, tag="setup" if name == "setup" else None, starts_after=0.0)
    canceled_after = random.uniform(5, 240) if name != "setup" and random.random() < 0.04 else None
    failed = any(job.outcome != "success" for job in jobs)
    return DrawnWorkflow(plan, canceled_after, rerun=failed and canceled_after is None and random.random() < 0.7)


def _draw_job(habit: _Habit, random: Random) -> JobPlan:
    if habit.approval:
        approved_after = random.lognormvariate(math.log(1200), 1.0) if random.random() < 0.8 else None
        return JobPlan(name=habit.name, requires=habit.requires, type="approval", approved_after=approved_after)
    outcome: JobOutcome = "success"
    failing_test = None
    if random.random() < habit.failure_rate:
        outcome = random.choice(_HARDWARE_FAILURES) if random.random() < 0.1 else "failed"
        if habit.has_tests and outcome == "failed":
            failing_test = random.choice(FLAKY_TESTS if random.random() < 0.6 else TEST_NAMES)
    seed = random.getrandbits(32)
    seconds = habit.seconds * math.exp(random.gauss(0, _SPREAD))
    return JobPlan(
        name=habit.name,
        requires=habit.requires,
        outcome=outcome,
        outcome_of_rerun="success" if failing_test in FLAKY_TESTS or random.random() < 0.5 else outcome,
        seconds=seconds if outcome == "success" else seconds * random.uniform(0.3, 1.0),
        queued_seconds=random.uniform(0.8, 6.0),
        resource_class=habit.resource_class,
        parallelism=habit.parallelism,
        contexts=habit.contexts,
        tests=partial(results_of_tests, habit.name, seed, failing_test) if habit.has_tests else (),
        artifacts=partial(artifact_files, habit.name, seed, habit.parallelism) if habit.has_tests else (),
    )
