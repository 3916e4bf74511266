from __future__ import annotations

import gzip
import random

import pytest

from circleci_v2 import artifacts
from circleci_v2.errors import APIConnectionError, ArtifactError, DecodeError
from tests.artifacts.storage import SLUG, StoredFile, reply_without_ranges
from tests.loopback import Reply

pytestmark = [
    pytest.mark.anyio,
    # httpx leaves its own inner generators to the garbage collector when a body is not read to its end; trio notices.
    pytest.mark.filterwarnings("ignore:Async generator '(httpx|httpcore):ResourceWarning"),
]


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
