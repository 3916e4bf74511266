"""The commands that read and print: whoami, history, jobs, flaky."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest

from tests.cli.commands import PROJECT, rows_of, run


def test_whoami_shows_the_owner_of_the_token() -> None:
    assert [(row["login"], row["organization"]) for row in rows_of("whoami")] == [("fake-user", "gh/acme")]


def test_history_lists_workflows_newest_first() -> None:
    rows = rows_of("history", PROJECT, "--limit", "5")
    numbers = [row["pipeline_number"] for row in rows]
    assert numbers == sorted(numbers, reverse=True)
    assert set(numbers) == {400, 399, 398, 397, 396}


def test_history_of_a_branch_contains_no_other_branch() -> None:
    assert {row["branch"] for row in rows_of("history", PROJECT, "--branch", "main", "--limit", "9")} == {"main"}


def test_history_covers_the_period_of_since() -> None:
    half, day = (len(rows_of("history", PROJECT, "--since", since, "--limit", "400")) for since in ("12h", "1d"))
    assert 0 < half < day


def test_flaky_lists_the_most_frequent_first() -> None:
    flaked = [row["flaked"] for row in rows_of("flaky", PROJECT)]
    assert flaked == sorted(flaked, reverse=True)
    assert flaked[0] > 1


@pytest.mark.parametrize(
    ("form", "read"), [("--json", json.loads), ("--csv", lambda text: list(csv.DictReader(io.StringIO(text))))]
)
def test_rows_are_printed_in_the_selected_format(form: str, read: Any) -> None:
    result = run("history", PROJECT, "--limit", "3", form, "--demo")
    rows = read(result.stdout)
    assert {"pipeline_number", "workflow_name", "workflow_status", "workflow_seconds", "workflow_id"} <= set(rows[0])


def test_a_table_shows_selected_columns() -> None:
    result = run("history", PROJECT, "--limit", "3", "--demo")
    assert "Workflows of gh/acme/web" in result.stdout
    assert "workflow id" not in result.stdout
