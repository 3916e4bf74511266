from __future__ import annotations

import base64
import json
import random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from circleci_v2.errors import ConfigurationError
from circleci_v2.history import history
from tests.history.helpers import SLUG, crawl, numbers_of
from tests.support.archive import Archive

pytestmark = pytest.mark.anyio


class Killed(BaseException):
    """Stands for the end of the process."""


@given(
    count=st.integers(1, 40),
    killed_after=st.integers(0, 40),
    page_size=st.integers(1, 7),
    same_moment=st.integers(1, 5),
    by_position=st.booleans(),
    added=st.integers(0, 9),
    removed=st.integers(0, 9),
    expired=st.booleans(),
    undated=st.sets(st.integers(1, 40)),
)
# A list by position that moved up: the page of the cursor now begins after its position.
@example(
    count=12,
    killed_after=2,
    page_size=1,
    same_moment=1,
    by_position=True,
    added=0,
    removed=2,
    expired=False,
    undated=set(),
)
async def test_a_crawl_resumed_from_its_cursor_loses_nothing_and_repeats_nothing(
    *, count, killed_after, page_size, same_moment, by_position, added, removed, expired, undated
):
    archive = Archive(count, workflows=0, page_size=page_size, same_moment=same_moment, by_position=by_position)
    archive.undated = undated
    seen = []
    async for record in history(archive, SLUG):
        if len(seen) == killed_after:
            break
        seen.append(record)
    # In the meantime pipelines are added and removed, and the page token may expire.
    archive.numbers += range(count + 1, count + 1 + added)
    # Pipelines of the same moment are not removed: the cursor cannot distinguish them from those not read yet.
    goes = removed and same_moment == 1 and not undated
    gone = set(archive.numbers[:count][-removed:]) if goes else set()
    archive.numbers = [number for number in archive.numbers if number not in gone]
    if expired and seen:
        archive.expired = {seen[-1]._cursor.page_token}
    rest = await crawl(archive, cursor=seen[-1].cursor if seen else None)
    numbers = numbers_of(seen) + numbers_of(rest)
    assert len(numbers) == len(set(numbers))
    if seen:
        assert set(numbers) >= set(range(1, count + 1)) - gone
        assert set(numbers_of(rest)).isdisjoint(range(count + 1, count + 1 + added))


async def test_a_crawl_is_resumed_after_newest_pipelines_without_a_creation_time():
    archive = Archive(9, workflows=0)
    archive.undated = {8, 9}
    seen = []
    async for record in history(archive, SLUG):
        seen.append(record)
        if len(seen) == 2:
            break
    archive.numbers += range(10, 20)
    assert numbers_of(await crawl(archive, cursor=seen[-1].cursor)) == list(range(7, 0, -1))


async def test_a_cursor_whose_pipeline_is_gone_and_that_has_no_date_is_rejected():
    archive = Archive(9, workflows=0)
    archive.undated = {9}
    async for record in history(archive, SLUG):
        archive.numbers.remove(9)
        with pytest.raises(ConfigurationError, match=f"no longer holds pipeline {record.pipeline.id} of the cursor"):
            await crawl(archive, cursor=record.cursor)
        break


async def test_a_cursor_without_a_date_whose_pipeline_moved_off_its_page_is_searched_for():
    archive = Archive(9, workflows=0, page_size=2, by_position=True)
    archive.undated = {6, 7, 8, 9}
    seen = []
    async for record in history(archive, SLUG):
        seen.append(record)
        if len(seen) == 4:
            break
    archive.numbers = [number for number in archive.numbers if number < 8]
    assert numbers_of(await crawl(archive, cursor=seen[-1].cursor)) == [5, 4, 3, 2, 1]


@pytest.mark.parametrize("seed", range(50))
async def test_a_crawl_killed_at_any_call_and_resumed_gives_every_record_once(seed):
    chance = random.Random(seed)
    archive = Archive(25, page_size=chance.choice([1, 4, 20]), same_moment=chance.choice([1, 3]))
    stored = []
    while True:
        calls_to_live = chance.randint(1, 60)

        def die():
            nonlocal calls_to_live
            calls_to_live -= 1
            if calls_to_live < 0:
                raise Killed

        archive.before_call = die
        cursor = json.loads(stored[-1])["cursor"] if stored else None
        if await crawl_until_killed(stored, history(archive, SLUG, concurrency=chance.choice([1, 7]), cursor=cursor)):
            break
    numbers = [json.loads(line)["pipeline"]["number"] for line in stored]
    assert numbers == list(range(25, 0, -1))
    assert all(len(workflow["jobs"]) == 3 for line in stored for workflow in json.loads(line)["workflows"])


async def crawl_until_killed(stored, records):
    """Store each record as a line; False when the end of the process came before the end of the crawl."""
    alive = True
    try:
        async with records as crawled:
            async for record in crawled:
                stored.append(json.dumps(record.to_dict()))
    except* Killed:
        alive = False
    return alive


async def test_a_cursor_of_another_list_is_rejected():
    (record, *_) = await crawl(Archive(3))
    for slug, options in [("gh/acme/api", {}), (SLUG, {"branch": "main"})]:
        with pytest.raises(ConfigurationError, match="belongs to the history of gh/acme/web"):
            history(Archive(3), slug, cursor=record.cursor, **options)


async def test_a_cursor_of_a_later_version_says_so():
    (record,) = await crawl(Archive(1))
    content = json.loads(base64.urlsafe_b64decode(record.cursor))
    text = base64.urlsafe_b64encode(json.dumps(content | {"version": 2}).encode()).decode()
    with pytest.raises(ConfigurationError, match="has version 2, but this library reads version 1"):
        history(Archive(1), SLUG, cursor=text)


@pytest.mark.parametrize("text", ["", "page:1", "e30=", "bnVsbA==", "WzFd", "{}"])
async def test_text_that_is_not_a_cursor_is_rejected(text):
    with pytest.raises(ConfigurationError, match="cursor="):
        history(Archive(3), SLUG, cursor=text)


def cursor_with(**changes):
    content = {
        "version": 1,
        "of": SLUG,
        "page_token": None,
        "pipeline_id": "5034460f-c7c4-4c43-9457-de07e2029e7b",
        "created_at": "2026-03-04T15:00:00+00:00",
        "same_moment": [],
    }
    return base64.urlsafe_b64encode(json.dumps(content | changes).encode()).decode()


@pytest.mark.parametrize(
    "changes",
    [
        {"pipeline_id": 7},
        {"pipeline_id": None},
        {"pipeline_id": "7"},
        {"created_at": 7},
        {"created_at": "soon"},
        {"same_moment": 7},
        {"same_moment": [7]},
        {"same_moment": None},
    ],
    ids=str,
)
async def test_a_cursor_with_a_field_of_another_type_is_rejected(changes):
    with pytest.raises(ConfigurationError, match="is not a cursor"):
        history(Archive(3), SLUG, cursor=cursor_with(**changes))


@pytest.mark.parametrize(
    "damage", [lambda t: f"{t[:8]}!{t[8:]}", lambda t: f" {t}", lambda t: f"{t[:9]}\n{t[9:]}", lambda t: f"{t}é"]
)
async def test_a_cursor_with_stray_characters_is_rejected(damage):
    history(Archive(3), SLUG, cursor=cursor_with())
    with pytest.raises(ConfigurationError, match="is not a cursor"):
        history(Archive(3), SLUG, cursor=damage(cursor_with()))


@pytest.mark.parametrize("value", [7, b"bytes", ["a"]])
async def test_a_cursor_that_is_no_text_is_rejected(value):
    with pytest.raises(ConfigurationError, match="is not a cursor"):
        history(Archive(3), SLUG, cursor=value)
