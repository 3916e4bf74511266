"""Plots of results as SVG, readable on light and on dark pages.

A plot has its own background and switches all colours by ``prefers-color-scheme``, because an SVG in an ``<img>`` does not
inherit the colours of its page. It contains no script, font or address.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Final
from xml.sax.saxutils import escape

import attrs

from benchmarks.report import format_value
from benchmarks.results import Area, Column, Figure, Row, Table

__all__ = ["Axis", "plot_area"]

_WIDTH: Final = 760
_LEFT: Final = 250
_RIGHT: Final = 640
_ROW: Final = 22
_HEAD: Final = 34
_FOOT: Final = 30
_LOGARITHMIC_FROM: Final = 8.0
"""The ratio of the largest to the smallest value from which an axis is logarithmic."""
_LEAST: Final = 1e-9
"""Smaller values are drawn as zero."""

_STYLE: Final = """
  .page { fill: #ffffff } .text { fill: #1f2328 } .muted { fill: #59636e } .grid { stroke: #d1d9e0 }
  .ours { fill: #0969da; stroke: #0969da } .other { fill: #6e7781; stroke: #6e7781 }
  .floor { fill: #1a7f37; stroke: #1a7f37 } .bound { stroke: #cf222e }
  @media (prefers-color-scheme: dark) {
    .page { fill: #0d1117 } .text { fill: #e6edf3 } .muted { fill: #9198a1 } .grid { stroke: #3d444d }
    .ours { fill: #4493f8; stroke: #4493f8 } .other { fill: #9198a1; stroke: #9198a1 }
    .floor { fill: #3fb950; stroke: #3fb950 } .bound { stroke: #f85149 }
  }
  text { font: 12px system-ui, sans-serif; stroke: none } .title, .ours-name { font-weight: 600 }
  .whisker { stroke-width: 3; stroke-linecap: round } .grid, .bound { stroke-width: 1 } .bound { stroke-dasharray: 3 2 }
"""


@attrs.frozen
class Axis:
    """The horizontal axis: linear from zero, or logarithmic where the values are far apart."""

    low: float
    high: float
    logarithmic: bool

    @classmethod
    def of(cls, values: Sequence[float]) -> Axis:
        """Choose an axis that contains the values, which are not negative."""
        largest = max(max(values, default=1.0), _LEAST)
        smallest = min(values, default=largest)
        if smallest >= _LEAST and largest / smallest >= _LOGARITHMIC_FROM:
            return cls(smallest / 1.15, largest * 1.15, logarithmic=True)
        return cls(0.0, largest * 1.05, logarithmic=False)

    def position(self, value: float) -> float:
        """Return the horizontal position of a value."""
        if self.logarithmic:
            share = math.log(max(value, self.low) / self.low) / math.log(self.high / self.low)
        else:
            share = (value - self.low) / (self.high - self.low)
        return round(_LEFT + share * (_RIGHT - _LEFT), 1)

    def ticks(self) -> list[float]:
        """Return round values on the axis."""
        if not self.logarithmic:
            step = 10 ** math.floor(math.log10(self.high))
            step = next(step * part for part in (0.1, 0.2, 0.5, 1.0, 2.0) if self.high / (step * part) <= 7)
            return [number * step for number in range(int(self.high / step + 1e-9) + 1)]
        decades = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
        steps = (1, 2, 5) if self.high / self.low < 1000 else (1,)
        ticks = [step * 10.0**decade for decade in decades for step in steps]
        return [tick for tick in ticks if self.low <= tick <= self.high]


def plot_area(area: Area) -> str | None:
    """Return the plot of all tables of an area that have a plotted column, or None if there are none."""
    facets = list(_facets(area))
    if not facets:
        return None
    height = sum(_HEAD + _ROW * len(rows) + _FOOT for _, _, rows in facets) + 8
    label = escape(f"{area.title}: medians with quartiles", {'"': "&quot;"})
    size = f'viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{label}">',
        f"<title>{label}</title>",
        f"<style>{_STYLE}</style>",
        f'<rect class="page" width="{_WIDTH}" height="{height}" rx="6"/>',
    ]
    top = 4
    for table, column, rows in facets:
        axis = Axis.of([value for _, same, each in facets if same == column for value in _values(same, each)])
        lines.extend(_facet(table, column, rows, axis, top))
        top += _HEAD + _ROW * len(rows) + _FOOT
    return "\n".join([*lines, "</svg>", ""])


def _facets(area: Area) -> Iterator[tuple[Table, Column, list[Row]]]:
    for table in area.tables:
        for column in table.columns:
            rows = [row for row in table.rows if column.name in row.figures]
            if column.name == table.plotted and rows:
                yield table, column, rows


def _values(column: Column, rows: Sequence[Row]) -> Iterator[float]:
    for row in rows:
        figure = row.figures[column.name]
        quartiles = figure.quartiles
        yield from (quartiles.first, quartiles.median, quartiles.third)
        yield from (limit for limit in (figure.at_most, figure.at_least) if limit is not None)


def _facet(table: Table, column: Column, rows: Sequence[Row], axis: Axis, top: int) -> Iterator[str]:
    bottom = top + _HEAD + _ROW * len(rows)
    heading = f"{table.title}: {column.name}{f', {column.unit}' if column.unit else ''}"
    yield f'<text class="text title" x="12" y="{top + 20}">{escape(heading)}</text>'
    for tick in axis.ticks():
        x = axis.position(tick)
        yield f'<line class="grid" x1="{x}" y1="{top + _HEAD - 4}" x2="{x}" y2="{bottom}"/>'
        yield f'<text class="muted" x="{x}" y="{bottom + 15}" text-anchor="middle">{tick:g}</text>'
    for number, row in enumerate(rows):
        yield from _row(row, row.figures[column.name], column, axis, top + _HEAD + _ROW * number + _ROW // 2)


def _row(row: Row, figure: Figure, column: Column, axis: Axis, y: int) -> Iterator[str]:
    quartiles = figure.quartiles
    name = "ours-name" if row.kind == "ours" else ""
    yield f'<text class="text {name}" x="{_LEFT - 12}" y="{y + 4}" text-anchor="end">{escape(row.name.strip())}</text>'
    for limit in (figure.at_most, figure.at_least):
        if limit is not None:
            x = axis.position(limit)
            yield f'<line class="bound" x1="{x}" y1="{y - 10}" x2="{x}" y2="{y + 10}"/>'
    first, median, third = map(axis.position, (quartiles.first, quartiles.median, quartiles.third))
    yield f'<line class="whisker {row.kind}" x1="{first}" y1="{y}" x2="{third}" y2="{y}"/>'
    yield f'<circle class="{row.kind}" cx="{median}" cy="{y}" r="4"/>'
    value = escape(format_value(quartiles.median, column))
    yield f'<text class="text {name}" x="{_WIDTH - 12}" y="{y + 4}" text-anchor="end">{value}</text>'
