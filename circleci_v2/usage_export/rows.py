"""Read usage rows, each one run of a job with its cost, and add up their credits.

The columns and their meaning: https://circleci.com/docs/api/v2/index.html#tag/Usage
"""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from itertools import chain
from pathlib import Path
from types import MappingProxyType, NoneType
from typing import Any, Literal, Protocol, TypeAlias, get_args, get_type_hints

import attrs

from circleci_v2._wire.compiled_decoding import parse_datetime
from circleci_v2.errors import ConfigurationError, UsageExportError

__all__ = [
    "COLUMNS",
    "COLUMN_TYPES",
    "NULL",
    "CreditsDimension",
    "CreditsSpent",
    "CreditsTally",
    "UsageRow",
    "parse_rows",
    "read_usage_rows",
    "sum_credits",
]

NULL = "\\N"
"""The text of a missing value in the CSV."""


@attrs.frozen(kw_only=True)
class UsageRow:
    r"""One run of a job.

    Each attribute is the column of the same name; None where the column contains ``\N`` or is missing. Times are in
    UTC, ``job_run_seconds`` is in seconds, names that end in ``_pct`` are percentages, those that end in ``_credits``
    are credits. Numbers are exact; times have milliseconds.

    Attributes:
        additional_columns: Columns that this library does not know, as text.
    """

    organization_id: str | None = None
    organization_name: str | None = None
    organization_created_date: date | None = None
    project_id: str | None = None
    project_name: str | None = None
    project_created_date: date | None = None
    last_build_finished_at: datetime | None = None
    vcs_name: str | None = None
    vcs_url: str | None = None
    vcs_branch: str | None = None
    pipeline_id: str | None = None
    pipeline_created_at: datetime | None = None
    pipeline_number: int | None = None
    is_unregistered_user: bool | None = None
    pipeline_trigger_source: str | None = None
    pipeline_trigger_user_id: str | None = None
    workflow_id: str | None = None
    workflow_name: str | None = None
    workflow_first_job_queued_at: datetime | None = None
    workflow_first_job_started_at: datetime | None = None
    workflow_stopped_at: datetime | None = None
    is_workflow_successful: bool | None = None
    job_name: str | None = None
    job_id: str | None = None
    job_run_number: int | None = None
    job_run_date: date | None = None
    job_run_queued_at: datetime | None = None
    job_run_started_at: datetime | None = None
    job_run_stopped_at: datetime | None = None
    job_build_status: str | None = None
    resource_class: str | None = None
    operating_system: str | None = None
    executor: str | None = None
    parallelism: int | None = None
    job_run_seconds: Decimal | None = None
    median_cpu_utilization_pct: Decimal | None = None
    max_cpu_utilization_pct: Decimal | None = None
    median_ram_utilization_pct: Decimal | None = None
    max_ram_utilization_pct: Decimal | None = None
    compute_credits: Decimal | None = None
    dlc_credits: Decimal | None = None
    user_credits: Decimal | None = None
    storage_credits: Decimal | None = None
    network_credits: Decimal | None = None
    lease_credits: Decimal | None = None
    lease_overage_credits: Decimal | None = None
    ipranges_credits: Decimal | None = None
    total_credits: Decimal | None = None
    additional_columns: Mapping[str, str | None] = attrs.field(default=MappingProxyType({}), hash=False)


_NAMES = tuple(field.name for field in attrs.fields(UsageRow) if field.name != "additional_columns")

COLUMNS = tuple(name.upper() for name in _NAMES)
"""The columns of an export, as CircleCI writes them."""


def _without_none(hint: Any) -> type:
    kind: type
    (kind,) = (choice for choice in get_args(hint) if choice is not NoneType)
    return kind


_HINTS = get_type_hints(UsageRow)

COLUMN_TYPES: Mapping[str, type] = {name: _without_none(_HINTS[name]) for name in _NAMES}
"""The type of each column, by the name of its attribute."""


def read_usage_rows(path: str | os.PathLike[str]) -> Iterator[UsageRow]:
    """Read a CSV that `export_usage` wrote, or a single decompressed part.

    Args:
        path: The file.

    Yields:
        The rows; memory does not grow with the file.

    Raises:
        UsageExportError: A row cannot be read; raised while iterating.
    """
    with Path(path).open(encoding="utf-8-sig", newline="") as file:
        yield from parse_rows(file)


def parse_rows(lines: Iterable[str]) -> Iterator[UsageRow]:
    """Parse the lines of a usage CSV; without a header, the columns are the documented ones.

    Raises:
        UsageExportError: A row has a wrong number of values, or a value does not have the type of its column.
    """
    reader = csv.reader(lines)
    records = _records(reader)
    header = next(records, list(COLUMNS))
    if not any(name.lower() in COLUMN_TYPES for name in header):
        # A part without a header.
        header, records = list(COLUMNS), chain([header], records)
    kinds = [COLUMN_TYPES.get(name.lower()) for name in header]
    parsers = [_PARSERS[kind] if kind else None for kind in kinds]
    for values in records:
        if len(values) != len(header):
            msg = f"line {reader.line_num} has {len(values)} values for {len(header)} columns"
            raise UsageExportError(msg)
        yield _row(header, parsers, values, reader.line_num)


class _LineReader(Protocol):
    @property
    def line_num(self) -> int: ...
    def __iter__(self) -> Iterator[list[str]]: ...


def _records(reader: _LineReader) -> Iterator[list[str]]:
    try:
        yield from reader
    except csv.Error as error:
        msg = f"line {reader.line_num}: {error}"
        raise UsageExportError(msg) from error
    except UnicodeDecodeError as error:
        # Text is decoded in blocks ahead of the lines, so the exact line is unknown.
        msg = f"after line {reader.line_num}: the byte 0x{error.object[error.start]:02x} is not UTF-8"
        raise UsageExportError(msg) from error


Parser: TypeAlias = Callable[[str], Any]


def _row(header: Sequence[str], parsers: Sequence[Parser | None], values: Sequence[str], line: int) -> UsageRow:
    known: dict[str, Any] = {}
    unknown: dict[str, str | None] = {}
    for name, parse, text in zip(header, parsers, values, strict=True):
        value = None if text == NULL else text
        if parse is None:
            unknown[name] = value
        elif value is not None:
            try:
                known[name.lower()] = parse(value)
            except (ValueError, InvalidOperation) as error:
                expected = COLUMN_TYPES[name.lower()].__name__
                msg = f"line {line}: {name} holds {text!r}, which is not a valid {expected}"
                raise UsageExportError(msg) from error
    if unknown:
        known["additional_columns"] = unknown
    return UsageRow(**known)


def _optional(parse: Parser) -> Parser:
    # An empty text is a value of a text column, and a missing value of all others.
    return lambda text: parse(text) if text else None


# CircleCI documents Y and N, and files contain true and false.
_BOOLEANS = {"true": True, "false": False, "y": True, "n": False, "1": True, "0": False}


def _parse_bool(text: str) -> bool:
    try:
        return _BOOLEANS[text.lower()]
    except KeyError:
        raise ValueError(text) from None


_PARSERS: Mapping[type, Parser] = {
    str: str,
    int: _optional(int),
    Decimal: _optional(Decimal),
    bool: _optional(_parse_bool),
    date: _optional(date.fromisoformat),
    datetime: _optional(parse_datetime),
}


CreditsDimension: TypeAlias = Literal["project", "job", "resource_class"]
"""A column by which `CreditsTally` groups the credits."""

_ALL: tuple[CreditsDimension, ...] = get_args(CreditsDimension)


@attrs.frozen(kw_only=True)
class CreditsSpent:
    """The cost of a group of job runs.

    Attributes:
        project: The name of the project; None when it is unknown, or not part of the grouping.
        job: The name of the job; None when it is unknown, or not part of the grouping.
        resource_class: The resource class; None when it is unknown, or not part of the grouping.
        runs: The number of runs.
        seconds: Their total duration.
        credits: Their total cost.
    """

    project: str | None = None
    job: str | None = None
    resource_class: str | None = None
    runs: int = 0
    seconds: Decimal = Decimal(0)
    credits: Decimal = Decimal(0)

    def plus(self, row: UsageRow) -> CreditsSpent:
        """Return the cost of the group with one more run."""
        return attrs.evolve(
            self,
            runs=self.runs + 1,
            seconds=self.seconds + (row.job_run_seconds or 0),
            credits=self.credits + (row.total_credits or 0),
        )


class CreditsTally:
    """Adds up rows one at a time, without keeping them.

    Args:
        by: The columns to group by. Default: projects, jobs and resource classes.

    Raises:
        ConfigurationError: `by` contains another column.
    """

    def __init__(self, by: Collection[CreditsDimension] = _ALL) -> None:
        if unknown := set(by) - set(_ALL):
            msg = f"by={sorted(unknown)}: credits can be grouped by {', '.join(_ALL)}."
            raise ConfigurationError(msg)
        self._by = frozenset(by)
        self._spent: dict[CreditsSpent, CreditsSpent] = {}

    def add(self, row: UsageRow) -> None:
        """Add a row."""
        group = CreditsSpent(
            project=row.project_name if "project" in self._by else None,
            job=row.job_name if "job" in self._by else None,
            resource_class=row.resource_class if "resource_class" in self._by else None,
        )
        self._spent[group] = self._spent.get(group, group).plus(row)

    def spent(self) -> list[CreditsSpent]:
        """Return the totals so far, the most expensive first."""
        return sorted(self._spent.values(), key=lambda spent: spent.credits, reverse=True)


def sum_credits(rows: Iterable[UsageRow], *, by: Collection[CreditsDimension] = _ALL) -> list[CreditsSpent]:
    """Add up the cost of rows, and return the totals, the most expensive first.

    Args:
        rows: The rows.
        by: The columns to group by. Default: projects, jobs and resource classes.

    Raises:
        ConfigurationError: `by` contains another column.
    """
    tally = CreditsTally(by)
    for row in rows:
        tally.add(row)
    return tally.spent()
