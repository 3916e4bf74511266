"""Each command, as somebody would try it first: with --demo."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from circleci_v2 import __version__
from circleci_v2.cli.app import app
from circleci_v2.testing import FakeCircleCI, WorkflowPlan

PROJECT = "gh/acme/web"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def rows_of(*arguments: str) -> list[dict[str, Any]]:
    result = run(*arguments, "--jsonl", "--demo")
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_demo_sums_up_a_history_and_writes_every_record(tmp_path: Path) -> None:
    output = tmp_path / "new" / "records.jsonl"
    result = run("demo", "--pipelines", "60", "--output", str(output))

    assert result.exit_code == 0, result.output
    assert "Workflows of gh/acme/web" in result.stdout
    assert "Slowest jobs" in result.stdout
    assert "CIRCLE_TOKEN=" in result.stdout
    records = [json.loads(line) for line in output.read_text().splitlines()]
    assert [record["pipeline"]["number"] for record in records] == list(range(60, 0, -1))
    assert all(workflow["jobs"] for record in records for workflow in record["workflows"])


def test_demo_gives_the_same_records_every_time(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for output in (first, second):
        assert run("demo", "--pipelines", "30", "--output", str(output)).exit_code == 0
    assert first.read_bytes() == second.read_bytes()


def test_whoami_shows_the_owner_of_the_token() -> None:
    assert [(row["login"], row["organization"]) for row in rows_of("whoami")] == [("fake-user", "gh/acme")]


def test_history_lists_workflows_newest_first() -> None:
    rows = rows_of("history", PROJECT, "--limit", "5")
    numbers = [row["pipeline_number"] for row in rows]
    assert numbers == sorted(numbers, reverse=True)
    assert set(numbers) == {400, 399, 398, 397, 396}


def test_history_of_a_branch_holds_no_other() -> None:
    assert {row["branch"] for row in rows_of("history", PROJECT, "--branch", "main", "--limit", "9")} == {"main"}


def test_history_reaches_back_as_far_as_it_is_told() -> None:
    day, week = (len(rows_of("history", PROJECT, "--since", since, "--limit", "400")) for since in ("1d", "7d"))
    assert 0 < day < week


def test_jobs_have_the_numbers_by_which_artifacts_are_found(tmp_path: Path) -> None:
    rows = rows_of("jobs", PROJECT, "--limit", "30")
    tested = next(row for row in rows if row["job_name"] == "unit-tests" and row["job_status"] == "success")
    number = str(tested["job_number"])

    listed = rows_of("artifacts", PROJECT, number)
    assert {"logs/unit-tests.log", "coverage/index.html"} <= {row["path"] for row in listed}
    result = run("artifacts", PROJECT, number, "--output", str(tmp_path), "--match", "*.xml", "--demo")
    assert result.exit_code == 0, result.output
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == ["junit.xml"] * 4


def test_flaky_tests_come_worst_first() -> None:
    flaked = [row["flaked"] for row in rows_of("flaky", PROJECT)]
    assert flaked == sorted(flaked, reverse=True)
    assert flaked[0] > 1


def test_usage_is_written_to_a_file(tmp_path: Path) -> None:
    output = tmp_path / "usage.csv"
    result = run("usage", "gh/acme", "--output", str(output), "--start", "5d", "--demo")
    assert result.exit_code == 0, result.output
    with output.open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows[0]) == 48
    assert {row["PROJECT_NAME"] for row in rows} == {"web"}


def test_trigger_prints_the_id_for_the_next_command() -> None:
    result = run("trigger", PROJECT, "--branch", "main", "-p", "deploy=true", "--demo")
    assert result.exit_code == 0, result.output
    assert len(result.stdout.strip()) == 36
    assert "is pending" in result.stderr


@pytest.mark.parametrize(
    ("form", "read"), [("--json", json.loads), ("--csv", lambda text: list(csv.DictReader(io.StringIO(text))))]
)
def test_rows_come_in_the_format_asked_for(form: str, read: Any) -> None:
    result = run("history", PROJECT, "--limit", "3", form, "--demo")
    rows = read(result.stdout)
    assert {"pipeline_number", "workflow_name", "workflow_status", "workflow_seconds", "workflow_id"} <= set(rows[0])


def test_a_table_is_for_people() -> None:
    result = run("history", PROJECT, "--limit", "3", "--demo")
    assert "Workflows of gh/acme/web" in result.stdout
    assert "workflow id" not in result.stdout


def test_api_calls_anything() -> None:
    assert json.loads(run("api", "me", "--demo").stdout)["login"] == "fake-user"
    result = run("api", "/project/gh/acme/web/pipeline", "-q", "branch=main", "--paginate", "--demo")
    branches = {json.loads(line)["vcs"]["branch"] for line in result.stdout.splitlines()}
    assert branches == {"main"}
    assert len(result.stdout.splitlines()) > 40


def test_api_posts_what_it_is_given() -> None:
    result = run("api", "/project/gh/acme/web/pipeline", "-d", '{"branch": "main"}', "--demo")
    assert json.loads(result.stdout)["number"] == 401


def test_api_takes_a_query_where_addresses_have_it() -> None:
    path = "/project/gh/acme/web/pipeline?branch=main"
    branches = {item["vcs"]["branch"] for item in json.loads(run("api", path, "--demo").stdout)["items"]}
    assert branches == {"main"}


def test_api_reads_a_body_from_a_file_or_from_standard_input(tmp_path: Path) -> None:
    body = tmp_path / "body.json"
    body.write_text('{"branch": "main"}')
    for data, given in ((f"@{body}", None), ("@-", body.read_text())):
        arguments = ["api", "/project/gh/acme/web/pipeline", "-d", data, "--demo"]
        result = CliRunner().invoke(app, arguments, input=given)
        assert json.loads(result.stdout)["number"] == 401, result.output


def test_usage_does_not_replace_a_file_unless_it_is_told_to(tmp_path: Path) -> None:
    output = tmp_path / "usage.csv"
    output.write_text("mine")
    result = run("usage", "gh/acme", "--output", str(output), "--demo")
    assert (result.exit_code, output.read_text()) == (2, "mine")
    assert "--overwrite" in result.stderr
    result = run("usage", "gh/acme", "--output", str(output), "--start", "2d", "--overwrite", "--demo")
    assert result.exit_code == 0, result.output
    assert output.read_text() != "mine"


@pytest.mark.parametrize(
    "arguments",
    [("artifacts", PROJECT, "{job}", "--output", "{file}"), ("demo", "--pipelines", "5", "--output", "{file}/x")],
)
def test_a_place_where_nothing_can_be_written_is_named(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    job = str(rows_of("jobs", PROJECT, "--limit", "1")[0]["job_number"])
    file = tmp_path / "a-file-where-a-folder-should-be"
    file.touch()
    demo = () if arguments[0] == "demo" else ("--demo",)
    result = run(*(text.format(job=job, file=file) for text in arguments), *demo)
    assert result.exit_code == 3, result.output
    assert file.name in result.stderr


@pytest.mark.parametrize("name", ["[old]", "[/]"])
def test_names_of_files_in_square_brackets_are_shown_as_they_are(tmp_path: Path, name: str) -> None:
    job = str(rows_of("jobs", PROJECT, "--limit", "1")[0]["job_number"])
    folder, file = tmp_path / "artifacts" / name, tmp_path / "usage" / name
    for arguments in (
        ("artifacts", PROJECT, job, "--output", str(folder), "--demo"),
        ("usage", "gh/acme", "--output", str(file), "--start", "2d", "--demo"),
        ("demo", "--pipelines", "5", "--output", str(tmp_path / name)),
    ):
        result = run(*arguments)
        assert result.exit_code == 0, result.output
        assert str(Path(arguments[arguments.index("--output") + 1])) in result.output


@pytest.mark.parametrize("name", ["build [prod]", "[/]"])
def test_names_of_workflows_in_square_brackets_are_shown_as_they_are(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    fake = FakeCircleCI()
    pipeline = fake.add_pipeline(PROJECT, workflows=[WorkflowPlan(name=name, jobs=("build",))])
    with fake.serve() as url:
        monkeypatch.setenv("CIRCLECI_BASE_URL", url)
        monkeypatch.setenv("CIRCLE_TOKEN", fake.token)
        result = run("wait", pipeline.id)
    assert result.exit_code == 0, result.output
    assert f"workflow {name}: new → success" in result.stderr


def test_the_version_is_that_of_the_library() -> None:
    assert run("--version").stdout == f"circleci-v2 {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "exit_code", "message"),
    [
        (("history", "gh/acme", "--demo"), 2, "gh/acme"),
        (("history", "gh/acme/none", "--demo"), 5, "Project not found"),
        (("history", PROJECT, "--since", "yesterday", "--demo"), 2, "yesterday"),
        (("history", PROJECT, "--since", "99999999999w", "--demo"), 2, "99999999999w"),
        (("usage", "gh/acme", "--end", "0001-01-05", "--demo"), 2, "no 30 days before --end 0001-01-05"),
        (("usage", "gh/acme", "--start", "0001-01-01T00:00+05:00", "--demo"), 2, "0001-01-01T00:00+05:00"),
        (("wait", "nope", "--demo"), 2, "not a valid UUID"),
        (("fake", "--speed", "inf"), 2, "inf"),
        (("api", "/me", "-d", "{", "--demo"), 2, "not JSON"),
        (("api", "/me", "-d", "@/no/such/file", "--demo"), 2, "No such file"),
        (("history", PROJECT, "--json", "--csv", "--demo"), 2, "exclude each other"),
        (("trigger", PROJECT, "-p", "deploy", "--demo"), 2, "key=value"),
        (("trigger", PROJECT, "--branch", "a", "--tag", "b", "--demo"), 2, "exclude each other"),
        (("wait",), 2, "UUID"),
        (("wait", "--timeout", "1", "--demo"), 124, "has not ended"),
        (("api", "/me", "--paginate", "--demo"), 2, "not answered with pages"),
        (("api", "/me", "-X", "DELETE", "--demo"), 3, "Method Not Allowed"),
        (("fake", "--project", "web"), 2, "no project slug"),
    ],
)
def test_what_goes_wrong_is_said_and_has_an_exit_code(arguments: tuple[str, ...], exit_code: int, message: str) -> None:
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (exit_code, "")
    assert message in " ".join(result.stderr.replace("│", " ").split())


def test_without_a_token_it_says_where_it_looked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("CIRCLE_TOKEN", "CIRCLECI_TOKEN", "CIRCLECI_CLI_TOKEN", "CIRCLE_CLI_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    result = run("whoami")
    assert result.exit_code == 2
    assert "CIRCLE_TOKEN" in result.stderr


@pytest.mark.parametrize(("status", "exit_code"), [("success", 0), ("failed", 1), ("canceled", 1), ("errored", 1)])
def test_wait_tells_scripts_how_a_pipeline_ended(monkeypatch: pytest.MonkeyPatch, status: str, exit_code: int) -> None:
    fake = FakeCircleCI()
    pipeline = fake.add_pipeline(PROJECT, status=status)
    fake.clock.advance(3600)
    with fake.serve() as url:
        monkeypatch.setenv("CIRCLECI_BASE_URL", url)
        monkeypatch.setenv("CIRCLE_TOKEN", fake.token)
        result = run("wait", pipeline.id)
    assert result.exit_code == exit_code, result.output
    assert f"Pipeline 1: {status}" in result.stdout
    assert ("The configuration is not valid." in result.stderr) == (status == "errored")


def test_a_wrong_token_has_an_exit_code_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with FakeCircleCI().serve() as url:
        monkeypatch.setenv("CIRCLECI_BASE_URL", url)
        monkeypatch.setenv("CIRCLE_TOKEN", "wrong-token")
        result = run("whoami")
        # With a UUID, the export itself is the first thing that is asked for.
        exported = run("usage", "00000000-0000-0000-0000-000000000000", "--output", str(tmp_path / "usage.csv"))
    assert (result.exit_code, exported.exit_code) == (4, 4)
    assert "Invalid token provided." in result.stderr
    assert "wrong-token" not in result.output
