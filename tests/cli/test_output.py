"""The formats of results, and the text that may reach a terminal."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from circleci_v2.cli.output import build_table, print_error, print_message, print_rows, stderr
from circleci_v2.cli.process import escape_line

# Sets the title of a terminal; the second is the same with C1 control characters.
HOSTILE = "\x1b]0;title\x07 \x9d0;title\x9c"


def test_an_empty_table_says_so() -> None:
    table = build_table([], title="Jobs", columns={"job_name": "job"}, width=80)
    assert [column.header for column in table.columns] == ["nothing"]


def test_a_line_of_json_is_flushed_before_the_next_row_is_requested(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(written))

    def rows() -> Iterator[dict[str, int]]:
        yield {"number": 1}
        assert written.getvalue() == b'{"number": 1}\n'

    print_rows(rows(), "jsonl", title="")


@pytest.mark.parametrize("name", ["workflow_name", "stopped_at"])
def test_a_table_contains_no_control_characters_of_its_values(name: str) -> None:
    output = io.StringIO()
    table = build_table([{name: HOSTILE}, {name: "[/]"}], title=f"[/] {HOSTILE}", width=200)
    Console(file=output, width=200).print(table)
    assert not set(HOSTILE) & {"\x1b", "\x07", "\x9d", "\x9c"} & set(output.getvalue())
    assert output.getvalue().count("[/]") == 2
    assert r"\x1b]0;title" in output.getvalue()


def test_a_message_is_one_line_of_literal_text() -> None:
    with stderr.capture() as captured:
        print_message(f"[/] :smile: {HOSTILE}\nerror: \ud800")
    assert captured.get() == r"[/] :smile: \x1b]0;title\x07 \x9d0;title\x9c\nerror: \ud800" + "\n"


def test_an_error_is_literal_text_whose_further_lines_are_indented() -> None:
    with stderr.capture() as captured:
        print_error(f"[/] :smile: {HOSTILE}\r\nerror: \ud800")
    assert captured.get() == r"error: [/] :smile: \x1b]0;title\x07 \x9d0;title\x9c" + "\n" + r"  error: \ud800" + "\n"


def test_a_value_with_a_line_break_stays_on_the_line_of_its_row() -> None:
    output = io.StringIO()
    Console(file=output, width=200).print(build_table([{"name": "a\n│ b"}, {"name": ["c\n"]}], title="x\ny", width=200))
    assert r"a\n│ b" in output.getvalue()
    assert r"x\ny" in output.getvalue()


@given(st.lists(st.text("abc", max_size=150), min_size=1, max_size=8), st.integers(40, 200))
def test_a_table_that_is_too_wide_cuts_its_widest_columns(values: list[str], width: int) -> None:
    row = {f"c{number}": value for number, value in enumerate(values)}
    output = io.StringIO()
    Console(file=output, width=width).print(build_table([row], title="", width=width))
    (line,) = output.getvalue().splitlines()[-1:]
    cells = line.split()
    assert len(line) <= width
    kept = [value for value in values if value]
    cut = [cell for cell in cells if cell.endswith("…")]
    assert len(cells) == len(kept)
    assert all(cell in (value, f"{value[: len(cell) - 1]}…") for cell, value in zip(cells, kept, strict=True))
    shortest_cut = min(map(len, cut), default=width)
    assert all(len(cell) <= shortest_cut for cell in cells)


@pytest.mark.parametrize("value", ["a\rb", "a\nb", "a\r\nb", 'a"b', "a,b", "a\0b", " a ", ""])
def test_csv_can_be_read_back(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    output = io.StringIO(newline="")
    monkeypatch.setattr("sys.stdout", output)
    print_rows([{"name": value, "other": "x"}], "csv", title="")
    assert list(csv.DictReader(io.StringIO(output.getvalue(), newline=""))) == [{"name": value, "other": "x"}]
    assert output.getvalue().startswith("name,other\n")


def test_csv_contains_structures_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    output = io.StringIO()
    monkeypatch.setattr("sys.stdout", output)
    print_rows([{"name": ["a", None], "number": 1, "none": None}], "csv", title="")
    assert list(csv.DictReader(io.StringIO(output.getvalue()))) == [{"name": '["a", null]', "number": "1", "none": ""}]


def test_json_contains_no_control_character(monkeypatch: pytest.MonkeyPatch) -> None:
    output = io.StringIO()
    monkeypatch.setattr("sys.stdout", output)
    print_rows([{"name": "\x7f\x9b\u202e"}], "jsonl", title="")
    assert output.getvalue() == r'{"name": "\u007f\u009b\u202e"}' + "\n"


@pytest.mark.parametrize("is_terminal", [True, False])
def test_csv_is_escaped_on_a_terminal_and_exact_in_a_pipe(monkeypatch: pytest.MonkeyPatch, is_terminal: bool) -> None:
    output = io.StringIO()
    monkeypatch.setattr(output, "isatty", lambda: is_terminal)
    monkeypatch.setattr("sys.stdout", output)
    print_rows([{"name": HOSTILE}], "csv", title="")
    (row,) = csv.DictReader(io.StringIO(output.getvalue()))
    assert row == {"name": escape_line(HOSTILE) if is_terminal else HOSTILE}
