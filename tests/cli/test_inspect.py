"""The commands that read and print: whoami, history, jobs, flaky."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest

from circleci_v2.testing import FakeCircleCI
from tests.cli.commands import PROJECT, rows_of, run
from tests.loopback import Received, Reply, serving


def test_whoami_shows_the_owner_of_the_token() -> None:
    assert [(row["login"], row["organization"]) for row in rows_of("whoami")] == [("fake-user", "gh/acme")]


def test_history_lists_workflows_newest_first() -> None:
    rows = rows_of("history", PROJECT, "--limit", "5")
    numbers = [row["pipeline_number"] for row in rows]
    assert numbers == sorted(numbers, reverse=True)
    assert set(numbers) == {400, 399, 398, 397, 396}


def test_history_of_an_organization_names_the_projects() -> None:
    assert {row["project_slug"] for row in rows_of("history", "gh/acme", "--limit", "3")} == {PROJECT}
    assert "project" in run("history", "gh/acme", "--limit", "3", "--demo").stdout.splitlines()[1]


def test_history_of_all_projects_leaves_out_those_that_are_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeCircleCI()
    for name in ("api", "gone", "web"):
        fake.add_pipeline(f"gh/acme/{name}", jobs=["build", "test"])
    fake.faults.fail_next(404, route="GET /project/{project-slug}/pipeline", times=2)
    with fake.serve() as url:
        monkeypatch.setenv("CIRCLECI_BASE_URL", url)
        monkeypatch.setenv("CIRCLE_TOKEN", fake.token)
        some = run("history", "gh/acme", "--all-projects", "--since", "2026-01-01", "--jsonl")
        jobs = run("jobs", "gh/acme", "--all-projects", "--since", "2026-01-01", "--csv")
    assert [json.loads(line)["project_slug"] for line in some.stdout.splitlines()] == ["gh/acme/web"]
    assert "gh/acme/api is left out: 404" in some.stderr
    assert [row["project_slug"].rpartition("/")[2] for row in csv.DictReader(io.StringIO(jobs.stdout))] == [
        *("api", "api", "gone", "gone", "web", "web")
    ]


@pytest.mark.parametrize(
    "arguments",
    [("gh/acme",), (PROJECT, "--since", "1d"), ("gh/acme", "--since", "1d", "--branch", "main")],
    ids=["no time", "a project", "a branch"],
)
@pytest.mark.parametrize("command", ["history", "jobs"])
def test_all_projects_are_those_of_an_organization_since_a_time(command: str, arguments: tuple[str, ...]) -> None:
    result = run(command, *arguments, "--all-projects", "--demo")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "--all-projects takes an organization slug" in " ".join(result.stderr.replace("│", " ").split())


def test_projects_lists_the_projects_and_their_sources() -> None:
    assert [(row["slug"], row["sources"]) for row in rows_of("projects", "gh/acme")] == [
        (PROJECT, "insights, pipelines")
    ]
    (row,) = rows_of("projects", "gh/acme", "--followed")
    assert row["sources"] == "insights, pipelines, followed, followed-v1"
    assert "found in" in run("projects", "gh/acme", "--demo").stdout


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


@pytest.mark.parametrize("text", ["soon", 7, "2026-13-01T00:00:00Z"])
@pytest.mark.parametrize("form", ["--jsonl", "--json", "--csv", None])
@pytest.mark.parametrize("command", ["history", "jobs"])
def test_a_time_that_is_no_time_is_printed_as_it_came(
    monkeypatch: pytest.MonkeyPatch, command: str, form: str | None, text: Any
) -> None:
    """Over a socket, from a server whose pipelines, workflows and jobs all have such times."""
    times = {"created_at": text, "started_at": text, "stopped_at": text}
    uuid = "5034460f-c7c4-4c43-9457-de07e2029e7b"
    base = {"id": uuid, "project_slug": PROJECT, "name": "build", "status": "success", "number": 7, **times}
    details = {"state": "created", "errors": [], "trigger": None, "pipeline_id": uuid, "pipeline_number": 7}
    item = base | details | {"started_by": uuid, "type": "build", "dependencies": [], "job_number": 8}

    def handler(_: Received) -> Reply:
        return Reply(body=json.dumps({"items": [item], "next_page_token": None}).encode())

    with serving(handler) as server:
        monkeypatch.setenv("CIRCLECI_BASE_URL", f"{server.url}/api/v2")
        monkeypatch.setenv("CIRCLE_TOKEN", "token")
        result = run(command, PROJECT, *([form] if form else []))
    assert result.exit_code == 0, result.output
    # A table may have no room for all of it.
    assert (str(text) if form else str(text)[:4]) in result.stdout
    assert len(server.requests) == 3 if command == "jobs" else 2
