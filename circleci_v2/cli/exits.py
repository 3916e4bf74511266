"""Exit codes, and the error that ends a command with one of them."""

from __future__ import annotations

from enum import IntEnum

__all__ = ["CommandError", "ExitCode"]


class ExitCode(IntEnum):
    """The exit codes of ``circleci-v2``."""

    SUCCESS = 0
    FAILED = 1
    """The pipeline that was started or waited for did not succeed."""
    USAGE = 2
    """The arguments are invalid, or no token was found."""
    ERROR = 3
    """CircleCI rejected the request, failed or could not be reached; or results could not be written."""
    NO_ACCESS = 4
    """The token is invalid or lacks the permission."""
    NOT_FOUND = 5
    """The resource does not exist, or the token may not see it."""
    STARTED = 6
    """A pipeline was started, and the command failed afterwards: repeating it would start another one."""
    TIMED_OUT = 124
    """``--timeout`` expired; the code of ``timeout(1)``."""
    INTERRUPTED = 130
    """Ctrl-C; the code of a shell for SIGINT."""
    BROKEN_PIPE = 141
    """The reader of the output closed it, as ``head -1`` does; the code of a shell for SIGPIPE."""


class CommandError(Exception):
    """A failure of the command line itself.

    Attributes:
        exit_code: The exit code of the process.
    """

    def __init__(self, message: str, exit_code: ExitCode) -> None:
        super().__init__(message)
        self.exit_code = exit_code
