"""Whom the commands talk to: CircleCI with the user's token, or with ``--demo`` a fake of their own."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated, Final

import typer

from circleci_v2.client import CircleCI
from circleci_v2.testing import Clock, FakeCircleCI

__all__ = ["DEMO_PROJECT", "Demo", "connect"]

DEMO_PROJECT: Final = "gh/acme/web"
"""The project that a fake of the command line knows."""

Demo = Annotated[
    bool, typer.Option("--demo", help=f"Try it without a token, on a fake CircleCI that knows {DEMO_PROJECT}.")
]

# A pipeline of five minutes ends after five seconds.
_DEMO_SPEED: Final = 60.0


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
