"""Print results to stdout as a table, JSON, JSON Lines or CSV, and messages and progress to stderr."""

from __future__ import annotations

import csv
import json
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Annotated, Any, Final, Literal, NoReturn, TextIO

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from circleci_v2._wire.encoding import encode_json

__all__ = [
    "AsCsv",
    "AsJson",
    "AsJsonl",
    "Format",
    "build_table",
    "escape_controls",
    "print_json_line",
    "print_message",
    "print_rows",
    "progress",
    "select_format",
    "stderr",
    "stdout",
]

Row = Mapping[str, Any]
Format = Literal["table", "json", "jsonl", "csv"]

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON array.")]
AsJsonl = Annotated[bool, typer.Option("--jsonl", help="Print one JSON object per line.")]
AsCsv = Annotated[bool, typer.Option("--csv", help="Print CSV with a header.")]

_WIDTH_WITHOUT_TERMINAL: Final = 120


class _ResultConsole(Console):
    def on_broken_pipe(self) -> NoReturn:
        """Raise as any other file does; rich would exit with 1, which is `ExitCode.FAILED` here."""
        raise BrokenPipeError


stdout: Final = _ResultConsole(width=None if sys.stdout.isatty() else _WIDTH_WITHOUT_TERMINAL)
"""The console for results in human-readable form."""

stderr: Final = Console(stderr=True)
"""The console for everything else: progress, hints, errors."""

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

# C0 controls but for tab and newline, DEL, and C1 controls: escape sequences start with one of these (ECMA-48).
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def escape_controls(text: str) -> str:
    r"""Replace control characters by visible escapes such as ``\x1b``.

    Names and messages come from the network. Printed as they are, they could change the colours, the title or the
    contents of the user's terminal; rich escapes its own markup only.
    """
    return _CONTROLS.sub(lambda match: f"\\x{ord(match[0]):02x}", text)


def print_message(text: str) -> None:
    """Print text to stderr literally: without markup, highlighting or line wrapping."""
    stderr.print(escape_controls(text), markup=False, highlight=False, soft_wrap=True)


def select_format(*, as_json: bool, as_jsonl: bool, as_csv: bool) -> Format:
    """Return the format that the options select; a table by default.

    Raises:
        typer.BadParameter: The options select more than one.
    """
    requested: dict[Format, bool] = {"json": as_json, "jsonl": as_jsonl, "csv": as_csv}
    selected: list[Format] = [name for name, is_requested in requested.items() if is_requested]
    if len(selected) > 1:
        msg = f"--{' and --'.join(selected)} exclude each other: choose one."
        raise typer.BadParameter(msg)
    return selected[0] if selected else "table"


def print_rows(
    rows: Iterable[Row], output_format: Format, *, title: str, columns: Mapping[str, str] | None = None
) -> None:
    """Print rows to stdout.

    Args:
        rows: The rows; all have the same keys.
        output_format: The format to print them in.
        title: The heading of a table.
        columns: The keys that a table shows, with their headings. Default: all. Other formats print every key.
    """
    match output_format:
        case "table":
            stdout.print(build_table(list(rows), title=title, columns=columns))
        case "json":
            json.dump([encode_json(row) for row in rows], sys.stdout, indent=2)
            sys.stdout.write("\n")
        case "jsonl":
            for row in rows:
                print_json_line(encode_json(row))
        case "csv":
            _write_csv(rows, sys.stdout)


def print_json_line(value: Any) -> None:
    """Print one value as a line of JSON and flush it, so that the reader of a pipe can process it immediately."""
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


def build_table(rows: Sequence[Row], *, title: str, columns: Mapping[str, str] | None = None) -> Table:
    """Format rows as a table.

    Numbers are aligned to the right, statuses are coloured.
    """
    headings = columns or {name: _heading(name) for name in (rows[0] if rows else ())}
    title = escape(escape_controls(title))
    table = Table(title=title, title_justify="left", title_style="bold", header_style="bold", min_width=len(title))
    for position, (name, heading) in enumerate(headings.items()):
        numeric = any(isinstance(row.get(name), int | float) for row in rows)
        table.add_column(heading, justify="right" if numeric else "left", no_wrap=position == 0)
    for row in rows:
        table.add_row(*(_cell(name, row.get(name)) for name in headings))
    if not rows:
        # rich prints nothing for a table without columns, not even its title.
        table.columns.clear()
        table.add_column("nothing")
    return table


def progress(description: str) -> tuple[Progress, Callable[[int, int | None], None]]:
    """Return a progress bar, hidden unless stderr is a terminal, and a function that updates it.

    The function accepts the number of finished items and the total, None while that is unknown.
    """
    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=stderr,
        transient=True,
        disable=not stderr.is_terminal,
    )
    task = bar.add_task(description, total=None)

    def update(done: int, total: int | None) -> None:
        bar.update(task, completed=done, total=total)

    return bar, update


def _heading(name: str) -> str:
    return name.replace("_", " ").removesuffix(" seconds").removesuffix(" at")


def _cell(name: str, value: Any) -> str:
    match encode_json(value):
        case None:
            return "[dim]-[/]"
        case float() as number if name.endswith("seconds"):
            return _duration(number)
        case float() as number:
            return f"{number:,.1f} %" if name.endswith("rate") else f"{number:,.1f}"
        case str() as text if text in _STYLES:
            return f"[{_STYLES[text]}]{text}[/]"
        case str() as text if name.endswith("_at"):
            return escape(escape_controls(text[:16].replace("T", " ")))
        case other:
            return escape(escape_controls(str(other)))


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h {minutes:02}m"
    return f"{minutes}m {rest:02}s" if minutes else f"{rest}s"


def _write_csv(rows: Iterable[Row], file: TextIO) -> None:
    writer: csv.DictWriter[str] | None = None
    for row in rows:
        if writer is None:
            writer = csv.DictWriter(file, list(row), lineterminator="\n")
            writer.writeheader()
        writer.writerow({key: _csv_value(value, file) for key, value in row.items()})


def _csv_value(value: Any, file: TextIO) -> Any:
    encoded = "" if value is None else encode_json(value)
    return escape_controls(encoded) if isinstance(encoded, str) and file.isatty() else encoded
