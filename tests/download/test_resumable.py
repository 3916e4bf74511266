from __future__ import annotations

import random

import attrs
import pytest

from circleci_v2 import artifacts
from circleci_v2.errors import ArtifactError
from tests.artifacts.storage import SLUG, StoredFile, contents, reply_without_ranges
from tests.loopback import Reply

pytestmark = [
    pytest.mark.anyio,
    # httpx leaves its own inner generators to the garbage collector when a body is not read to its end; trio notices.
    pytest.mark.filterwarnings("ignore:Async generator '(httpx|httpcore):ResourceWarning"),
]


def cut_at_random(seed):
    chance = random.Random(seed)

    def reply(_request, _file, right):
        size = len(right.body)
        # At least one byte comes through, so that no file is given up for want of progress.
        return attrs.evolve(right, cut_after=chance.randrange(1, size)) if size > 1 and chance.random() < 0.7 else right

    return reply


@pytest.mark.parametrize(("seed", "over_sockets"), [(seed, seed < 2) for seed in range(10)])
async def test_files_that_are_cut_at_random_bytes_are_complete_in_the_end(circleci, storage, dest, seed):
    chance = random.Random(seed)
    files = [StoredFile(f"{number}", chance.randbytes(chance.randrange(1, 300_000))) for number in range(10)]
    storage.store(*files)
    storage.reply = cut_at_random(seed)
    await artifacts.download_artifacts(circleci, SLUG, 17, dest)
    assert contents(dest) == {file.path: file.content for file in files}
    assert any("range" in request.headers for request in storage.storage.requests)


@pytest.mark.parametrize(("seed", "over_sockets"), [(seed, seed < 1) for seed in range(5)])
async def test_without_ranges_a_cut_file_is_complete_or_absent(circleci, storage, dest, seed):
    chance = random.Random(seed)
    files = {f"{number}": chance.randbytes(chance.randrange(1, 300_000)) for number in range(10)}
    storage.store(*(StoredFile(path, content) for path, content in files.items()))
    cut = cut_at_random(seed)
    storage.reply = lambda request, file, _right: cut(request, file, reply_without_ranges(file))
    download = await artifacts.download_artifacts(circleci, SLUG, 17, dest, on_error="collect")
    stored = contents(dest)
    assert stored == {path: files[path] for path in stored}
    assert len(stored) + len(download.failures) == 10
    assert not any("range" in request.headers for request in storage.storage.requests)


@pytest.mark.parametrize("over_sockets", [True])
async def test_a_file_that_changes_while_it_is_resumed_is_downloaded_again(circleci, storage, dest):
    old, new = b"o" * 100_000, b"n" * 90_000
    storage.store(StoredFile("file", new))
    replies = iter(
        [lambda right: attrs.evolve(right, headers={"ETag": '"old"'}, body=old, length=len(old), cut_after=50_000)]
    )
    storage.reply = lambda _request, _file, right: next(replies, lambda right: right)(right)
    await artifacts.download_artifacts(circleci, SLUG, 17, dest)
    assert contents(dest) == {"file": new}


LIES = {
    "another part": lambda right: attrs.evolve(right, headers=right.headers | {"Content-Range": "bytes 7-9/10"}),
    "a part beyond all numbers": lambda right: attrs.evolve(
        right, headers=right.headers | {"Content-Range": f"bytes {'9' * 5000}-/*"}
    ),
    "no part at all": lambda right: attrs.evolve(
        right, headers={name: value for name, value in right.headers.items() if name != "Content-Range"}
    ),
    "a part of another file": lambda right: attrs.evolve(
        right, headers=right.headers | {"Content-Range": right.headers["Content-Range"].partition("/")[0] + "/200000"}
    ),
    "a part too long": lambda right: attrs.evolve(right, body=right.body + b"more", length=len(right.body) + 4),
    "the end of the file": lambda right: attrs.evolve(right, status=416, body=b"", length=0),
}


@pytest.mark.parametrize("lie", LIES)
async def test_after_a_wrong_range_the_complete_file_is_requested(circleci, storage, dest, lie):
    content = random.Random(lie).randbytes(100_000)
    storage.store(StoredFile("file", content))
    asked = []

    def reply(request, _file, right):
        asked.append("range" in request.headers)
        if len(asked) == 1:
            return attrs.evolve(right, cut_after=40_000)
        return LIES[lie](right) if asked[-1] else right

    storage.reply = reply
    await artifacts.download_artifacts(circleci, SLUG, 17, dest)
    assert contents(dest) == {"file": content}
    assert asked == [False, True, False]


@pytest.mark.parametrize("over_sockets", [True])
async def test_after_a_range_that_is_too_short_the_rest_is_requested(circleci, storage, dest):
    content = random.Random(1).randbytes(100_000)
    storage.store(StoredFile("file", content))

    def reply(request, _file, right):
        if "range" not in request.headers:
            # The length of a chunked body is not known before its end.
            chunk = b"%x\r\n%s\r\n" % (len(content), content)
            headers = right.headers | {"Transfer-Encoding": "chunked"}
            return attrs.evolve(right, headers=headers, body=chunk, length=None, cut_after=40_000)
        start = request.range_start
        some = content[start : start + 25_000]
        told = {"Content-Range": f"bytes {start}-{start + len(some) - 1}/{len(content)}"}
        return attrs.evolve(right, headers=right.headers | told, body=some, length=len(some))

    storage.reply = reply
    await artifacts.download_artifacts(circleci, SLUG, 17, dest)
    assert contents(dest) == {"file": content}


@pytest.mark.parametrize("over_sockets", [True])
async def test_a_file_that_never_arrives_fails_after_a_few_attempts(circleci, storage, dest, back_offs):
    storage.store(StoredFile("file", b"x" * 1000))
    storage.reply = lambda _request, _file, right: attrs.evolve(right, cut_after=0)
    with pytest.raises(ArtifactError, match="'file' is not stored"):
        await artifacts.download_artifacts(circleci, SLUG, 17, dest)
    assert contents(dest) == {}
    assert len(storage.storage.requests) == 5
    assert back_offs == [1, 2, 3, 4]


OLD, NEW = b"o" * 200_000, b"n" * 200_000
DATES = {"Last-Modified": "Mon, 02 Mar 2026 09:00:00 GMT", "Date": "Mon, 02 Mar 2026 10:00:00 GMT"}


def changing(first: dict[str, str], later: dict[str, str], *, honours_if_range: bool = False):
    """Return a storage whose file changes after 80,000 of 200,000 bytes were sent, and the requests it gets.

    Args:
        first: The validators of the first version.
        later: Those of the second version.
        honours_if_range: Whether the storage sends the complete new file when the validator in ``If-Range`` is not the
            current one; otherwise it sends the requested part of the new file.
    """
    requests = []

    def reply(request, _file, _right):
        requests.append(request)
        if len(requests) == 1:
            return Reply(200, first, OLD, cut_after=80_000)
        start = request.range_start
        if not start or (honours_if_range and request.headers.get("if-range") not in later.values()):
            return Reply(200, later, NEW)
        return Reply(206, {**later, "Content-Range": f"bytes {start}-199999/200000"}, NEW[start:])

    return reply, requests


@pytest.mark.parametrize("over_sockets", [True])
@pytest.mark.parametrize(
    ("first", "later"),
    [
        ({"ETag": '"v1"'}, {"ETag": '"v2"'}),
        ({"ETag": '"v1"'}, {"ETag": 'W/"v1"'}),
        ({"ETag": '"v1"'}, {}),
        ({"ETag": '"v1"', **DATES}, DATES),
        (DATES, {**DATES, "Last-Modified": "Mon, 02 Mar 2026 09:00:01 GMT"}),
        (DATES, {"Date": DATES["Date"]}),
    ],
    ids=["another tag", "a weak tag", "no tag", "a date instead of the tag", "another date", "no date"],
)
async def test_a_part_of_another_version_is_never_appended(circleci, storage, dest, first, later):
    storage.store(StoredFile("file", NEW))
    storage.reply, requests = changing(first, later)
    await artifacts.download_artifacts(circleci, SLUG, 17, dest)
    assert contents(dest) == {"file": NEW}
    assert ["range" in request.headers for request in requests] == [False, True, False]


@pytest.mark.parametrize("over_sockets", [True])
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"ETag": 'W/"v1"'},
        {"ETag": 'W/"v1"', **DATES},
        {"Last-Modified": DATES["Last-Modified"]},
        {**DATES, "Date": DATES["Last-Modified"]},
        {**DATES, "Last-Modified": "yesterday"},
        {"ETag": '"v1"', "Accept-Ranges": "none"},
        {"ETag": '"v1"', "Accept-Ranges": "None"},
    ],
    ids=[
        "nothing",
        "a weak tag",
        "a weak tag and a date",
        "a date without a clock",
        "a date of the same second",
        "no date",
        "no ranges",
        "no ranges, capitalized",
    ],
)
async def test_without_a_strong_validator_a_download_starts_over(circleci, storage, dest, headers):
    storage.store(StoredFile("file", NEW))
    storage.reply, requests = changing(headers, headers)
    await artifacts.download_artifacts(circleci, SLUG, 17, dest)
    assert contents(dest) == {"file": NEW}
    assert not any({"range", "if-range"} & request.headers.keys() for request in requests)


@pytest.mark.parametrize("over_sockets", [True])
@pytest.mark.parametrize(("first", "validator"), [({"ETag": '"v1"', **DATES}, '"v1"'), (DATES, DATES["Last-Modified"])])
async def test_the_validator_is_sent_with_the_range(circleci, storage, dest, first, validator):
    storage.store(StoredFile("file", OLD))
    storage.reply, requests = changing(first, {"ETag": '"v2"'}, honours_if_range=True)
    await artifacts.download_artifacts(circleci, SLUG, 17, dest)
    assert contents(dest) == {"file": NEW}
    assert [request.headers.get("if-range") for request in requests] == [None, validator]


@pytest.mark.parametrize("over_sockets", [True])
async def test_a_range_of_an_unchanged_file_is_appended(circleci, storage, dest):
    storage.store(StoredFile("file", OLD))
    requests = []

    def reply(request, _file, _right):
        requests.append(request)
        start = request.range_start
        headers = DATES if "range" not in request.headers else DATES | {"Content-Range": f"bytes {start}-199999/200000"}
        return Reply(206 if start else 200, headers, OLD[start:], cut_after=80_000)

    storage.reply = reply
    await artifacts.download_artifacts(circleci, SLUG, 17, dest)
    assert contents(dest) == {"file": OLD}
    assert [request.range_start for request in requests] == [0, 80_000, 160_000]


@pytest.mark.parametrize("over_sockets", [True])
async def test_a_range_that_may_not_be_the_last_is_not_taken_for_the_end(circleci, storage, dest):
    storage.store(StoredFile("file", OLD))
    requests = []

    def reply(request, _file, _right):
        requests.append(request)
        start = request.range_start
        if start:
            # Neither response says how long the file is, and this part ends too early.
            return Reply(206, {"ETag": '"v1"', "Content-Range": f"bytes {start}-149999/*"}, OLD[start:150_000])
        chunks = b"%x\r\n%s\r\n0\r\n\r\n" % (len(OLD), OLD)
        cut_after = 80_000 if len(requests) == 1 else None
        headers = {"ETag": '"v1"', "Transfer-Encoding": "chunked"}
        return Reply(200, headers, chunks, length=None, cut_after=cut_after)

    storage.reply = reply
    await artifacts.download_artifacts(circleci, SLUG, 17, dest)
    assert contents(dest) == {"file": OLD}
