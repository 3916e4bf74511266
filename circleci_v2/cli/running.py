"""How a command runs and ends: the event loop, Ctrl-C, and exit codes that scripts can use."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from enum import IntEnum
from types import FrameType
from typing import Any, Final, NoReturn

import typer
from rich.console import Console

from circleci_v2.errors import (
    AuthenticationError,
    CircleCIError,
    ConfigurationError,
    InvalidSlugError,
    NotFoundError,
    PermissionDeniedError,
    WaitTimeoutError,
)

__all__ = ["ExitCode", "run", "stderr"]

stderr: Final = Console(stderr=True)
"""Where everything goes that is not the result: progress, hints, errors."""


class ExitCode(IntEnum):
    """How a command ended."""

    SUCCESS = 0
    FAILED = 1
    """The pipeline that was waited for did not succeed."""
    USAGE = 2
    """The command was called the wrong way, or there is no token."""
    REFUSED = 3
    """CircleCI refused or failed, or could not be reached; or a file could not be written."""
    NO_ACCESS = 4
    """The token is not known, or may not do this."""
    NOT_FOUND = 5
    """It does not exist, or the token may not see it."""
    TIMED_OUT = 124
    """What was waited for had not happened in time."""
    INTERRUPTED = 130
    """Ctrl-C."""
    READER_GONE = 141
    """Whoever read the output wanted no more of it, as with ``| head -1``."""


_CODES: Final[Mapping[type[CircleCIError], ExitCode]] = {
    ConfigurationError: ExitCode.USAGE,
    InvalidSlugError: ExitCode.USAGE,
    AuthenticationError: ExitCode.NO_ACCESS,
    PermissionDeniedError: ExitCode.NO_ACCESS,
    NotFoundError: ExitCode.NOT_FOUND,
    WaitTimeoutError: ExitCode.TIMED_OUT,
}


_SHOW_CURSOR: Final = b"\x1b[?25h"


def run(command: Coroutine[Any, Any, ExitCode | None]) -> None:
    """Run a command to its end and leave the process with its exit code.

    The first Ctrl-C cancels what is under way and lets it clean up; a second one ends the process at once.

    Raises:
        typer.Exit: With the exit code; always, unless the command succeeded.
    """
    before = signal.getsignal(signal.SIGINT)
    try:
        code = asyncio.run(_interruptible(command)) or ExitCode.SUCCESS
        sys.stdout.flush()
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, _end_at_once)  # the event loop took it away as it closed
        stderr.print("Interrupted.")
        code = ExitCode.INTERRUPTED
    except CircleCIError as error:
        _complain(f"{type(error).__name__}: {error}")
        code = _code_of(error)
    except BrokenPipeError:
        _discard_output()
        code = ExitCode.READER_GONE
    except OSError as error:
        _complain(": ".join(str(part) for part in (error.strerror or error, error.filename) if part))
        code = ExitCode.REFUSED
    finally:
        if signal.getsignal(signal.SIGINT) is not _end_at_once:  # which holds to the end of an interrupted process
            signal.signal(signal.SIGINT, before)
    if code is not ExitCode.SUCCESS:
        raise typer.Exit(code)


def _code_of(error: BaseException | None) -> ExitCode:
    """The exit code of an error, or else of what caused it: an export that is refused may be so for want of access."""
    if error is None:
        return ExitCode.REFUSED
    return next((code for kind, code in _CODES.items() if isinstance(error, kind)), None) or _code_of(error.__cause__)


async def _interruptible(command: Coroutine[Any, Any, ExitCode | None]) -> ExitCode | None:
    cancel = signal.getsignal(signal.SIGINT)  # asyncio's own, which is in place by now

    def interrupt(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, _end_at_once)
        if callable(cancel):
            cancel(number, frame)

    if callable(cancel):  # not where a shell told a background process to ignore it
        # The event loop cannot sleep through what it is told of itself: a signal that comes just before it falls
        # asleep, or to another thread. Windows' own loop always knows.
        with suppress(NotImplementedError):
            asyncio.get_running_loop().add_signal_handler(signal.SIGINT, lambda: None)
        signal.signal(signal.SIGINT, interrupt)
    return await command


def _end_at_once(*_: object) -> NoReturn:
    # Whatever waits for threads or connections is what the user has had enough of.
    if stderr.is_terminal:
        os.write(2, _SHOW_CURSOR)  # a progress bar hides it
    os._exit(ExitCode.INTERRUPTED)


def _complain(text: str) -> None:
    stderr.print("[bold red]error[/]:", end=" ")
    stderr.print(text, markup=False, highlight=False, soft_wrap=True)


def _discard_output() -> None:
    """Let the interpreter flush into nothing at its end, where a reader that is gone would be one more error."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
