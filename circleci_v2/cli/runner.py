"""Run a command on an event loop, handle Ctrl-C, and map errors to exit codes."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Coroutine, Generator, Mapping
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any, Final, NoReturn

import typer

from circleci_v2.cli.output import print_error, print_message, stderr
from circleci_v2.cli.process import CommandError, ExitCode, print_traceback
from circleci_v2.errors import (
    AuthenticationError,
    CircleCIError,
    ConfigurationError,
    InvalidSlugError,
    NotFoundError,
    PermissionDeniedError,
    WaitTimeoutError,
)

__all__ = ["describe_error", "exit_code_of", "exit_on_error", "run"]


_EXIT_CODES: Final[Mapping[type[CircleCIError], ExitCode]] = {
    ConfigurationError: ExitCode.USAGE,
    InvalidSlugError: ExitCode.USAGE,
    AuthenticationError: ExitCode.NO_ACCESS,
    PermissionDeniedError: ExitCode.NO_ACCESS,
    NotFoundError: ExitCode.NOT_FOUND,
    WaitTimeoutError: ExitCode.TIMED_OUT,
}


_SHOW_CURSOR: Final = b"\x1b[?25h"


def run(command: Coroutine[Any, Any, ExitCode | None]) -> None:
    """Run a command to completion and exit the process with its exit code.

    The first Ctrl-C cancels the command and lets it clean up; a second one exits immediately.

    Raises:
        typer.Exit: The command did not succeed; holds the exit code.
    """
    previous_handler = signal.getsignal(signal.SIGINT)
    try:
        code = asyncio.run(_interruptible(command)) or ExitCode.SUCCESS
        sys.stdout.flush()
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, _exit_immediately)  # asyncio.run removed it when it closed the loop
        print_message("Interrupted.")
        code = ExitCode.INTERRUPTED
    except (CircleCIError, CommandError) as error:
        print_error(describe_error(error))
        code = exit_code_of(error)
    except BrokenPipeError:
        _redirect_stdout_to_null()
        code = ExitCode.BROKEN_PIPE
    except OSError as error:
        print_error(describe_error(error))
        code = ExitCode.ERROR
    finally:
        # An interrupted process keeps the immediate exit until its end.
        if signal.getsignal(signal.SIGINT) is not _exit_immediately:
            signal.signal(signal.SIGINT, previous_handler)
    if code is not ExitCode.SUCCESS:
        raise typer.Exit(code)


@contextmanager
def exit_on_error() -> Generator[None]:
    """Exit with `ExitCode.ERROR` when the block raises an error that no command handles.

    The interpreter would exit with 1, which is `ExitCode.FAILED` here.

    Raises:
        SystemExit: The block raised an error.
    """
    try:
        yield
    except OSError as error:  # raised while help or the version is printed
        print_error(describe_error(error))
        sys.exit(ExitCode.ERROR)
    except Exception as error:  # noqa: BLE001 - the last resort before the interpreter's own
        print_traceback(error)
        print_error(f"{describe_error(error)}. This is a defect of circleci-v2: please report it with the traceback.")
        sys.exit(ExitCode.ERROR)


def describe_error(error: Exception) -> str:
    """Return the message of an error as this command prints it; it may contain any characters."""
    match error:
        case CommandError():
            return str(error)
        case OSError():
            return ": ".join(str(part) for part in (error.strerror or error, error.filename) if part)
        case _:
            return f"{type(error).__name__}: {error}"


def exit_code_of(error: BaseException | None) -> ExitCode:
    """Map an error, or else its cause, to an exit code: a `UsageExportError` may be caused by a 403."""
    if error is None:
        return ExitCode.ERROR
    if isinstance(error, CommandError):
        return error.exit_code
    codes = (code for kind, code in _EXIT_CODES.items() if isinstance(error, kind))
    return next(codes, None) or exit_code_of(error.__cause__)


async def _interruptible(command: Coroutine[Any, Any, ExitCode | None]) -> ExitCode | None:
    cancel = signal.getsignal(signal.SIGINT)  # the handler that asyncio.run installed

    def interrupt(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, _exit_immediately)
        if callable(cancel):
            cancel(number, frame)

    if callable(cancel):  # it is SIG_IGN when a parent ignores SIGINT, as nohup and shells do for background jobs
        # A Python handler runs only between two bytecodes of the main thread. A signal that arrives just before the
        # event loop starts to wait, or in another thread, would not wake it; add_signal_handler sets a wakeup file
        # descriptor, which does. The event loop of Windows always sets one and does not implement the method.
        with suppress(NotImplementedError):
            asyncio.get_running_loop().add_signal_handler(signal.SIGINT, lambda: None)
        signal.signal(signal.SIGINT, interrupt)
    return await command


def _exit_immediately(*_: object) -> NoReturn:
    # Not sys.exit(): that would wait for threads and for connections to close, which may be what hangs.
    if stderr.is_terminal:
        os.write(2, _SHOW_CURSOR)  # a progress bar hides it
    os._exit(ExitCode.INTERRUPTED)


def _redirect_stdout_to_null() -> None:
    """Keep the interpreter from failing when it flushes stdout on exit, as its reader is gone."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    os.close(null)
