"""Deviations of the live API from its document."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from circleci_v2.testing import FakeCircleCI, FakeRateLimit, FakeResponse
from tests.testing.live import http_of

PROJECT = "/project/gh/acme/web"


@pytest.fixture
def fake() -> FakeCircleCI:
    fake = FakeCircleCI.seeded(pipelines=200)
    fake.realistic = True
    return fake


def items(http: httpx.Client, path: str) -> list[Any]:
    found, token = [], None
    while True:
        page = http.get(path, params={"page-token": token} if token else {}).json()
        found += page["items"]
        token = page["next_page_token"]
        if token is None:
            return found


def test_the_budget_in_the_headers_never_moves(http: httpx.Client) -> None:
    headers_seen = {
        tuple(sorted(item for item in http.get("/me").headers.items() if "ratelimit" in item[0])) for _ in range(5)
    }
    assert headers_seen == {
        (("x-ratelimit-limit", "151"), ("x-ratelimit-remaining", "150"), ("x-ratelimit-reset", "0"))
    }


def test_trigger_types_occur_that_the_document_does_not_know(http: httpx.Client) -> None:
    pipelines = items(http, f"{PROJECT}/pipeline")
    kinds = {pipeline["trigger"]["type"] for pipeline in pipelines}
    assert {"Decoupled Ingestion System", "schedule", "webhook"} <= kinds
    scheduled = [pipeline for pipeline in pipelines if "vcs" not in pipeline]
    assert scheduled
    for pipeline in scheduled:
        assert pipeline["trigger"]["received_at"] == "1970-01-01T00:00:00.000Z"
        assert pipeline["trigger"]["actor"] == {"login": "", "avatar_url": None}
        assert pipeline["trigger_parameters"]["git"]["branch"] == "main"


def test_pipelines_of_tags_have_no_commit(http: httpx.Client) -> None:
    tags = [pipeline for pipeline in items(http, f"{PROJECT}/pipeline") if "tag" in pipeline.get("vcs", {})]
    assert tags
    assert all(pipeline["vcs"]["commit"] is None for pipeline in tags)


def test_workflows_are_late(fake: FakeCircleCI, http: httpx.Client) -> None:
    created = http.post(f"{PROJECT}/pipeline").json()
    path = f"/pipeline/{created['id']}/workflow"
    assert http.get(path).json()["items"] == []
    fake.clock.advance(2)
    assert len(http.get(path).json()["items"]) == 2


def test_tests_that_pass_have_no_file_and_all_run_for_a_text(fake: FakeCircleCI, http: httpx.Client) -> None:
    now = fake.clock.now()
    flows = fake.state.projects["gh/acme/web"].planned_workflows()
    job = next(job for flow in flows for job in flow.jobs if job.plan.tests and job.status(now) == "success")
    tests = items(http, f"{PROJECT}/{job.number}/tests")
    assert any("file" not in test for test in tests)
    assert {type(test["message"]) for test in tests} == {str}  # CircleCI's MCP server accepts nothing else
    assert {type(test["run_time"]) for test in tests} == {str}


def test_approvals_have_no_details_and_no_number(fake: FakeCircleCI, http: httpx.Client) -> None:
    held = fake.add_pipeline("gh/acme/web", status="on_hold").planned_workflows[-1]
    approval = next(job for job in items(http, f"/workflow/{held.id}/job") if job["type"] == "approval")
    assert "job_number" not in approval
    assert approval["started_at"] is None
    assert approval["approval_request_id"]


def test_organizations_keep_their_ids(http: httpx.Client) -> None:
    assert all(organization["id"] for organization in http.get("/me/collaborations").json())


def test_responses_do_not_deviate_by_default() -> None:
    with http_of(FakeCircleCI.seeded(pipelines=5)) as http:
        assert "x-ratelimit-limit" not in http.get("/me").headers


def test_custom_responses_are_not_made_realistic(fake: FakeCircleCI, http: httpx.Client) -> None:
    fake.faults.respond_next(FakeResponse(401, b"<h1>No</h1>", {"content-type": "text/html"}))
    fake.faults.respond_next(FakeResponse.json({}))
    assert http.get("/me").text == "<h1>No</h1>"
    assert http.get(f"{PROJECT}/pipeline").json() == {}


def test_rate_limit_headers_of_a_fault_take_precedence(fake: FakeCircleCI, http: httpx.Client) -> None:
    fake.faults.limit_rate(FakeRateLimit(7, headers=("X-RateLimit",), timer=lambda: 0.0))
    assert http.get("/me").headers["x-ratelimit-limit"] == "7"
