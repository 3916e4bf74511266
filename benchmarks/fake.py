"""The fake CircleCI of ``circleci_v2.testing``: CPU time of a call, and the time to start.

A call includes the client and the fake, as in a user's test, in one process. It is measured with the transport in process
and over a socket; the floor is httpx with a mock transport that returns the same bytes. Starting is the creation of a fake
whose project has 10,000 pipelines.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, Final

import anyio
import httpx

from benchmarks.harness import RELATIVE, Bound, Settings, compared_table, interleave, row_of
from benchmarks.results import Column, Table
from circleci_v2 import CircleCI, RateLimitPolicy
from circleci_v2.testing import FakeCircleCI

TITLE: Final = "The fake CircleCI"
SECONDS: Final = 150.0

BOUND: Final = 0.60
PIPELINES: Final = 10_000
START_SECONDS: Final = 1.0
SLUG: Final = "gh/acme/web"
SOCKET: Final = "over a socket"
IN_PROCESS: Final = "in process"
MOCK: Final = "httpx, mock transport"

Call = Callable[[CircleCI], Awaitable[Any]]

MEASURED_CALLS: Final[dict[str, tuple[str, str, Call]]] = {
    "me": ("user.me", "/me", lambda circleci: circleci.user.me()),
    "page": (
        "A page of 20 pipelines",
        f"/project/{SLUG}/pipeline",
        lambda circleci: circleci.pipelines.list_for_project(SLUG),
    ),
}


async def microseconds(call: Callable[[], Awaitable[Any]], calls: int) -> float:
    """Return the CPU time per call, including all threads of this process."""
    started = time.process_time()
    for _ in range(calls):
        await call()
    return (time.process_time() - started) / calls * 1e6


def measured_in_process(call: Call, calls: int) -> float:
    async def main() -> float:
        fake = FakeCircleCI.seeded(SLUG)
        off = RateLimitPolicy(enabled=False)
        async with CircleCI(fake.token, transport=fake.transport(), rate_limit=off) as circleci:
            await call(circleci)
            return await microseconds(lambda: call(circleci), calls)

    return anyio.run(main)


def measured_over_a_socket(call: Call, calls: int) -> float:
    async def main() -> float:
        fake = FakeCircleCI.seeded(SLUG)
        off = RateLimitPolicy(enabled=False)
        async with fake.serve() as url, CircleCI(fake.token, base_url=url, rate_limit=off) as circleci:
            await call(circleci)
            return await microseconds(lambda: call(circleci), calls)

    return anyio.run(main)


def recorded(path: str) -> bytes:
    """Return the body with which the fake responds."""

    async def main() -> bytes:
        fake = FakeCircleCI.seeded(SLUG)
        transport = fake.transport()
        async with httpx.AsyncClient(transport=transport, base_url="https://circleci.com/api/v2") as client:
            response = await client.get(path, headers={"Circle-Token": fake.token})
            return response.raise_for_status().content

    return anyio.run(main)


def measured_mock(path: str, body: bytes, calls: int) -> float:
    async def main() -> float:
        transport = httpx.MockTransport(lambda _: httpx.Response(200, content=body))
        async with httpx.AsyncClient(transport=transport, base_url="https://circleci.com/api/v2") as client:

            async def call() -> Any:
                return (await client.get(path)).json()

            return await microseconds(call, calls)

    return anyio.run(main)


def measure(settings: Settings) -> Iterator[Table]:
    """Yield a table for each measured call, and one for the start."""
    rounds, calls = settings.choose(7, 2), settings.choose(300, 20)
    for name, (title, path, call) in MEASURED_CALLS.items():
        body = recorded(path)
        samples = interleave(
            {
                SOCKET: lambda call=call: measured_over_a_socket(call, calls),  # type: ignore[misc]
                IN_PROCESS: lambda call=call: measured_in_process(call, calls),  # type: ignore[misc]
                MOCK: lambda path=path, body=body: measured_mock(path, body, calls),  # type: ignore[misc]
            },
            rounds=rounds,
        )
        yield compared_table(
            name,
            title,
            samples,
            value=Column(name="CPU per call", unit="µs", digits=0),
            baseline=SOCKET,
            ours=[SOCKET, IN_PROCESS],
            floor=MOCK,
            bounds={IN_PROCESS: Bound(column=RELATIVE, at_most=BOUND)},
        )
    yield start_table(settings.choose(5, 2))


def start_table(rounds: int) -> Table:
    def start() -> float:
        started = time.process_time()
        FakeCircleCI.seeded(SLUG, pipelines=PIPELINES)
        return time.process_time() - started

    samples = interleave({"start": start}, rounds=rounds)["start"]
    column = Column(name="CPU", unit="s")
    bound = Bound(column=column.name, at_most=START_SECONDS)
    title = f"The start of a fake with {PIPELINES:,} pipelines"
    return Table(
        name="start", title=title, columns=[column], rows=[row_of("circleci_v2", "ours", {column.name: samples}, bound)]
    )
