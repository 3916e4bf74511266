"""What a command gives: a table for people, JSON, JSON Lines or CSV for pipes."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Annotated, Any, Final, Literal, NoReturn, TextIO

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from circleci_v2._wire.encoding import encode_json
from circleci_v2.cli.running import stderr

__all__ = [
    "AsCsv",
    "AsJson",
    "AsJsonl",
    "Format",
    "chosen_format",
    "print_line",
    "progress",
    "show",
    "stdout",
    "table_of",
]

Row = Mapping[str, Any]
Format = Literal["table", "json", "jsonl", "csv"]

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON array.")]
AsJsonl = Annotated[bool, typer.Option("--jsonl", help="Print one JSON object per line.")]
AsCsv = Annotated[bool, typer.Option("--csv", help="Print CSV with a header.")]

_WIDTH_WITHOUT_TERMINAL: Final = 120


class _ResultConsole(Console):
    def on_broken_pipe(self) -> NoReturn:
        """Say so like any other file: rich would leave the process with 1, which means something else here."""
        raise BrokenPipeError


stdout: Final = _ResultConsole(width=None if sys.stdout.isatty() else _WIDTH_WITHOUT_TERMINAL)
"""Where results go that people read."""

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


def chosen_format(*, as_json: bool, as_jsonl: bool, as_csv: bool) -> Format:
    """The format that the options choose.

    Raises:
        typer.BadParameter: They choose more than one.
    """
    wanted: dict[Format, bool] = {"json": as_json, "jsonl": as_jsonl, "csv": as_csv}
    chosen: list[Format] = [name for name, is_wanted in wanted.items() if is_wanted]
    if len(chosen) > 1:
        msg = f"--{' and --'.join(chosen)} exclude each other: choose one."
        raise typer.BadParameter(msg)
    return chosen[0] if chosen else "table"


def show(rows: Iterable[Row], form: Format, *, title: str, columns: Mapping[str, str] | None = None) -> None:
    """Print rows.

    Args:
        rows: What to print; every row has the same keys.
        form: How.
        title: The heading of a table.
        columns: The keys that a table shows, and the heading of each. Default: all. Other formats hold every key.
    """
    match form:
        case "table":
            stdout.print(table_of(list(rows), title=title, columns=columns))
        case "json":
            json.dump([encode_json(row) for row in rows], sys.stdout, indent=2)
            sys.stdout.write("\n")
        case "jsonl":
            for row in rows:
                print_line(encode_json(row))
        case "csv":
            _write_csv(rows, sys.stdout)


def print_line(value: Any) -> None:
    """Print one value as a line of JSON, at once: whoever reads a pipe may act on it before the next is known."""
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


def table_of(rows: Sequence[Row], *, title: str, columns: Mapping[str, str] | None = None) -> Table:
    """Rows as a table; numbers to the right, states in colour."""
    headings = columns or {name: _heading(name) for name in (rows[0] if rows else ())}
    table = Table(title=title, title_justify="left", title_style="bold", header_style="bold", min_width=len(title))
    for position, (name, heading) in enumerate(headings.items()):
        numeric = any(isinstance(row.get(name), int | float) for row in rows)
        table.add_column(heading, justify="right" if numeric else "left", no_wrap=position == 0)
    for row in rows:
        table.add_row(*(_cell(name, row.get(name)) for name in headings))
    if not rows:
        # A table without columns is not shown at all, not even its title.
        table.columns.clear()
        table.add_column("nothing")
    return table


def progress(description: str) -> tuple[Progress, Callable[[int, int | None], None]]:
    """A progress bar on a terminal, and nothing elsewhere; and what tells it how far things are."""
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

    def tell(done: int, total: int | None) -> None:
        bar.update(task, completed=done, total=total)

    return bar, tell


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
        case str() as text if name.endswith("_at"):
            return text[:16].replace("T", " ")
        case str() as text if text in _STYLES:
            return f"[{_STYLES[text]}]{text}[/]"
        case plain:
            return escape(str(plain))


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h {minutes:02}m"
    return f"{minutes}m {rest:02}s" if minutes else f"{rest}s"


def _write_csv(rows: Iterable[Row], target: TextIO) -> None:
    writer: csv.DictWriter[str] | None = None
    for row in rows:
        if writer is None:
            writer = csv.DictWriter(target, list(row), lineterminator="\n")
            writer.writeheader()
        writer.writerow({key: "" if value is None else encode_json(value) for key, value in row.items()})
