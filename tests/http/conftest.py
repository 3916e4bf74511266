"""The transports of these tests: the client's own connections on each event loop, and aiohttp."""

from __future__ import annotations

import pytest


@pytest.fixture(params=[("asyncio", False), ("asyncio", True), ("trio", False)], ids=["asyncio", "aiohttp", "trio"])
def carrier(request: pytest.FixtureRequest) -> tuple[str, bool]:
    """The event loop, and whether to send through aiohttp, which runs on asyncio only."""
    loop, fast = request.param
    return str(loop), bool(fast)


@pytest.fixture
def anyio_backend(carrier: tuple[str, bool]) -> str:
    return carrier[0]


@pytest.fixture
def fast(carrier: tuple[str, bool]) -> bool:
    return carrier[1]
