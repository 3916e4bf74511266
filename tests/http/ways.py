"""A parametrization of tests: every way of cancelling, on every transport."""

from __future__ import annotations

from typing import Any, Final

import pytest

from tests.http.cancelling import ASYNCIO_WAYS, SkippingLoop, Way, by_cancel_scope, by_task_cancel_at_every_step

_ASYNCIO: Final = ("asyncio", {"loop_factory": SkippingLoop})
_NO_OPTIONS: Final[dict[str, Any]] = {}
_ON_ASYNCIO: Final[dict[str, Way]] = {**ASYNCIO_WAYS, "task.cancel at every step": by_task_cancel_at_every_step}

_WITHOUT_AIOHTTP: Final = [
    *(pytest.param((_ASYNCIO, False), way, id=f"asyncio, {name}") for name, way in _ON_ASYNCIO.items()),
    pytest.param((("trio", _NO_OPTIONS), False), by_cancel_scope, id="trio, anyio cancel scope"),
]
_WITH_AIOHTTP: Final = [pytest.param((_ASYNCIO, True), way, id=f"aiohttp, {name}") for name, way in _ON_ASYNCIO.items()]

EVERY_WAY: Final = pytest.mark.parametrize(("carrier", "way"), [*_WITHOUT_AIOHTTP, *_WITH_AIOHTTP])
"""Sets `carrier`, of which the fixtures `anyio_backend` and `fast` come, and `way`."""

EVERY_WAY_WITHOUT_AIOHTTP: Final = pytest.mark.parametrize(("carrier", "way"), _WITHOUT_AIOHTTP)
"""The same for what aiohttp cannot do."""

HARSHEST_WAYS: Final = pytest.mark.parametrize(
    ("carrier", "way"),
    [
        pytest.param((_ASYNCIO, False), by_task_cancel_at_every_step, id="asyncio, task.cancel at every step"),
        _WITHOUT_AIOHTTP[-1],
    ],
)
"""The one on asyncio that leaves the least time to clean up, and the one of trio; for tests that connect at every step."""
