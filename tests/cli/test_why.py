"""The commands why and logs."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from circleci_v2.testing import FakeCircleCI, JobPlan, StepPlan, TestResult, WorkflowPlan
from tests.cli.commands import PROJECT, run
from tests.cli.hostile import NASTY, hidden_characters, without_colours
from tests.cli.terminal import environment, run_in_pipe, run_on_terminal

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals of this kind")

LONG = "AssertionError: " + "the total of the cart is not the sum of its items; " * 4


def failing(text: str = "") -> FakeCircleCI:
    test = TestResult(name=f"test_total{text}", file=f"tests/test_cart.py{text}", result="failure", message=LONG + text)
    steps = (
        StepPlan(name="Checkout code", output="Cloning\n"),
        StepPlan(name=f"Run tests{text}", output=f"\x1b[31mred\x1b[0m\n{text}\n", exit_code=1),
    )
    job = JobPlan(name=f"unit-tests{text}", outcome="failed", tests=(test,), steps=steps)
    fake = FakeCircleCI(token="the-token-of-the-tests")
    fake.add_pipeline(PROJECT, status="failed", workflows=[WorkflowPlan(name=f"build{text}", jobs=(job,))])
    return fake


@pytest.fixture
def url(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    fake = failing()
    with fake.serve() as url:
        monkeypatch.setenv("CIRCLECI_BASE_URL", url)
        monkeypatch.setenv("CIRCLE_TOKEN", fake.token)
        yield url


def test_why_shows_the_failed_tests_and_the_output_of_the_failed_step(url: str) -> None:
    result = run("why", PROJECT, "main")
    assert result.exit_code == 0, result.output
    for text in (
        "Pipeline 1 of gh/acme/web: failed",
        "1 of 1 tests failed",
        "test_total",
        "Run tests: exit code 1",
        "│ red",
    ):
        assert text in result.stdout
    assert "Cloning" not in result.stdout


def test_why_prints_markdown_or_json(url: str) -> None:
    assert run("why", PROJECT, "--markdown").stdout.startswith("## Pipeline [1](")
    assert json.loads(run("why", PROJECT, "--json").stdout)["status"] == "failed"
    assert run("why", PROJECT, "--json", "--markdown").exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "exit_code", "message"),
    [
        (("why",), 2, "a URL of the web app, a UUID, or a project slug"),
        (("why", "web", "--demo"), 2, "names no pipeline, workflow or job"),
        (("why", "gh/acme/none", "--demo"), 5, "Project not found"),
        (("why", "00000000-0000-0000-0000-000000000001", "main", "--demo"), 2, "is not a project"),
        (("logs", "gh/acme/web", "99999999", "--demo"), 5, "Build not found"),
    ],
)
def test_an_argument_that_leads_nowhere_has_an_exit_code(
    arguments: tuple[str, ...], exit_code: int, message: str
) -> None:
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (exit_code, "")
    assert message in " ".join(result.stderr.replace("│", " ").split())


def test_why_without_a_target_reports_on_the_demo() -> None:
    result = run("why", "--demo")
    assert result.exit_code == 0, result.output
    assert "of gh/acme/web: fail" in result.stdout
    assert result.stderr == ""


def test_logs_prints_the_output_of_all_steps_or_of_the_failed_ones(url: str) -> None:
    everything = run("logs", PROJECT, "1").stdout
    assert everything.splitlines() == [
        *("── Checkout code, node 0: exit code 0", "Cloning", "── Run tests, node 0: exit code 1", "red", "")
    ]
    assert "Cloning" not in run("logs", PROJECT, "1", "--failed").stdout
    pieces = [json.loads(line) for line in run("logs", PROJECT, "1", "--failed", "--jsonl").stdout.splitlines()]
    assert "".join(piece["text"] for piece in pieces) == "\x1b[31mred\x1b[0m\n\n"


def test_a_part_that_is_missing_is_named_on_stderr(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = failing()
    fake.faults.fail_next(403, route="/api/v1.1/project/{project-slug}/{job-number}")
    with fake.serve() as url:
        monkeypatch.setenv("CIRCLECI_BASE_URL", url)
        monkeypatch.setenv("CIRCLE_TOKEN", fake.token)
        result = run("why", PROJECT)
    assert result.exit_code == 0
    assert "test_total" in result.stdout
    assert "note: The steps could not be read: PermissionDeniedError" in result.stderr


@posix
@pytest.mark.parametrize("columns", [80, 200])
def test_why_wraps_messages_to_the_width_of_the_terminal(columns: int) -> None:
    # The spinner goes to stderr, and overwrites itself.
    with failing().serve() as url, Path(os.devnull).open("wb") as null:
        result = run_on_terminal(["why", PROJECT], environment(url), columns=columns, stderr=null.fileno())
    lines = without_colours(result.stdout).splitlines()
    assert result.exit_code == 0
    assert [line for line in lines if len(line) > columns and "://" not in line] == []
    assert len([line for line in lines if line.startswith("      ")]) == (4 if columns == 80 else 2)


@posix
@pytest.mark.parametrize("arguments", [("why", PROJECT), ("why", PROJECT, "--markdown"), ("logs", PROJECT, "1")])
def test_names_and_output_control_no_terminal(arguments: tuple[str, ...]) -> None:
    with failing(NASTY).serve() as url:
        on_terminal = run_on_terminal(arguments, environment(url, CIRCLECI_V2_LOG="debug"))
        in_pipe = run_in_pipe(arguments, environment(url))
    assert not hidden_characters(without_colours(on_terminal.stdout), allowed="\n")
    assert not hidden_characters(in_pipe.stdout + in_pipe.stderr, allowed="\n")
    assert (on_terminal.exit_code, in_pipe.exit_code) == (0, 0), in_pipe.stderr


@posix
def test_no_color_and_a_pipe_leave_plain_text() -> None:
    with failing().serve() as url:
        plain = run_on_terminal(["why", PROJECT], environment(url, NO_COLOR="1"))
        in_pipe = run_in_pipe(["why", PROJECT], environment(url))
    assert "\x1b[3" not in plain.stdout
    assert "\x1b" not in in_pipe.stdout
    assert LONG.strip() in in_pipe.stdout  # not wrapped
