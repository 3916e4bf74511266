from __future__ import annotations

import httpx
import pytest

from circleci_v2 import CircleCI, artifacts
from circleci_v2.errors import ArtifactError, NotFoundError
from tests.artifacts.storage import PIPELINE, RERUN, SLUG, WORKFLOW, StoredFile, job, pipeline, workflow

pytestmark = [
    pytest.mark.anyio,
    # httpx leaves its own inner generators to the garbage collector when a body is not read to its end; trio notices.
    pytest.mark.filterwarnings("ignore:Async generator '(httpx|httpcore):ResourceWarning"),
]


@pytest.fixture
def runs(storage):
    """A pipeline without workflows yet, then one with a workflow and its rerun."""
    new = "11111111-0a52-4c3e-8d86-0f5e5ec09b0a"
    storage.responses[f"/project/{SLUG}/pipeline"] = {"items": [pipeline(new, 2), pipeline()], "next_page_token": None}
    storage.responses[f"/pipeline/{PIPELINE}/workflow"] = {
        "items": [
            workflow("build", WORKFLOW),
            workflow("build", RERUN, "2026-03-02T10:00:00Z"),
            workflow("build", None),
        ],
        "next_page_token": None,
    }
    storage.responses[f"/workflow/{WORKFLOW}/job"] = {
        "items": [job("test", 17), job("lint", 18)],
        "next_page_token": None,
    }
    storage.responses[f"/workflow/{RERUN}/job"] = {
        "items": [job("test", 19, status="failed"), job("wait", None), job("lint", 20)],
        "next_page_token": None,
    }
    for number in (17, 18, 19, 20):
        storage.store(StoredFile(f"report-{number}", b"x"), job=number)


@pytest.mark.parametrize(
    ("options", "number"),
    [
        ({"job": "test"}, 17),
        ({"job": "lint"}, 20),
        ({"job": "test", "status": "failed"}, 19),
        ({"job": "test", "status": None}, 19),
        ({"job": "lint", "workflow": "build", "branch": "main"}, 20),
    ],
)
async def test_the_newest_run_of_a_job_is_found(circleci, runs, options, number):
    latest = await artifacts.latest_artifacts(circleci, SLUG, **options)
    assert latest.job.job_number == number
    assert [artifact.path for artifact in latest.artifacts] == [f"report-{number}"]
    assert str(latest.pipeline.id) == PIPELINE


async def test_a_workflow_that_is_gone_is_passed_over(circleci, storage, runs):
    del storage.responses[f"/workflow/{RERUN}/job"]
    latest = await artifacts.latest_artifacts(circleci, SLUG, job="lint")
    assert latest.job.job_number == 18


@pytest.mark.parametrize("path", [f"/pipeline/{PIPELINE}/workflow", f"/workflow/{WORKFLOW}/job"])
async def test_a_list_whose_token_expired_is_an_error_and_not_passed_over(storage, runs, path):
    def handler(request: httpx.Request) -> httpx.Response:
        content = storage.responses.get(request.url.path.removeprefix("/api/v2"))
        if request.url.path.endswith(path):
            content = content | {"next_page_token": "expired"}
        is_missing = content is None or "page-token" in request.url.params
        return httpx.Response(404 if is_missing else 200, json=content)

    async with CircleCI("token", transport=httpx.MockTransport(handler)) as circleci:
        with pytest.raises(NotFoundError) as caught:
            await artifacts.latest_artifacts(circleci, SLUG, job="deploy")
    assert caught.value.next_page_token == "expired"


async def test_an_approval_with_a_number_is_no_run(circleci, storage, runs):
    newer = {"items": [job("lint", 20, type="approval")], "next_page_token": None}
    storage.responses[f"/workflow/{RERUN}/job"] = newer
    latest = await artifacts.latest_artifacts(circleci, SLUG, job="lint")
    assert latest.job.job_number == 18


@pytest.mark.parametrize(
    "options",
    [{"job": "deploy"}, {"job": "test", "workflow": "other"}, {"job": "wait"}, {"job": "test", "search": 1}],
)
async def test_the_error_for_a_missing_run_names_the_search(circleci, runs, options):
    with pytest.raises(ArtifactError, match=rf"no run of job '{options['job']}'.* newest \d pipelines of gh/acme/web"):
        await artifacts.latest_artifacts(circleci, SLUG, **options)


async def test_only_a_search_that_ended_early_is_said_to_go_on(circleci, storage, runs):
    page = storage.responses[f"/project/{SLUG}/pipeline"]
    with pytest.raises(ArtifactError, match=r"newest 2 pipelines of gh/acme/web, which are all$"):
        await artifacts.latest_artifacts(circleci, SLUG, job="deploy")
    page["next_page_token"] = "more"
    before = len(storage.api.requests)
    with pytest.raises(ArtifactError, match="pipelines of gh/acme/web: raise search= to go on"):
        await artifacts.latest_artifacts(circleci, SLUG, job="deploy", search=2)
    assert not any("page-token" in request.target for request in storage.api.requests[before:])
