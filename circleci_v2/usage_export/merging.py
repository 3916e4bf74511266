"""Merging: the parts of an export, compressed each on its own, become one CSV with one header.

Whether a part repeats the header is not documented, so every part is looked at. Everything flows: neither a part nor
the result is ever in memory as a whole.
"""

from __future__ import annotations

import csv
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import BinaryIO

import attrs

from circleci_v2.errors import UsageExportError
from circleci_v2.usage_export.rows import COLUMNS

__all__ = ["Merged", "Part", "decompressed", "merge"]

_PIECE = 1 << 20
_COMPRESSED_PIECE = 1 << 18
_LONGEST_RECORD = 1 << 22
_GZIP_MAGIC = b"\x1f\x8b"
_GZIP_FORMAT = 31
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_RECORD = re.compile(rb'(?:[^"\n]++|"[^"]*+")*+\n')


@attrs.frozen
class Part:
    """A downloaded part.

    Attributes:
        name: What to call it in messages.
        file: Its bytes, gzip or plain.
    """

    name: str
    file: BinaryIO


@attrs.frozen
class Merged:
    """What came together.

    Attributes:
        columns: The names of the columns, in order.
        rows: How many rows follow the header.
    """

    columns: tuple[str, ...]
    rows: int


def merge(parts: Sequence[Part], write: Callable[[bytes], object], *, check: Callable[[], object]) -> Merged:
    """Write the rows of all parts, in order, below one header.

    Args:
        parts: The parts.
        write: Takes the CSV in pieces of about a mebibyte.
        check: Called between pieces; may raise, to stop.

    Raises:
        UsageExportError: A part is damaged, or has other columns than the rest.
    """
    firsts = [_first_record(part) for part in parts]
    header, columns = _agreed_header(parts, firsts)
    write(header)
    rows = 0
    for part, first in zip(parts, firsts, strict=True):
        counter = _RecordCounter()
        for piece in _without_start(decompressed(part), _length_of_start(first)):
            check()
            counter.count(piece)
            write(piece)
        if counter.open_quote:
            msg = f"{part.name} ends inside of a quoted value: it is not complete"
            raise UsageExportError(msg)
        if counter.open_record:
            write(b"\n")
        rows += counter.records
    return Merged(columns, rows)


def decompressed(part: Part) -> Iterator[bytes]:
    """The content of a part, in pieces; the checksum of each gzip member is verified.

    Raises:
        UsageExportError: The part is damaged or cut short.
    """
    part.file.seek(0)
    is_gzip = part.file.read(2) == _GZIP_MAGIC
    part.file.seek(0)
    if not is_gzip:
        yield from iter(lambda: part.file.read(_PIECE), b"")
        return
    try:
        yield from _inflated(part.file)
    except (zlib.error, EOFError) as error:
        msg = f"{part.name} is damaged: {error}"
        raise UsageExportError(msg) from error


def _inflated(file: BinaryIO) -> Iterator[bytes]:
    inflater = zlib.decompressobj(_GZIP_FORMAT)
    begun = False
    while data := file.read(_COMPRESSED_PIECE):
        while data:
            if not begun:
                # A file may have several members, and zeros between and after them.
                data = data.lstrip(b"\0")
                begun = bool(data)
                continue
            # Bounded, because a small piece can hold a thousand times its size.
            if piece := inflater.decompress(data, _PIECE):
                yield piece
            data = inflater.unconsumed_tail
            if inflater.eof:
                data, inflater, begun = inflater.unused_data, zlib.decompressobj(_GZIP_FORMAT), False
    if begun:
        yield inflater.flush()
        if not inflater.eof:
            raise EOFError("it ends too early")


class _RecordCounter:
    """Counts the records of a CSV that comes in pieces; a line break between quotes ends none."""

    def __init__(self) -> None:
        self._line_breaks = 0
        self.open_quote = False
        self.open_record = False

    def count(self, piece: bytes) -> None:
        if b'"' in piece:
            runs = piece.split(b'"')
            self._line_breaks += sum(run.count(b"\n") for run in runs[self.open_quote :: 2])
            self.open_quote ^= len(runs) % 2 == 0
        elif not self.open_quote:
            self._line_breaks += piece.count(b"\n")
        if piece:
            self.open_record = not piece.endswith(b"\n")

    @property
    def records(self) -> int:
        return self._line_breaks + self.open_record


def _first_record(part: Part) -> bytes:
    """The first record of a part with its line break; empty when the part is."""
    start = b""
    for piece in decompressed(part):
        start += piece
        if match := _RECORD.match(start):
            return match[0]
        if len(start) > _LONGEST_RECORD:
            msg = f"{part.name} has no line break in its first {len(start):,} bytes: it is not a usage CSV"
            raise UsageExportError(msg)
    return start


def _fields(record: bytes) -> list[str]:
    text = record.removeprefix(_BYTE_ORDER_MARK).decode("utf-8", "replace")
    try:
        return next(csv.reader([text]), list[str]())
    except csv.Error:
        # Not a row at all, which is one value too long to be split.
        return [text]


def _is_header(record: bytes) -> bool:
    fields = _fields(record)
    return 2 * len({field.upper() for field in fields} & set(COLUMNS)) > len(fields)


def _length_of_start(first: bytes) -> int:
    """How many bytes to leave out of a part: its header, or else its byte order mark."""
    if _is_header(first):
        return len(first)
    return len(_BYTE_ORDER_MARK) if first.startswith(_BYTE_ORDER_MARK) else 0


def _without_start(pieces: Iterator[bytes], length: int) -> Iterator[bytes]:
    for piece in pieces:
        yield piece[length:] if length else piece
        length = max(0, length - len(piece))


def _agreed_header(parts: Sequence[Part], firsts: Sequence[bytes]) -> tuple[bytes, tuple[str, ...]]:
    """The header that holds for all parts: that of the first one that has one, else the documented columns."""
    header = next((first for first in firsts if _is_header(first)), ",".join(COLUMNS).encode() + b"\n")
    columns = tuple(_fields(header))
    for part, first in zip(parts, firsts, strict=True):
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
    differing = {
        "lacks": sorted(set(columns) - set(fields)),
        "has besides": sorted(set(fields) - set(columns)),
    }
    told = [f"it {how} {', '.join(names)}" for how, names in differing.items() if names]
    return " and ".join(told) or "its columns are in another order"
