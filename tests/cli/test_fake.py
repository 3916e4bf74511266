"""The command demo, and the summaries that its tables show."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from circleci_v2.cli.runs import summarize
from circleci_v2.testing import FakeCircleCI
from tests.cli.commands import run
from tests.testing.live import http_of


def test_demo_summarizes_a_history_and_writes_every_record(tmp_path: Path) -> None:
    output = tmp_path / "new" / "records.jsonl"
    result = run("demo", "--pipelines", "60", "--output", str(output))

    assert result.exit_code == 0, result.output
    assert "Workflows of gh/acme/web" in result.stdout
    assert "Slowest jobs" in result.stdout
    assert "CIRCLE_TOKEN=" in result.stdout
    records = [json.loads(line) for line in output.read_text().splitlines()]
    assert [record["pipeline"]["number"] for record in records] == list(range(60, 0, -1))
    assert all(workflow["jobs"] for record in records for workflow in record["workflows"])


def test_demo_writes_the_same_records_every_time(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for output in (first, second):
        assert run("demo", "--pipelines", "30", "--output", str(output)).exit_code == 0
    assert first.read_bytes() == second.read_bytes()


def row(name: str, status: str, seconds: float | None) -> dict[str, object]:
    return {"job_name": name, "job_status": status, "job_seconds": seconds}


def test_the_success_rate_ignores_runs_that_neither_succeeded_nor_failed() -> None:
    (summary,) = summarize(
        [row("build", status, 1.0) for status in ("success", "success", "failed", "canceled")], "job"
    )
    assert (summary["runs"], summary["succeeded"], summary["failed"], summary["other"]) == (4, 2, 1, 1)
    assert summary["success_rate"] == 66.7


def test_a_run_that_has_not_ended_has_no_duration() -> None:
    (summary,) = summarize([row("build", "running", None)], "job")
    assert (summary["success_rate"], summary["median_seconds"], summary["p95_seconds"]) == (None, None, None)


def test_the_most_frequent_name_is_listed_first() -> None:
    rows = [row("rare", "success", 1), row("often", "success", 1), row("often", "failed", 1)]
    assert [summary["job"] for summary in summarize(rows, "job")] == ["often", "rare"]


@given(st.lists(st.floats(0, 1e6), min_size=1))
def test_the_95th_percentile_is_one_of_the_values_and_at_least_the_median(seconds: list[float]) -> None:
    (summary,) = summarize([row("build", "success", value) for value in seconds], "job")
    assert summary["p95_seconds"] in {round(value, 1) for value in seconds}
    assert summary["median_seconds"] <= summary["p95_seconds"] + 0.1
    assert sum(value <= summary["p95_seconds"] + 0.1 for value in seconds) >= 0.95 * len(seconds)


def test_the_options_of_fake_configure_what_it_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    served: list[FakeCircleCI] = []

    async def serve(fake: FakeCircleCI, _host: str, _port: int) -> None:
        served.append(fake)

    monkeypatch.setattr("circleci_v2.cli.fake._serve", serve)
    options = (
        "--latency",
        "0.25",
        "--failures",
        "0.3",
        "--rate-limit",
        "500",
        "--check",
        "strict",
        "--spelling",
        "document",
    )
    assert run("fake", "--pipelines", "1", "--speed", "0", "--realistic", *options).exit_code == 0
    (fake,) = served
    with http_of(fake) as http:
        responses = [http.get("/me", params={"odd": "yes"} if odd else {}) for odd in (False, True) * 100]
    statuses = Counter(response.status_code for response in responses)
    assert 30 < statuses[503] < 90
    assert 50 < statuses[400] < 100
    assert responses[0].headers["ratelimit-limit"] == "500"
    assert {response.headers.get("x-ratelimit-limit") for response in responses if response.status_code == 200} == {
        "151"
    }
    assert any("avatar_url" in response.json() for response in responses)
    assert fake.clock.now() - fake.journal[0].at == pytest.approx(200 * 0.25)


def test_the_help_of_fake_has_examples() -> None:
    assert run("fake", "--help").stdout.count("circleci-v2 fake --") == 3
