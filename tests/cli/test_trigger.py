"""The commands trigger, wait and api."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from circleci_v2.cli.app import app
from circleci_v2.testing import FakeCircleCI, WorkflowPlan
from tests.cli.commands import PROJECT, run


def test_trigger_prints_the_id_for_the_next_command() -> None:
    result = run("trigger", PROJECT, "--branch", "main", "-p", "deploy=true", "--demo")
    assert result.exit_code == 0, result.output
    assert len(result.stdout.strip()) == 36
    assert "is pending" in result.stderr


@pytest.mark.parametrize(("status", "exit_code"), [("success", 0), ("failed", 1), ("canceled", 1), ("errored", 1)])
def test_wait_exits_with_the_result_of_the_pipeline(
    monkeypatch: pytest.MonkeyPatch, status: str, exit_code: int
) -> None:
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


@pytest.mark.parametrize("name", ["build [prod]", "[/]"])
def test_workflow_names_in_square_brackets_are_printed_literally(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    fake = FakeCircleCI()
    pipeline = fake.add_pipeline(PROJECT, workflows=[WorkflowPlan(name=name, jobs=("build",))])
    with fake.serve() as url:
        monkeypatch.setenv("CIRCLECI_BASE_URL", url)
        monkeypatch.setenv("CIRCLE_TOKEN", fake.token)
        result = run("wait", pipeline.id)
    assert result.exit_code == 0, result.output
    assert f"workflow {name}: new → success" in result.stderr


def test_api_calls_any_endpoint() -> None:
    assert json.loads(run("api", "me", "--demo").stdout)["login"] == "fake-user"
    result = run("api", "/project/gh/acme/web/pipeline", "-q", "branch=main", "--paginate", "--demo")
    branches = {json.loads(line)["vcs"]["branch"] for line in result.stdout.splitlines()}
    assert branches == {"main"}
    assert len(result.stdout.splitlines()) > 40


def test_api_posts_the_data() -> None:
    result = run("api", "/project/gh/acme/web/pipeline", "-d", '{"branch": "main"}', "--demo")
    assert json.loads(result.stdout)["number"] == 401


def test_api_accepts_a_query_in_the_path() -> None:
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
