"""The command as a separate process: signals, pipes, closed streams."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import pytest

from tests.cli.terminal import COMMAND
from tests.loopback import TOKEN, Received, Reply, serving

posix_signals = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for a single process")


@posix_signals
@pytest.mark.usefixtures("children_receive_interrupts")
def test_fake_serves_other_programs_until_interrupted() -> None:
    with subprocess.Popen(
        [*COMMAND, "fake", "--pipelines", "5"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        settings = dict(pair.split("=", 1) for pair in line.split())
        response = httpx.get(
            f"{settings['CIRCLECI_BASE_URL']}/me",
            headers={"Circle-Token": settings["CIRCLE_TOKEN"]},
            trust_env=False,
        )
        assert response.json()["login"] == "fake-user"
        assert process.stdout.readline().startswith("# for clients that append /api/v2")
        bare = dict(pair.split("=", 1) for pair in process.stdout.readline().split())
        assert f"{bare['CIRCLECI_BASE_URL']}/api/v2" == settings["CIRCLECI_BASE_URL"]
        assert bare["CIRCLECI_TOKEN"] == settings["CIRCLE_TOKEN"]
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 130
    assert errors.strip() == "Interrupted."


def test_a_pipe_receives_results_without_colours() -> None:
    result = subprocess.run(
        [*COMMAND, "history", "gh/acme/web", "--limit", "2", "--demo"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert "\x1b" not in result.stdout + result.stderr
    assert result.stderr == "These are the newest 2 pipelines; raise --limit for more.\n"


def test_a_line_is_flushed_before_the_next_page_arrives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)
    line_was_read = threading.Event()
    waited_for: list[bool] = []

    def reply(request: Received) -> Reply:
        if "page-token" in request.target:
            waited_for.append(line_was_read.wait(20))
            return Reply(body=b'{"items": [2], "next_page_token": null}')
        return Reply(body=b'{"items": [1], "next_page_token": "more"}')

    with serving(reply) as server:
        monkeypatch.setenv("CIRCLECI_BASE_URL", server.url)
        monkeypatch.setenv("CIRCLE_TOKEN", TOKEN)
        with subprocess.Popen([*COMMAND, "api", "/things", "--paginate"], stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "1\n"
            line_was_read.set()
            assert process.stdout.read() == "2\n"
    assert waited_for == [True]


@pytest.mark.parametrize("form", ["--jsonl", "--json", "--csv", None])
def test_a_broken_pipe_is_not_reported_as_an_error(form: str | None) -> None:
    arguments = ["history", "gh/acme/web", "--limit", "4", "--demo"] + ([form] if form else [])
    with subprocess.Popen([*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        errors = process.stderr.read()
        process.wait(timeout=60)
    assert process.returncode == 141
    assert errors.strip() in {"", "These are the newest 4 pipelines; raise --limit for more."}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has /dev/full")
def test_a_full_disk_is_reported_and_differs_from_a_failed_pipeline() -> None:
    with Path("/dev/full").open("w") as full:
        result = subprocess.run(
            [*COMMAND, "whoami", "--json", "--demo"],
            check=False,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
        )
    assert result.returncode == 3
    assert result.stderr == "error: No space left on device\n"


only_posix_shells = pytest.mark.skipif(sys.platform == "win32", reason="only a POSIX shell can close a stream")


@only_posix_shells
@pytest.mark.parametrize(
    "arguments",
    [["whoami", "--demo"], ["whoami", "--demo", "--json"], ["whoami", "--demo", "--csv"], ["--version"], ["--help"]],
)
def test_results_that_a_closed_stdout_loses_are_an_error(arguments: list[str]) -> None:
    result = subprocess.run(
        ["sh", "-c", '"$@" >&-', "sh", *COMMAND, *arguments], check=False, capture_output=True, text=True, timeout=60
    )
    assert (result.returncode, result.stdout) == (3, "")
    assert result.stderr == (
        "error: standard output is closed: redirect it to a file, or to /dev/null to discard the results\n"
    )


@only_posix_shells
def test_a_command_without_results_needs_no_stdout(tmp_path: Path) -> None:
    output = tmp_path / "usage.csv"
    arguments = ["usage", "gh/acme", "--start", "2d", "--output", str(output), "--demo"]
    result = subprocess.run(
        ["sh", "-c", '"$@" <&- >&-', "sh", *COMMAND, *arguments],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert result.returncode == 0, result
    assert output.read_text().startswith("ORGANIZATION_ID")


@only_posix_shells
def test_a_closed_stdin_is_empty() -> None:
    arguments = ["sh", "-c", '"$@" <&-', "sh", *COMMAND, "api", "/me", "-d", "@-", "--demo"]
    result = subprocess.run(arguments, check=False, capture_output=True, text=True, timeout=60)
    assert (result.returncode, result.stdout) == (2, "")
    assert "--data is not JSON" in result.stderr


STUBBORN = """
import asyncio
from circleci_v2.cli.runner import run

async def stubborn():
    try:
        print("ready", flush=True)
        await asyncio.sleep(60)
    finally:
        print("cleaning up", flush=True)
        await asyncio.sleep(60)

run(stubborn())
"""


@posix_signals
@pytest.mark.usefixtures("children_receive_interrupts")
def test_a_second_interrupt_exits_immediately() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", STUBBORN], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGINT)
        assert process.stdout.readline() == "cleaning up\n"
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
    assert (process.returncode, errors) == (130, "")


@posix_signals
@pytest.mark.usefixtures("children_receive_interrupts")
def test_interrupts_received_by_another_thread_exit_as_well() -> None:
    # Such a signal does not wake the event loop, nor does one that arrives just before the loop starts to wait.
    thread = "import signal, sys, threading\n"
    thread += "def interrupt():\n"
    thread += "    for _ in sys.stdin: signal.pthread_kill(threading.get_ident(), signal.SIGINT)\n"
    thread += "threading.Thread(target=interrupt, daemon=True).start()\n"
    with subprocess.Popen(
        [sys.executable, "-c", thread + STUBBORN],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for line in ("ready\n", "cleaning up\n"):
            assert process.stdout.readline() == line
            process.stdin.write("interrupt\n")
            process.stdin.flush()
        _, errors = process.communicate(timeout=20)
    assert (process.returncode, errors) == (130, "")


@posix_signals
@pytest.mark.usefixtures("children_receive_interrupts")
def test_an_interrupt_during_imports_prints_no_traceback() -> None:
    program = "import signal, sys; from circleci_v2.cli import main\n"
    program += (
        "class Interrupted:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'circleci_v2.cli.app': signal.raise_signal(signal.SIGINT)\n"
        "sys.meta_path.insert(0, Interrupted()); main()"
    )
    result = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True, timeout=60)
    assert (result.returncode, result.stderr) == (130, "")
