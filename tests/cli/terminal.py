"""Run the command as a separate process, on a pseudo-terminal or with pipes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence

import attrs

from tests.loopback import TOKEN

COMMAND = [sys.executable, "-m", "circleci_v2"]


@attrs.frozen
class Finished:
    """The outcome of a process: its exit code and its output, decoded without loss."""

    exit_code: int
    stdout: str
    stderr: str = ""


def environment(url: str, **variables: str) -> dict[str, str]:
    """Return the environment of a command that connects to a server at this URL."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CIRCLE", "FORCE_COLOR"))}
    return kept | {"CIRCLECI_BASE_URL": url, "CIRCLE_TOKEN": TOKEN, "PYTHONWARNINGS": "ignore"} | variables


def decode(output: bytes) -> str:
    """Decode UTF-8; bytes that are none become lone surrogates."""
    return output.decode("utf-8", "surrogateescape")


def run_in_pipe(
    arguments: Sequence[str], env: Mapping[str, str], *, command: Sequence[str] = COMMAND, stdin: bytes = b""
) -> Finished:
    """Run a command whose output goes to pipes."""
    done = subprocess.run(
        [*command, *arguments], check=False, capture_output=True, input=stdin, timeout=60, env={**env, "NO_COLOR": "1"}
    )
    return Finished(done.returncode, decode(done.stdout), decode(done.stderr))


def run_on_terminal(
    arguments: Sequence[str],
    env: Mapping[str, str],
    *,
    command: Sequence[str] = COMMAND,
    stdout: int | None = None,
    stderr: int | None = None,
    columns: int = 2000,
) -> Finished:
    """Run a command on a pseudo-terminal.

    Args:
        arguments: The arguments.
        env: The environment.
        command: The command.
        stdout: A file descriptor for standard output. Default: the terminal.
        stderr: A file descriptor for standard error. Default: the terminal.
        columns: The width of the terminal.
    """
    import pty  # POSIX only

    terminal, child_end = pty.openpty()
    process = subprocess.Popen(
        [*command, *arguments],
        stdin=child_end,
        stdout=child_end if stdout is None else stdout,
        stderr=child_end if stderr is None else stderr,
        env={**env, "TERM": "xterm-256color", "COLUMNS": str(columns)},
    )
    os.close(child_end)
    output = b""
    while chunk := _read(terminal):
        output += chunk
    os.close(terminal)
    return Finished(process.wait(timeout=60), decode(output))


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # EIO: the last process has closed its end
        return b""
