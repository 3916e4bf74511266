"""HTTP/2: requests that the server has provably not processed are sent again, whatever their method, and no others."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

import anyio
import pytest
from h2.errors import ErrorCodes
from hyperframe.frame import GoAwayFrame

from circleci_v2 import APIConnectionError, APIError, CircleCI, RetryPolicy
from circleci_v2.events import Event, RetryEvent
from tests.http.transports.http2_server import LAST_OF_ALL, MAX_STREAMS, Peer, Stream, serving_http2
from tests.http.transports.raw_server import MAX_WAIT, RawServer, encrypted_client

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.parametrize("carrier", [("asyncio", False), ("trio", False)], ids=["asyncio", "trio"]),
]

TRIES: Final = 6
UNKNOWN_EFFECT: Final = "whether it took effect is unknown"


def client(server: RawServer, *, max_retries: int = 5, **options: Any) -> CircleCI:
    retry = RetryPolicy(backoff=0.002, max_backoff=0.02, max_retries=max_retries)
    return encrypted_client(server, http2=True, retry=retry, **options)


async def call(circleci: CircleCI, path: str = "/call", method: str = "POST") -> str:
    """Return the path in the response."""
    answer = await circleci.request(method, path, json=None if method == "GET" else {"name": "value"})
    return str(answer["path"]).removeprefix("/api/v2")


class Processed(list[str]):
    """The paths of the requests that a server has processed."""

    async def answer(self, peer: Peer, stream: Stream | None = None) -> Stream:
        """Process a request, by default the next one."""
        stream = stream or await peer.request()
        self.append(stream.path.removeprefix("/api/v2"))
        await peer.respond(stream)
        return stream

    async def answer_all(self, peer: Peer) -> None:
        while True:
            await self.answer(peer)


# Connections that end while they are idle.


async def close(_peer: Peer, _last: Stream) -> None:
    """Nothing but the end of the connection."""


async def go_away(peer: Peer, last: Stream) -> None:
    await peer.go_away(last.id)


async def shut_down(peer: Peer, last: Stream) -> None:
    await peer.go_away(LAST_OF_ALL)
    await peer.go_away(last.id)


async def go_away_with_error(peer: Peer, last: Stream) -> None:
    await peer.send(GoAwayFrame(0, last_stream_id=last.id, error_code=ErrorCodes.ENHANCE_YOUR_CALM))


async def refuse_further_streams(peer: Peer, _last: Stream) -> None:
    await peer.limit_streams(0)


Ending = Callable[[Peer, Stream], Awaitable[None]]


@pytest.mark.parametrize("stays_open", [False, True], ids=["closed", "left open"])
@pytest.mark.parametrize("ending", [close, go_away, shut_down, go_away_with_error, refuse_further_streams])
async def test_a_post_after_the_end_of_an_idle_connection_is_processed(ending: Ending, stays_open: bool):
    if ending is close and stays_open:
        pytest.skip("is no end")
    processed = Processed()
    idle, acted = anyio.Event(), anyio.Event()

    async def serve(peer: Peer) -> None:
        last = await processed.answer(peer)
        await idle.wait()
        await ending(peer, last)
        acted.set()
        if stays_open:
            await peer.request()

    paths = [f"/call-{number}" for number in range(TRIES)]
    with anyio.fail_after(MAX_WAIT):
        async with serving_http2(serve) as server, client(server, max_retries=0) as circleci:
            for path in paths:
                assert await call(circleci, path) == path
                idle.set()
                await acted.wait()
                if not stays_open:
                    await server.lost_all_connections()
                await anyio.wait_all_tasks_blocked()
                idle, acted = anyio.Event(), anyio.Event()
    assert processed == paths
    assert server.connections == TRIES


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_an_idle_connection_with_harmless_frames_is_reused(method: str):
    processed = Processed()

    async def serve(peer: Peer) -> None:
        while True:
            await processed.answer(peer)
            await peer.send_harmless_frames()

    paths = [f"/call-{number}" for number in range(TRIES)]
    with anyio.fail_after(MAX_WAIT):
        async with serving_http2(serve) as server, client(server) as circleci:
            for path in paths:
                assert await call(circleci, path, method) == path
                await anyio.wait_all_tasks_blocked()
    assert processed == paths
    assert server.connections == 1


# Requests that were not processed.


async def refuse(peer: Peer, stream: Stream) -> None:
    await peer.reset(stream, ErrorCodes.REFUSED_STREAM)


async def go_away_before(peer: Peer, stream: Stream) -> None:
    await peer.go_away(stream.id - 2 if stream.id > 1 else 0)


async def go_away_before_and_wait(peer: Peer, stream: Stream) -> None:
    await go_away_before(peer, stream)
    await peer.request()


@pytest.mark.parametrize("method", ["POST", "PATCH", "GET"])
@pytest.mark.parametrize("calls_before", [0, 2])
@pytest.mark.parametrize("refusal", [refuse, go_away_before, go_away_before_and_wait])
async def test_a_request_that_was_not_processed_is_sent_again(refusal: Ending, calls_before: int, method: str):
    processed, events = Processed(), list[Event]()

    async def serve(peer: Peer) -> None:
        if peer.number == 0:
            for _ in range(calls_before):
                await processed.answer(peer)
            await refusal(peer, await peer.request())
        if peer.number > 0 or refusal is refuse:
            await processed.answer_all(peer)

    with anyio.fail_after(MAX_WAIT):
        async with serving_http2(serve) as server, client(server, on_event=events.append) as circleci:
            for number in range(calls_before + 1):
                assert await call(circleci, f"/call-{number}", method) == f"/call-{number}"
    assert processed == [f"/call-{number}" for number in range(calls_before + 1)]
    # As for any other attempt: limits, budgets and events know of it.
    assert [event.reason for event in events if isinstance(event, RetryEvent)] == ["NotProcessedError"]


@pytest.mark.parametrize("refusal", [refuse, go_away_before])
async def test_a_request_that_is_always_refused_fails_after_the_retries(refusal: Ending):
    count = 0

    async def serve(peer: Peer) -> None:
        nonlocal count
        while True:
            stream = await peer.request()
            count += 1
            await refusal(peer, stream)

    with anyio.fail_after(MAX_WAIT):
        async with serving_http2(serve) as server, client(server, max_retries=2) as circleci:
            with pytest.raises(APIConnectionError, match="the server did not process the request") as caught:
                await call(circleci)
    assert UNKNOWN_EFFECT not in str(caught.value)
    assert count == 3


# Requests that may have been processed.


async def reset_with(peer: Peer, stream: Stream, code: ErrorCodes) -> None:
    await peer.reset(stream, code)


async def close_at_once(_peer: Peer, _stream: Stream) -> None:
    """Nothing but the end of the connection."""


async def cancel(peer: Peer, stream: Stream) -> None:
    await peer.reset(stream, ErrorCodes.CANCEL)


async def fail(peer: Peer, stream: Stream) -> None:
    await peer.reset(stream, ErrorCodes.INTERNAL_ERROR)


async def go_away_after(peer: Peer, stream: Stream) -> None:
    await peer.go_away(stream.id)


async def go_away_later(peer: Peer, _stream: Stream) -> None:
    await peer.go_away(LAST_OF_ALL)


async def refuse_after_the_head(peer: Peer, stream: Stream) -> None:
    await peer.send_head(stream)
    await peer.reset(stream, ErrorCodes.REFUSED_STREAM)


@pytest.mark.parametrize("calls_before", [0, 2])
@pytest.mark.parametrize("fault", [close_at_once, cancel, fail, go_away_after, go_away_later, refuse_after_the_head])
async def test_a_post_that_may_have_been_processed_is_not_sent_again(fault: Ending, calls_before: int):
    received: list[str] = []

    async def serve(peer: Peer) -> None:
        for _ in range(calls_before):
            await peer.respond(await peer.request())
        stream = await peer.request()
        received.append(stream.path)
        await fault(peer, stream)

    with anyio.fail_after(MAX_WAIT):
        async with serving_http2(serve) as server, client(server) as circleci:
            for _ in range(calls_before):
                await call(circleci, "/before")
            with pytest.raises(APIConnectionError, match=UNKNOWN_EFFECT):
                await call(circleci)
            await server.lost_all_connections()
    assert received == ["/api/v2/call"]
    assert server.connections == 1


@pytest.mark.parametrize("last", [None, LAST_OF_ALL], ids=["the last stream", "any stream"])
@pytest.mark.parametrize("together", [False, True], ids=["apart", "together"])
async def test_a_response_after_the_announced_end_of_its_connection_is_returned(last: int | None, together: bool):
    """A server that shuts down finishes its responses first; nginx does so after each 1,000 requests."""
    processed = Processed()

    async def serve(peer: Peer) -> None:
        stream = await peer.request()
        announcement = GoAwayFrame(0, last_stream_id=last or stream.id)
        if together:
            peer.send_before_next(announcement)
        else:
            await peer.send(announcement)
            await anyio.wait_all_tasks_blocked()
        await processed.answer(peer, stream)
        await peer.request()

    with anyio.fail_after(MAX_WAIT):
        async with serving_http2(serve) as server, client(server, max_retries=0) as circleci:
            for number in range(TRIES):
                assert await call(circleci, f"/call-{number}") == f"/call-{number}"
    assert processed == [f"/call-{number}" for number in range(TRIES)]
    assert server.connections == TRIES


# The maximum number of concurrent streams.


async def test_a_server_that_allows_no_stream_at_first_does_not_block_the_client():
    """The first request is on its way before the limit has arrived; the server refuses it, and closes."""
    processed = Processed()

    async def serve(peer: Peer) -> None:
        if peer.number < 2:
            await refuse(peer, await peer.request())
            await peer.request()
        await processed.answer_all(peer)

    def settings(number: int) -> dict[int, int]:
        return {MAX_STREAMS: 0 if number < 2 else 100}

    with anyio.fail_after(MAX_WAIT):
        async with serving_http2(serve, settings=settings) as server, client(server) as circleci:
            for number in range(TRIES):
                assert await call(circleci, f"/call-{number}") == f"/call-{number}"
    assert processed == [f"/call-{number}" for number in range(TRIES)]
    assert server.connections == 3


@pytest.mark.parametrize("limit", [0, 1])
async def test_a_limit_that_is_lowered_during_two_requests_lets_both_finish(limit: int):
    processed = Processed()

    async def serve(peer: Peer) -> None:
        if peer.number == 0:
            await processed.answer(peer)
            streams = [await peer.request(), await peer.request()]
            await peer.limit_streams(limit)
            await anyio.wait_all_tasks_blocked()
            for stream in streams:
                await processed.answer(peer, stream)
        await processed.answer_all(peer)

    with anyio.fail_after(MAX_WAIT):
        async with serving_http2(serve) as server, client(server, max_concurrency=2) as circleci:
            await call(circleci, "/first")
            async with anyio.create_task_group() as group:
                for number in range(2):
                    group.start_soon(call, circleci, f"/call-{number}")
            for number in range(2, TRIES):
                assert await call(circleci, f"/call-{number}") == f"/call-{number}"
    assert sorted(processed) == [*(f"/call-{number}" for number in range(TRIES)), "/first"]
    assert server.connections == (2 if limit == 0 else 1)


@pytest.mark.parametrize("limit", [1, 100])
async def test_two_requests_at_once_share_a_connection_if_the_server_allows_it(limit: int):
    both = anyio.Event()
    waiting = 0

    async def serve(peer: Peer) -> None:
        nonlocal waiting
        if peer.number == 0:
            await peer.respond(await peer.request())
        async with anyio.create_task_group() as group:
            while True:
                stream = await peer.request()
                waiting += 1
                if waiting == 2:
                    both.set()
                group.start_soon(respond, peer, stream)

    async def respond(peer: Peer, stream: Stream) -> None:
        await both.wait()
        await peer.respond(stream)

    with anyio.fail_after(MAX_WAIT):
        async with (
            serving_http2(serve, settings=lambda _: {MAX_STREAMS: limit}) as server,
            client(server, max_concurrency=2) as circleci,
        ):
            await call(circleci, "/first")
            # Answered only when both have arrived.
            async with anyio.create_task_group() as group:
                for number in range(2):
                    group.start_soon(call, circleci, f"/call-{number}")
    assert server.connections == (1 if limit == 100 else 2)


async def test_streams_after_the_last_one_are_sent_again_and_others_are_finished():
    processed = Processed()
    answer = anyio.Event()

    async def serve(peer: Peer) -> None:
        await processed.answer(peer)
        if peer.number == 0:
            first, _second = await peer.request(), await peer.request()
            await peer.go_away(first.id)
            await answer.wait()
            await processed.answer(peer, first)
        else:
            answer.set()
        await processed.answer_all(peer)

    with anyio.fail_after(MAX_WAIT):
        async with serving_http2(serve) as server, client(server, max_concurrency=2) as circleci:
            await call(circleci, "/before")
            async with anyio.create_task_group() as group:
                for number in range(2):
                    group.start_soon(call, circleci, f"/call-{number}")
    assert sorted(processed) == ["/before", "/call-0", "/call-1"]
    assert server.connections == 2


# Responses that belong to no request.


@pytest.mark.parametrize("is_idle", [False, True], ids=["at once", "while idle"])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_second_response_to_a_request_disturbs_no_other(method: str, is_idle: bool):
    processed = Processed()
    idle, acted = anyio.Event(), anyio.Event()

    async def serve(peer: Peer) -> None:
        while True:
            stream = await processed.answer(peer)
            if is_idle:
                await idle.wait()
            await peer.send_response_again(stream)
            acted.set()

    paths = [f"/call-{number}" for number in range(TRIES)]
    with anyio.fail_after(MAX_WAIT):
        async with serving_http2(serve) as server, client(server, max_retries=0) as circleci:
            for path in paths:
                assert await call(circleci, path, method) == path
                idle.set()
                await acted.wait()
                await anyio.wait_all_tasks_blocked()
                idle, acted = anyio.Event(), anyio.Event()
    assert processed == paths


# Responses that are none.


@pytest.mark.parametrize("status", [None, "abc", "", "99", "2000"])
async def test_a_response_without_a_valid_status_is_an_error(status: str | None):
    count = 0

    async def serve(peer: Peer) -> None:
        nonlocal count
        while True:
            stream = await peer.request()
            count += 1
            await peer.send_headers(stream, [(":status", status)] if status is not None else [("server", "none")])

    with anyio.fail_after(MAX_WAIT):
        async with serving_http2(serve) as server, client(server) as circleci:
            with pytest.raises(APIConnectionError, match="the response has the status 0") as caught:
                await call(circleci)
    assert UNKNOWN_EFFECT in str(caught.value)
    assert count == 1


async def reset_without_error(peer: Peer, stream: Stream) -> None:
    await peer.reset(stream, ErrorCodes.NO_ERROR)


async def leave_open(_peer: Peer, _stream: Stream) -> None:
    """The client may go on sending."""


# Within the first window of flow control, and beyond it.
@pytest.mark.parametrize("size", [10_000, 200_000, 2_000_000])
@pytest.mark.parametrize("ending", [reset_without_error, leave_open])
async def test_a_response_before_the_end_of_the_body_is_raised(ending: Ending, size: int):
    async def serve(peer: Peer) -> None:
        while True:
            stream = await peer.head()
            await peer.respond(stream, 413, {"message": "the body is too long"})
            await ending(peer, stream)

    with anyio.fail_after(MAX_WAIT):
        async with serving_http2(serve) as server, client(server) as circleci:
            for _ in range(TRIES):
                with pytest.raises(APIError, match="the body is too long"):
                    await circleci.request("POST", "/policies", json={"text": "x" * size})
