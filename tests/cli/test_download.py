"""The commands that write files: artifacts, usage, mirror."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pyarrow.parquet as pq
import pytest

from circleci_v2.testing import FakeCircleCI
from tests.cli.commands import PROJECT, rows_of, run


def test_artifacts_are_found_by_the_number_that_jobs_prints(tmp_path: Path) -> None:
    rows = rows_of("jobs", PROJECT, "--limit", "30")
    # Each command has a fake of its own, whose time starts now: a job that ended lately may still run in the next one.
    yesterday = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    tested = next(
        row
        for row in rows
        if row["job_name"] == "unit-tests" and row["job_status"] == "success" and row["job_stopped_at"] < yesterday
    )
    number = str(tested["job_number"])

    listed = rows_of("artifacts", PROJECT, number)
    assert {"logs/unit-tests.log", "coverage/index.html"} <= {row["path"] for row in listed}
    result = run("artifacts", PROJECT, number, "--output", str(tmp_path), "--match", "*.xml", "--demo")
    assert result.exit_code == 0, result.output
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == ["junit.xml"] * 4


def test_usage_is_written_to_a_file(tmp_path: Path) -> None:
    output = tmp_path / "usage.csv"
    result = run("usage", "gh/acme", "--output", str(output), "--start", "5d", "--demo")
    assert result.exit_code == 0, result.output
    with output.open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows[0]) == 48
    assert {row["PROJECT_NAME"] for row in rows} == {"web"}


def test_downloads_print_their_files_as_json(tmp_path: Path) -> None:
    tested = next(row for row in rows_of("jobs", PROJECT, "--limit", "20") if row["job_name"] == "unit-tests")
    folder, output = tmp_path / "files", tmp_path / "usage.csv"
    job = str(tested["job_number"])
    arguments = ("artifacts", PROJECT, job, "--output", str(folder), "--match", "*.xml", "--demo")
    files = [row["file"] for row in json.loads(run(*arguments, "--json").stdout)]
    assert sorted(files) == sorted(str(path) for path in folder.rglob("*.xml"))
    result = run("usage", "gh/acme", "--output", str(output), "--start", "2d", "--json", "--demo")
    export = json.loads(result.stdout)
    assert (export["file"], export["bytes"]) == (str(output), output.stat().st_size)
    assert export["rows"] == len(output.read_text().splitlines()) - 1
    assert len(export["columns"]) == 48


def test_usage_replaces_a_file_only_with_overwrite(tmp_path: Path) -> None:
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
def test_the_error_names_an_output_that_cannot_be_written(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    job = str(rows_of("jobs", PROJECT, "--limit", "1")[0]["job_number"])
    file = tmp_path / "a-file-where-a-folder-should-be"
    file.touch()
    demo = () if arguments[0] == "demo" else ("--demo",)
    result = run(*(text.format(job=job, file=file) for text in arguments), *demo)
    assert result.exit_code == 3, result.output
    assert file.name in result.stderr


@pytest.mark.parametrize("name", ["[old]", "[/]"])
def test_file_names_in_square_brackets_are_printed_literally(tmp_path: Path, name: str) -> None:
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


def test_mirror_writes_a_dataset_that_can_be_queried(tmp_path: Path) -> None:
    (row,) = rows_of("mirror", "gh/acme", "--to", str(tmp_path), "--since", "14d", "--include", "tests")
    assert row == {"project": PROJECT, "new": row["new"], "refreshed": 0, "missing_parts": 0, "error": None} | {
        "in_progress": row["in_progress"]
    }
    for kind in ("pipelines", "workflows", "tests"):
        assert pq.read_table(tmp_path / kind).num_rows > 0
    assert pq.read_table(tmp_path / "pipelines").num_rows == row["new"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--since", "7d", "--include", "logs"), "include="),
        (("--since", "2999-01-01"), "is not before"),
        (("--since", "7d", "--project", "web"), "'web'"),
    ],
)
def test_invalid_options_of_mirror_are_usage_errors(tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    result = run("mirror", "gh/acme", "--to", str(tmp_path), *arguments, "--demo")
    assert result.exit_code == 2, result.output
    assert message in result.stderr


def test_mirror_names_the_projects_that_it_cannot_resolve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeCircleCI()
    organization = f"circleci/{UUID(int=7)}"
    fake.add_project(f"{organization}/{UUID(int=8)}", name="un\x1bfollowed")
    with fake.serve() as url:
        monkeypatch.setenv("CIRCLE_TOKEN", fake.token)
        monkeypatch.setenv("CIRCLECI_BASE_URL", url)
        result = run("mirror", organization, "--to", str(tmp_path), "--since", "2d")
    assert result.exit_code == 0, result.output
    assert r"without their slugs: un\x1bfollowed." in result.stderr


def test_mirror_reports_the_error_of_a_project_and_mirrors_the_others(tmp_path: Path) -> None:
    result = run(
        *("mirror", "gh/acme", "--to", str(tmp_path), "--since", "2d", "--demo", "--jsonl"),
        *("--project", PROJECT, "--project", "gh/acme/gone"),
    )
    assert result.exit_code == 3, result.output
    gone, web = (json.loads(line) for line in result.stdout.splitlines())
    assert (gone["project"], web["error"]) == ("gh/acme/gone", None)
    assert "NotFoundError" in gone["error"]
    assert pq.read_table(tmp_path / "pipelines").num_rows == web["new"]
