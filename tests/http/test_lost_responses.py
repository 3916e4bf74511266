"""Over real connections: a repeated request whose first response was lost reports that the first may have taken effect."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

from circleci_v2 import APIError, BadRequestError, CircleCI, NotFoundError, PermissionDeniedError, ServerError
from tests.http.clients import client
from tests.http.fault_server import CUT, RESET, Reply, in_turn, json_reply, reply, serving

pytestmark = pytest.mark.anyio

MISSING = json_reply({"message": "Webhook not found."}, status=404)
CUT_IN_BODY = reply(200, b'{"mess', ("Content-Length", "400"), ending="close")
UNAVAILABLE = reply(503, b"later")
TOO_MANY = reply(429, b"Rate limited.", ("Retry-After", "0"))
EARLIER = "an earlier attempt of this DELETE, whose response was lost or a server error, may have taken effect"


async def delete(circleci: CircleCI) -> Any:
    return await circleci.webhooks.delete("5034460f-c7c4-4c43-9457-de07e2029e7b")


async def error_of(*replies: Reply, then: Reply, method: str = "DELETE", fast: bool) -> tuple[APIError, int]:
    """Return the error of a call whose attempts get these replies in turn, and the number of attempts."""
    with anyio.fail_after(60):
        async with serving(in_turn(*replies, then=then)) as server, client(server.url, fast=fast) as circleci:
            with pytest.raises(APIError) as caught:
                await (delete(circleci) if method == "DELETE" else circleci.request(method, "/thing/id"))
    return caught.value, len(server.requests)


@pytest.mark.parametrize("lost", [CUT, RESET, CUT_IN_BODY, UNAVAILABLE], ids=["cut", "reset", "cut in body", "503"])
async def test_a_404_after_a_lost_response_of_a_delete_says_that_it_may_have_been_deleted(lost: Reply, fast: bool):
    error, attempts = await error_of(lost, then=MISSING, fast=fast)
    assert type(error) is NotFoundError
    assert attempts == 2
    assert error.may_have_taken_effect
    assert error.message == "Webhook not found."
    assert EARLIER in str(error)


async def test_a_403_after_a_lost_response_says_so_too(fast: bool):
    """CircleCI answers 403, not 404, for a context or a group that does not exist."""
    error, _ = await error_of(CUT, then=reply(403, b'{"message": "Forbidden"}'), fast=fast)
    assert type(error) is PermissionDeniedError
    assert error.may_have_taken_effect
    assert EARLIER in str(error)


async def test_a_second_lost_response_does_not_repeat_the_text(fast: bool):
    error, attempts = await error_of(CUT, UNAVAILABLE, TOO_MANY, then=MISSING, fast=fast)
    assert attempts == 4
    assert str(error).count("may have taken effect") == 1


@pytest.mark.parametrize("before", [(), (TOO_MANY,), (TOO_MANY, TOO_MANY)], ids=["none", "429", "two 429s"])
async def test_a_404_without_a_lost_response_says_nothing_of_it(before: tuple[Reply, ...], fast: bool):
    error, attempts = await error_of(*before, then=MISSING, fast=fast)
    assert attempts == len(before) + 1
    assert not error.may_have_taken_effect
    assert "may have" not in str(error)


async def test_a_get_has_no_effect_that_could_have_been_lost(fast: bool):
    error, _ = await error_of(CUT, then=MISSING, method="GET", fast=fast)
    assert not error.may_have_taken_effect
    assert "may have" not in str(error)


async def test_a_put_that_is_refused_after_a_lost_response_says_that_it_may_have_written(fast: bool):
    error, _ = await error_of(CUT, then=reply(400, b"no"), method="PUT", fast=fast)
    assert type(error) is BadRequestError
    assert error.may_have_taken_effect
    assert "an earlier attempt of this PUT" in str(error)


async def test_a_server_error_of_the_only_attempt_has_no_earlier_one(fast: bool):
    with anyio.fail_after(60):
        async with serving(lambda _: UNAVAILABLE) as server, client(server.url, fast=fast) as circleci:
            with pytest.raises(ServerError) as caught:
                await delete(circleci.with_options(max_retries=0))
    assert len(server.requests) == 1
    assert not caught.value.may_have_taken_effect
