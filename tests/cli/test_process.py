"""The command as a process of its own: signals, pipes, what a pipe gets to see."""

from __future__ import annotations

import signal
import subprocess
import sys

import httpx
import pytest

COMMAND = [sys.executable, "-m", "circleci_v2.cli"]


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent otherwise there")
def test_fake_serves_other_programs_until_it_is_interrupted() -> None:
    with subprocess.Popen(
        [*COMMAND, "fake", "--pipelines", "5"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        settings = dict(pair.split("=", 1) for pair in line.split())
        answer = httpx.get(
            f"{settings['CIRCLECI_BASE_URL']}/me",
            headers={"Circle-Token": settings["CIRCLE_TOKEN"]},
            trust_env=False,
        )
        assert answer.json()["login"] == "fake-user"
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 130
    assert errors.strip() == "Interrupted."


def test_a_pipe_gets_results_only_and_no_colours() -> None:
    result = subprocess.run(
        [*COMMAND, "history", "gh/acme/web", "--limit", "2", "--demo"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert "\x1b" not in result.stdout + result.stderr
    assert result.stderr == "These are the newest 2 pipelines; ask for more with --limit.\n"


def test_a_reader_that_goes_away_is_no_traceback() -> None:
    with subprocess.Popen(
        [*COMMAND, "history", "gh/acme/web", "--limit", "400", "--jsonl", "--demo"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        errors = process.stderr.read()
        process.wait(timeout=60)
    assert "Traceback" not in errors


def test_help_has_an_example_for_each_command() -> None:
    from circleci_v2.cli.app import app

    for command in app.registered_commands:
        assert command.callback is not None
        name, text = command.callback.__name__, command.callback.__doc__ or ""
        assert name == "demo" or f"circleci-v2 {name}" in text
