"""Random workflow plans, test results and artifacts for the pipelines of a seeded project."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from random import Random
from typing import Final

import attrs

from circleci_v2.testing.state.plans import ArtifactFile, JobOutcome, JobPlan, TestResult, WorkflowPlan

__all__ = ["FLAKY_TESTS", "TEST_NAMES", "DrawnWorkflow", "artifact_files", "draw_workflows", "results_of_tests"]


_MODULES: Final = (
    "accounts",
    "billing",
    "cart",
    "catalog",
    "checkout",
    "inventory",
    "notifications",
    "orders",
    "search",
    "sessions",
)
_BEHAVIOURS: Final = (
    "creates_a_record",
    "refuses_an_empty_name",
    "keeps_the_order_of_items",
    "reports_a_missing_record",
    "survives_a_lost_connection",
    "rounds_to_the_cent",
)
TEST_NAMES: Final = tuple(f"test_{module}_{behaviour}" for module in _MODULES for behaviour in _BEHAVIOURS)
"""The names of all tests of the project."""

FLAKY_TESTS: Final = (
    "test_sessions_survives_a_lost_connection",
    "test_notifications_keeps_the_order_of_items",
    "test_search_reports_a_missing_record",
)
"""The tests that fail at random."""

_MESSAGES: Final = (
    "AssertionError: expected 200, got 503",
    "TimeoutError: nothing arrived within 5 seconds",
    "AssertionError: [2, 1] != [1, 2]",
)


@attrs.frozen
class _JobProfile:
    """The statistical profile of a job.

    Attributes:
        seconds: The median duration.
        failure_rate: The share of runs that fail.
    """

    name: str
    seconds: float
    failure_rate: float
    requires: tuple[str, ...] = ()
    resource_class: str = "medium"
    parallelism: int = 1
    contexts: tuple[str, ...] = ()
    has_tests: bool = False
    approval: bool = False


_LINT: Final = _JobProfile("lint", 45, 0.03, resource_class="small")
_UNIT: Final = _JobProfile("unit-tests", 210, 0.06, parallelism=4, has_tests=True)
_BUILD: Final = _JobProfile("build", 150, 0.02, resource_class="large")
_INTEGRATION: Final = _JobProfile("integration-tests", 320, 0.07, ("build",), has_tests=True)
_CHECKS: Final = (_LINT, _UNIT, _BUILD, _INTEGRATION)

_PROFILES: Final[dict[str, tuple[_JobProfile, ...]]] = {
    "pull-request": _CHECKS,
    "release": (
        *_CHECKS,
        _JobProfile("deploy-staging", 95, 0.02, ("lint", "unit-tests", "integration-tests"), contexts=("staging",)),
        _JobProfile("hold-production", 0, 0, ("deploy-staging",), approval=True),
        _JobProfile("deploy-production", 130, 0.01, ("hold-production",), contexts=("production",)),
    ),
    "security-scan": (
        _JobProfile("dependency-audit", 40, 0.04, resource_class="small"),
        _JobProfile("static-analysis", 120, 0.01),
    ),
    "publish": (_BUILD, _JobProfile("publish-image", 60, 0.02, ("build",), contexts=("registry",))),
    "nightly": (
        _JobProfile("end-to-end", 900, 0.15, resource_class="large", parallelism=2, has_tests=True),
        _JobProfile("load-test", 1500, 0.08, resource_class="xlarge"),
        _JobProfile("report", 30, 0.0, ("end-to-end", "load-test"), resource_class="small"),
    ),
    "setup": (_JobProfile("generate-configuration", 12, 0.01, resource_class="small"),),
}

_SPREAD: Final = 0.25
_HARDWARE_FAILURES: Final[tuple[JobOutcome, ...]] = ("infrastructure_fail", "timedout")


@attrs.frozen
class DrawnWorkflow:
    """A plan with user actions.

    Attributes:
        canceled_after: Seconds until the workflow is canceled; None if it is not.
        rerun: Whether the workflow is rerun after it failed.
    """

    plan: WorkflowPlan
    canceled_after: float | None = None
    rerun: bool = False


def draw_workflows(names: Sequence[str], random: Random) -> list[DrawnWorkflow]:
    """Draw the plans of the named workflows."""
    return [_draw_workflow(name, random) for name in names]


def _draw_workflow(name: str, random: Random) -> DrawnWorkflow:
    jobs = tuple(_draw_job(profile, random) for profile in _PROFILES[name])
    plan = WorkflowPlan(name=name, jobs=jobs, tag="setup" if name == "setup" else None, starts_after=0.0)
    canceled_after = random.uniform(5, 240) if name != "setup" and random.random() < 0.04 else None
    failed = any(job.outcome != "success" for job in jobs)
    return DrawnWorkflow(plan, canceled_after, rerun=failed and canceled_after is None and random.random() < 0.7)


def _draw_job(profile: _JobProfile, random: Random) -> JobPlan:
    if profile.approval:
        approved_after = random.lognormvariate(math.log(1200), 1.0) if random.random() < 0.8 else None
        return JobPlan(name=profile.name, requires=profile.requires, type="approval", approved_after=approved_after)
    outcome: JobOutcome = "success"
    failing_test = None
    if random.random() < profile.failure_rate:
        outcome = random.choice(_HARDWARE_FAILURES) if random.random() < 0.1 else "failed"
        if profile.has_tests and outcome == "failed":
            failing_test = random.choice(FLAKY_TESTS if random.random() < 0.6 else TEST_NAMES)
    seed = random.getrandbits(32)
    seconds = profile.seconds * math.exp(random.gauss(0, _SPREAD))
    return JobPlan(
        name=profile.name,
        requires=profile.requires,
        outcome=outcome,
        outcome_of_rerun="success" if failing_test in FLAKY_TESTS or random.random() < 0.5 else outcome,
        seconds=seconds if outcome == "success" else seconds * random.uniform(0.3, 1.0),
        queued_seconds=random.uniform(0.8, 6.0),
        resource_class=profile.resource_class,
        parallelism=profile.parallelism,
        contexts=profile.contexts,
        tests=partial(results_of_tests, profile.name, seed, failing_test) if profile.has_tests else (),
        artifacts=partial(artifact_files, profile.name, seed, profile.parallelism) if profile.has_tests else (),
    )


def results_of_tests(job_name: str, seed: int, failing: str | None) -> tuple[TestResult, ...]:
    """Create the test results of a job.

    Args:
        job_name: The name of the job, which selects the tests.
        seed: The seed of run times and messages.
        failing: The name of the failed test, or None.
    """
    random = Random(seed)
    share = TEST_NAMES if job_name == "unit-tests" else TEST_NAMES[::3]
    return tuple(_result(name, job_name, random, failed=name == failing) for name in _with(share, failing))


def _with(share: tuple[str, ...], failing: str | None) -> tuple[str, ...]:
    return share if failing is None or failing in share else (*share, failing)


def _result(name: str, job_name: str, random: Random, *, failed: bool) -> TestResult:
    module = name.split("_")[1]
    folder = job_name.replace("-", "_")
    skipped = not failed and random.random() < 0.02
    return TestResult(
        name=name,
        classname=f"tests.{folder}.test_{module}",
        file=f"tests/{folder}/test_{module}.py",
        result="failure" if failed else "skipped" if skipped else "success",
        run_time=0.0 if skipped else round(random.lognormvariate(-2.5, 1.2), 3),
        message=random.choice(_MESSAGES) if failed else "",
    )


def artifact_files(job_name: str, seed: int, nodes: int) -> tuple[ArtifactFile, ...]:
    """Create the artifacts of a job.

    Args:
        job_name: The name of the job.
        seed: The seed of the contents.
        nodes: The number of parallel runs, each of which stores files at the same paths.
    """
    random = Random(seed)
    pages = [f"coverage/{module}.html" for module in ("index", *_MODULES)] if job_name == "unit-tests" else []
    common = [ArtifactFile(path=path, content=_page(path, random)) for path in pages]
    per_node = [
        ArtifactFile(path=path, content=_log(job_name, node, random), node_index=node)
        for node in range(nodes)
        for path in (f"logs/{job_name}.log", "test-results/junit.xml", "logs/timings.json")
    ]
    return (*common, *per_node)


def _page(path: str, random: Random) -> bytes:
    return f"<!doctype html><title>{path}</title><p>{random.uniform(70, 100):.1f} % of the lines ran.\n".encode()


def _log(job_name: str, node: int, random: Random) -> bytes:
    lines = (f"{job_name} on node {node}: step {step} took {random.uniform(0.1, 9):.2f} s" for step in range(1, 60))
    return ("\n".join(lines) + "\n").encode()
