"""Text of strangers on a real terminal and in a pipe: visible, and without effect."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from circleci_v2.cli.process import escape_controls, escape_line
from tests.cli.hostile import NASTY, PAYLOADS, PIPELINE_ID, encoded, hidden_characters, hostile_server, without_colours
from tests.cli.terminal import environment, run_in_pipe, run_on_terminal
from tests.loopback import Received, Reply, serving

PROJECT = "gh/acme/web"
COMMANDS = {
    "whoami": ["whoami"],
    "history": ["history", PROJECT],
    "jobs": ["jobs", PROJECT],
    "flaky": ["flaky", PROJECT],
    "artifacts": ["artifacts", PROJECT, "1"],
    "trigger": ["trigger", PROJECT],
    "wait": ["wait", PIPELINE_ID],
    "watch": ["wait", PIPELINE_ID, "--watch"],
    "compare": ["jobs", PROJECT, "--compare", "main..feature"],
    "trigger and wait": ["trigger", PROJECT, "--wait"],
    "demo": ["demo", PROJECT, "--pipelines", "1", "--output", os.devnull],
    "error message": ["artifacts", PROJECT, "404"],
    "error of api": ["api", "/nothing"],
    "usage error": ["history", PROJECT, "--since", NASTY.replace("\0", "").replace("\ud800", "").replace("\udfff", "")],
    "progress": ["history", PROJECT, "--branch", NASTY.replace("\0", "").replace("\ud800", "").replace("\udfff", "")],
    "unknown option": ["whoami", "--\x1b]0;owned\x07\x9b2J"],
}

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals of this kind")


@posix
@pytest.mark.parametrize("arguments", COMMANDS.values(), ids=COMMANDS)
def test_nothing_of_a_stranger_controls_a_terminal(arguments: list[str]) -> None:
    with serving(hostile_server()) as server:
        result = run_on_terminal(arguments, environment(server.url, CIRCLECI_V2_LOG="debug"))
    assert not hidden_characters(without_colours(result.stdout), allowed="\n")
    assert "Traceback" not in result.stdout


@posix
@pytest.mark.parametrize("name", ["history", "artifacts", "usage error"])
def test_text_that_is_wrapped_controls_no_terminal(name: str) -> None:
    with serving(hostile_server()) as server:
        result = run_on_terminal(COMMANDS[name], environment(server.url), columns=40)
    assert not hidden_characters(without_colours(result.stdout), allowed="\n")
    assert "Traceback" not in result.stdout


@pytest.mark.parametrize("arguments", COMMANDS.values(), ids=COMMANDS)
def test_nothing_of_a_stranger_controls_the_terminal_behind_a_pipe(arguments: list[str]) -> None:
    with serving(hostile_server()) as server:
        result = run_in_pipe(arguments, environment(server.url, CIRCLECI_V2_LOG="debug"))
    assert not hidden_characters(result.stdout + result.stderr, allowed="\n")
    assert "Traceback" not in result.stderr


@posix
def test_a_table_shows_names_literally() -> None:
    with serving(hostile_server()) as server:
        result = run_on_terminal(["artifacts", PROJECT, "1"], environment(server.url))
    assert result.exit_code == 0
    for payload in (NASTY, *PAYLOADS.values()):
        assert f"\n{escape_line(payload)} " in without_colours(result.stdout)


@posix
def test_an_error_shows_the_message_literally_and_indents_its_lines() -> None:
    with serving(hostile_server()) as server:
        result = run_on_terminal(["api", "/nothing"], environment(server.url))
    output = without_colours(result.stdout)
    assert result.exit_code == 5
    assert escape_controls(NASTY).replace("\n", "\n  ") in output
    lines = [line for line in output.splitlines() if "GET /nothing 0:" not in line]  # the progress
    assert [line for line in lines if line.startswith("error:")] == [lines[0]]


@posix
def test_results_reach_a_file_while_a_terminal_shows_the_progress(tmp_path: Path) -> None:
    with serving(hostile_server("main")) as server, (tmp_path / "rows.jsonl").open("wb") as rows:
        result = run_on_terminal(
            ["history", PROJECT, "--jsonl"], environment(server.url), stdout=rows.fileno(), columns=80
        )
    assert result.exit_code == 0
    assert "pipelines" in result.stdout
    assert json.loads((tmp_path / "rows.jsonl").read_text())["workflow_name"] == "main"


SLOW = {
    ("projects", "gh/acme"): "Reading the lists of projects",
    ("workflows", PROJECT): "pipelines",
    ("flaky", PROJECT): "Reading flaky tests",
    ("why", PROJECT): "Reading failed jobs",
    ("logs", PROJECT, "1"): "Reading the steps",
    ("artifacts", PROJECT, "1"): "Reading artifacts",
    ("artifacts", PROJECT, "1", "--output", "{folder}/files"): "artifacts",
    ("mirror", "gh/acme", "--since", "2026-01-01", "--to", "{folder}/data"): "projects",
    ("trigger", PROJECT): "Starting a pipeline",
    ("wait", PIPELINE_ID): "Waiting for the pipeline",
    ("approve", PIPELINE_ID, "hold"): "Approving",
    ("cancel", PIPELINE_ID): "Cancelling",
    ("rerun", PIPELINE_ID): "Rerunning",
    ("rotate", "gh/acme", "TOKEN", "--dry-run"): "places",
    ("api", "/me"): "GET /me",
    ("api", "/project/gh/acme/web/pipeline", "--paginate"): "GET /project/gh/acme/web/pipeline",
}


@posix
@pytest.mark.parametrize(("arguments", "description"), SLOW.items(), ids=[" ".join(arguments) for arguments in SLOW])
def test_a_command_that_may_take_long_says_so_on_a_terminal(
    tmp_path: Path, arguments: tuple[str, ...], description: str
) -> None:
    """In a pipe, stderr has no control characters, as tested above, and so neither a spinner nor a bar."""
    filled = [argument.format(folder=tmp_path) for argument in arguments]
    with serving(hostile_server("main")) as server, (tmp_path / "results").open("wb") as results:
        result = run_on_terminal(filled, environment(server.url), stdout=results.fileno(), columns=120)
    assert re.search(rf"[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] {description} ", without_colours(result.stdout))


@posix
@pytest.mark.parametrize("form", ["--json", "--jsonl"])
def test_json_on_a_terminal_is_exact_and_not_wrapped(form: str) -> None:
    with serving(hostile_server()) as server:
        result = run_on_terminal(["whoami", form], environment(server.url), stderr=subprocess.DEVNULL, columns=40)
    assert not hidden_characters(result.stdout, allowed="\r\n")
    row = json.loads(result.stdout)[0] if form == "--json" else json.loads(result.stdout)
    assert ascii(row["login"]) == ascii(NASTY)


@posix
def test_lines_of_json_on_a_terminal_are_not_interrupted_by_progress() -> None:
    with serving(hostile_server()) as server:
        result = run_on_terminal(["history", PROJECT, "--jsonl"], environment(server.url), columns=40)
    (line,) = [line for line in result.stdout.splitlines() if line.startswith("{")]
    assert ascii(json.loads(line)["workflow_name"]) == ascii(NASTY)


@posix
def test_csv_on_a_terminal_has_one_escaped_line_for_each_row() -> None:
    with serving(hostile_server()) as server:
        result = run_on_terminal(["whoami", "--csv"], environment(server.url), stderr=subprocess.DEVNULL)
    assert not hidden_characters(result.stdout, allowed="\r\n")
    (row,) = csv.DictReader(result.stdout.splitlines())
    assert row["login"] == escape_line(NASTY)


ENCODINGS = ["ascii:strict", "latin-1"]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_csv_in_a_pipe_is_exact_in_every_locale(encoding: str) -> None:
    name = "".join(payload for key, payload in PAYLOADS.items() if key != "lone surrogates") + "→日本\r\n"
    with serving(hostile_server(name)) as server:
        result = run_in_pipe(["whoami", "--csv"], environment(server.url, PYTHONIOENCODING=encoding, PYTHONUTF8="0"))
    (row,) = csv.DictReader(io.StringIO(result.stdout, newline=""))
    assert (result.exit_code, row["login"], row["organization"]) == (0, name, name)


def test_csv_escapes_only_lone_surrogates_in_a_pipe() -> None:
    with serving(hostile_server("a\udc9bb")) as server:
        result = run_in_pipe(["whoami", "--csv"], environment(server.url, LC_ALL="C"))
    (row,) = csv.DictReader(io.StringIO(result.stdout))
    assert row["login"] == r"a\udc9bb"


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("arguments", [["whoami"], ["artifacts", PROJECT, "404"], ["trigger", PROJECT]])
def test_every_encoding_of_the_terminal_is_enough(encoding: str, arguments: list[str]) -> None:
    with serving(hostile_server(NASTY + "→日本")) as server:
        env = environment(server.url, PYTHONIOENCODING=encoding, PYTHONUTF8="0")
        result = run_in_pipe(arguments, env)
    assert result.exit_code == (5 if "404" in arguments else 0), result
    assert "Traceback" not in result.stderr
    assert "UnicodeEncodeError" not in result.stderr


@pytest.mark.parametrize("body", [b'{"items": [NaN]}', b'{"a": 1e999}'])
def test_api_prints_valid_json_only(body: bytes) -> None:
    def reply(request: Received) -> Reply:
        return Reply(200, {"Content-Type": "application/json"}, body)

    with serving(reply) as server:
        result = run_in_pipe(["api", "/me"], environment(server.url))
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr.startswith("error: the response cannot be printed as JSON: ")


FAILING = """
import sys
from circleci_v2.cli import main
from circleci_v2.client import CircleCI

def fail(client):
    {statement}

CircleCI.user = property(fail)
sys.argv = ["circleci-v2", "whoami"]
main()
"""


@pytest.mark.parametrize(
    ("statement", "exit_code", "expected"),
    [
        ("raise RuntimeError({nasty})", 3, "error: RuntimeError: "),
        ("error = KeyError('x'); error.add_note({nasty}); raise error", 3, "error: KeyError: "),
        ("raise BaseExceptionGroup({nasty}, [SystemExit(1)])", 1, "BaseExceptionGroup: "),
        ("import warnings; warnings.warn({nasty}); sys.exit()", 0, "UserWarning: "),
        ("import logging; logging.warning({nasty}); sys.exit()", 0, "owned"),
        ("import logging; logging.exception({nasty}, exc_info=KeyError({nasty})); sys.exit()", 0, "owned"),
        ("from threading import Thread as T; T(target=lambda: int({nasty})).start(); sys.exit()", 0, "ValueError: "),
        (
            "X = type('X', (), dict(__del__=lambda self: 1 / 0, __repr__=lambda self: {nasty})); X(); sys.exit()",
            0,
            "ZeroDivision",
        ),
    ],
)
def test_text_that_python_itself_prints_is_escaped(statement: str, exit_code: int, expected: str) -> None:
    program = FAILING.format(statement=statement.format(nasty=ascii(NASTY)))
    env = environment("http://127.0.0.1:1") | {"PYTHONWARNINGS": "default"}
    result = run_in_pipe(["-c", program], env, command=[sys.executable])
    assert result.exit_code == exit_code, result
    assert expected in result.stderr
    assert not hidden_characters(result.stdout + result.stderr, allowed="\n")


def test_a_name_cannot_imitate_a_message() -> None:
    with serving(hostile_server("x\nPipeline 1: success")) as server:
        result = run_in_pipe(["wait", PIPELINE_ID], environment(server.url))
    assert r"workflow x\nPipeline 1: success: new → x\nPipeline 1: success" in result.stderr
    assert "\nPipeline" not in result.stdout + result.stderr


def test_a_redirect_is_reported_without_control_characters() -> None:
    def reply(request: Received) -> Reply:
        return Reply(302, {"Location": "http://\x9b2J\x1b]0;owned/"}, encoded({"message": NASTY}))

    with serving(reply) as server:
        result = run_in_pipe(["whoami"], environment(server.url))
    assert result.exit_code == 3
    assert "Traceback" not in result.stderr
    assert not hidden_characters(result.stderr, allowed="\n")
