"""What all tests share: each asynchronous test runs on asyncio and on trio, and hypothesis has a profile for the night."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "explore", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow], derandomize=False
)


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    """The event loop a test runs on."""
    return str(request.param)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--fake-spelling",
        choices=("live", "document"),
        default="live",
        help="Whose keys the responses of fakes have that choose no spelling; the suite passes with both.",
    )
    parser.addoption(
        "--event-loop",
        choices=("standard", "uvloop"),
        default="standard",
        help="The event loop of asyncio.",
    )


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--event-loop") == "uvloop":
        import asyncio

        import uvloop

        # Read by `anyio.run` and by the runners of pytest plugins alike, each of which creates its own loop.
        asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    spelling = config.getoption("--fake-spelling")
    if spelling != "live":
        from circleci_v2.testing import FakeCircleCI

        for function in (FakeCircleCI.__init__, FakeCircleCI.seeded.__func__):  # type: ignore[attr-defined]
            function.__kwdefaults__["spelling"] = spelling
