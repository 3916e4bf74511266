"""Print results to stdout as a table, JSON, JSON Lines or CSV, and messages and progress to stderr."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Callable, Collection, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final, Literal, NoReturn, TextIO, cast

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table
from rich.text import Text

from circleci_v2._wire.encoding import encode_json
from circleci_v2.cli.process import CommandError, ExitCode, escape_controls, escape_line

__all__ = [
    "Format",
    "activity",
    "build_table",
    "format_seconds",
    "print_error",
    "print_json",
    "print_line",
    "print_message",
    "print_rows",
    "print_table",
    "print_wrapped",
    "progress",
    "stderr",
    "write_text",
]

Row = Mapping[str, Any]
Format = Literal["table", "json", "jsonl", "csv"]

# Tables in a pipe are as wide as their values, for the next program; the bound is for a hostile name of megabytes.
_WIDTH_WITHOUT_TERMINAL: Final = 1_000
_MIN_WIDTH: Final = 20
_COLUMN_GAP: Final = 2


class _ResultConsole(Console):
    def on_broken_pipe(self) -> NoReturn:
        """Raise as any other file does; rich would exit with 1, which is `ExitCode.FAILED` here."""
        raise BrokenPipeError


class _MessageStream:
    """The present `sys.stderr`, without the errors of writing to it, as there is nowhere left to report them.

    A terminal that was closed or a full disk must not end a command that has started a pipeline. Rich itself would
    redirect standard *output* to the null device and exit with 1 when standard *error* is a broken pipe.
    """

    @property
    def _stream(self) -> TextIO:
        # A running progress bar replaces sys.stderr by a proxy that prints to the console, which writes to this stream.
        return getattr(sys.stderr, "rich_proxied_file", sys.stderr)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        with suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._stream.flush()


_stdout: Final = _ResultConsole(
    width=None if sys.stdout.isatty() else _WIDTH_WITHOUT_TERMINAL, markup=False, emoji=False, highlight=False
)

stderr: Final = Console(file=cast("TextIO", _MessageStream()), markup=False, emoji=False, highlight=False)
"""The console for everything but results: progress, hints, errors."""

_STYLES: Final[Mapping[str, str]] = {
    "success": "green",
    "failed": "red",
    "failing": "red",
    "error": "red",
    "timedout": "red",
    "infrastructure_fail": "red",
    "canceled": "dim",
    "on_hold": "magenta",
    "running": "cyan",
    "queued": "cyan",
}


def print_line(text: str, *, style: str = "") -> None:
    """Print a line of text to stdout literally: without markup, highlighting or wrapping."""
    _stdout.print(Text(escape_line(text)), style=style, soft_wrap=True)


def print_wrapped(text: str, *, indent: int = 0, hanging: int = 0, style: str = "") -> None:
    """Print text to stdout literally, each line indented: wrapped on a terminal, and on one line otherwise.

    Args:
        text: The text.
        indent: The number of spaces before each line.
        hanging: The number of further spaces before the lines after the first.
        style: A style of rich.
    """
    line = Text(escape_line(text), style=style)
    if not _stdout.is_terminal:
        _stdout.print(Text(" " * indent) + line, soft_wrap=True)
        return
    width = max(_stdout.width - indent - hanging, _MIN_WIDTH)
    for number, part in enumerate(line.wrap(_stdout, width)):
        _stdout.print(Text(" " * (indent + (hanging if number else 0))) + part, soft_wrap=True)


def write_text(text: str) -> None:
    """Write text of several lines to stdout: literally, without wrapping and colours."""
    sys.stdout.write(escape_controls(text))


def print_message(text: str) -> None:
    """Print a line of text to stderr literally, and ignore an stderr that cannot be written to."""
    stderr.print(Text(escape_line(text)), soft_wrap=True)


def print_error(text: str) -> None:
    """Print an error to stderr literally.

    Lines after the first are indented, so that a message of the server cannot imitate one of this command.
    """
    lines = escape_controls(text).replace("\n", "\n  ")
    stderr.print(Text.assemble(("error:", "bold red"), " ", lines), soft_wrap=True)


def print_rows(
    rows: Iterable[Row],
    output_format: Format,
    *,
    title: str,
    columns: Mapping[str, str] | None = None,
    spare: Sequence[str] = (),
) -> None:
    """Print rows to stdout.

    Args:
        rows: The rows; all have the same keys.
        output_format: The format to print them in.
        title: The heading of a table.
        columns: The keys that a table shows, with their headings. Default: all. Other formats print every key.
        spare: The keys that a table leaves out, in this order, while it is wider than the terminal.
    """
    match output_format:
        case "table":
            print_table(list(rows), title=title, columns=columns, spare=spare)
        case "json":
            print_json([encode_json(row) for row in rows], indent=2)
        case "jsonl":
            for row in rows:
                print_json(encode_json(row))
        case "csv":
            _write_csv(rows, sys.stdout)


def print_json(value: Any, *, indent: int | None = None) -> None:
    """Print one value as JSON and flush it, so that the reader of a pipe can process it immediately.

    The text is ASCII, and every control character and lone surrogate in it is escaped.

    Raises:
        CommandError: The value has no JSON form: it is nested too deeply, or a number is infinite or no number.
    """
    try:
        text = json.dumps(value, indent=indent, allow_nan=False)
    except (RecursionError, ValueError) as error:
        msg = f"the response cannot be printed as JSON: {error}"
        raise CommandError(msg, ExitCode.ERROR) from error
    sys.stdout.write(text.replace("\x7f", r"\u007f") + "\n")  # the only control character that json leaves as it is
    sys.stdout.flush()


def print_table(
    rows: Sequence[Row],
    *,
    title: str,
    columns: Mapping[str, str] | None = None,
    spare: Sequence[str] = (),
    right: Collection[str] = (),
) -> None:
    """Print rows to stdout as a table with one line for each row, and name the columns that do not fit to stderr.

    Args:
        rows: The rows; all have the same keys.
        title: The heading.
        columns: The keys to show, with their headings. Default: all.
        spare: The keys to leave out, in this order, while the table is wider than the terminal.
        right: The keys of texts that are aligned to the right, as numbers are.
    """
    headings = dict(columns or {name: _heading(name) for name in (rows[0] if rows else ())})
    widths = _widths(rows, headings)
    left_out: list[str] = []
    for name in filter(headings.__contains__, spare):
        if sum(widths.values()) + _COLUMN_GAP * (len(widths) - 1) <= _stdout.width:
            break
        del widths[name]
        left_out.append(headings.pop(name))
    _stdout.print(build_table(rows, title=title, columns=headings, right=right, width=_stdout.width))
    if left_out:
        print_message(f"Left out to fit {_stdout.width} columns: {', '.join(left_out)}.")


def _widths(rows: Sequence[Row], headings: Mapping[str, str]) -> dict[str, int]:
    return {
        name: max([cell_len(heading), *(_cell(name, row.get(name)).cell_len for row in rows)])
        for name, heading in headings.items()
    }


def build_table(
    rows: Sequence[Row],
    *,
    title: str,
    columns: Mapping[str, str] | None = None,
    right: Collection[str] = (),
    width: int,
) -> Table:
    """Format rows as a table, each on one line; numbers are aligned to the right, statuses are coloured.

    In a table that is too wide, the values of the widest columns end in an ellipsis.
    """
    headings = columns or {name: _heading(name) for name in (rows[0] if rows else ())}
    widest = _widest_column(_widths(rows, headings).values(), width - _COLUMN_GAP * (len(headings) - 1))
    heading = Text(escape_line(title), style="bold")
    table = Table(
        title=heading,
        title_justify="left",
        header_style="bold",
        min_width=cell_len(heading.plain),
        box=box.SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
        collapse_padding=True,
    )
    for name, column in headings.items():
        numeric = name in right or any(isinstance(row.get(name), int | float) for row in rows)
        justify: Literal["right", "left"] = "right" if numeric else "left"
        table.add_column(column, justify=justify, no_wrap=True, overflow="ellipsis", max_width=widest)
    for row in rows:
        table.add_row(*(_cell(name, row.get(name)) for name in headings))
    if not rows:
        # rich prints nothing for a table without columns, not even its title.
        table.columns.clear()
        table.add_column("nothing")
    return table


def _widest_column(widths: Iterable[int], available: int) -> int:
    """Return the width to which columns are cut, the widest first, so that all of them fit."""
    ascending = sorted(widths)
    for position, width in enumerate(ascending):
        share = available // (len(ascending) - position)
        if width > share:
            return max(share, 1)
        available -= width
    return max(ascending, default=1)


def activity(description: str, *, between_results: bool = False) -> Progress:
    """Return a context manager that shows what a command does and for how long, hidden unless stderr is a terminal.

    Args:
        description: What it does, such as ``Reading projects``.
        between_results: Results are printed in the meantime; nothing is shown if they are printed to a terminal.
    """
    bar = _progress_bar(SpinnerColumn(), _DESCRIPTION, TimeElapsedColumn(), between_results=between_results)
    bar.add_task(escape_line(description), total=None)
    return bar


@contextmanager
def progress(description: str, *, between_results: bool = False) -> Generator[Callable[[int, int | None], None]]:
    """Show a progress bar, hidden unless stderr is a terminal; return the function that updates it.

    The function accepts the number of finished items and the total, None while that is unknown.

    Args:
        description: The items that are counted.
        between_results: Results are printed in the meantime; nothing is shown if they are printed to a terminal.
    """
    columns = (SpinnerColumn(), _DESCRIPTION, BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with _progress_bar(*columns, between_results=between_results) as bar:
        task = bar.add_task(escape_line(description), total=None)

        def update(done: int, total: int | None) -> None:
            bar.update(task, completed=done, total=total)

        yield update


_DESCRIPTION: Final = TextColumn("{task.description}", markup=False)


def _progress_bar(*columns: ProgressColumn, between_results: bool) -> Progress:
    return Progress(
        *columns,
        console=stderr,
        transient=True,
        # By default, rich prints everything written to stdout to the console of the bar, which is stderr.
        redirect_stdout=False,
        disable=not stderr.is_terminal or (between_results and sys.stdout.isatty()),
    )


def _heading(name: str) -> str:
    return name.replace("_", " ").removesuffix(" seconds").removesuffix(" at")


def _cell(name: str, value: Any) -> Text:
    match encode_json(value):
        case None:
            return Text("-", style="dim")
        case float() as number if name.endswith("seconds"):
            return Text(format_seconds(number))
        case float() as number:
            return Text(f"{number:,.1f} %" if name.endswith("rate") else f"{number:,.1f}")
        case str() as text if name.endswith("_at"):
            return Text(escape_line(text[:16].replace("T", " ")))
        case other:
            text = str(other)
            return Text(escape_line(text), style=_STYLES.get(text, ""))


def format_seconds(seconds: float) -> str:
    """Format a duration in the two largest units, such as ``2m 05s``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h {minutes:02}m"
    return f"{minutes}m {rest:02}s" if minutes else f"{rest}s"


def _write_csv(rows: Iterable[Row], file: TextIO) -> None:
    """Write rows as CSV: exactly, or, to a terminal, with escapes.

    In a file or pipe, values are unchanged whatever the locale: in UTF-8, with their own line breaks. A lone surrogate
    has no form in UTF-8; the stream escapes it.
    """
    is_terminal = file.isatty()
    if not is_terminal:
        _make_exact(file)
    # Python 3.11 quotes a value with a line break only if the line terminator contains that character; fixed
    # in 3.11.9 (https://github.com/python/cpython/issues/67044).
    writer = csv.writer(_LineFeeds(file), lineterminator=_CRLF)
    for number, row in enumerate(rows):
        if number == 0:
            writer.writerow(row)
        values = [_csv_value(value) for value in row.values()]
        writer.writerow([escape_line(str(value)) for value in values] if is_terminal else values)


def _make_exact(file: TextIO) -> None:
    if isinstance(file, io.TextIOWrapper):
        file.reconfigure(encoding="utf-8", errors="backslashreplace", newline="")


_CRLF: Final = "\r\n"


class _LineFeeds:
    """Writes to a file, with a line feed after each row instead of CR LF."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, row: str) -> None:
        self._file.write(row.removesuffix(_CRLF) + "\n")


def _csv_value(value: Any) -> Any:
    if value is None:
        return ""
    encoded = encode_json(value)
    return json.dumps(encoded) if isinstance(encoded, dict | list) else encoded
