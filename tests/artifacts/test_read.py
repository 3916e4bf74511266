from __future__ import annotations

import gzip
import random

import httpx
import pytest

from circleci_v2 import CircleCI, artifacts
from circleci_v2.errors import APIConnectionError, ArtifactError, DecodeError, NotFoundError
from tests.artifacts.storage import (
    PIPELINE,
    RERUN,
    SLUG,
    WORKFLOW,
    StoredFile,
    job,
    pipeline,
    reply_without_ranges,
    workflow,
)
from tests.loopback import Reply

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


async def test_an_artifact_that_is_listed_without_a_url_is_an_error(circleci, storage):
    storage.store(StoredFile("odd", b"x", listed={"url": None}))
    (artifact,) = await circleci.jobs.list_artifacts(SLUG, 17).collect()
    with pytest.raises(ValueError, match="address"):
        async with artifacts.open_artifact(circleci, artifact):
            pass


@pytest.mark.parametrize("over_sockets", [True])
async def test_an_artifact_can_be_read_without_a_file(circleci, storage):
    content = random.Random(1).randbytes(300_000)
    storage.store(StoredFile("file", content))
    (artifact,) = await circleci.jobs.list_artifacts(SLUG, 17).collect()
    async with artifacts.open_artifact(circleci, artifact) as stream:
        assert (stream.start, stream.size) == (0, 300_000)
        assert b"".join([piece async for piece in stream]) == content


async def test_an_artifact_can_be_read_from_a_byte_on(circleci, storage):
    storage.store(StoredFile("file", b"0123456789"))
    (artifact,) = await circleci.jobs.list_artifacts(SLUG, 17).collect()
    async with artifacts.open_artifact(circleci, artifact.url, start=7) as stream:
        assert (stream.start, stream.size) == (7, 3)
        assert b"".join([piece async for piece in stream]) == b"789"


async def test_a_server_without_ranges_is_an_error(circleci, storage):
    storage.store(StoredFile("file", b"0123456789"))
    storage.reply = lambda _request, file, _right: reply_without_ranges(file)
    (artifact,) = await circleci.jobs.list_artifacts(SLUG, 17).collect()
    with pytest.raises(ArtifactError, match="byte 7"):
        async with artifacts.open_artifact(circleci, artifact, start=7):
            pass


async def test_an_artifact_is_continued_with_the_version_that_it_had(circleci, storage):
    storage.store(StoredFile("file", b"0123456789"))
    (artifact,) = await circleci.jobs.list_artifacts(SLUG, 17).collect()
    async with artifacts.open_artifact(circleci, artifact) as first:
        assert first.version
    async with artifacts.open_artifact(circleci, artifact, start=7, version=first.version) as stream:
        assert b"".join([piece async for piece in stream]) == b"789"
        assert stream.version == first.version
    assert storage.storage.requests[-1].headers["if-range"] == first.version


@pytest.mark.parametrize("honoured", [True, False])
async def test_another_version_of_an_artifact_is_not_continued(circleci, storage, honoured):
    storage.store(StoredFile("file", b"0123456789"))
    if not honoured:
        headers = {"ETag": '"new"', "Content-Range": "bytes 7-9/10"}
        storage.reply = lambda _request, _file, _right: Reply(206, headers, b"789")
    (artifact,) = await circleci.jobs.list_artifacts(SLUG, 17).collect()
    with pytest.raises(ArtifactError, match=r"not continued at byte 7: .*the artifact has changed"):
        async with artifacts.open_artifact(circleci, artifact, start=7, version='"old"'):
            pass


@pytest.mark.parametrize("status", [202, 204, 206])
async def test_an_artifact_is_not_opened_without_its_file(circleci, storage, status):
    storage.store(StoredFile("file", b"0123456789"))
    storage.reply = lambda _request, _file, _right: Reply(status)
    (artifact,) = await circleci.jobs.list_artifacts(SLUG, 17).collect()
    with pytest.raises(DecodeError, match=f"responded with {status} instead of the file"):
        async with artifacts.open_artifact(circleci, artifact):
            pass


@pytest.mark.parametrize("over_sockets", [True])
async def test_an_encoded_artifact_is_read_as_the_job_stored_it(circleci, storage):
    content = random.Random(1).randbytes(100_000) * 5
    storage.store(StoredFile("file", content))
    encoded = gzip.compress(content)
    storage.reply = lambda _request, _file, _right: Reply(200, {"Content-Encoding": "gzip", "ETag": '"v1"'}, encoded)
    (artifact,) = await circleci.jobs.list_artifacts(SLUG, 17).collect()
    async with artifacts.open_artifact(circleci, artifact) as stream:
        assert (stream.size, stream.version) == (None, None)
        assert b"".join([piece async for piece in stream]) == content


async def test_an_artifact_with_another_encoding_than_its_headers_say_breaks_off(circleci, storage):
    storage.store(StoredFile("file", b"x"))
    storage.reply = lambda _request, _file, _right: Reply(200, {"Content-Encoding": "gzip"}, b"plain")
    (artifact,) = await circleci.jobs.list_artifacts(SLUG, 17).collect()
    async with artifacts.open_artifact(circleci, artifact) as stream:
        with pytest.raises(APIConnectionError, match="is not gzip, as its headers say"):
            [piece async for piece in stream]
