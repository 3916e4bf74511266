from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import attrs
import pytest

from circleci_v2.errors import ConfigurationError, UsageExportError
from circleci_v2.usage_export import COLUMNS, CreditsTally, UsageRow, read_usage_rows, sum_credits
from circleci_v2.usage_export.rows import parse_rows
from tests.usage_export.exports import HEADER, line

VALUES = {
    "organization_id": "f22b6566-597d-46d5-ba74-99ef5bb3d85c",
    "organization_name": "acme",
    "organization_created_date": "2023-04-27",
    "vcs_branch": "",
    "pipeline_created_at": "2025-07-02 18:31:31.424",
    "job_run_started_at": "2025-07-02 18:31:31",
    "pipeline_number": "812",
    "is_unregistered_user": "false",
    "is_workflow_successful": "Y",
    "job_run_seconds": "125",
    "median_cpu_utilization_pct": "12.34",
    "total_credits": "0.30",
}


def test_every_column_is_an_attribute():
    assert len(COLUMNS) == 48
    assert (COLUMNS[0], COLUMNS[-1]) == ("ORGANIZATION_ID", "TOTAL_CREDITS")


def test_values_are_typed():
    (row,) = parse_rows([HEADER, line(**VALUES)])
    assert row == UsageRow(
        organization_id="f22b6566-597d-46d5-ba74-99ef5bb3d85c",
        organization_name="acme",
        organization_created_date=date(2023, 4, 27),
        vcs_branch="",
        pipeline_created_at=datetime(2025, 7, 2, 18, 31, 31, 424000, tzinfo=UTC),
        job_run_started_at=datetime(2025, 7, 2, 18, 31, 31, tzinfo=UTC),
        pipeline_number=812,
        is_unregistered_user=False,
        is_workflow_successful=True,
        job_run_seconds=Decimal(125),
        median_cpu_utilization_pct=Decimal("12.34"),
        total_credits=Decimal("0.30"),
    )
    assert hash(row)


def test_null_is_none_everywhere():
    (row,) = parse_rows([HEADER, line()])
    assert row == UsageRow()


def test_an_empty_value_is_none_where_text_is_not_expected():
    empty = ",".join('""' for _ in COLUMNS) + "\n"
    (row,) = parse_rows([HEADER, empty])
    held = {value for name, value in attrs.asdict(row).items() if name != "additional_columns"}
    assert held == {"", None}


def test_columns_that_are_not_known_are_kept():
    (row,) = parse_rows(["JOB_NAME,GREEN_CREDITS,OTHER\n", "build,1.5,\\N\n"])
    assert row.job_name == "build"
    assert row.additional_columns == {"GREEN_CREDITS": "1.5", "OTHER": None}


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("pipeline_number", "12.5"),
        ("total_credits", "much"),
        ("job_run_date", "27.04.2023"),
        ("pipeline_created_at", "yesterday"),
        ("is_unregistered_user", "perhaps"),
    ],
)
def test_the_error_of_an_invalid_value_names_line_and_column(column, value):
    with pytest.raises(UsageExportError, match=f"line 3: {column.upper()} holds '{value}'"):
        list(parse_rows([HEADER, line(), line(**{column: value})]))


def test_a_row_of_another_length_is_an_error():
    with pytest.raises(UsageExportError, match="line 2 has 2 values for 48 columns"):
        list(parse_rows([HEADER, "a,b\n"]))


def test_a_value_longer_than_the_limit_is_an_error():
    with pytest.raises(UsageExportError, match="line 2: field larger than field limit"):
        list(parse_rows([HEADER, "x" * 200_000 + "\n"]))


def test_a_file_is_read_row_by_row(tmp_path):
    file = tmp_path / "usage.csv"
    file.write_text("\ufeff" + HEADER + line(job_name='"a\nb"') + line(job_name="c"), encoding="utf-8")
    assert [row.job_name for row in read_usage_rows(file)] == ["a\nb", "c"]


def test_a_part_without_a_header_loses_no_row(tmp_path):
    file = tmp_path / "part.csv"
    file.write_text(line(job_name="a") + line(job_name="b"), encoding="utf-8")
    assert [row.job_name for row in read_usage_rows(file)] == ["a", "b"]
    file.write_text("", encoding="utf-8")
    assert list(read_usage_rows(file)) == []


def test_the_error_of_an_invalid_byte_names_the_lines_before_it(tmp_path):
    file = tmp_path / "usage.csv"
    # The file is decoded in blocks, so that the lines before the block are known to be good.
    good = (HEADER + line(job_name="a") * 100).encode()
    file.write_bytes(good + line(job_name="b").encode().replace(b"b", b"caf\xe9"))
    rows = read_usage_rows(file)
    with pytest.raises(UsageExportError, match=r"after line \d+: the byte 0xe9 is not UTF-8"):
        list(rows)


def run(project, job, resource_class, spent, seconds=60):
    return UsageRow(
        project_name=project,
        job_name=job,
        resource_class=resource_class,
        total_credits=Decimal(spent),
        job_run_seconds=Decimal(seconds),
    )


ROWS = [
    run("web", "test", "large", "10.1"),
    run("web", "test", "large", "10.2"),
    run("web", "test", "small", "1"),
    run("app", "test", "large", "50"),
    UsageRow(project_name="app"),
]


def test_credits_are_added_up_exactly_and_the_most_expensive_comes_first():
    spent = sum_credits(ROWS)
    assert [(kind.project, kind.job, kind.resource_class, kind.credits, kind.runs) for kind in spent] == [
        ("app", "test", "large", Decimal(50), 1),
        ("web", "test", "large", Decimal("20.3"), 2),
        ("web", "test", "small", Decimal(1), 1),
        ("app", None, None, Decimal(0), 1),
    ]
    assert spent[1].seconds == 120


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        (["project"], [("app", None, 2), ("web", None, 3)]),
        (["job"], [(None, "test", 4), (None, None, 1)]),
        ([], [(None, None, 5)]),
    ],
)
def test_credits_can_be_grouped_by_fewer_columns(by, expected):
    assert [(kind.project, kind.job, kind.runs) for kind in sum_credits(ROWS, by=by)] == expected


def test_an_unknown_column_to_group_by_is_an_error():
    with pytest.raises(ConfigurationError, match=r"by=\['branch'\]"):
        CreditsTally(["project", "branch"])
