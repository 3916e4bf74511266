"""Bulk calls against a loopback server with 50 ms latency: fan-out, prefetching, and the crawl of a history.

Run all parts with ``make bench-bulk``, or some with ``python -m benchmarks.bulk fan-out prefetch crawl memory``. Compare the
ratios to the minimum; seconds depend on the machine. Other clients are measured if they are installed: aiohttp, httpx-aiohttp,
and pycircleci-async, which pins an older httpx: ``pip install --no-deps pycircleci-async``.
"""

from __future__ import annotations

import gc
import importlib.util
import resource
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

import anyio
import httpx

from benchmarks.latency_server import SLUG, Shape, latency_server
from circleci_v2 import CircleCI, RateLimitPolicy

LATENCY: Final = 0.05
CALLS: Final = 1_000

Call = Callable[[str], Awaitable[Any]]


async def fan_out(base_url: str) -> None:
    """1,000 GETs with 20, 50 and 100 concurrent calls, by this library and by others."""
    contenders = {
        "circleci_v2": ours,
        "circleci_v2, no limiter": ours_without_limiter,
        "httpx, limits raised": httpx_full,
        "httpx, default limits": httpx_default,
    }
    if importlib.util.find_spec("aiohttp"):
        contenders["aiohttp"] = aiohttp_raw
    if importlib.util.find_spec("httpx_aiohttp"):
        contenders["httpx over aiohttp"] = httpx_over_aiohttp
    if importlib.util.find_spec("pycircleci_async"):
        contenders["pycircleci-async"] = pycircleci_async
    print(f"{CALLS:,} GETs of {LATENCY * 1000:.0f} ms: wall time / minimum, and CPU per call")
    for name, contender in contenders.items():
        # Warm up: the first run of a client imports and compiles its modules.
        await contender(base_url, 100)
        cells: list[str] = []
        for concurrency in (20, 50, 100):
            gc.collect()
            wall, cpu = time.perf_counter(), time.process_time()
            await contender(base_url, concurrency)
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            cells.append(f"{wall / (CALLS * LATENCY / concurrency):5.2f} ({cpu / CALLS * 1000:4.2f} ms)")
        print(f"  {name:24}", "   ".join(cells))


def ids() -> list[str]:
    shape = Shape()
    return [shape.pipeline_id(number) for number in range(1, CALLS + 1)]


async def ours(base_url: str, concurrency: int, rate_limit: RateLimitPolicy | None = None) -> None:
    async with CircleCI("token", base_url=base_url, max_concurrency=concurrency, rate_limit=rate_limit) as circleci:
        outcomes = circleci.map(circleci.pipelines.get, ids(), concurrency=concurrency)
        numbers = [outcome.result.number async for outcome in outcomes]
    assert sorted(numbers) == list(range(1, CALLS + 1))


async def ours_without_limiter(base_url: str, concurrency: int) -> None:
    """Without the limiter: the server sends no rate-limit headers, so the client would estimate a limit first."""
    await ours(base_url, concurrency, RateLimitPolicy(enabled=False))


async def gather(call: Call, concurrency: int) -> None:
    """The usual code: a task per call, and a semaphore."""
    semaphore = anyio.Semaphore(concurrency)

    async def one(pipeline_id: str) -> None:
        async with semaphore:
            assert (await call(pipeline_id))["id"] == pipeline_id

    async with anyio.create_task_group() as tasks:
        for pipeline_id in ids():
            tasks.start_soon(one, pipeline_id)


async def with_httpx(client: httpx.AsyncClient, base_url: str, concurrency: int) -> None:
    async def get(pipeline_id: str) -> Any:
        return (await client.get(f"{base_url}/pipeline/{pipeline_id}", headers={"Circle-Token": "token"})).json()

    async with client:
        await gather(get, concurrency)


async def httpx_full(base_url: str, concurrency: int) -> None:
    limits = httpx.Limits(max_connections=concurrency, max_keepalive_connections=concurrency)
    await with_httpx(httpx.AsyncClient(limits=limits, timeout=None), base_url, concurrency)


async def httpx_default(base_url: str, concurrency: int) -> None:
    await with_httpx(httpx.AsyncClient(timeout=None), base_url, concurrency)


async def httpx_over_aiohttp(base_url: str, concurrency: int) -> None:
    from httpx_aiohttp import AiohttpTransport  # noqa: PLC0415 - optional

    await with_httpx(httpx.AsyncClient(transport=AiohttpTransport(), timeout=None), base_url, concurrency)


async def aiohttp_raw(base_url: str, concurrency: int) -> None:
    import aiohttp  # noqa: PLC0415 - optional

    async with aiohttp.ClientSession(headers={"Circle-Token": "token"}) as session:

        async def get(pipeline_id: str) -> Any:
            async with session.get(f"{base_url}/pipeline/{pipeline_id}") as response:
                return await response.json()

        await gather(get, concurrency)


async def pycircleci_async(base_url: str, concurrency: int) -> None:
    from pycircleci_async.client import CircleCIClient  # noqa: PLC0415 - optional

    async with CircleCIClient("token", base_url.removesuffix("/v2")) as client:
        await gather(client.get_pipeline, concurrency)


async def prefetch(base_url: str) -> None:
    """50 pages with 25 ms of work on each: with prefetching, the total should be close to the slower of the two."""
    work = 0.025
    minimum = 50 * max(LATENCY, work)
    print(
        f"50 pages of {LATENCY * 1000:.0f} ms and {work * 1000:.0f} ms of work on each: wall time / the slower of both"
    )
    async with CircleCI("token", base_url=base_url) as circleci:
        pages = circleci.pipelines.list_for_project(SLUG)
        for name, walk in (("without prefetching", pages.pages()), ("prefetching one page", pages.prefetch().pages())):
            start = time.perf_counter()
            count = 0
            async for _ in walk:
                count += 1
                await anyio.sleep(work)
            assert count == 50
            print(f"  {name:24} {(time.perf_counter() - start) / minimum:5.2f}")


async def crawl(base_url: str) -> None:
    """1,000 pipelines with 3 workflows of 10 jobs each, 50 concurrent calls; every record is compared."""
    shape, concurrency = Shape(), 50
    calls = shape.pipelines * (1 + shape.workflows)
    async with CircleCI("token", base_url=base_url) as circleci:
        start, number = time.perf_counter(), shape.pipelines
        async for record in circleci.history(SLUG, concurrency=concurrency):
            found = record.to_dict()
            assert found["pipeline"] == shape.pipeline(number), number
            for index, workflow in enumerate(found["workflows"]):
                assert workflow["workflow"] == shape.workflow(number, index), number
                jobs = [job["job"] for job in workflow["jobs"]]
                assert jobs == [shape.job(number, index, position) for position in range(shape.jobs)], number
            assert len(found["workflows"]) == shape.workflows
            assert not found["failures"]
            number -= 1
        wall = time.perf_counter() - start
    assert number == 0
    minimum = calls * LATENCY / concurrency
    print(
        f"crawl of {shape.pipelines:,} pipelines, {calls:,} calls and 50 pages, {concurrency} concurrent: every record equal"
    )
    print(f"  wall time {wall:.1f} s, {wall / minimum:.2f} x the minimum of {minimum:.1f} s")


async def memory(base_url: str) -> None:
    """The peak memory of streamed crawls of two lengths, each in a separate process."""
    del base_url
    print("peak memory of a streamed crawl, 3 workflows of 2 jobs each")
    for pipelines in (1_000, 10_000):
        command = [sys.executable, "-m", "benchmarks.bulk", "--peak-of", str(pipelines)]
        result = await anyio.run_process(command, stderr=subprocess.PIPE)
        print(f"  {pipelines:6,} pipelines         {int(result.stdout) / 1024:5.0f} MB")


async def crawl_without_keeping(base_url: str) -> None:
    async with CircleCI("token", base_url=base_url) as circleci:
        async for _ in circleci.history(SLUG, concurrency=50):
            pass


def peak_of(pipelines: int) -> None:
    with latency_server(Shape(pipelines=pipelines, jobs=2), latency=0.001) as base_url:
        anyio.run(crawl_without_keeping, base_url)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


PARTS: Final = {"fan-out": fan_out, "prefetch": prefetch, "crawl": crawl, "memory": memory}


def main(arguments: list[str]) -> None:
    if arguments[:1] == ["--peak-of"]:
        peak_of(int(arguments[1]))
        return
    with latency_server(Shape(), latency=LATENCY) as base_url:
        for part in arguments or PARTS:
            anyio.run(PARTS[part], base_url)


if __name__ == "__main__":
    main(sys.argv[1:])
