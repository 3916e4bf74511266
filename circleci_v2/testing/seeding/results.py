"""What the jobs of a seeded project leave behind: test results and artifacts, made up when somebody asks."""

from __future__ import annotations

from random import Random
from typing import Final

from circleci_v2.testing.state.plans import ArtifactFile, TestResult

__all__ = ["FLAKY_TESTS", "TEST_NAMES", "artifact_files", "results_of_tests"]

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
"""The tests of the project."""

FLAKY_TESTS: Final = (
    "test_sessions_survives_a_lost_connection",
    "test_notifications_keeps_the_order_of_items",
    "test_search_reports_a_missing_record",
)
"""Those that fail at times for no reason in the code."""

_MESSAGES: Final = (
    "AssertionError: expected 200, got 503",
    "TimeoutError: nothing arrived within 5 seconds",
    "AssertionError: [2, 1] != [1, 2]",
)


def results_of_tests(job_name: str, seed: int, failing: str | None) -> tuple[TestResult, ...]:
    """The results of the tests that one job ran.

    Args:
        job_name: The job; every job runs its own share of the tests.
        seed: What run times and messages are drawn from.
        failing: The test that failed, if one did.
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
    """The files that one job stored.

    Args:
        job_name: The job.
        seed: What the contents are drawn from.
        nodes: How many parallel runs stored files; paths repeat from one to the next.
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
