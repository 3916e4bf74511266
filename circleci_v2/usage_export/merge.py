"""Merge the parts of an export, which are compressed separately, into one CSV with one header, or one Parquet file.

CircleCI does not document whether each part repeats the header, so every part is inspected. All data is streamed:
neither a part nor the result is ever completely in memory.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import tempfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

import attrs

from circleci_v2._validation import missing_package_error
from circleci_v2.errors import UsageExportError
from circleci_v2.usage_export.rows import COLUMN_TYPES, COLUMNS, NULL

__all__ = ["Check", "Merged", "Part", "Write", "decompressed", "merge_csv", "merge_parquet", "require_pyarrow"]

Write: TypeAlias = Callable[[bytes], object]
"""Receives the result in chunks of about a mebibyte."""

Check: TypeAlias = Callable[[], object]
"""Called between chunks; may raise, to stop."""

_CHUNK = 1 << 20
_MAX_FIRST_RECORD = 1 << 22
_GZIP_MAGIC = b"\x1f\x8b"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# Possessive, so that a long text without line break is not tried again from every position.
_RECORD = re.compile(rb'(?:[^"\n]++|"[^"]*+")*+\n')
_PARQUET_BLOCK = 1 << 22


@attrs.frozen
class Part:
    """A downloaded part.

    Attributes:
        name: Its name in messages.
        file: Its content, gzip or plain.
    """

    name: str
    file: BinaryIO


@attrs.frozen
class Merged:
    """The result of a merge.

    Attributes:
        columns: The names of the columns, in order.
        rows: The number of rows, without the header.
    """

    columns: tuple[str, ...]
    rows: int


def merge_csv(parts: Sequence[Part], write: Write, *, check: Check) -> Merged:
    """Write the rows of all parts, in order, below one header.

    Args:
        parts: The parts.
        write: Receives the CSV.
        check: May raise, to stop.

    Raises:
        UsageExportError: A part is damaged, or its columns differ from those of the parts before it.
    """
    first_records = [_first_record(part) for part in parts]
    header, columns = _common_header(parts, first_records)
    write(header)
    rows = 0
    for part, first in zip(parts, first_records, strict=True):
        counter = _RecordCounter()
        for chunk in _without_prefix(decompressed(part), _prefix_length(first)):
            check()
            counter.count(chunk)
            write(chunk)
        if counter.in_quotes:
            msg = f"{part.name} ends inside of a quoted value: it is not complete"
            raise UsageExportError(msg)
        if counter.in_record:
            write(b"\n")
        rows += counter.records
    return Merged(columns, rows)


def decompressed(part: Part) -> Iterator[bytes]:
    """Yield the content of a part in chunks; gzip verifies the checksum of each member.

    Raises:
        UsageExportError: The part is damaged or truncated.
    """
    part.file.seek(0)
    is_gzip = part.file.read(2) == _GZIP_MAGIC
    part.file.seek(0)
    if not is_gzip:
        yield from iter(lambda: part.file.read(_CHUNK), b"")
        return
    # Bounded reads, because a small part can expand a thousandfold.
    content = gzip.GzipFile(fileobj=part.file)
    try:
        yield from iter(lambda: content.read(_CHUNK), b"")
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        msg = f"{part.name} is damaged or incomplete: {error}"
        raise UsageExportError(msg) from error


class _RecordCounter:
    """Counts the records of a CSV that arrives in chunks; a line break between quotes does not end a record."""

    def __init__(self) -> None:
        self._line_breaks = 0
        self.in_quotes = False
        self.in_record = False

    def count(self, chunk: bytes) -> None:
        if b'"' in chunk:
            runs = chunk.split(b'"')
            self._line_breaks += sum(run.count(b"\n") for run in runs[self.in_quotes :: 2])
            self.in_quotes ^= len(runs) % 2 == 0
        elif not self.in_quotes:
            self._line_breaks += chunk.count(b"\n")
        if chunk:
            self.in_record = not chunk.endswith(b"\n")

    @property
    def records(self) -> int:
        return self._line_breaks + self.in_record


def _first_record(part: Part) -> bytes:
    """Return the first record of a part with its line break; empty when the part is."""
    start = b""
    for chunk in decompressed(part):
        start += chunk
        if match := _RECORD.match(start):
            return match[0]
        if len(start) > _MAX_FIRST_RECORD:
            msg = f"{part.name} has no line break in its first {len(start):,} bytes: it is not a usage CSV"
            raise UsageExportError(msg)
    return start


def _fields(record: bytes) -> list[str]:
    text = record.removeprefix(_BYTE_ORDER_MARK).decode("utf-8", "replace")
    try:
        return next(csv.reader([text]), list[str]())
    except csv.Error:
        # Too long to be a row (`csv.field_size_limit`): report it as one value, which fits no columns.
        return [text]


def _is_header(record: bytes) -> bool:
    fields = _fields(record)
    return 2 * len({field.upper() for field in fields} & set(COLUMNS)) > len(fields)


def _prefix_length(first_record: bytes) -> int:
    """Return the number of bytes to drop from the start of a part: its header, or else its byte order mark."""
    if _is_header(first_record):
        return len(first_record)
    return len(_BYTE_ORDER_MARK) if first_record.startswith(_BYTE_ORDER_MARK) else 0


def _without_prefix(chunks: Iterator[bytes], length: int) -> Iterator[bytes]:
    for chunk in chunks:
        yield chunk[length:] if length else chunk
        length = max(0, length - len(chunk))


def _common_header(parts: Sequence[Part], first_records: Sequence[bytes]) -> tuple[bytes, tuple[str, ...]]:
    """Return the header for all parts: the first one found in a part, else the documented columns."""
    header = next((first for first in first_records if _is_header(first)), ",".join(COLUMNS).encode() + b"\n")
    columns = tuple(_fields(header))
    for part, first in zip(parts, first_records, strict=True):
        if first and (problem := _difference(columns, _fields(first), is_header=_is_header(first))):
            msg = f"{part.name} does not fit the parts before it: {problem}"
            raise UsageExportError(msg)
    return header.removeprefix(_BYTE_ORDER_MARK).rstrip(b"\r\n") + b"\n", columns


def _difference(columns: Sequence[str], fields: Sequence[str], *, is_header: bool) -> str | None:
    if not is_header:
        found, expected = len(fields), len(columns)
        return None if found == expected else f"its rows have {found} values for {expected} columns"
    if tuple(fields) == tuple(columns):
        return None
    differences = {
        "lacks": sorted(set(columns) - set(fields)),
        "also has": sorted(set(fields) - set(columns)),
    }
    problems = [f"it {verb} {', '.join(names)}" for verb, names in differences.items() if names]
    return " and ".join(problems) or "its columns are in another order"


def require_pyarrow() -> None:
    """Check that pyarrow is installed, before an export that needs it begins.

    Raises:
        ConfigurationError: It is not.
    """
    try:
        import_module("pyarrow")
    except ImportError as error:
        raise missing_package_error("format='parquet'", error.name, "circleci_v2[parquet]") from error


def merge_parquet(parts: Sequence[Part], write: Write, *, directory: Path, check: Check) -> Merged:
    """Write the rows of all parts, in order, as one Parquet file with typed columns.

    Args:
        parts: The parts.
        write: Receives the Parquet file.
        directory: The directory of a temporary file for the CSV.
        check: May raise, to stop.

    Raises:
        UsageExportError: A part is damaged, its columns differ, or a value does not have the type of its column.
    """
    with tempfile.TemporaryFile(dir=directory) as file:
        merged = merge_csv(parts, file.write, check=check)
        file.seek(0)
        _convert_to_parquet(file, merged.columns, write, check=check)
    return merged


def _convert_to_parquet(csv_file: BinaryIO, columns: Sequence[str], write: Write, *, check: Check) -> None:
    # pyarrow is optional, and has no type annotations.
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
    read = pyarrow_csv.ReadOptions(block_size=_PARQUET_BLOCK)
    parse = pyarrow_csv.ParseOptions(newlines_in_values=True)
    output: Any = _CallbackFile(write)
    try:
        with (
            pyarrow_csv.open_csv(csv_file, read_options=read, parse_options=parse, convert_options=options) as batches,
            parquet.ParquetWriter(output, schema) as writer,
        ):
            for batch in batches:
                check()
                arrays = [column.cast(_in_utc(pa, column.type)) for column in batch.columns]
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
        # Times have no zone in the CSV; `_in_utc` adds it after parsing.
        datetime: pa.timestamp("ms"),
        Decimal: pa.decimal128(38, 12),
    }
    return types[kind]


def _in_utc(pa: Any, kind: Any) -> Any:
    return pa.timestamp("ms", tz="UTC") if pa.types.is_timestamp(kind) else kind


class _CallbackFile(io.RawIOBase):
    """A binary file that passes everything written to a function."""

    def __init__(self, write: Write) -> None:
        self._write = write

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        content = bytes(data)
        self._write(content)
        return len(content)
