"""Parquet: usage data with the types of its columns, for data frames and query engines."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from importlib import import_module
from typing import Any, BinaryIO

from circleci_v2.errors import ConfigurationError, UsageExportError
from circleci_v2.usage_export.rows import COLUMN_TYPES, NULL

__all__ = ["require_pyarrow", "write_parquet"]

_BLOCK = 1 << 22


def require_pyarrow() -> None:
    """Refuse early when the extra is not installed.

    Raises:
        ConfigurationError: It is not.
    """
    try:
        import_module("pyarrow")
    except ImportError as error:
        msg = "format='parquet' needs pyarrow: pip install 'circleci_v2[parquet]'"
        raise ConfigurationError(msg) from error


def write_parquet(
    csv: BinaryIO, columns: Sequence[str], write: Callable[[bytes], object], *, check: Callable[[], object]
) -> None:
    """Read a usage CSV and write it as Parquet, block by block.

    Args:
        csv: The CSV, with its header.
        columns: Its columns.
        write: Takes the Parquet file in pieces.
        check: Called between blocks; may raise, to stop.

    Raises:
        UsageExportError: A value is not what its column holds.
    """
    # An extra, and without types of its own.
    pa: Any = import_module("pyarrow")
    pyarrow_csv: Any = import_module("pyarrow.csv")
    parquet: Any = import_module("pyarrow.parquet")

    types = {column: _arrow_type(pa, COLUMN_TYPES.get(column.lower(), str)) for column in columns}
    schema = pa.schema([pa.field(column.lower(), _in_utc(pa, kind)) for column, kind in types.items()])
    options = pyarrow_csv.ConvertOptions(
        column_types=types,
        null_values=[NULL, ""],
        true_values=["true", "True", "TRUE", "Y", "1"],
        false_values=["false", "False", "FALSE", "N", "0"],
        strings_can_be_null=True,
    )
    read = pyarrow_csv.ReadOptions(block_size=_BLOCK)
    parse = pyarrow_csv.ParseOptions(newlines_in_values=True)
    sink: Any = _Sink(write)
    try:
        with (
            pyarrow_csv.open_csv(csv, read_options=read, parse_options=parse, convert_options=options) as batches,
            parquet.ParquetWriter(sink, schema) as writer,
        ):
            for batch in batches:
                check()
                arrays = [_with_zone(pa, column) for column in batch.columns]
                writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=schema))
    except pa.ArrowInvalid as error:
        msg = f"the usage data cannot be written as Parquet: {error}"
        raise UsageExportError(msg) from error


def _arrow_type(pa: Any, kind: type) -> Any:
    types: Mapping[type, Any] = {
        str: pa.string(),
        int: pa.int64(),
        bool: pa.bool_(),
        date: pa.date32(),
        # Times come without a zone; it is added once they are read.
        datetime: pa.timestamp("ms"),
        Decimal: pa.decimal128(38, 12),
    }
    return types[kind]


def _in_utc(pa: Any, kind: Any) -> Any:
    return pa.timestamp("ms", tz="UTC") if pa.types.is_timestamp(kind) else kind


def _with_zone(pa: Any, column: Any) -> Any:
    return column.cast(_in_utc(pa, column.type))


class _Sink(io.RawIOBase):
    """A function that takes bytes, as a file."""

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._write = write

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        content = bytes(data)
        self._write(content)
        return len(content)
