"""Summaries of runs, the comparison of two branches, and the width of tables."""

from __future__ import annotations

import csv
import io
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer import BadParameter

from circleci_v2.cli.runs import Comparison
from circleci_v2.testing import FakeCircleCI, JobPlan, TestResult, WorkflowPlan
from tests.cli.commands import PROJECT, rows_of, run
from tests.cli.hostile import without_colours
from tests.cli.terminal import environment, run_on_terminal

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals of this kind")

BRANCHES = ("--compare", "main..feature")
FLAKY, STEADY = "test_of_the_clock", "test_of_the_sum"


def workflow(*seconds: float, flaked: bool = False) -> WorkflowPlan:
    tests = (TestResult(FLAKY, result="failure" if flaked else "success", file="clock.py"), TestResult(STEADY))
    jobs = (JobPlan(f"job-{number}", seconds=each, tests=tests) for number, each in enumerate(seconds))
    return WorkflowPlan(name="build", jobs=tuple(jobs))


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeCircleCI]:
    """Two pipelines of main and one of feature, whose first job is slower and whose commit has a flaky test."""
    fake = FakeCircleCI()
    for _ in range(2):
        fake.add_pipeline(PROJECT, branch="main", workflows=[workflow(10, 20)])
    fake.add_pipeline(PROJECT, branch="feature", workflows=[workflow(100), workflow(100, flaked=True)])
    with fake.serve() as url:
        monkeypatch.setenv("CIRCLECI_BASE_URL", url)
        monkeypatch.setenv("CIRCLE_TOKEN", fake.token)
        yield fake


def test_workflows_summarizes_the_runs_of_each_workflow() -> None:
    rows = {row["workflow"]: row for row in rows_of("workflows", PROJECT, "--limit", "200")}
    assert rows["release"]["runs"] > 50
    assert 0 < rows["release"]["success_rate"] < 100
    assert rows["security-scan"]["median_seconds"] < rows["nightly"]["median_seconds"]
    (only,) = rows_of("workflows", PROJECT, "--branch", "main", "--limit", "1", "--since", "7d")[-1:]
    assert only["runs"] == 1


def test_a_summary_of_workflows_reads_no_jobs(fake: FakeCircleCI) -> None:
    assert run("workflows", PROJECT).exit_code == run("history", PROJECT).exit_code == 0
    assert not fake.journal.of("GET /workflow/{id}/job")
    assert len(fake.journal.of("GET /pipeline/{pipeline-id}/workflow")) == 6


def test_two_branches_are_compared_by_the_names_of_their_jobs(fake: FakeCircleCI) -> None:
    result = run("jobs", PROJECT, *BRANCHES, "--json")
    assert result.exit_code == 0, result.output
    slower, gone = json.loads(result.stdout)
    assert slower.pop("job") == "job-0"
    assert slower == {
        f"{prefix}{name}{suffix}": value
        for name, values in {
            "runs": (2, 2, 0),
            "success_rate": (100.0, 100.0, 0.0),
            "median_seconds": (10.0, 100.0, 90.0),
            "p95_seconds": (10.0, 100.0, 90.0),
        }.items()
        for prefix, suffix, value in zip(("base_", "head_", ""), ("", "", "_change"), values, strict=True)
    }
    assert (gone["job"], gone["head_runs"], gone["head_median_seconds"]) == ("job-1", 0, None)
    assert gone["median_seconds_change"] is None
    assert "Compared pipelines: 2 of main, 1 of feature." in result.stderr


def test_a_comparison_is_a_table_csv_or_lines_of_json(fake: FakeCircleCI) -> None:
    table = run("workflows", PROJECT, *BRANCHES).stdout
    assert "Workflows of gh/acme/web: main → feature" in table
    assert "2 → 2" in table
    assert "22s → 1m 42s" in table
    assert "+1m 20s" in table
    (row,) = csv.DictReader(io.StringIO(run("workflows", PROJECT, *BRANCHES, "--csv").stdout))
    assert (row["workflow"], row["median_seconds_change"]) == ("build", "80.0")
    assert json.loads(run("workflows", PROJECT, *BRANCHES, "--jsonl").stdout)["head_runs"] == 2


def test_a_test_flaked_on_each_commit_on_which_it_passed_and_failed(fake: FakeCircleCI) -> None:
    (row,) = json.loads(run("flaky", PROJECT, *BRANCHES, "--json").stdout)
    assert (row["test"], row["job"], row["file"]) == (FLAKY, "job-0", "clock.py")
    assert (row["base_runs"], row["base_failed"], row["base_flaked"]) == (2, 0, 0)
    assert (row["head_runs"], row["head_failed"], row["head_flaked"], row["flaked_change"]) == (2, 1, 1, 1)
    assert "0 → 1" in run("flaky", PROJECT, *BRANCHES).stdout


@pytest.mark.parametrize("command", ["flaky", "jobs", "workflows"])
def test_a_branch_without_pipelines_is_named(fake: FakeCircleCI, command: str) -> None:
    result = run(command, PROJECT, "--compare", "main..misspelt", "--since", "2026-01-01")
    assert (result.exit_code, result.stdout) == (5, "")
    assert "gh/acme/web has no pipelines of branch 'misspelt' since 2026-01-01 00:00." in result.stderr


@pytest.mark.parametrize("command", ["jobs", "workflows"])
def test_a_comparison_excludes_another_branch(fake: FakeCircleCI, command: str) -> None:
    others = [("--branch", "main"), *([("--all-projects",)] if command == "jobs" else [])]
    for other in others:
        result = run(command, PROJECT, *BRANCHES, *other)
        assert result.exit_code == 2
        assert f"{other[0]} and --compare exclude each other" in " ".join(result.stderr.replace("│", " ").split())


NAMES = st.text(st.characters(codec="ascii", categories=["L", "N", "P"]), min_size=1).filter(
    lambda name: ".." not in name and name[0] != "." != name[-1]
)


@given(NAMES, NAMES)
def test_the_names_of_two_branches_are_read_back(base: str, head: str) -> None:
    if base == head:
        with pytest.raises(BadParameter):
            Comparison.parse(f"{base}..{head}")
    else:
        assert Comparison.parse(f"{base}..{head}") == Comparison(base, head)


@pytest.mark.parametrize("text", ["", "main", "main..", "..feature", "a..b..c", "main...feature", "main..main"])
def test_text_that_does_not_name_two_branches_is_rejected(text: str) -> None:
    with pytest.raises(BadParameter, match=r"write them as in main\.\.feature"):
        Comparison.parse(text)


@posix
@pytest.mark.parametrize(
    "arguments",
    [
        ("whoami",),
        ("projects", "gh/acme", "--followed"),
        ("history", PROJECT, "--limit", "9"),
        ("history", "gh/acme", "--limit", "9"),
        ("workflows", PROJECT, "--limit", "40"),
        ("jobs", PROJECT, "--limit", "4"),
        ("flaky", PROJECT),
    ],
    ids=" ".join,
)
def test_a_table_fits_80_columns_with_a_line_for_each_row(arguments: tuple[str, ...]) -> None:
    with Path(os.devnull).open("wb") as null:
        result = run_on_terminal(
            [*arguments, "--demo"], environment("http://127.0.0.1:1"), columns=80, stderr=null.fileno()
        )
    lines = without_colours(result.stdout).splitlines()
    assert result.exit_code == 0
    assert max(map(len, lines)) <= 80
    assert not [line for line in lines if "…" in line]
    assert len(lines) > 3 or arguments[0] in {"whoami", "projects"}


@posix
def test_columns_that_do_not_fit_are_named() -> None:
    env = environment("http://127.0.0.1:1")
    narrow, wide = (run_on_terminal(["flaky", PROJECT, "--demo"], env, columns=columns) for columns in (80, 200))
    assert "Left out to fit 80 columns: last seen, workflow." in narrow.stdout
    assert "last seen" in wide.stdout
    assert "Left out" not in wide.stdout


def test_a_table_in_a_pipe_has_every_column(fake: FakeCircleCI) -> None:
    name = "a-branch-" * 30
    fake.add_pipeline(PROJECT, branch=name)
    assert name in run("history", PROJECT).stdout
