"""The sums that the tables show."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from circleci_v2.cli.history import sum_up
from circleci_v2.cli.output import show, table_of


def row(name: str, status: str, seconds: float | None) -> dict[str, object]:
    return {"job_name": name, "job_status": status, "job_seconds": seconds}


def test_success_is_counted_among_what_was_decided() -> None:
    (summary,) = sum_up([row("build", status, 1.0) for status in ("success", "success", "failed", "canceled")], "job")
    assert (summary["runs"], summary["succeeded"], summary["failed"], summary["other"]) == (4, 2, 1, 1)
    assert summary["success_rate"] == 66.7


def test_what_has_not_ended_has_no_duration() -> None:
    (summary,) = sum_up([row("build", "running", None)], "job")
    assert (summary["success_rate"], summary["median_seconds"], summary["p95_seconds"]) == (None, None, None)


def test_the_most_frequent_come_first() -> None:
    rows = [row("rare", "success", 1), row("often", "success", 1), row("often", "failed", 1)]
    assert [summary["job"] for summary in sum_up(rows, "job")] == ["often", "rare"]


@given(st.lists(st.floats(0, 1e6), min_size=1))
def test_the_95th_percentile_is_seen_and_no_less_than_the_median(seconds: list[float]) -> None:
    (summary,) = sum_up([row("build", "success", value) for value in seconds], "job")
    assert summary["p95_seconds"] in {round(value, 1) for value in seconds}
    assert summary["median_seconds"] <= summary["p95_seconds"] + 0.1
    assert sum(value <= summary["p95_seconds"] + 0.1 for value in seconds) >= 0.95 * len(seconds)


def test_an_empty_table_says_so() -> None:
    table = table_of([], title="Jobs", columns={"job_name": "job"})
    assert [column.header for column in table.columns] == ["nothing"]


def test_a_line_of_json_is_out_before_the_next_row_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(written))

    def rows() -> Iterator[dict[str, int]]:
        yield {"number": 1}
        assert written.getvalue() == b'{"number": 1}\n'

    show(rows(), "jsonl", title="")
