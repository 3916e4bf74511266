"""The table in the documentation is correct."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from codegen.diff.survey import PAGE, TABLE_END, TABLE_START, Figures, measure, table
from tests.codegen.support.documents import ours, vendor


def rows() -> dict[str, list[str]]:
    """The name of each document -> its other cells, as they stand in the documentation."""
    lines = PAGE.read_text(encoding="utf-8").partition(TABLE_START)[2].partition(TABLE_END)[0].splitlines()[2:]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {row[0]: row[1:] for row in cells}


@pytest.mark.parametrize("name", ["2022-04", "2024-11", "2026-08-partial"])
def test_a_document_of_circleci_leads_to_as_much_as_the_page_says(reference: Path, name: str):
    figures = measure(vendor(reference, name), name, check_types=False)
    assert [str(figures.operations), str(figures.models)] == rows()[f"openapi-{name}"][:2], (
        "run `python -m codegen.diff.survey ... --write`"
    )


@cache
def our_figures() -> Figures:
    return measure(ours(), "ours", check_types=False)


def test_our_document_leads_to_as_much_as_the_page_says():
    figures = our_figures()
    assert [str(figures.operations), str(figures.models)] == rows()["openapi"][:2], (
        "run `python -m codegen.diff.survey ... --write`, or correct the row by hand"
    )


def test_the_page_lists_every_document_and_all_are_typed():
    assert len(rows()) == 7
    assert {row[-1] for row in rows().values()} == {"clean"}


def test_a_row_holds_all_figures():
    figures = our_figures()
    counted = f"| ours | {figures.operations} | {figures.models} | {figures.lines:,} | "
    assert table([figures]).splitlines()[2].startswith(counted)
