"""A server without faults, which can verify that a client still has all of its connections."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import anyio
import attrs
from anyio.lowlevel import checkpoint

from circleci_v2 import CircleCI
from tests.http.fault_server import FaultServer, Handler, Reply, json_reply, serving
from tests.loopback import Received

# Generous for a busy machine: these tests look for waits that never end.
MAX_WAIT = 20.0


class Meeting:
    """Holds requests to /meeting until a given number have arrived; another handler responds to all others.

    So requests that share one connection, one after the other, never get a response.

    Attributes:
        missing: How many have not arrived yet.
    """

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self.missing = 0
        self._complete = anyio.Event()

    def __call__(self, received: Received) -> Reply:
        if not received.path.endswith("/meeting"):
            return self._handler(received)
        self.missing -= 1
        if self.missing == 0:
            self._complete.set()
        return attrs.evolve(json_reply({}), gate=self._complete)

    def expect(self, count: int) -> None:
        self.missing = count
        self._complete = anyio.Event()


@attrs.frozen
class Steady:
    """A running server, and assertions about its clients.

    Attributes:
        server: The server.
    """

    server: FaultServer
    _meeting: Meeting
    _tasks_before: int

    @property
    def url(self) -> str:
        return self.server.url

    async def assert_serves_at_once(self, circleci: CircleCI, count: int) -> None:
        """Assert that a client can have that many requests in flight, and that all of them get a response."""
        self._meeting.expect(count)
        answered = await _within_patience(self._ask(circleci, count))
        assert answered == [{}] * count, f"{answered} for {count} requests at once"

    async def assert_nothing_left(self) -> None:
        """Assert that the connections and tasks of closed clients are gone soon."""
        with anyio.move_on_after(MAX_WAIT):
            while self.server.connections or len(anyio.get_running_tasks()) > self._tasks_before:  # noqa: ASYNC110 - there is no event for the end of a task
                await anyio.sleep(0.001)
        left = [task.name for task in anyio.get_running_tasks()]
        assert (self.server.connections, len(left)) == (0, self._tasks_before), left

    async def _ask(self, circleci: CircleCI, count: int) -> list[Any]:
        answers: list[Any] = []

        async def ask() -> None:
            answers.append(await circleci.request("GET", "/meeting"))

        async with anyio.create_task_group() as group:
            for _ in range(count):
                group.start_soon(ask)
        return answers


async def _within_patience(asking: Awaitable[list[Any]]) -> list[Any]:
    with anyio.fail_after(MAX_WAIT):
        return await asking


@asynccontextmanager
async def steady(
    handler: Handler = lambda _: json_reply({}),
    *,
    serve: Callable[[Handler], AbstractAsyncContextManager[FaultServer]] = serving,
) -> AsyncGenerator[Steady]:
    """Serve on the event loop of the test."""
    meeting = Meeting(handler)
    async with serve(meeting) as server:
        yield Steady(server, meeting, await _settled_tasks())


async def _settled_tasks() -> int:
    """Return the number of tasks, once the server listens."""
    for _ in range(5):
        await checkpoint()
    return len(anyio.get_running_tasks())
