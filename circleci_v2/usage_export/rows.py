"""Rows: one run of a job and what it cost, as CircleCI's usage data tells it.

The columns and their meaning: https://circleci.com/docs/api/v2/index.html#tag/Usage
"""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from itertools import chain
from pathlib import Path
from types import MappingProxyType, NoneType
from typing import Any, Protocol, get_args, get_type_hints

import attrs

from circleci_v2.errors import UsageExportError

__all__ = ["COLUMNS", "COLUMN_TYPES", "NULL", "UsageRow", "parse_rows", "read_usage_rows"]

NULL = "\\N"
"""How a CSV writes that there is no value."""


@attrs.frozen(kw_only=True)
class UsageRow:
    r"""One run of a job.

    Each attribute is the column of its name, and None where the column holds ``\N`` or is missing. Times are in UTC,
    ``job_run_seconds`` are seconds, names that end in ``_pct`` percent, those that end in ``_credits`` credits; all but the
    times are exact.

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
"""What each column holds, by the name of its attribute."""


def read_usage_rows(path: str | os.PathLike[str]) -> Iterator[UsageRow]:
    """Read a CSV that `export_usage` wrote, or a single part, decompressed.

    Args:
        path: The file.

    Raises:
        UsageExportError: While iterating: a row cannot be read.
    """
    with Path(path).open(encoding="utf-8-sig", newline="") as file:
        yield from parse_rows(file)


def parse_rows(lines: Iterable[str]) -> Iterator[UsageRow]:
    """Read the lines of a usage CSV, whose columns are the documented ones where its first line names none.

    Raises:
        UsageExportError: A row has another number of columns, or a value is not what its column holds.
    """
    reader = csv.reader(lines)
    records = _records(reader)
    header = next(records, list(COLUMNS))
    if not any(name.lower() in COLUMN_TYPES for name in header):
        # Parts need not repeat the header.
        header, records = list(COLUMNS), chain([header], records)
    kinds = [COLUMN_TYPES.get(name.lower()) for name in header]
    readers = [_READERS[kind] if kind else None for kind in kinds]
    for values in records:
        if len(values) != len(header):
            msg = f"line {reader.line_num} has {len(values)} values for {len(header)} columns"
            raise UsageExportError(msg)
        yield _row(header, readers, values, reader.line_num)


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
        # Text is decoded ahead of the lines, by an amount that is not known here.
        msg = f"after line {reader.line_num}: the byte 0x{error.object[error.start]:02x} is not UTF-8"
        raise UsageExportError(msg) from error


Reader = Callable[[str], Any]


def _row(header: Sequence[str], readers: Sequence[Reader | None], values: Sequence[str], line: int) -> UsageRow:
    known: dict[str, Any] = {}
    unknown: dict[str, str | None] = {}
    for name, reader, text in zip(header, readers, values, strict=True):
        value = None if text == NULL else text
        if reader is None:
            unknown[name] = value
        elif value is not None:
            try:
                known[name.lower()] = reader(value)
            except (ValueError, InvalidOperation) as error:
                msg = f"line {line}: {name} holds {text!r}, which cannot be read"
                raise UsageExportError(msg) from error
    if unknown:
        known["additional_columns"] = unknown
    return UsageRow(**known)


def _optional(read: Reader) -> Reader:
    # An empty text is a text, and no number, time or truth value.
    return lambda text: read(text) if text else None


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


# The description says Y and N, files hold true and false.
_TRUTH = {"true": True, "false": False, "y": True, "n": False, "1": True, "0": False}


def _truth(text: str) -> bool:
    try:
        return _TRUTH[text.lower()]
    except KeyError:
        raise ValueError(text) from None


_READERS: Mapping[type, Reader] = {
    str: str,
    int: _optional(int),
    Decimal: _optional(Decimal),
    bool: _optional(_truth),
    date: _optional(date.fromisoformat),
    datetime: _optional(_moment),
}
