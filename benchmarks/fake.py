"""CPU time of calls to the fake CircleCI, in process and over a socket, and its start-up time.

Run with ``make bench-fake``. A call includes the client and the fake, as in a user's test. Both connections are measured
alternately in one process; each figure is the median over the rounds, to reduce the influence of other programs.
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

MEASURED_CALLS: Final[dict[str, Call]] = {
    "user.me": lambda circleci: circleci.user.me(),
    "a page of 20 pipelines": lambda circleci: circleci.pipelines.list_for_project(SLUG),
}


async def microseconds(circleci: CircleCI, call: Call) -> float:
    """Return the CPU time per call, including all threads of this process."""
    started = time.process_time()
    for _ in range(CALLS):
        await call(circleci)
    return (time.process_time() - started) / CALLS * 1e6


async def measure(call: Call) -> tuple[float, float]:
    """Return the CPU time per call in process, and over a socket."""
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
    """Return the shortest time to create a fake with a long history."""
    best = float("inf")
    for _ in range(3):
        started = time.perf_counter()
        FakeCircleCI.seeded(SLUG, pipelines=PIPELINES)
        best = min(best, time.perf_counter() - started)
    return best


async def main() -> bool:
    print(f"{'CPU per call':24} {'in process':>12} {'socket':>12} {'ratio':>7}")
    within_bounds = True
    for name, call in MEASURED_CALLS.items():
        in_process, over_a_socket = await measure(call)
        ratio = in_process / over_a_socket
        within_bounds &= ratio <= BOUND
        print(f"{name:24} {in_process:9.0f} µs {over_a_socket:9.0f} µs {ratio:7.2f}")
    seconds = seconds_to_start()
    within_bounds &= seconds < START_SECONDS
    print(f"\nA fake with {PIPELINES:,} pipelines starts in {seconds:.2f} s.")
    print(
        f"Bounds: ratios of at most {BOUND:.2f}, a start in under {START_SECONDS:g} s: {'met' if within_bounds else 'MISSED'}."
    )
    return within_bounds


if __name__ == "__main__":
    sys.exit(0 if anyio.run(main) else 1)
