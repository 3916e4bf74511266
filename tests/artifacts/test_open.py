from __future__ import annotations

import random

import pytest

from circleci_v2 import artifacts
from circleci_v2.errors import ArtifactError
from tests.artifacts.storage import SLUG, StoredFile, reply_without_ranges

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
