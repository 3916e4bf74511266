"""CPU of calls to the fake CircleCI, in process and over a socket, through the whole client; and how fast it starts.

Run with ``make bench-fake``. Both ways are measured in turns, in one process and one run, fake and client together: what a
test of a user costs. Every figure is the median over the rounds, so that the load of other programs cancels out.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

import anyio

from circleci_v2 import CircleCI, RateLimitPolicy
from circleci_v2.testing import FakeCircleCI

ROUNDS: Final = 7
CALLS: Final = 300
BOUND: Final = 0.60
PIPELINES: Final = 10_000
START_SECONDS: Final = 1.0
SLUG: Final = "gh/acme/web"

Call = Callable[[CircleCI], Awaitable[Any]]

MEASURED: Final[dict[str, Call]] = {
    "user.me": lambda circleci: circleci.user.me(),
    "a page of 20 pipelines": lambda circleci: circleci.pipelines.list_for_project(SLUG),
}


async def microseconds(circleci: CircleCI, call: Call) -> float:
    """CPU per call of this process, its threads included."""
    started = time.process_time()
    for _ in range(CALLS):
        await call(circleci)
    return (time.process_time() - started) / CALLS * 1e6


async def measure(call: Call) -> tuple[float, float]:
    """In process, and over a socket."""
    fake = FakeCircleCI.seeded(SLUG)
    off = RateLimitPolicy(enabled=False)
    async with (
        CircleCI(fake.token, transport=fake.transport(), rate_limit=off) as in_process,
        fake.serve() as url,
        CircleCI(fake.token, base_url=url, rate_limit=off) as over_a_socket,
    ):
        rounds = [
            (await microseconds(in_process, call), await microseconds(over_a_socket, call)) for _ in range(ROUNDS + 1)
        ]
    warm = rounds[1:]
    return statistics.median(first for first, _ in warm), statistics.median(second for _, second in warm)


def seconds_to_start() -> float:
    """The best of a few: from nothing to a fake with a long past."""
    best = float("inf")
    for _ in range(3):
        started = time.perf_counter()
        FakeCircleCI.seeded(SLUG, pipelines=PIPELINES)
        best = min(best, time.perf_counter() - started)
    return best


async def main() -> bool:
    print(f"{'CPU per call':24} {'in process':>12} {'socket':>12} {'ratio':>7}")
    held = True
    for name, call in MEASURED.items():
        in_process, over_a_socket = await measure(call)
        ratio = in_process / over_a_socket
        held &= ratio <= BOUND
        print(f"{name:24} {in_process:9.0f} µs {over_a_socket:9.0f} µs {ratio:7.2f}")
    seconds = seconds_to_start()
    held &= seconds < START_SECONDS
    print(f"\nA fake with {PIPELINES:,} pipelines starts in {seconds:.2f} s.")
    print(
        f"Wanted: ratios of at most {BOUND:.2f}, a start in less than {START_SECONDS:g} s: {'held' if held else 'MISSED'}."
    )
    return held


if __name__ == "__main__":
    sys.exit(0 if anyio.run(main) else 1)
