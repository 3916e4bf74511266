"""The formats of results, and the text that may reach a terminal."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import pytest
from rich.console import Console

from circleci_v2.cli.output import build_table, escape_controls, print_message, print_rows, stderr

# Sets the title of a terminal; the second is the same with C1 control characters.
HOSTILE = "\x1b]0;title\x07 \x9d0;title\x9c"


def test_an_empty_table_says_so() -> None:
    table = build_table([], title="Jobs", columns={"job_name": "job"})
    assert [column.header for column in table.columns] == ["nothing"]


def test_a_line_of_json_is_flushed_before_the_next_row_is_requested(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(written))

    def rows() -> Iterator[dict[str, int]]:
        yield {"number": 1}
        assert written.getvalue() == b'{"number": 1}\n'

    print_rows(rows(), "jsonl", title="")


def test_control_characters_are_escaped_but_for_tabs_and_line_breaks() -> None:
    assert escape_controls("a\tb\nc") == "a\tb\nc"
    assert escape_controls(HOSTILE) == r"\x1b]0;title\x07 \x9d0;title\x9c"


@pytest.mark.parametrize("name", ["workflow_name", "stopped_at"])
def test_a_table_contains_no_control_characters_of_its_values(name: str) -> None:
    output = io.StringIO()
    table = build_table([{name: HOSTILE}, {name: "[/]"}], title=f"[/] {HOSTILE}")
    Console(file=output, width=200).print(table)
    assert not set(HOSTILE) & {"\x1b", "\x07", "\x9d", "\x9c"} & set(output.getvalue())
    assert output.getvalue().count("[/]") == 2
    assert r"\x1b]0;title" in output.getvalue()


def test_a_message_contains_no_control_characters(capsys: pytest.CaptureFixture[str]) -> None:
    with stderr.capture() as captured:
        print_message(f"[/] {HOSTILE}")
    assert captured.get() == "[/] \\x1b]0;title\\x07 \\x9d0;title\\x9c\n"


@pytest.mark.parametrize("is_terminal", [True, False])
def test_csv_is_escaped_on_a_terminal_and_exact_in_a_pipe(monkeypatch: pytest.MonkeyPatch, is_terminal: bool) -> None:
    output = io.StringIO()
    monkeypatch.setattr(output, "isatty", lambda: is_terminal)
    monkeypatch.setattr("sys.stdout", output)
    print_rows([{"name": HOSTILE}], "csv", title="")
    (row,) = csv.DictReader(io.StringIO(output.getvalue()))
    assert row == {"name": escape_controls(HOSTILE) if is_terminal else HOSTILE}
