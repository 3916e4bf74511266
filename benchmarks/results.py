"""The results of a run of benchmarks, and their JSON form.

A run holds areas, an area tables, a table rows, and a row one figure per column: a median with its quartiles. All of it is
plain data: the book, its plots and the comparison of two runs are computed from the JSON alone.
"""

from __future__ import annotations

import json
import math
import re
import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal, cast

import attrs

__all__ = [
    "SCHEMA_VERSION",
    "Area",
    "Column",
    "Figure",
    "Quartiles",
    "Row",
    "Run",
    "Table",
    "read_run",
    "write_run",
]

SCHEMA_VERSION: Final = 1
"""The version of the JSON; raised whenever its structure changes."""

RowKind = Literal["ours", "other", "floor"]


@attrs.frozen
class Quartiles:
    """The median of the samples of a figure, between the first and the third quartile."""

    first: float
    median: float
    third: float
    samples: int

    @classmethod
    def of(cls, samples: Iterable[float]) -> Quartiles:
        """Compute the quartiles, by linear interpolation between samples.

        Raises:
            ValueError: There is no sample, or one is not a finite number.
        """
        values = sorted(samples)
        if not values or not all(map(math.isfinite, values)):
            msg = f"samples {values!r} must be one or more finite numbers"
            raise ValueError(msg)
        if len(values) == 1:
            return cls(values[0], values[0], values[0], 1)
        first, median, third = statistics.quantiles(values, n=4, method="inclusive")
        return cls(first, median, third, len(values))

    @property
    def spread(self) -> float:
        """The distance between the quartiles."""
        return self.third - self.first


@attrs.frozen(kw_only=True)
class Figure:
    """A measured value and its bound, if it has one.

    Attributes:
        quartiles: The value, in the unit of its column.
        at_most: The largest median that is within the bound.
        at_least: The smallest median that is within the bound.
    """

    quartiles: Quartiles
    at_most: float | None = None
    at_least: float | None = None

    @property
    def within_bound(self) -> bool:
        """Whether the median is within the bound, or there is none."""
        median = self.quartiles.median
        return (self.at_most is None or median <= self.at_most) and (self.at_least is None or median >= self.at_least)


@attrs.frozen(kw_only=True)
class Column:
    """A kind of figure.

    Attributes:
        name: The heading, and the key of the figures in each row.
        unit: The unit, written after each figure; empty for ratios and counts.
        digits: Decimal places.
        better: Which direction is an improvement.
        compared: Whether two runs are compared by this column. Ratios are; absolute times depend on the machine.
    """

    name: str
    unit: str = ""
    digits: int = 2
    better: Literal["lower", "higher"] = "lower"
    compared: bool = False


@attrs.frozen(kw_only=True)
class Row:
    """One of the measured alternatives.

    Attributes:
        name: The name of the alternative.
        kind: This library, another one, or the physical floor: the least that the machine needs for the same task.
        figures: A figure for each column, by the name of the column; a column may have none.
        not_measured: Why there are no figures; empty if there are.
    """

    name: str
    kind: RowKind = "other"
    figures: Mapping[str, Figure] = attrs.field(factory=dict[str, Figure])
    not_measured: str = ""


@attrs.frozen(kw_only=True)
class Table:
    """Alternatives that were measured together, in interleaved rounds.

    Attributes:
        name: A short key, unique in its area.
        title: The measured task.
        columns: The kinds of figures.
        rows: The alternatives.
        plotted: The name of the column that is plotted; empty for no plot.
    """

    name: str
    title: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    plotted: str = ""

    def row(self, name: str) -> Row:
        """Return the row with this name."""
        for row in self.rows:
            if row.name == name:
                return row
        names = ", ".join(repr(row.name) for row in self.rows)
        msg = f"the table {self.name!r} has no row {name!r}; its rows are {names}"
        raise LookupError(msg)


@attrs.frozen(kw_only=True)
class Area:
    """The results of one module of benchmarks.

    Attributes:
        name: The name of the module.
        title: The heading of its chapter.
        prose: How it measures: the docstring of the module.
        tables: The results.
        seconds: The time that it took.
        environments: The versions of the peers, by the name of the environment in which they were installed.
        failure: Why it ended before all of its tables were measured; empty if it did not.
    """

    name: str
    title: str
    prose: str
    tables: Sequence[Table] = ()
    seconds: float = 0.0
    environments: Mapping[str, Mapping[str, str]] = attrs.field(factory=dict[str, Mapping[str, str]])
    failure: str = ""

    def table(self, name: str) -> Table:
        """Return the table with this name."""
        for table in self.tables:
            if table.name == name:
                return table
        msg = f"the area {self.name!r} has no table {name!r}; its tables are {[table.name for table in self.tables]}"
        raise LookupError(msg)

    def missed_bounds(self) -> Iterator[tuple[Table, Row, Column, Figure]]:
        """Yield each figure that is outside of its bound."""
        for table in self.tables:
            for row in table.rows:
                for column in table.columns:
                    figure = row.figures.get(column.name)
                    if figure is not None and not figure.within_bound:
                        yield table, row, column, figure


@attrs.frozen(kw_only=True)
class Run:
    """One run of benchmarks.

    Attributes:
        quick: Whether the run was a trial with few calls, whose figures mean little.
        python: The implementation and version of Python.
        system: The operating system and processor architecture.
        cpus: The number of processors that the run could use.
        libraries: The versions of the libraries in the environment of the benchmarks.
        areas: The results.
        schema_version: The version of the JSON.
    """

    quick: bool
    python: str
    system: str
    cpus: int
    libraries: Mapping[str, str]
    areas: Sequence[Area]
    schema_version: int = SCHEMA_VERSION

    def area(self, name: str) -> Area:
        """Return the area with this name."""
        for area in self.areas:
            if area.name == name:
                return area
        msg = f"the run has no area {name!r}; its areas are {[area.name for area in self.areas]}"
        raise LookupError(msg)

    def figure(self, path: str) -> Figure:
        """Return the figure at a path of area, table, row and column: ``http/1/circleci_v2/relative``."""
        return self.figure_of(*path.split("/", 3))

    def figure_of(self, area: str, table: str, row: str, column: str) -> Figure:
        """Return the figure in a column of a row.

        Raises:
            LookupError: There is none.
        """
        found = self.area(area).table(table).row(row)
        if column not in found.figures:
            names = list(found.figures)
            msg = f"the row {row!r} of {area}/{table} has no {column!r}: {found.not_measured or f'it has {names}'}"
            raise LookupError(msg)
        return found.figures[column]


def write_run(run: Run, path: Path) -> None:
    """Write a run as JSON, rounded to six significant digits and without fields that have their default."""
    data = {**_as_json(run), "schema_version": run.schema_version}
    text = json.dumps(data, indent=1, ensure_ascii=False)
    # The quartiles of a figure on one line.
    compact = re.sub(r"\[[-+.\de,\s]+\]", lambda numbers: re.sub(r"\s+", "", numbers[0]), text)
    path.write_text(compact + "\n", encoding="utf-8")


def _as_json(value: Any) -> Any:
    if isinstance(value, Quartiles):
        return [_as_json(number) for number in attrs.astuple(value)]
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, Mapping):
        items = cast("Mapping[str, object]", value)
        return {name: _as_json(item) for name, item in items.items()}
    if isinstance(value, Sequence):
        return [_as_json(item) for item in cast("Sequence[object]", value)]
    fields: dict[str, object] = attrs.asdict(value, recurse=False)
    described: tuple[attrs.Attribute[Any], ...] = attrs.fields(type(value))
    defaults = {field.name: field.default for field in described}
    return {name: _as_json(item) for name, item in fields.items() if item != defaults[name]}


def read_run(path: Path) -> Run:
    """Read a run from its JSON.

    Raises:
        ValueError: The file has another version of the schema, or is no result.
    """
    found: Any = json.loads(path.read_text(encoding="utf-8"))
    data = cast("dict[str, Any]", found) if isinstance(found, dict) else {}
    version = data.get("schema_version")
    if version != SCHEMA_VERSION:
        msg = f"{path.name} has the schema version {version!r}; this code reads {SCHEMA_VERSION}. Repeat `make bench`."
        raise ValueError(msg)
    fields: dict[str, Any] = {**data, "areas": [_area(area) for area in data["areas"]]}
    return Run(**fields)


def _area(data: dict[str, Any]) -> Area:
    fields: dict[str, Any] = {**data, "tables": [_table(table) for table in data.get("tables", [])]}
    return Area(**fields)


def _table(data: dict[str, Any]) -> Table:
    columns = [Column(**column) for column in data["columns"]]
    fields: dict[str, Any] = {**data, "columns": columns, "rows": [_row(row) for row in data["rows"]]}
    return Table(**fields)


def _row(data: dict[str, Any]) -> Row:
    figures = {name: _figure(figure) for name, figure in data.get("figures", {}).items()}
    fields: dict[str, Any] = {**data, "figures": figures}
    return Row(**fields)


def _figure(data: dict[str, Any]) -> Figure:
    fields: dict[str, Any] = {**data, "quartiles": Quartiles(*data["quartiles"])}
    return Figure(**fields)
