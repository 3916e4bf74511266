"""Whom the commands talk to: CircleCI with the user's token, or with ``--demo`` a fake of their own."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated, Final

import anyio
import typer

from circleci_v2.client import CircleCI
from circleci_v2.testing import Clock, FakeCircleCI
from circleci_v2.usage_export import Timing
from circleci_v2.waiting import Polling

__all__ = ["DEMO_PROJECT", "Demo", "connect", "polling", "usage_timing"]

DEMO_PROJECT: Final = "gh/acme/web"
"""The project that a fake of the command line knows."""

Demo = Annotated[
    bool, typer.Option("--demo", help=f"Try it without a token, on a fake CircleCI that knows {DEMO_PROJECT}.")
]

# A pipeline of five minutes ends after five seconds.
_DEMO_SPEED: Final = 60.0


async def _sleep_faster(seconds: float) -> None:
    await anyio.sleep(seconds / _DEMO_SPEED)


def _time_faster() -> float:
    return anyio.current_time() * _DEMO_SPEED


def polling(*, demo: bool) -> Polling:
    """How often to look at what is waited for; with a fake, as much more often as its time passes faster."""
    return Polling(clock=_time_faster, sleep=_sleep_faster) if demo else Polling()


def usage_timing(*, demo: bool) -> Timing:
    """The time by which to wait for a usage export, likewise."""
    return Timing(monotonic=_time_faster, sleep=_sleep_faster) if demo else Timing()


@asynccontextmanager
async def connect(*, demo: bool) -> AsyncGenerator[CircleCI]:
    """A client for the time of one command.

    Args:
        demo: Talk to a fake CircleCI of this process, in which time passes 60 times as fast and it is now.
    """
    if not demo:
        async with CircleCI() as circleci:
            yield circleci
        return
    fake = FakeCircleCI.seeded(DEMO_PROJECT, clock=Clock(datetime.now(UTC), speed=_DEMO_SPEED))
    async with fake.serve() as url, CircleCI(fake.token, base_url=url) as circleci:
        yield circleci
