from __future__ import annotations

import importlib.util
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from types import ModuleType

import httpx
import pytest

from circleci_v2.webhooks import SIGNATURE_HEADER, sign

pytestmark = pytest.mark.anyio

EXAMPLES = Path(__file__).parents[2] / "examples" / "webhooks"
DELIVERIES = Path(__file__).parent / "deliveries"
SECRET = "correct horse"
FAILED_WORKFLOW = (DELIVERIES / "workflow_completed_gitlab.json").read_bytes()
FAILED_JOB = (DELIVERIES / "job_completed_github_branch.json").read_bytes().replace(b'"success"', b'"failed"')

Post = Callable[[bytes, str | None], Awaitable[int]]


def example(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def poster(client: httpx.AsyncClient) -> Post:
    async def post(body: bytes, signature: str | None) -> int:
        headers = {SIGNATURE_HEADER: signature} if signature else {}
        return (await client.post("/webhooks/circleci", content=body, headers=headers)).status_code

    return post


@asynccontextmanager
async def asgi_receiver(name: str) -> AsyncIterator[Post]:
    transport = httpx.ASGITransport(example(name).app)
    async with httpx.AsyncClient(transport=transport, base_url="http://receiver") as client:
        yield poster(client)


def starlette_receiver() -> AbstractAsyncContextManager[Post]:
    return asgi_receiver("starlette_receiver")


def fastapi_receiver() -> AbstractAsyncContextManager[Post]:
    return asgi_receiver("fastapi_receiver")


@asynccontextmanager
async def aiohttp_receiver() -> AsyncIterator[Post]:
    web = pytest.importorskip("aiohttp.web")
    runner = web.AppRunner(example("aiohttp_receiver").application())
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0]
    try:
        async with httpx.AsyncClient(base_url=f"http://{host}:{port}") as client:
            yield poster(client)
    finally:
        await runner.cleanup()


@pytest.fixture(params=[starlette_receiver, fastapi_receiver, aiohttp_receiver])
async def post(request, anyio_backend, monkeypatch):
    if request.param is aiohttp_receiver and anyio_backend != "asyncio":
        pytest.skip("aiohttp runs on asyncio alone")
    monkeypatch.setenv("CIRCLECI_WEBHOOK_SECRET", SECRET)
    async with request.param() as post:
        yield post


async def test_a_signed_delivery_is_handled_once(post, caplog):
    with caplog.at_level(logging.INFO, logger="receiver"):
        for _ in range(3):
            for body in (FAILED_WORKFLOW, FAILED_JOB):
                assert await post(body, sign(body, SECRET)) == 204
    assert sum(record.name == "receiver" for record in caplog.records) == 1


@pytest.mark.parametrize("signature", [None, "v1=" + "0" * 64, sign(FAILED_JOB, SECRET)])
async def test_a_forged_delivery_is_rejected(post, signature, caplog):
    with caplog.at_level(logging.INFO, logger="receiver"):
        assert await post(FAILED_WORKFLOW, signature) == 401
    assert not [record for record in caplog.records if record.name == "receiver"]


async def test_a_signed_delivery_that_is_not_json_is_rejected(post):
    assert await post(b"not json", sign(b"not json", SECRET)) == 400
