"""Write the results of a run as the book of benchmarks: Markdown, JSON and plots."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import Final

from benchmarks.plots import plot_area
from benchmarks.report import format_bound, format_figure
from benchmarks.results import Area, Column, Row, Run, Table, write_run

__all__ = ["BOOK", "PLOTS", "RESULTS", "markdown", "write_book"]

BOOK: Final = "benchmarks.md"
PLOTS: Final = "benchmarks"
RESULTS: Final = "benchmarks/results.json"
"""The files of the book, in its folder of the documentation."""

_INTRODUCTION: Final = """\
<!-- Written by `make bench`; edit the docstrings in benchmarks/ instead. -->

# Benchmarks

`make bench` ran all of this on one machine, against servers on the loopback interface, and wrote this page, its plots and
[the figures as JSON](benchmarks/results.json). Each alternative was measured in the same run as the library, in interleaved
rounds, and peers in environments of their own. A figure is the median of the rounds, with the quartiles in parentheses.
*relative* is the ratio to the baseline in the same round; *times the floor* is the ratio to the physical floor, the least that
the machine needs for the same task. Compare these ratios: absolute times depend on the machine.

`make bench-check OLD=old.json NEW=new.json` compares two runs, and fails for a change beyond noise.
"""


def write_book(run: Run, folder: Path) -> None:
    """Write the page, the plots and the JSON to a folder, and remove plots of earlier runs."""
    plots = folder / PLOTS
    plots.mkdir(parents=True, exist_ok=True)
    for old in plots.glob("*.svg"):
        old.unlink()
    for area in run.areas:
        plot = plot_area(area)
        if plot is not None:
            (plots / f"{area.name}.svg").write_text(plot, encoding="utf-8")
    write_run(run, folder / RESULTS)
    (folder / BOOK).write_text(markdown(run), encoding="utf-8")


def markdown(run: Run) -> str:
    """Return the page of the book."""
    parts = [_INTRODUCTION]
    if run.quick:
        parts.append("**This was a quick run, with few calls and rounds: the figures mean little.**\n")
    libraries = ", ".join(f"{name} {version}" for name, version in run.libraries.items())
    minutes = sum(area.seconds for area in run.areas) / 60
    parts.append(
        f"The run took {minutes:.0f} minutes on {run.cpus} processors ({run.system}) with {run.python}, {libraries}.\n"
    )
    parts.extend(_summary(run))
    parts.extend(_chapter(area) for area in run.areas)
    return "\n".join(parts)


def _summary(run: Run) -> Iterator[str]:
    missed = [
        f"- [{area.title}](#{_anchor(area.title)}): {table.title}, {row.name}: {column.name}"
        f" {format_figure(figure, column)}, bound {_bound(format_bound(figure, column))}"
        for area in run.areas
        for table, row, column, figure in area.missed_bounds()
    ]
    missed += [f"- [{area.title}](#{_anchor(area.title)}): {area.failure}" for area in run.areas if area.failure]
    bounds = sum(
        figure.at_most is not None or figure.at_least is not None
        for area in run.areas
        for table in area.tables
        for row in table.rows
        for figure in row.figures.values()
    )
    if missed:
        yield f"Of {bounds} bounds, these were **missed**:\n\n" + "\n".join(missed) + "\n"
    else:
        yield f"All {bounds} bounds were met.\n"


def _anchor(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


def _bound(text: str) -> str:
    return text.replace("<=", "≤").replace(">=", "≥")


def _chapter(area: Area) -> str:
    parts = [f"## {area.title}\n", _prose(area.prose)]
    if area.failure:
        parts.append(f"**This benchmark failed: {area.failure}.**\n")
    if plot_area(area) is not None:
        parts.append(f"![{area.title}: medians with quartiles]({PLOTS}/{area.name}.svg)\n")
    for table in area.tables:
        parts.append(f"### {table.title}\n")
        parts.append(_table(table))
    for name, versions in area.environments.items():
        listed = ", ".join(f"{package} {version}" for package, version in versions.items())
        parts.append(f"The environment of {name}: {listed}.\n")
    parts.append(f"Measured in {area.seconds:.0f} seconds: `make bench-{area.name}`.\n")
    return "\n".join(parts)


def _prose(docstring: str) -> str:
    """Return a docstring as Markdown: its code is in double backquotes there."""
    first, _, rest = docstring.strip().partition("\n")
    return f"{first}\n{dedent(rest)}".strip().replace("``", "`") + "\n"


def _table(table: Table) -> str:
    columns = [column for column in table.columns if any(column.name in row.figures for row in table.rows)]
    lines = [
        "| | " + " | ".join(_cell(column.name) for column in columns) + " |",
        "|---|" + "---:|" * len(columns),
    ]
    lines.extend(_line(row, columns) for row in table.rows)
    return "\n".join(lines) + "\n"


def _line(row: Row, columns: list[Column]) -> str:
    name = f"**{_cell(row.name.strip())}**" if row.kind == "ours" else _cell(row.name.strip())
    if row.kind == "floor":
        name += " (floor)"
    if row.not_measured:
        return f"| {name} | not measured: {_cell(row.not_measured)} |" + " |" * (len(columns) - 1)
    cells: list[str] = []
    for column in columns:
        figure = row.figures.get(column.name)
        cell = format_figure(figure, column) if figure else ""
        bound = _bound(format_bound(figure, column)) if figure else ""
        if bound and figure is not None:
            cell += f", {bound}" if figure.within_bound else f", **missed {bound}**"
        cells.append(cell)
    return f"| {name} | " + " | ".join(cells) + " |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
