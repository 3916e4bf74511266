"""Prepare the process of the command: standard streams, and all text that the command does not print itself.

Imported before the extra ``cli`` is known to be installed, so it needs the standard library only.
"""

from __future__ import annotations

import errno
import io
import logging
import os
import sys
import threading
import traceback
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

from circleci_v2.cli.escaping import escape_controls, escape_line

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

__all__ = ["prepare_process", "print_traceback"]

_CLOSED: Final = "standard output is closed: redirect it to a file, or to /dev/null to discard the results"


def prepare_process() -> None:
    """Prepare standard streams, log records, warnings and tracebacks; call it once, before anything is printed."""
    _replace_closed_streams()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # Python would end in a UnicodeEncodeError, or, in the locale C, write U+DC80 to U+DCFF as bytes (PEP 538).
            stream.reconfigure(errors="backslashreplace")
    logging.setLogRecordFactory(_EscapedRecord)
    warnings.formatwarning = _format_escaped_warning
    sys.excepthook = lambda _, error, trace: print_traceback(error.with_traceback(trace))
    sys.unraisablehook = _show_unraisable
    threading.excepthook = lambda failed: print_traceback(failed.exc_value)


def print_traceback(error: BaseException | None) -> None:
    """Print a traceback to stderr with escaped control characters, as messages of exceptions quote the network."""
    if error is not None:
        sys.stderr.write(escape_controls("".join(traceback.format_exception(error))))


def _replace_closed_streams() -> None:
    """Replace the streams that the parent process closed, as with ``>&-`` in a shell; Python sets them to None.

    In the order of their descriptors, so that each null device gets the descriptor of its stream, and a file or socket
    that is opened later does not.
    """
    if sys.stdin is None:
        sys.stdin = Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115 - open until the process ends
    if sys.stdout is None:
        sys.stdout = _ClosedOutput(Path(os.devnull).open("wb"), encoding="utf-8")  # noqa: SIM115 - the same
    if sys.stderr is None:
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - the same


def _show_unraisable(ignored: UnraisableHookArgs) -> None:
    sys.stderr.write(escape_line(f"{ignored.err_msg or 'Exception ignored in'}: {ignored.object!r}") + "\n")
    print_traceback(ignored.exc_value)


class _ClosedOutput(io.TextIOWrapper):
    """A standard output that fails when it is written to, so that lost results are never reported as a success."""

    def write(self, _: str, /) -> NoReturn:
        raise OSError(errno.EBADF, _CLOSED)


class _EscapedRecord(logging.LogRecord):
    """A log record whose message and traceback can be printed to a terminal, whichever handler formats it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.exc_info:
            # Formatters print this text and do not format the exception again.
            self.exc_text = escape_controls(logging.Formatter().formatException(self.exc_info))

    def getMessage(self) -> str:  # noqa: N802 - the name in logging
        return escape_line(super().getMessage())


_format_warning: Final = warnings.formatwarning


def _format_escaped_warning(
    message: Warning | str, category: type[Warning], filename: str, lineno: int, line: str | None = None
) -> str:
    return escape_controls(_format_warning(message, category, filename, lineno, line))
