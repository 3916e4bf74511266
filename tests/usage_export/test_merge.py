from __future__ import annotations

import csv
import functools
import gzip
import io
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from circleci_v2.errors import UsageExportError
from circleci_v2.usage_export import COLUMNS
from circleci_v2.usage_export.merge import Part, decompressed, merge_csv
from tests.usage_export.exports import HEADER, line, zipped


def parts_of(*contents):
    return [Part(f"part {number}", io.BytesIO(content)) for number, content in enumerate(contents, 1)]


def merged(*contents):
    pieces: list[bytes] = []
    result = merge_csv(parts_of(*contents), pieces.append, check=lambda: None)
    return result, b"".join(pieces).decode()


A, B, C = (line(job_name=name) for name in "abc")


@pytest.mark.parametrize(
    ("contents", "text", "rows"),
    [
        ([HEADER + A + B, HEADER + C], HEADER + A + B + C, 3),
        ([HEADER + A + B, C], HEADER + A + B + C, 3),
        ([A + B, HEADER + C], HEADER + A + B + C, 3),
        ([A + B, C], HEADER + A + B + C, 3),
        ([HEADER + A.rstrip("\n"), B], HEADER + A + B, 2),
        ([HEADER, HEADER + A], HEADER + A, 1),
        (["", HEADER + A, ""], HEADER + A, 1),
        ([HEADER.rstrip("\n"), A], HEADER + A, 1),
        (["\ufeff" + HEADER + A, "\ufeff" + HEADER + B, "\ufeff" + C], HEADER + A + B + C, 3),
        ([HEADER.replace("\n", "\r\n") + A.replace("\n", "\r\n"), B], HEADER + A.replace("\n", "\r\n") + B, 2),
        ([], HEADER, 0),
    ],
)
@pytest.mark.parametrize("pack", [zipped, str.encode])
def test_parts_become_one_file_with_one_header(contents, text, rows, pack):
    result, written = merged(*map(pack, contents))
    assert written == text
    assert result.rows == rows
    assert result.columns == COLUMNS


def test_a_line_break_between_quotes_ends_no_row():
    row = line(vcs_branch='"two\nlines, ""quoted"""', job_name="a")
    result, written = merged(zipped(HEADER + row + A), zipped(row))
    assert (written, result.rows) == (HEADER + row + A + row, 3)
    assert len(list(csv.reader(io.StringIO(written, newline="")))) == 4


def test_columns_that_circleci_adds_are_kept():
    header = HEADER.rstrip("\n") + ",GREEN_CREDITS\n"
    row = A.rstrip("\n") + ",1\n"
    result, written = merged(zipped(header + row), zipped(header + row))
    assert written == header + row + row
    assert result.columns == (*COLUMNS, "GREEN_CREDITS")


@pytest.mark.parametrize(
    ("second", "problem"),
    [
        (HEADER.replace("TOTAL_CREDITS", "CREDITS"), "it lacks TOTAL_CREDITS and it also has CREDITS"),
        (HEADER.rstrip("\n") + ",MORE\n", "it also has MORE"),
        (HEADER.replace("ORGANIZATION_ID,", "", 1), "it lacks ORGANIZATION_ID"),
        (HEADER.replace("JOB_NAME,JOB_ID", "JOB_ID,JOB_NAME"), "another order"),
        ("a,b,c\n", "its rows have 3 values for 48 columns"),
        ("<Error>denied</Error>", "its rows have 1 values"),
        ("x" * 200_000 + "\n", "its rows have 1 values"),
    ],
)
def test_parts_that_do_not_fit_are_an_error(second, problem):
    with pytest.raises(UsageExportError, match=f"part 2 does not fit .*{problem}"):
        merged(zipped(HEADER + A), zipped(second))


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9, 0.999])
def test_a_truncated_part_is_an_error(kept):
    content = gzip.compress(random.Random(1).randbytes(100_000).hex().encode())
    with pytest.raises(UsageExportError, match="part 1 is damaged"):
        list(decompressed(parts_of(content[: int(len(content) * kept)])[0]))


def test_a_part_with_a_wrong_checksum_is_an_error():
    content = bytearray(zipped(HEADER + A))
    content[-6] ^= 1
    with pytest.raises(UsageExportError, match="part 1 is damaged"):
        merged(bytes(content))


def test_garbage_after_the_end_is_an_error():
    with pytest.raises(UsageExportError, match="part 1 is damaged"):
        merged(zipped(HEADER + A) + b"garbage")


def test_an_open_quote_at_the_end_is_an_error():
    with pytest.raises(UsageExportError, match="inside of a quoted value"):
        merged(zipped(HEADER + line(job_name='"open')))


def test_a_long_text_without_line_break_is_an_error():
    with pytest.raises(UsageExportError, match="has no line break"):
        merged(b"x" * (1 << 23))


def test_members_and_padding_within_a_part_are_read_through():
    content = zipped(HEADER) + zipped(A) + b"\0" * 1000 + zipped(B) + b"\0" * 300_000
    assert merged(content)[1] == HEADER + A + B


def test_a_part_that_expands_a_thousandfold_comes_in_small_chunks():
    content = gzip.compress(b"\n" * 50_000_000)
    pieces = [len(piece) for piece in decompressed(parts_of(content)[0])]
    assert sum(pieces) == 50_000_000
    assert max(pieces) <= 1 << 20


def test_merging_can_be_stopped_between_pieces():
    def stop():
        raise InterruptedError

    with pytest.raises(InterruptedError):
        merge_csv(parts_of(zipped(HEADER + A)), lambda _piece: None, check=stop)


@functools.cache
def compressed(member):
    return gzip.compress(member, mtime=0)


TEXT = st.text(alphabet='ab,"\n\\é', max_size=12)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    parts=st.lists(st.tuples(st.booleans(), st.lists(TEXT, max_size=5)), max_size=5),
    member=st.integers(1, 400),
)
def test_rows_of_any_text_come_through_in_order(parts, member):
    contents, expected = [], []
    for has_header, names in parts:
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        for name in names:
            writer.writerow([name if column == "JOB_NAME" else "x" for column in COLUMNS])
        data = ((HEADER if has_header else "") + text.getvalue()).encode()
        contents.append(b"".join(compressed(data[at : at + member]) for at in range(0, len(data), member)))
        expected += names
    result, written = merged(*contents)
    table = list(csv.DictReader(io.StringIO(written, newline="")))
    assert [row["JOB_NAME"] for row in table] == expected
    assert result.rows == len(expected)
