r"""The process of the command: its exit codes, its standard streams, and the escaping of all text from the network.

Imported before the extra ``cli`` is known to be installed, so it needs the standard library only.

Names and messages come from the network: any contributor can choose a branch name or the path of an artifact. Printed
unchanged, they could clear the screen, set the title of the window, write to the clipboard (OSC 52), turn text into a
link to elsewhere (OSC 8), or display text in another order than it has (`Trojan Source <https://trojansource.codes>`_).

Escaped, in the notation of Python's string literals such as ``\x1b`` and ``\u202e``, are

* the Unicode categories Cc (the controls C0, DEL and C1, with which the sequences of ECMA-48 start), Cf (formats, such as
  the bidirectional controls and zero-width characters), Cs (lone surrogates), Zl and Zp (line and paragraph separators);
* other characters without a glyph: fillers, most variation selectors, and code points that Unicode reserves for formats
  (the property Default_Ignorable_Code_Point of UAX #44).

Kept are all other characters, and two invisible ones that emoji consist of: the zero-width joiner between two emoji, as in
a family (UTS #51), and the variation selectors U+FE0E and U+FE0F, which select the text or emoji form of one character.
Backslashes are kept too, so an escape looks like a name that contains these characters; ``--json`` is exact.
"""

from __future__ import annotations

import errno
import io
import logging
import os
import re
import sys
import threading
import traceback
import unicodedata
import warnings
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

__all__ = ["CommandError", "ExitCode", "escape_controls", "escape_line", "prepare_process", "print_traceback"]


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


_ESCAPED_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_INVISIBLE: Final = re.compile(
    r"[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u3164\ufe00-\ufe0d\uffa0\ufff0-\ufff8\U000e0000-\U000e0fff]"
)
"""Default_Ignorable_Code_Point of Unicode 16 outside of the category Cf, without U+FE0E and U+FE0F."""

_EMOJI: Final = r"\u00a9\u00ae\u2190-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
"""The blocks that contain all emoji, for the standard library does not know the property Extended_Pictographic."""

_EMOJI_JOINER: Final = re.compile(rf"(?<=[{_EMOJI}\ufe0f])\u200d(?=[{_EMOJI}])")
_MNEMONICS: Final = {"\t": r"\t", "\n": r"\n", "\r": r"\r"}


def escape_controls(text: str) -> str:
    """Escape text of several lines: tabs and line breaks are kept, and CR LF becomes a line break."""
    return _escape(text.replace("\r\n", "\n"), kept="\t\n")


def escape_line(text: str) -> str:
    """Escape text that must stay on one line, such as a name: tabs and line breaks are escaped as well."""
    return _escape(text, kept="")


def _escape(text: str, *, kept: str) -> str:
    if text.isprintable() and not _INVISIBLE.search(text):
        return text
    joiners = {match.start() for match in _EMOJI_JOINER.finditer(text)}
    return "".join(
        _escape_character(character) if character not in kept and position not in joiners else character
        for position, character in enumerate(text)
    )


def _escape_character(character: str) -> str:
    if unicodedata.category(character) not in _ESCAPED_CATEGORIES and not _INVISIBLE.match(character):
        return character
    code = ord(character)
    if code < 0x100:
        return _MNEMONICS.get(character) or f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


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
