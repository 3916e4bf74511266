"""Driver: CPU and wall time of GETs by one of several clients.

Requests name the contender, the address, the number of concurrent calls and the number of calls, and whether each call gets
the same page of pipelines or one pipeline by its id; replies have the seconds per call. It runs in the environment of the
contender, so every import of a library is inside a function.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import json
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

PAGE_SIZE: Final = 20
SLUG: Final = "gh/acme/web"
PATH: Final = f"/project/{SLUG}/pipeline"
TOKEN: Final = "token"

GetPage = Callable[[], Awaitable[int]]
"""Fetch a page and return the number of its pipelines."""
GetOne = Callable[[str], Awaitable[str]]
"""Fetch a pipeline and return its id."""


@dataclass(frozen=True)
class Client:
    """An open client.

    Attributes:
        page: Fetch a page.
        get: Fetch a pipeline.
        get_all: Fetch many pipelines with a number of concurrent calls, where the client has a method for this.
    """

    page: GetPage
    get: GetOne | None = None
    get_all: Callable[[list[str], int], Awaitable[list[str]]] | None = None


Contender = Callable[[str, int], AbstractAsyncContextManager[Client]]


@asynccontextmanager
async def ours(base_url: str, concurrency: int, **options: Any) -> AsyncIterator[Client]:
    from circleci_v2 import CircleCI  # noqa: PLC0415 - in its environment only

    async with CircleCI(TOKEN, base_url=base_url, max_concurrency=concurrency, **options) as circleci:

        async def page() -> int:
            return len((await circleci.pipelines.list_for_project(SLUG)).items)

        async def get_all(ids: list[str], concurrency: int) -> list[str]:
            outcomes = circleci.map(circleci.pipelines.get, ids, concurrency=concurrency)
            return [str(outcome.result.id) async for outcome in outcomes]

        yield Client(page, get_all=get_all)


def ours_fast(base_url: str, concurrency: int) -> AbstractAsyncContextManager[Client]:
    from circleci_v2 import ConnectionOptions  # noqa: PLC0415 - in its environment only

    return ours(base_url, concurrency, connection=ConnectionOptions(fast=True))


def ours_without_limiter(base_url: str, concurrency: int) -> AbstractAsyncContextManager[Client]:
    """Without the limiter, which would keep fewer requests in flight: the server is fast and sends no rate-limit headers."""
    from circleci_v2 import RateLimitPolicy  # noqa: PLC0415 - in its environment only

    return ours(base_url, concurrency, rate_limit=RateLimitPolicy(enabled=False))


@asynccontextmanager
async def httpx_client(base_url: str, connections: int, kept_alive: int) -> AsyncIterator[Any]:
    import httpx  # noqa: PLC0415 - in its environment only

    limits = httpx.Limits(max_connections=connections, max_keepalive_connections=kept_alive)
    async with httpx.AsyncClient(
        base_url=base_url, limits=limits, timeout=60, headers={"Circle-Token": TOKEN}
    ) as client:
        yield client


def httpx_get(client: Any) -> GetOne:
    async def get(pipeline_id: str) -> str:
        return str((await client.get(f"/pipeline/{pipeline_id}")).json()["id"])

    return get


@asynccontextmanager
async def httpx_kept_alive(base_url: str, concurrency: int) -> AsyncIterator[Client]:
    async with httpx_client(base_url, concurrency, concurrency) as client:

        async def page() -> int:
            return len((await client.get(PATH)).json()["items"])

        yield Client(page, httpx_get(client))


@asynccontextmanager
async def httpx_default(base_url: str, concurrency: int) -> AsyncIterator[Client]:
    del concurrency
    async with httpx_client(base_url, 100, 20) as client:

        async def page() -> int:
            return len((await client.get(PATH)).json()["items"])

        yield Client(page, httpx_get(client))


@asynccontextmanager
async def httpx_pydantic(base_url: str, concurrency: int) -> AsyncIterator[Client]:
    validate = pydantic_page()
    async with httpx_client(base_url, concurrency, concurrency) as client:

        async def page() -> int:
            return len(validate((await client.get(PATH)).content).items)

        yield Client(page)


def pydantic_page() -> Callable[[bytes], Any]:
    """Define pydantic models with the fields of our models."""
    from pydantic import create_model  # noqa: PLC0415 - in its environment only

    actor: Any = create_model("Actor", login=str, avatar_url=str | None)
    trigger: Any = create_model("Trigger", type=str, received_at=datetime, actor=actor)
    commit: Any = create_model("Commit", subject=str | None, body=str | None)
    vcs: Any = create_model(
        "Vcs",
        provider_name=str,
        origin_repository_url=str,
        target_repository_url=str,
        revision=str,
        branch=(str | None, None),
        tag=(str | None, None),
        commit=(commit | None, None),
    )
    pipeline: Any = create_model(
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
    page: Any = create_model("Page", items=list[pipeline], next_page_token=str | None)
    validate: Callable[[bytes], Any] = page.model_validate_json
    return validate


@asynccontextmanager
async def stock(base_url: str, concurrency: int) -> AsyncIterator[Client]:
    """The code of openapi-python-client with its default templates, for the same document."""
    import httpx  # noqa: PLC0415 - in its environment only

    package = importlib.import_module("stock_client")
    operation = importlib.import_module("stock_client.api.pipeline.list_pipelines_for_project")
    limits = httpx.Limits(max_connections=concurrency, max_keepalive_connections=concurrency)
    client = package.AuthenticatedClient(
        base_url=base_url, token=TOKEN, prefix="", auth_header_name="Circle-Token", httpx_args={"limits": limits}
    )
    async with client:

        async def page() -> int:
            return len((await operation.asyncio(client=client, project_slug=SLUG)).items)

        yield Client(page)


@asynccontextmanager
async def aiohttp_dicts(base_url: str, concurrency: int) -> AsyncIterator[Client]:
    import aiohttp  # noqa: PLC0415 - in its environment only

    connector = aiohttp.TCPConnector(limit=concurrency)
    async with aiohttp.ClientSession(headers={"Circle-Token": TOKEN}, connector=connector) as session:

        async def page() -> int:
            async with session.get(base_url + PATH) as response:
                return len((await response.json())["items"])

        async def get(pipeline_id: str) -> str:
            async with session.get(f"{base_url}/pipeline/{pipeline_id}") as response:
                return str((await response.json())["id"])

        yield Client(page, get)


@asynccontextmanager
async def pycircleci_async(base_url: str, concurrency: int) -> AsyncIterator[Client]:
    del concurrency
    module = importlib.import_module("pycircleci_async.client")
    async with module.CircleCIClient(TOKEN, base_url.removesuffix("/v2")) as client:

        async def page() -> int:
            return len(await client.get_project_pipelines("acme", "web"))

        async def get(pipeline_id: str) -> str:
            return str((await client.get_pipeline(pipeline_id))["id"])

        yield Client(page, get)


@asynccontextmanager
async def raw_bytes(base_url: str, concurrency: int) -> AsyncIterator[Client]:
    """The floor: write a request that is ready to a socket that is open, and read the bytes of its response."""
    host, _, port = base_url.removeprefix("http://").split("/")[0].partition(":")
    prefix = "/" + base_url.removeprefix("http://").split("/", 1)[1]
    request = f"GET {prefix}{PATH} HTTP/1.1\r\nHost: {host}\r\nCircle-Token: {TOKEN}\r\n\r\n".encode()
    idle = [await asyncio.open_connection(host, int(port)) for _ in range(concurrency)]

    async def page() -> int:
        reader, writer = connection = idle.pop()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        body = await reader.readexactly(int(head.split(b"content-length: ")[1].split(b"\r\n")[0]))
        idle.append(connection)
        return PAGE_SIZE if body.endswith(b"}") else 0

    yield Client(page)
    for _, writer in idle:
        writer.close()
        await writer.wait_closed()


CONTENDERS: Final[dict[str, Contender]] = {
    "ours": ours,
    "ours-fast": ours_fast,
    "ours-without-limiter": ours_without_limiter,
    "httpx": httpx_kept_alive,
    "httpx-default": httpx_default,
    "httpx-pydantic": httpx_pydantic,
    "stock": stock,
    "aiohttp": aiohttp_dicts,
    "pycircleci-async": pycircleci_async,
    "raw": raw_bytes,
}


async def measure_pages(contender: Contender, base_url: str, concurrency: int, calls: int) -> dict[str, float]:
    async with contender(base_url, concurrency) as client:
        await get_pages(client.page, concurrency + 20, concurrency)
        return await timed(lambda: get_pages(client.page, calls, concurrency), calls)


async def get_pages(page: GetPage, calls: int, concurrency: int) -> None:
    left = iter(range(calls))

    async def work() -> None:
        for _ in left:
            if await page() != PAGE_SIZE:
                msg = "the page is incomplete"
                raise RuntimeError(msg)

    async with asyncio.TaskGroup() as tasks:
        for _ in range(concurrency):
            tasks.create_task(work())


async def measure_fan_out(contender: Contender, base_url: str, concurrency: int, calls: int) -> dict[str, float]:
    """Measure a new client, connections included, as a program that fetches many objects once."""
    ids = [str(UUID(int=number)) for number in range(1, calls + 1)]

    async def fan_out() -> None:
        async with contender(base_url, concurrency) as client:
            if client.get_all is not None:
                found = await client.get_all(ids, concurrency)
            else:
                assert client.get is not None
                found = await gather(client.get, ids, concurrency)
        if sorted(found) != ids:
            msg = "pipelines are missing"
            raise RuntimeError(msg)

    return await timed(fan_out, calls)


async def gather(get: GetOne, ids: list[str], concurrency: int) -> list[str]:
    """The usual code: a task per call, and a semaphore."""
    semaphore = asyncio.Semaphore(concurrency)

    async def one(pipeline_id: str) -> str:
        async with semaphore:
            return await get(pipeline_id)

    return await asyncio.gather(*(one(pipeline_id) for pipeline_id in ids))


async def timed(work: Callable[[], Awaitable[None]], calls: int) -> dict[str, float]:
    gc.collect()
    cpu, wall = time.process_time(), time.perf_counter()
    await work()
    return {"cpu": (time.process_time() - cpu) / calls, "wall": (time.perf_counter() - wall) / calls}


TASKS: Final = {"page": measure_pages, "fan-out": measure_fan_out}


def main() -> None:
    for line in sys.stdin:
        request = json.loads(line)
        contender = CONTENDERS[request["contender"]]
        work = TASKS[request["task"]](contender, request["base_url"], request["concurrency"], request["calls"])
        print(json.dumps(asyncio.run(work)), flush=True)


if __name__ == "__main__":
    main()
