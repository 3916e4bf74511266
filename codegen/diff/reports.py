"""Write a diff as a table for the terminal, as Markdown or as JSON."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from codegen.diff.changes import Change, Diff, Grade

__all__ = ["FORMATS", "as_json", "as_markdown", "print_table", "report", "summary"]

FORMATS = ("terminal", "markdown", "json")

_STYLES = {
    Grade.BREAKS_CALLERS: "bold red",
    Grade.BREAKS_AT_RUN_TIME: "yellow",
    Grade.SAFE: "green",
    Grade.DESCRIPTION_ONLY: "dim",
}
_HEADINGS = {
    Grade.BREAKS_CALLERS: "Breaks callers",
    Grade.BREAKS_AT_RUN_TIME: "Breaks at run time",
    Grade.SAFE: "Safe",
    Grade.DESCRIPTION_ONLY: "Description only",
}
_USERS_SHOWN = 3
_PLAIN_WIDTH = 160
"""Columns if the output is not a terminal, so that most changes take one line in a log."""


def report(diff: Diff, form: str, output: Path | None) -> None:
    """Write a diff in one of the `FORMATS` to a file, or to standard output if `output` is None."""
    if form == "terminal" and output is None:
        print_table(diff)
        return
    texts: Mapping[str, Callable[[Diff], str]] = {"terminal": _as_text, "markdown": as_markdown, "json": as_json}
    text = texts[form](diff)
    if output is None:
        sys.stdout.write(text)
    else:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(text, encoding="utf-8")


def summary(diff: Diff) -> str:
    """Count the changes of each grade that occurs."""
    counted = (f"{count} {_HEADINGS[grade].lower()}" for grade, count in diff.counts.items() if count)
    return ", ".join(counted) or "no difference"


def print_table(diff: Diff, console: Console | None = None) -> None:
    """Print a diff as a table, in colour if the terminal supports it."""
    console = console or Console(highlight=False)
    if not console.is_terminal:
        console = Console(file=console.file, highlight=False, width=_PLAIN_WIDTH)
    if diff.changes:
        table = Table("Grade", "Where", "What", box=None, pad_edge=False)
        for change in diff.changes:
            table.add_row(
                Text(str(change.grade), style=_STYLES[change.grade]), Text(change.subject), Text(_sentence(change))
            )
        console.print(table)
    for problem in diff.problems:
        console.print(Text(f"error: {problem}", style="bold red"), soft_wrap=True)
    for note in diff.notes:
        console.print(Text(f"note: {note}", style="dim"), soft_wrap=True)
    console.print(Text(f"{diff.old} -> {diff.new}: {summary(diff)}"), soft_wrap=True)


def _as_text(diff: Diff) -> str:
    text = io.StringIO()
    print_table(diff, Console(file=text))
    return text.getvalue()


def _sentence(change: Change) -> str:
    return f"{change.message}{_users(change)}{_layers(change)}"


def _users(change: Change) -> str:
    if not change.used_by:
        return ""
    shown = ", ".join(change.used_by[:_USERS_SHOWN])
    more = len(change.used_by) - _USERS_SHOWN
    return f" [{shown}{f' and {more} more' if more > 0 else ''}]"


def _layers(change: Change) -> str:
    return f" (relied on by {', '.join(change.layers)})" if change.layers else ""


def as_markdown(diff: Diff) -> str:
    """Format a diff as Markdown, with a section for each grade that occurs."""
    return "\n".join(_markdown_lines(diff)) + "\n"


def _markdown_lines(diff: Diff) -> Iterator[str]:
    yield f"# From {_code(diff.old)} to {_code(diff.new)}"
    yield ""
    yield f"{summary(diff).capitalize()}."
    for grade in sorted(Grade, reverse=True):
        yield from _section(_HEADINGS[grade], [_item(change) for change in diff.changes if change.grade is grade])
    yield from _section("Errors", [_escaped(problem) for problem in diff.problems])
    yield from _section("Notes", [_escaped(note) for note in diff.notes])


def _section(heading: str, items: Sequence[str]) -> Iterator[str]:
    if items:
        yield from ("", f"## {heading}", "")
        yield from (f"- {item}" for item in items)


def _item(change: Change) -> str:
    return f"{_code(change.subject)} {_escaped(_sentence(change))}"


def _code(text: str) -> str:
    fence = "``" if "`" in text else "`"
    return f"{fence}{' '.join(text.split())}{fence}"


def _escaped(text: str) -> str:
    """Escape text from a document, except what is in backquotes, so that it cannot become markup."""
    parts = " ".join(text.split()).split("`")
    special = str.maketrans({character: f"\\{character}" for character in "\\*_<>[]#|"})
    return "`".join(part if index % 2 else part.translate(special) for index, part in enumerate(parts))


def as_json(diff: Diff) -> str:
    """Format a diff as JSON: the attributes of `Diff`, the attributes of each `Change`, and ``counts`` by grade."""
    content = {
        "old": diff.old,
        "new": diff.new,
        "counts": {str(grade): count for grade, count in diff.counts.items()},
        "changes": [
            {
                "grade": str(change.grade),
                "kind": change.kind,
                "subject": change.subject,
                "message": change.message,
                "operation": change.operation,
                "used_by": list(change.used_by),
                "layers": list(change.layers),
            }
            for change in diff.changes
        ],
        "notes": list(diff.notes),
        "problems": list(diff.problems),
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"
