"""Rows: the records of a partition as Arrow tables, whose columns have the same types in all files of a dataset."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime
from importlib import import_module
from typing import Any, Final, Literal

from circleci_v2.history import PipelineRecord
from circleci_v2.history.records import RecordsOf

__all__ = ["KINDS", "Rows", "columns_of"]

_logger: Final = logging.getLogger("circleci_v2.fleet")

KINDS: Final[tuple[RecordsOf, ...]] = ("artifacts", "tests", "jobs", "workflows", "pipelines")
"""The kinds of records, in the order in which their files are written."""

_ColumnType = Literal["string", "integer", "number", "time"]
_PIPELINE: Final[Mapping[str, _ColumnType]] = {
    "project_slug": "string",
    "pipeline_id": "string",
    "pipeline_number": "integer",
    "pipeline_state": "string",
    "pipeline_created_at": "time",
    "trigger_type": "string",
    "trigger_actor": "string",
    "branch": "string",
    "tag": "string",
    "revision": "string",
}
_WORKFLOW: Final[Mapping[str, _ColumnType]] = {
    **_PIPELINE,
    "workflow_id": "string",
    "workflow_name": "string",
    "workflow_status": "string",
    "workflow_created_at": "time",
    "workflow_stopped_at": "time",
    "workflow_seconds": "number",
}
_JOB: Final[Mapping[str, _ColumnType]] = {
    **_WORKFLOW,
    "job_id": "string",
    "job_name": "string",
    "job_number": "integer",
    "job_type": "string",
    "job_status": "string",
    "job_started_at": "time",
    "job_stopped_at": "time",
    "job_seconds": "number",
}
_TEST: Final[Mapping[str, _ColumnType]] = {
    **_JOB,
    "test_name": "string",
    "test_classname": "string",
    "test_file": "string",
    "test_result": "string",
    "test_seconds": "number",
    "test_message": "string",
}
_ARTIFACT: Final[Mapping[str, _ColumnType]] = {
    **_JOB,
    "artifact_path": "string",
    "node_index": "integer",
    "artifact_url": "string",
}
_COLUMNS: Final[Mapping[RecordsOf, Mapping[str, _ColumnType]]] = {
    "pipelines": _PIPELINE,
    "workflows": _WORKFLOW,
    "jobs": _JOB,
    "tests": _TEST,
    "artifacts": _ARTIFACT,
}

# Dicts are converted to Arrow's compact columns in batches of this many rows, which bounds the memory of a partition.
_BATCH_ROWS: Final = 5_000


def columns_of(kind: RecordsOf) -> Mapping[str, _ColumnType]:
    """Return the columns of a kind of record with their types, which are the same in every file.

    Args:
        kind: The kind of record.
    """
    return _COLUMNS[kind]


class Rows:
    """The rows of a partition, as one Arrow table per kind.

    Args:
        kinds: The kinds to keep.
    """

    def __init__(self, kinds: Iterable[RecordsOf]) -> None:
        self._pyarrow: Any = import_module("pyarrow")
        self._kinds = tuple(kinds)
        self._batches: dict[RecordsOf, list[Any]] = {kind: [] for kind in self._kinds}
        self._waiting: dict[RecordsOf, list[dict[str, Any]]] = {kind: [] for kind in self._kinds}
        self._converters = {kind: _Converter(kind) for kind in self._kinds}

    def add(self, record: PipelineRecord) -> None:
        """Add the rows of a pipeline."""
        for kind in self._kinds:
            waiting = self._waiting[kind]
            waiting += map(self._converters[kind].convert, record.to_records(kind))
            if len(waiting) >= _BATCH_ROWS:
                self._convert_waiting(kind)

    def add_table(self, kind: RecordsOf, table: Any) -> None:
        """Add the rows of a table that was read from the file of a partition."""
        self._batches[kind].append(table.cast(self._schema(kind)))

    def tables(self) -> dict[RecordsOf, Any]:
        """Return the rows of each kind, newest pipeline first."""
        for kind in self._kinds:
            self._convert_waiting(kind)
            self._converters[kind].report()
        order = [("pipeline_created_at", "descending"), ("pipeline_number", "descending")]
        return {
            kind: self._pyarrow.concat_tables([self._schema(kind).empty_table(), *self._batches[kind]]).sort_by(order)
            for kind in self._kinds
        }

    def _convert_waiting(self, kind: RecordsOf) -> None:
        rows, self._waiting[kind] = self._waiting[kind], []
        if rows:
            self._batches[kind].append(self._pyarrow.Table.from_pylist(rows, schema=self._schema(kind)))

    def _schema(self, kind: RecordsOf) -> Any:
        arrow = self._pyarrow
        types = {
            "string": arrow.string(),
            "integer": arrow.int64(),
            "number": arrow.float64(),
            "time": arrow.timestamp("us", tz="UTC"),
        }
        return arrow.schema([(name, types[of]) for name, of in _COLUMNS[kind].items()])


class _Converter:
    """Converts the values of rows to the types of their columns, and counts those that have another type.

    The live API has been observed to send values of other types than its document says; one of them must not end a crawl,
    and a column must have one type in all files.
    """

    def __init__(self, kind: RecordsOf) -> None:
        self._kind = kind
        self._columns = _COLUMNS[kind]
        self._misfits: dict[str, tuple[int, object]] = {}

    def convert(self, row: Mapping[str, Any]) -> dict[str, Any]:
        return {name: self._value(name, row[name]) for name in self._columns}

    def report(self) -> None:
        """Log how many values were replaced by null since the last call, once per column."""
        for name, (count, example) in self._misfits.items():
            _logger.warning(
                "%d values of %s in the %s are not of type %s and are stored as null; the first is %.80r.",
                *(count, name, self._kind, self._columns[name], example),
            )
        self._misfits.clear()

    def _value(self, name: str, value: Any) -> Any:
        if value is None:
            return None
        try:
            converted = _convert(value, self._columns[name])
        except ValueError:
            converted = None
        if converted is None:
            count, example = self._misfits.get(name, (0, value))
            self._misfits[name] = (count + 1, example)
        return converted


def _convert(value: Any, to: _ColumnType) -> Any:
    match to, value:
        case "string", str():
            # A lone surrogate, which JSON can carry, has no form in UTF-8.
            return value.encode("utf-8", "backslashreplace").decode()
        case "string", _:
            return str(value)
        case "time", str():
            moment = datetime.fromisoformat(value)
            return moment if moment.tzinfo is not None else None
        case "integer", int() if not isinstance(value, bool) and -(2**63) <= value < 2**63:
            return value
        case "number", int() | float() if not isinstance(value, bool):
            return float(value)
        case _:
            return None
