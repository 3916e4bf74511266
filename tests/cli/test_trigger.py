"""The commands trigger, wait and api, and errors that occur after a pipeline was started."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from circleci_v2.cli.app import app
from circleci_v2.testing import FakeCircleCI, WorkflowPlan
from tests.cli.commands import PROJECT, run
from tests.cli.hostile import NASTY, PIPELINE_ID, encoded, hidden_characters, hostile_server
from tests.cli.terminal import COMMAND, environment, run_in_pipe
from tests.loopback import Received, Reply, serving


def test_trigger_prints_the_id_for_the_next_command() -> None:
    result = run("trigger", PROJECT, "--branch", "main", "-p", "deploy=true", "--demo")
    assert result.exit_code == 0, result.output
    assert len(result.stdout.strip()) == 36
    assert "is pending" in result.stderr


@pytest.mark.parametrize(("status", "exit_code"), [("success", 0), ("failed", 1), ("canceled", 1), ("errored", 1)])
def test_wait_exits_with_the_result_of_the_pipeline(
    monkeypatch: pytest.MonkeyPatch, status: str, exit_code: int
) -> None:
    fake = FakeCircleCI()
    pipeline = fake.add_pipeline(PROJECT, status=status)
    fake.clock.advance(3600)
    with fake.serve() as url:
        monkeypatch.setenv("CIRCLECI_BASE_URL", url)
        monkeypatch.setenv("CIRCLE_TOKEN", fake.token)
        result = run("wait", pipeline.id)
    assert result.exit_code == exit_code, result.output
    assert f"Pipeline 1: {status}" in result.stdout
    assert ("The configuration is not valid." in result.stderr) == (status == "errored")


@pytest.mark.parametrize("name", ["build [prod]", "[/]"])
def test_workflow_names_in_square_brackets_are_printed_literally(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    fake = FakeCircleCI()
    pipeline = fake.add_pipeline(PROJECT, workflows=[WorkflowPlan(name=name, jobs=("build",))])
    with fake.serve() as url:
        monkeypatch.setenv("CIRCLECI_BASE_URL", url)
        monkeypatch.setenv("CIRCLE_TOKEN", fake.token)
        result = run("wait", pipeline.id)
    assert result.exit_code == 0, result.output
    assert f"workflow {name}: new → success" in result.stderr


def test_watch_needs_a_wait() -> None:
    result = run("trigger", PROJECT, "--watch", "--demo")
    assert result.exit_code == 2
    assert "--watch needs --wait" in result.stderr


def test_a_wait_that_times_out_prints_what_it_saw_as_json() -> None:
    result = run("wait", "--timeout", "1", "--json", "--demo")
    assert result.exit_code == 124
    assert json.loads(result.stdout)["pipeline"]["number"] == 400


def test_api_calls_any_endpoint() -> None:
    assert json.loads(run("api", "me", "--demo").stdout)["login"] == "fake-user"
    result = run("api", "/project/gh/acme/web/pipeline", "-q", "branch=main", "--paginate", "--demo")
    branches = {json.loads(line)["vcs"]["branch"] for line in result.stdout.splitlines()}
    assert branches == {"main"}
    assert len(result.stdout.splitlines()) > 40


def test_api_posts_the_data() -> None:
    result = run("api", "/project/gh/acme/web/pipeline", "-d", '{"branch": "main"}', "--demo")
    assert json.loads(result.stdout)["number"] == 401


def test_api_accepts_a_query_in_the_path() -> None:
    path = "/project/gh/acme/web/pipeline?branch=main"
    branches = {item["vcs"]["branch"] for item in json.loads(run("api", path, "--demo").stdout)["items"]}
    assert branches == {"main"}


def test_api_reads_a_body_from_a_file_or_from_standard_input(tmp_path: Path) -> None:
    body = tmp_path / "body.json"
    body.write_text('{"branch": "main"}')
    for data, given in ((f"@{body}", None), ("@-", body.read_text())):
        arguments = ["api", "/project/gh/acme/web/pipeline", "-d", data, "--demo"]
        result = CliRunner().invoke(app, arguments, input=given)
        assert json.loads(result.stdout)["number"] == 401, result.output


TRIGGER = ["trigger", "gh/acme/web"]
JSON = {"Content-Type": "application/json"}
CREATED = {"id": PIPELINE_ID, "number": 7, "state": "pending", "created_at": "2026-01-01T00:00:00Z"}

# Responses with a status of 2xx that leave the id unknown.
UNUSABLE = {
    "an empty body": Reply(201, JSON, b""),
    "no content": Reply(204, {}, b""),
    "no JSON": Reply(201, JSON, f"<html>{NASTY}".encode("utf-8", "surrogatepass")),
    "half of it": Reply(201, JSON, b'{"id": "5034'),
    "a list": Reply(201, JSON, b"[]"),
    "null": Reply(201, JSON, b"null"),
    "text": Reply(201, JSON, encoded(NASTY)),
    "no fields": Reply(201, JSON, b"{}"),
    "no id": Reply(201, JSON, encoded({**CREATED, "id": None})),
    "a number as id": Reply(201, JSON, encoded({**CREATED, "id": 7})),
    "an object as id": Reply(201, JSON, encoded({**CREATED, "id": {NASTY: NASTY}})),
    "deep nesting": Reply(201, JSON, b"[" * 100_000),
    "no text": Reply(201, JSON, b"\xff\xfe\x00\x9b"),
    "an unknown charset": Reply(201, {"Content-Type": "application/json; charset=\x9b2J"}, b"\x80"),
}


@pytest.mark.parametrize("response", UNUSABLE.values(), ids=UNUSABLE)
def test_a_response_without_a_usable_id_is_reported_as_a_started_pipeline(response: Reply) -> None:
    with serving(hostile_server(post=lambda _: response)) as server:
        result = run_in_pipe(TRIGGER, environment(server.url))
        assert [request.method for request in server.requests] == ["POST"]
    assert (result.exit_code, result.stdout) == (6, ""), result
    assert " was started, but then an error occurred: " in result.stderr
    assert "Traceback" not in result.stderr
    assert not hidden_characters(result.stderr, allowed="\n")


@pytest.mark.parametrize(("response", "exit_code"), [("no JSON", 6), ("half of it", 6), ("no id", 6)])
def test_a_wait_after_a_response_without_a_usable_id_says_that_the_pipeline_continues(
    response: str, exit_code: int
) -> None:
    with serving(hostile_server(post=lambda _: UNUSABLE[response])) as server:
        result = run_in_pipe([*TRIGGER, "--wait", "--timeout", "1"], environment(server.url))
        assert [request.method for request in server.requests].count("POST") == 1
    assert result.exit_code == exit_code, result
    assert ("was started" if exit_code == 6 else "continues at CircleCI") in result.stderr
    assert "Traceback" not in result.stderr


def test_an_unreadable_response_is_reported_as_a_possible_effect() -> None:
    response = Reply(201, {**JSON, "Content-Encoding": "gzip"}, b"no gzip")
    with serving(hostile_server(post=lambda _: response)) as server:
        result = run_in_pipe(TRIGGER, environment(server.url))
    assert (result.exit_code, result.stdout) == (3, "")
    assert "unknown" in result.stderr


@pytest.mark.parametrize("changed", [{"number": None}, {"number": NASTY}, {"state": [NASTY]}, {"created_at": NASTY}])
def test_other_deviations_of_the_response_do_not_matter(changed: dict[str, object]) -> None:
    with serving(hostile_server(post=lambda _: Reply(201, JSON, encoded(CREATED | changed)))) as server:
        result = run_in_pipe(TRIGGER, environment(server.url))
    assert (result.exit_code, result.stdout) == (0, f"{PIPELINE_ID}\n"), result
    assert not hidden_characters(result.stderr, allowed="\n")


def test_an_id_that_is_no_uuid_is_printed_on_one_line() -> None:
    with serving(hostile_server(post=lambda _: Reply(201, JSON, encoded({**CREATED, "id": NASTY})))) as server:
        result = run_in_pipe(TRIGGER, environment(server.url))
    assert result.exit_code == 0
    assert result.stdout.count("\n") == 1
    assert not hidden_characters(result.stdout, allowed="\n")


@pytest.mark.parametrize("status", [400, 401, 404, 422])
def test_a_rejected_request_is_not_reported_as_a_started_pipeline(status: int) -> None:
    with serving(hostile_server(post=lambda _: Reply(status, JSON, encoded({"message": NASTY})))) as server:
        result = run_in_pipe(TRIGGER, environment(server.url))
    assert result.exit_code == {401: 4, 404: 5}.get(status, 3)
    assert "was started" not in result.stderr


def fails_while_waiting(request: Received) -> Reply:
    if request.method == "POST":
        return Reply(201, JSON, encoded(CREATED))
    return Reply(401, JSON, encoded({"message": NASTY}))


def test_an_error_while_waiting_names_the_started_pipeline() -> None:
    with serving(fails_while_waiting) as server:
        result = run_in_pipe([*TRIGGER, "--wait"], environment(server.url))
    assert result.exit_code == 6
    assert result.stderr.startswith(f"error: Pipeline {PIPELINE_ID} was started, but then an error occurred: Auth")


UNEXPECTED = """
import sys
from circleci_v2.cli import main
from circleci_v2.client import CircleCI

async def fail(client, *_):
    raise TypeError({nasty})

CircleCI.{method} = fail
sys.argv = ["circleci-v2", "trigger", "gh/acme/web"]
main()
"""


def test_an_unexpected_error_after_the_start_is_no_traceback() -> None:
    program = UNEXPECTED.format(nasty=ascii(NASTY), method="__aexit__")
    with serving(hostile_server()) as server:
        result = run_in_pipe(["-c", program], environment(server.url), command=[sys.executable])
    assert result.exit_code == 6
    assert "\nerror: Pipeline " in result.stderr
    assert "TypeError: " in result.stderr
    assert PIPELINE_ID in result.stdout + result.stderr
    assert not hidden_characters(result.stderr, allowed="\n")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for a single process")
@pytest.mark.usefixtures("children_receive_interrupts")
def test_an_interrupt_says_that_the_pipeline_continues() -> None:
    pending = CREATED | {"project_slug": "gh/acme/web", "updated_at": None, "errors": []}
    replies = {"POST": Reply(201, JSON, encoded(CREATED)), "GET": Reply(200, JSON, encoded(pending | {"items": []}))}
    with serving(lambda request: replies[request.method]) as server:
        command = [*COMMAND, *TRIGGER, "--wait"]
        env = environment(server.url)
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env) as process:
            assert process.stderr is not None
            while "pipeline: new" not in process.stderr.readline():
                pass
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors.splitlines()[-2:] == [
        f"Pipeline {PIPELINE_ID} was started and continues at CircleCI.",
        "Interrupted.",
    ]


POSIX = pytest.mark.skipif(sys.platform == "win32", reason="only a POSIX shell redirects like this")
LINUX = pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has /dev/full")
# The redirections of a shell, the exit code, and whether the id is expected on stderr.
REDIRECTIONS = [
    pytest.param(">&-", 6, id="stdout is closed", marks=POSIX),
    pytest.param("<&- >&-", 6, id="stdin and stdout are closed", marks=POSIX),
    pytest.param(">/dev/full", 6, id="the disk is full", marks=LINUX),
    pytest.param("1</dev/null", 6, id="stdout cannot be written to", marks=POSIX),
    pytest.param("| true", 141, id="the reader is gone", marks=POSIX),
]


@pytest.mark.parametrize(("redirection", "exit_code"), REDIRECTIONS)
@pytest.mark.parametrize("options", [(), ("--wait",)], ids=["trigger", "trigger and wait"])
def test_the_id_is_reported_when_stdout_cannot_be_written_to(
    redirection: str, exit_code: int, options: tuple[str, ...]
) -> None:
    with serving(hostile_server("success")) as server:
        result = in_shell(f'"$@" {redirection}', [*TRIGGER, *options], server.url)
    assert result.returncode == exit_code, result
    assert f"Pipeline {PIPELINE_ID} was started" in result.stderr
    assert "Traceback" not in result.stderr
    assert "Exception ignored" not in result.stderr


@pytest.mark.parametrize(
    "redirection",
    [
        pytest.param("2>&-", id="stderr is closed", marks=POSIX),
        pytest.param("2>/dev/full", id="the disk of stderr is full", marks=LINUX),
        pytest.param("2>&1 >&3 3>&- | true", id="the reader of stderr is gone", marks=POSIX),
    ],
)
def test_the_id_is_printed_when_stderr_cannot_be_written_to(redirection: str) -> None:
    with serving(hostile_server("success")) as server:
        result = in_shell(f'exec 3>&1; "$@" {redirection}', TRIGGER, server.url)
    assert (result.returncode, result.stdout) == (0, f"{PIPELINE_ID}\n"), result


def in_shell(script: str, arguments: list[str], url: str) -> subprocess.CompletedProcess[str]:
    """Run a command in bash, which returns the exit code of the first command of a pipe that fails."""
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", script, "bash", *COMMAND, *arguments],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
        env=environment(url),
    )
