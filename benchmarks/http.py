"""CPU time of one typed page: GET of 20 pipelines, by this library and by other clients, in one run.

Run with ``make bench-http``, or with some concurrencies: ``python -m benchmarks.http 1 100``. Each figure is the median, over
the rounds, of the CPU time per call relative to plain httpx in the same round: ``max_connections =
max_keepalive_connections`` at the concurrency, and ``response.json()``. Other clients are measured if they are installed;
pycircleci-async pins an older httpx: ``pip install --no-deps pycircleci-async python-dateutil``.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import importlib.metadata
import importlib.util
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import anyio
import httpx

from benchmarks.latency_server import PAGE_SIZE, SLUG
from benchmarks.page_server import PageServer, page_server
from circleci_v2 import CircleCI, ConnectionOptions, RateLimitPolicy
from circleci_v2._wire import json as wire_json

CONCURRENCIES: Final = (1, 20, 50, 100)
ROUNDS: Final = 5
CALLS: Final = 500
BOUNDS: Final = {1: 1.10, 20: 0.90, 100: 0.20}
MAX_CONNECTIONS: Final = 110

Call = Callable[[], Awaitable[int]]
"""Fetch a page and return the number of its pipelines."""
Contender = Callable[[str, int], AbstractAsyncContextManager[Call]]

BASELINE: Final = "httpx, all kept alive"
OURS: Final = "circleci_v2"


@asynccontextmanager
async def ours(base_url: str, concurrency: int, **options: Any) -> AsyncIterator[Call]:
    async with CircleCI("token", base_url=base_url, max_concurrency=concurrency, **options) as circleci:

        async def call() -> int:
            return len((await circleci.pipelines.list_for_project(SLUG)).items)

        yield call


def ours_fast(base_url: str, concurrency: int) -> AbstractAsyncContextManager[Call]:
    return ours(base_url, concurrency, connection=ConnectionOptions(fast=True))


def ours_without_limiter(base_url: str, concurrency: int) -> AbstractAsyncContextManager[Call]:
    """Without the limiter, which would keep fewer requests in flight: the server is fast and sends no rate-limit headers."""
    return ours(base_url, concurrency, rate_limit=RateLimitPolicy(enabled=False))


@asynccontextmanager
async def ours_standard_json(base_url: str, concurrency: int) -> AsyncIterator[Call]:
    """Without msgspec, which the extra ``fast`` installs."""
    installed, wire_json.msgspec = wire_json.msgspec, None  # type: ignore[assignment]
    try:
        async with ours(base_url, concurrency) as call:
            yield call
    finally:
        wire_json.msgspec = installed


@asynccontextmanager
async def httpx_client(base_url: str, limits: httpx.Limits) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(limits=limits, timeout=60, headers={"Circle-Token": "token"}) as client:
        client.base_url = httpx.URL(f"{base_url}/")
        yield client


@asynccontextmanager
async def httpx_full(base_url: str, concurrency: int) -> AsyncIterator[Call]:
    limits = httpx.Limits(max_connections=concurrency, max_keepalive_connections=concurrency)
    async with httpx_client(base_url, limits) as client:

        async def call() -> int:
            return len((await client.get(f"project/{SLUG}/pipeline")).json()["items"])

        yield call


@asynccontextmanager
async def httpx_default(base_url: str, concurrency: int) -> AsyncIterator[Call]:
    del concurrency
    async with httpx_client(base_url, httpx.Limits(max_connections=100, max_keepalive_connections=20)) as client:

        async def call() -> int:
            return len((await client.get(f"project/{SLUG}/pipeline")).json()["items"])

        yield call


@asynccontextmanager
async def httpx_pydantic(base_url: str, concurrency: int) -> AsyncIterator[Call]:
    page = pydantic_page()
    limits = httpx.Limits(max_connections=concurrency, max_keepalive_connections=concurrency)
    async with httpx_client(base_url, limits) as client:

        async def call() -> int:
            return len(page((await client.get(f"project/{SLUG}/pipeline")).content).items)

        yield call


def pydantic_page() -> Callable[[bytes], Any]:
    """Define pydantic models with the fields of our models."""
    from pydantic import BaseModel, create_model  # noqa: PLC0415 - optional

    actor = create_model("Actor", login=str, avatar_url=str | None)
    trigger = create_model("Trigger", type=str, received_at=datetime, actor=actor)
    commit = create_model("Commit", subject=str | None, body=str | None)
    vcs = create_model(
        "Vcs",
        provider_name=str,
        origin_repository_url=str,
        target_repository_url=str,
        revision=str,
        branch=(str | None, None),
        tag=(str | None, None),
        commit=(commit | None, None),
    )
    pipeline = create_model(
        "Pipeline",
        id=UUID,
        number=int,
        project_slug=str,
        state=str,
        created_at=datetime,
        updated_at=(datetime | None, None),
        errors=list[dict[str, Any]],
        trigger=trigger,
        trigger_parameters=(dict[str, Any] | None, None),
        vcs=(vcs | None, None),
    )
    page: type[BaseModel] = create_model("Page", items=list[pipeline], next_page_token=str | None)  # type: ignore[valid-type]
    return page.model_validate_json


@asynccontextmanager
async def stock(base_url: str, concurrency: int) -> AsyncIterator[Call]:
    """The code of openapi-python-client with its default templates, for the same document."""
    package = importlib.import_module("stock_client")
    operation = importlib.import_module("stock_client.api.pipeline.list_pipelines_for_project")
    limits = httpx.Limits(max_connections=concurrency, max_keepalive_connections=concurrency)
    client = package.AuthenticatedClient(
        base_url=base_url, token="token", prefix="", auth_header_name="Circle-Token", httpx_args={"limits": limits}
    )
    async with client:

        async def call() -> int:
            return len((await operation.asyncio(client=client, project_slug=SLUG)).items)

        yield call


@asynccontextmanager
async def aiohttp_raw(base_url: str, concurrency: int) -> AsyncIterator[Call]:
    import aiohttp  # noqa: PLC0415 - optional

    connector = aiohttp.TCPConnector(limit=concurrency)
    async with aiohttp.ClientSession(headers={"Circle-Token": "token"}, connector=connector) as session:

        async def call() -> int:
            async with session.get(f"{base_url}/project/{SLUG}/pipeline") as response:
                return len((await response.json())["items"])

        yield call


@asynccontextmanager
async def pycircleci_async(base_url: str, concurrency: int) -> AsyncIterator[Call]:
    del concurrency
    module = importlib.import_module("pycircleci_async.client")
    async with module.CircleCIClient("token", base_url.removesuffix("/v2")) as client:

        async def call() -> int:
            return len(await client.get_project_pipelines("acme", "web"))

        yield call


def contenders() -> dict[str, Contender]:
    found: dict[str, Contender] = {BASELINE: httpx_full, OURS: ours, "  no limiter": ours_without_limiter}
    if wire_json.msgspec is not None:
        found["  with standard json"] = ours_standard_json
    if importlib.util.find_spec("httpx_aiohttp"):
        found["  over aiohttp (fast=True)"] = ours_fast
    found["httpx, default limits"] = httpx_default
    if importlib.util.find_spec("pydantic"):
        found["httpx + pydantic"] = httpx_pydantic
    if importlib.util.find_spec("stock_client"):
        found["openapi-python-client"] = stock
    if importlib.util.find_spec("aiohttp"):
        found["aiohttp"] = aiohttp_raw
    if importlib.util.find_spec("pycircleci_async"):
        found["pycircleci-async"] = pycircleci_async
    return found


async def measure(contender: Contender, server: PageServer, concurrency: int) -> tuple[float, int]:
    """Return the CPU seconds per call, and the number of connections opened, including the warm-up."""
    before = server.connections()
    async with contender(server.base_url, concurrency) as call:
        await run(call, 2 * concurrency + 20, concurrency)
        gc.collect()
        start = time.process_time()
        await run(call, CALLS, concurrency)
        cpu = (time.process_time() - start) / CALLS
    return cpu, server.connections() - before


async def run(call: Call, calls: int, concurrency: int) -> None:
    left = iter(range(calls))

    async def work() -> None:
        for _ in left:
            assert await call() == PAGE_SIZE

    async with anyio.create_task_group() as tasks:
        for _ in range(concurrency):
            tasks.start_soon(work)


def compare(server: PageServer, concurrency: int) -> bool:
    """Print a table, and return whether this library met its bounds."""
    found = contenders()
    cpu: dict[str, list[float]] = {name: [] for name in found}
    opened: dict[str, int] = {}
    for _ in range(ROUNDS):
        for name, contender in found.items():
            seconds, connections = anyio.run(measure, contender, server, concurrency)
            cpu[name].append(seconds)
            opened[name] = max(opened.get(name, 0), connections)
    print(f"\n{concurrency} concurrent                   CPU / plain httpx     CPU per call   connections")
    for name in found:
        print(
            f"  {name:28} {relative(cpu, name):12.2f} {statistics.median(cpu[name]) * 1000:15.2f} ms {opened[name]:12,}"
        )
    bound = BOUNDS.get(concurrency, 1.0)
    within_bounds = relative(cpu, OURS) <= bound and opened[OURS] <= MAX_CONNECTIONS
    print(f"  bounds: {bound:.2f}, {MAX_CONNECTIONS} connections: {'met' if within_bounds else 'MISSED'}")
    return within_bounds


def relative(cpu: dict[str, list[float]], name: str) -> float:
    return statistics.median(one / base for one, base in zip(cpu[name], cpu[BASELINE], strict=True))


@contextlib.contextmanager
def stock_client() -> AsyncIterator[None]:
    """Generate the package `stock_client` for this run."""
    with tempfile.TemporaryDirectory() as folder:
        document = Path(__file__).parent.parent / "openapi.json"
        target = Path(folder) / "stock_client"
        command = [sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none"]
        arguments = ["--path", str(document), "--output-path", str(target)]
        subprocess.run([*command, *arguments], check=True, capture_output=True)
        sys.path.insert(0, folder)
        try:
            yield
        finally:
            sys.path.remove(folder)


def main(arguments: list[str]) -> int:
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("httpx", "httpcore", "anyio"))
    print(f"GET of a page of {PAGE_SIZE} pipelines, {ROUNDS} rounds of {CALLS} calls; {versions}")
    with page_server() as server, stock_client():
        print(f"a page has {len(server.page):,} bytes")
        within_bounds = [compare(server, concurrency) for concurrency in map(int, arguments or CONCURRENCIES)]
    return 0 if all(within_bounds) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
