"""How a command runs and ends: the event loop, Ctrl-C, and exit codes that scripts can use."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from enum import IntEnum
from typing import Any, Final

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
    """CircleCI refused or failed, or could not be reached."""
    NO_ACCESS = 4
    """The token is not known, or may not do this."""
    NOT_FOUND = 5
    """It does not exist, or the token may not see it."""
    TIMED_OUT = 124
    """What was waited for had not happened in time."""
    INTERRUPTED = 130
    """Ctrl-C."""


_CODES: Final[Mapping[type[CircleCIError], ExitCode]] = {
    ConfigurationError: ExitCode.USAGE,
    InvalidSlugError: ExitCode.USAGE,
    AuthenticationError: ExitCode.NO_ACCESS,
    PermissionDeniedError: ExitCode.NO_ACCESS,
    NotFoundError: ExitCode.NOT_FOUND,
    WaitTimeoutError: ExitCode.TIMED_OUT,
}


def run(command: Coroutine[Any, Any, ExitCode | None]) -> None:
    """Run a command to its end and leave the process with its exit code.

    The first Ctrl-C cancels what is under way and lets it clean up; a second one ends at once.

    Raises:
        typer.Exit: With the exit code; always, unless the command succeeded.
    """
    try:
        code = asyncio.run(command) or ExitCode.SUCCESS
    except KeyboardInterrupt:
        stderr.print("Interrupted.")
        code = ExitCode.INTERRUPTED
    except CircleCIError as error:
        stderr.print(f"[bold red]error[/]: {type(error).__name__}:", end=" ")
        stderr.print(str(error), markup=False, highlight=False, soft_wrap=True)
        code = next((code for kind, code in _CODES.items() if isinstance(error, kind)), ExitCode.REFUSED)
    if code is not ExitCode.SUCCESS:
        raise typer.Exit(code)
