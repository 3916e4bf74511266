"""Lists over real connections: where they end, what fails in the middle, and lists that never advance."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterable, Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import anyio
import pytest

from circleci_v2 import CircleCI, CircleCIError, DecodeError, NotFoundError, PaginationError, RateLimitError
from tests.http.clients import client
from tests.http.fault_server import Handler, Reply, json_reply, reply, serving
from tests.loopback import Received

pytestmark = pytest.mark.anyio

UUID = "5034460f-c7c4-4c43-9457-de07e2029e7b"
SLUG = "gh/acme/web"


def token_of(request: Received) -> str | None:
    return parse_qs(urlsplit(request.target).query).get("page-token", [None])[0]


def page(items: list[Any], **rest: Any) -> Reply:
    return json_reply({"items": items, **rest})


def variable(number: int, written: int = 0) -> dict[str, Any]:
    moment = f"2026-11-20T12:{written:02}:00Z"
    return {"variable": f"KEY_{number:03}", "context_id": UUID, "created_at": moment, "updated_at": moment}


def pipeline(number: int) -> dict[str, Any]:
    return {
        "id": f"5034460f-c7c4-4c43-9457-{number:012}",
        "number": number,
        "project_slug": SLUG,
        "state": "created",
        "created_at": "2026-11-20T12:00:00Z",
        "errors": [],
        "trigger": {"type": "api", "received_at": "2026-11-20T12:00:00Z", "actor": {"login": "x", "avatar_url": None}},
    }


async def collected(handler: Handler, fast: bool, call: Callable[[CircleCI], Any]) -> tuple[list[Any], int]:
    """Return the items of a list, and the number of requests."""
    with anyio.fail_after(60):
        async with serving(handler) as server, client(server.url, fast=fast) as circleci:
            items = await call(circleci).collect()
    return items, len(server.requests)


async def broken(handler: Handler, fast: bool, call: Callable[[CircleCI], Any]) -> tuple[list[Any], CircleCIError, int]:
    """Return the items before the error of a list, the error, and the number of requests."""
    seen: list[Any] = []

    async def read(items: AsyncIterable[Any]) -> None:
        async for item in items:
            seen.append(item)  # noqa: PERF401 - a comprehension would lose what came before the error

    with anyio.fail_after(60):
        async with serving(handler) as server, client(server.url, fast=fast, max_retries=1) as circleci:
            with pytest.raises(CircleCIError) as caught:
                await read(call(circleci))
    return seen, caught.value, len(server.requests)


def variables(circleci: CircleCI) -> Any:
    return circleci.contexts.list_environment_variables(UUID)


def pipelines(circleci: CircleCI) -> Any:
    return circleci.pipelines.list_for_project(SLUG)


@pytest.mark.parametrize("is_written", [False, True], ids=["no write", "a write between any two requests"])
async def test_the_variables_of_a_context_whose_token_is_not_read_end_in_an_error(is_written: bool, fast: bool):
    """Measured: with more than 100 variables there is a token, it is not read, and each write changes it."""
    writes = itertools.count()

    def handler(_: Received) -> Reply:
        written = next(writes) % 60 if is_written else 0
        items = [variable(number, written if number in {7, 99} else 0) for number in range(100)]
        return page(items, next_page_token=f"KEY_099 {written}")

    seen, error, requests = await broken(handler, fast, variables)
    assert (len(seen), requests) == (100, 2)
    assert isinstance(error, PaginationError)
    assert error.items_seen == 100
    assert "100 items were seen, the rest cannot be listed" in str(error)


async def test_exactly_a_hundred_variables_are_a_complete_list(fast: bool):
    def handler(_: Received) -> Reply:
        return page([variable(number) for number in range(100)], next_page_token=None)

    items, requests = await collected(handler, fast, variables)
    assert (len(items), requests) == (100, 1)


@pytest.mark.parametrize(
    "ending", [{"next_page_token": ""}, {"next_page_token": None}, {}], ids=["empty", "null", "none"]
)
@pytest.mark.parametrize(
    "call", [pipelines, lambda c: c.deploy.list_environments(org_id=UUID, page_size=1)], ids=["pipelines", "deploy"]
)
async def test_an_empty_token_is_the_last_page_as_an_absent_one(
    ending: dict[str, Any], call: Callable[[CircleCI], Any], fast: bool
):
    def handler(request: Received) -> Reply:
        if token_of(request) is None:
            return page([pipeline(2)], next_page_token="second")
        return page([pipeline(1)], **ending)

    items, requests = await collected(handler, fast, call)
    assert (len(items), requests) == (2, 2)


async def test_a_first_page_with_an_empty_token_is_the_only_page(fast: bool):
    items, requests = await collected(lambda _: page([pipeline(1)], next_page_token=""), fast, pipelines)
    assert (len(items), requests) == (1, 1)


async def test_groups_that_ignore_the_limit_and_the_token_are_one_page(fast: bool):
    """Measured: one page of up to 100 groups, whatever is asked for, and no token."""
    groups = [{"id": f"5034460f-c7c4-4c43-9457-{number:012}", "name": f"team {number}"} for number in range(30)]
    items, requests = await collected(
        lambda _: page(groups, next_page_token=None), fast, lambda c: c.groups.list(UUID, limit=2)
    )
    assert (len(items), requests) == (30, 1)


async def test_a_list_with_offsets_that_ignores_them_ends_in_an_error(fast: bool):
    entries = [{"id": f"5034460f-c7c4-4c43-9457-{number:012}", "decision": {"status": "PASS"}} for number in range(20)]
    seen, error, requests = await broken(lambda _: json_reply(entries), fast, lambda c: c.policies.list_decisions(UUID))
    assert (len(seen), requests) == (20, 2)
    assert isinstance(error, PaginationError)
    assert (error.next_page_token, error.items_seen) == ("20", 20)


@pytest.mark.parametrize(
    ("failure", "kind", "attribute"),
    [
        (json_reply({"message": "Not Found"}, status=404), NotFoundError, ("status_code", 404)),
        (reply(429, b"Rate limited.", ("Retry-After", "3600")), RateLimitError, ("status_code", 429)),
        (reply(200, b"<html>"), DecodeError, ("operation_id", "listPipelinesForProject")),
    ],
    ids=["404", "429", "no JSON"],
)
@pytest.mark.parametrize("page_number", [0, 2])
async def test_a_later_page_fails_as_the_first_one_does(
    failure: Reply, kind: type[Exception], attribute: tuple[str, Any], page_number: int, fast: bool
):
    def handler(request: Received) -> Reply:
        number = int((token_of(request) or "page 0").split()[1])
        return failure if number == page_number else page([pipeline(number)], next_page_token=f"page {number + 1}")

    seen, error, _ = await broken(handler, fast, pipelines)
    assert type(error) is kind
    assert getattr(error, attribute[0]) == attribute[1]
    assert getattr(error, "retry_after", 3600.0) >= 3600.0
    assert (error.next_page_token, error.items_seen) == (f"page {page_number}" if page_number else None, page_number)
    assert len(seen) == page_number
