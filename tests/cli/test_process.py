"""The command as a process of its own: signals, pipes, what a pipe gets to see."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import pytest

from tests.loopback import TOKEN, Received, Reply, serving

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


def test_a_line_is_in_the_pipe_before_the_next_page_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)
    line_was_read = threading.Event()
    waited_for: list[bool] = []

    def answer(request: Received) -> Reply:
        if "page-token" in request.target:
            waited_for.append(line_was_read.wait(20))
            return Reply(body=b'{"items": [2], "next_page_token": null}')
        return Reply(body=b'{"items": [1], "next_page_token": "more"}')

    with serving(answer) as server:
        monkeypatch.setenv("CIRCLECI_BASE_URL", server.url)
        monkeypatch.setenv("CIRCLE_TOKEN", TOKEN)
        with subprocess.Popen([*COMMAND, "api", "/things", "--paginate"], stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "1\n"
            line_was_read.set()
            assert process.stdout.read() == "2\n"
    assert waited_for == [True]


@pytest.mark.parametrize("form", ["--jsonl", "--json", "--csv", None])
def test_a_reader_that_goes_away_is_no_error_to_speak_of(form: str | None) -> None:
    arguments = ["history", "gh/acme/web", "--limit", "20", "--demo"] + ([form] if form else [])
    with subprocess.Popen([*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        errors = process.stderr.read()
        process.wait(timeout=60)
    assert process.returncode == 141
    assert errors.strip() in {"", "These are the newest 20 pipelines; ask for more with --limit."}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_a_full_disk_is_said_and_not_taken_for_a_failed_pipeline() -> None:
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


@pytest.mark.skipif(sys.platform == "win32", reason="only a POSIX shell closes a stream for its command")
@pytest.mark.parametrize("arguments", [["whoami", "--demo"], ["whoami", "--demo", "--json"], ["--version"]])
def test_a_closed_output_is_one_that_nobody_wants(arguments: list[str]) -> None:
    result = subprocess.run(
        ["sh", "-c", '"$@" >&-', "sh", *COMMAND, *arguments], check=False, capture_output=True, text=True, timeout=60
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


@pytest.mark.skipif(sys.platform == "win32", reason="only a POSIX shell closes a stream for its command")
def test_a_closed_input_is_one_that_holds_nothing() -> None:
    arguments = ["sh", "-c", '"$@" <&-', "sh", *COMMAND, "api", "/me", "-d", "@-", "--demo"]
    result = subprocess.run(arguments, check=False, capture_output=True, text=True, timeout=60)
    assert (result.returncode, result.stdout) == (2, "")
    assert "--data is not JSON" in result.stderr


STUBBORN = """
import asyncio
from circleci_v2.cli.running import run

async def stubborn():
    try:
        print("ready", flush=True)
        await asyncio.sleep(60)
    finally:
        print("cleaning up", flush=True)
        await asyncio.sleep(60)

run(stubborn())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent otherwise there")
def test_a_second_interrupt_ends_the_process_whatever_it_is_waiting_for() -> None:
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


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent otherwise there")
def test_interrupts_that_another_thread_takes_end_the_process_as_well() -> None:
    # They do not wake the event loop from its sleep, and neither does one that comes just before it falls asleep.
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


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent otherwise there")
def test_an_interrupt_while_the_program_still_loads_is_no_traceback() -> None:
    program = "import signal, sys; from circleci_v2.cli import main\n"
    program += (
        "class Interrupted:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'circleci_v2.cli.app': signal.raise_signal(signal.SIGINT)\n"
        "sys.meta_path.insert(0, Interrupted()); main()"
    )
    result = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True, timeout=60)
    assert (result.returncode, result.stderr) == (130, "")


def test_help_has_an_example_for_each_command() -> None:
    from circleci_v2.cli.app import app

    for command in app.registered_commands:
        assert command.callback is not None
        name, text = command.callback.__name__, command.callback.__doc__ or ""
        assert name == "demo" or f"circleci-v2 {name}" in text
