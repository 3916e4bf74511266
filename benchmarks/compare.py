"""Compare two runs of the benchmarks, and fail for a change for the worse beyond noise.

    python -m benchmarks.compare OLD.json NEW.json

The rule: a figure of this library has changed if its medians differ by more than the noise, which is one and a half times the
sum of the two distances between the quartiles, and at least 5 % of the old median. Ratios, sizes and counts are compared;
absolute times are not, as they depend on the machine. A figure that the new run does not have counts as a change for the worse.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, Literal

import attrs
from rich.console import Console
from rich.markup import escape

from benchmarks.report import format_figure
from benchmarks.results import Column, Figure, Run, read_run

__all__ = ["LEAST_NOISE", "SPREADS", "Change", "compare_figures", "compare_runs"]

LEAST_NOISE: Final = 0.05
"""The least noise, as a share of the old median: two runs differ by this even where the rounds of each agree."""

SPREADS: Final = 1.5
"""With five normally distributed samples in each run, less than 1 % of unchanged figures differ by more than these."""

Verdict = Literal["worse", "better", "same", "missing"]


@attrs.frozen(kw_only=True)
class Change:
    """A compared figure.

    Attributes:
        path: Area, table, row and column.
        verdict: How it changed.
        old: The figure of the old run.
        new: The figure of the new run; None if it has none.
        column: The kind of figure.
    """

    path: str
    verdict: Verdict
    old: Figure
    new: Figure | None
    column: Column


def compare_figures(old: Figure, new: Figure, column: Column) -> Verdict:
    """Apply the rule to a pair of figures."""
    spreads = SPREADS * (old.quartiles.spread + new.quartiles.spread)
    noise = max(LEAST_NOISE * abs(old.quartiles.median), spreads)
    growth = new.quartiles.median - old.quartiles.median
    if abs(growth) <= noise:
        return "same"
    return "worse" if (growth > 0) == (column.better == "lower") else "better"


def compare_runs(old: Run, new: Run) -> Iterator[Change]:
    """Yield a change for each compared figure of the old run.

    Raises:
        ValueError: One of the runs was quick.
    """
    if old.quick or new.quick:
        msg = "the figures of a quick run mean little: compare runs without --quick"
        raise ValueError(msg)
    for area in old.areas:
        for table in area.tables:
            for row in table.rows:
                for column in table.columns:
                    figure = row.figures.get(column.name)
                    if row.kind == "ours" and column.compared and figure is not None:
                        yield _change((area.name, table.name, row.name, column.name), figure, new, column)


def _change(names: tuple[str, str, str, str], old: Figure, run: Run, column: Column) -> Change:
    try:
        new = run.figure_of(*names)
    except LookupError:
        new = None
    verdict: Verdict = "missing" if new is None else compare_figures(old, new, column)
    return Change(path="/".join(names), verdict=verdict, old=old, new=new, column=column)


def _differences(old: Run, new: Run) -> Iterator[str]:
    for name in ("python", "system", "cpus"):
        if getattr(old, name) != getattr(new, name):
            yield f"{name}: {getattr(old, name)}, then {getattr(new, name)}"
    for name in sorted({*old.libraries, *new.libraries}):
        before, after = old.libraries.get(name, "none"), new.libraries.get(name, "none")
        if before != after:
            yield f"{name}: {before}, then {after}"


def main(arguments: Sequence[str]) -> int:
    """Run the command line; return 1 for a change for the worse, and 2 if the runs cannot be compared."""
    console = Console(soft_wrap=True)
    if len(arguments) != 2:
        console.print("usage: python -m benchmarks.compare OLD.json NEW.json")
        return 2
    try:
        old, new = (read_run(Path(argument)) for argument in arguments)
        changes = list(compare_runs(old, new))
    except (OSError, ValueError) as error:
        console.print(escape(str(error)))
        return 2
    for difference in _differences(old, new):
        console.print(f"The runs differ in {escape(difference)}")
    for change in changes:
        if change.verdict != "same":
            after = format_figure(change.new, change.column) if change.new else "not measured"
            color = "green" if change.verdict == "better" else "red"
            console.print(
                f"[{color}]{change.verdict:7}[/] {escape(change.path)}:"
                f" {format_figure(change.old, change.column)}, then {after}",
                highlight=False,
            )
    counts = {
        verdict: sum(change.verdict == verdict for change in changes) for verdict in ("worse", "missing", "better")
    }
    console.print(
        f"{len(changes)} figures compared: {counts['worse']} worse, {counts['missing']} missing, {counts['better']} better"
    )
    return 1 if counts["worse"] or counts["missing"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
