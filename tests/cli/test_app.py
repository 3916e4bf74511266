"""Behaviour that all commands share: errors, exit codes, the token, help."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from circleci_v2 import __version__
from circleci_v2.cli.app import app
from circleci_v2.testing import FakeCircleCI
from tests.cli.commands import PROJECT, run


def test_the_version_is_that_of_the_library() -> None:
    assert run("--version").stdout == f"circleci-v2 {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "exit_code", "message"),
    [
        (("history", "gh/acme", "--branch", "main", "--demo"), 2, "gh/acme"),
        (("history", "gh/acme/none", "--demo"), 5, "Project not found"),
        (("history", PROJECT, "--since", "yesterday", "--demo"), 2, "yesterday"),
        (("history", PROJECT, "--since", "99999999999w", "--demo"), 2, "99999999999w"),
        (("usage", "gh/acme", "--end", "0001-01-05", "--demo"), 2, "no 30 days before --end 0001-01-05"),
        (("usage", "gh/acme", "--start", "0001-01-01T00:00+05:00", "--demo"), 2, "0001-01-01T00:00+05:00"),
        (("wait", "nope", "--demo"), 2, "not a valid UUID"),
        (("fake", "--speed", "inf"), 2, "inf"),
        (("api", "/me", "-d", "{", "--demo"), 2, "not JSON"),
        (("api", "/me", "-d", "@/no/such/file", "--demo"), 2, "No such file"),
        (("history", PROJECT, "--json", "--csv", "--demo"), 2, "exclude each other"),
        (("trigger", PROJECT, "-p", "deploy", "--demo"), 2, "key=value"),
        (("trigger", PROJECT, "--branch", "a", "--tag", "b", "--demo"), 2, "exclude each other"),
        (("wait",), 2, "UUID"),
        (("wait", "--timeout", "1", "--demo"), 124, "has not ended"),
        (("api", "/me", "--paginate", "--demo"), 2, "is not a page"),
        (("api", "/me", "-X", "DELETE", "--demo"), 3, "Method Not Allowed"),
        (("fake", "--project", "web"), 2, "is not a project slug"),
        (("fake", "--failures", "5"), 2, "5.0 is not in the range 0<=x<=1"),
        (("fake", "--check", "severe"), 2, "'severe' is not one of"),
        (("fake", "--rate-limit", "0"), 2, "0 is not in the range x>=1"),
    ],
)
def test_an_error_has_a_message_and_an_exit_code(arguments: tuple[str, ...], exit_code: int, message: str) -> None:
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (exit_code, "")
    assert message in " ".join(result.stderr.replace("│", " ").split())


def test_the_error_of_a_missing_token_names_the_variables(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("CIRCLE_TOKEN", "CIRCLECI_TOKEN", "CIRCLECI_CLI_TOKEN", "CIRCLE_CLI_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    result = run("whoami")
    assert result.exit_code == 2
    assert "CIRCLE_TOKEN" in result.stderr


def test_a_wrong_token_has_its_own_exit_code(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with FakeCircleCI().serve() as url:
        monkeypatch.setenv("CIRCLECI_BASE_URL", url)
        monkeypatch.setenv("CIRCLE_TOKEN", "wrong-token")
        result = run("whoami")
        # With a UUID, the export itself is the first request.
        exported = run("usage", "00000000-0000-0000-0000-000000000000", "--output", str(tmp_path / "usage.csv"))
    assert (result.exit_code, exported.exit_code) == (4, 4)
    assert "Invalid token provided." in result.stderr
    assert "wrong-token" not in result.output


def test_help_has_an_example_for_each_command() -> None:
    for command in app.registered_commands:
        assert command.callback is not None
        name, text = command.callback.__name__, command.callback.__doc__ or ""
        assert name == "demo" or f"circleci-v2 {name}" in text


def test_a_missing_extra_is_not_the_exit_code_of_a_failed_pipeline(tmp_path: Path) -> None:
    (tmp_path / "typer.py").write_text("raise ModuleNotFoundError(\"No module named 'typer'\", name='typer')")
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-m", "circleci_v2", "whoami"],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "circleci-v2 needs typer, which is not installed: pip install 'circleci_v2[cli]'\n"


@pytest.mark.parametrize(
    ("words", "expected"), [("circleci-v2 work", "workflows"), ("circleci-v2 jobs gh/acme/web --comp", "--compare")]
)
def test_the_shell_completes_commands_and_options(words: str, expected: str) -> None:
    """The completion script of bash calls the command with these variables."""
    variables = {"_CIRCLECI_V2_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
    done = subprocess.run(
        [sys.executable, "-m", "circleci_v2"],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, **variables},
    )
    assert expected in done.stdout.split(), done


def test_the_completion_script_is_that_of_circleci_v2() -> None:
    command = [sys.executable, "-m", "circleci_v2", "--show-completion", "bash"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1].split()[-1] == "circleci-v2"
    assert "_CIRCLECI_V2_COMPLETE=complete_bash" in done.stdout
