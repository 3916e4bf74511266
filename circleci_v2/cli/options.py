"""Arguments and options that several commands share, and the client that ``--demo`` selects."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

import anyio
import typer

from circleci_v2.cli.output import Format
from circleci_v2.client import CircleCI
from circleci_v2.events import Event
from circleci_v2.testing import Clock, FakeCircleCI
from circleci_v2.usage_export import Timing
from circleci_v2.waiting import Polling

__all__ = [
    "DEMO_PROJECT",
    "AsCsv",
    "AsJson",
    "AsJsonl",
    "AsObject",
    "Branch",
    "Demo",
    "Limit",
    "Project",
    "Since",
    "connect",
    "parse_key_value",
    "parse_time",
    "polling",
    "select_format",
    "usage_timing",
]

DEMO_PROJECT: Final = "gh/acme/web"
"""The project that the fake CircleCI of ``--demo`` serves."""

_DEMO_SPEED: Final = 60.0
"""Fake seconds per real second: a pipeline of five minutes ends after five seconds."""

_AGO: Final = re.compile(r"([0-9]+)([smhdw])")
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def parse_time(text: str) -> datetime:
    """Parse ``7d`` (that long ago) or an ISO 8601 date or time, which is UTC unless it names a zone.

    Raises:
        typer.BadParameter: The text is neither, or out of the range of `datetime`.
    """
    try:
        if ago := _AGO.fullmatch(text):
            return datetime.now(UTC) - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        parsed = datetime.fromisoformat(text)
        return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    except (OverflowError, ValueError) as error:
        msg = f"{text!r} is not a valid time: write 30m, 12h, 7d or 4w for that long ago, or a date such as 2026-01-31."
        raise typer.BadParameter(msg) from error


def parse_key_value(text: str) -> tuple[str, str]:
    """Split ``key=value``.

    Raises:
        typer.BadParameter: There is no ``=``, or the key is empty.
    """
    key, equals, value = text.partition("=")
    if not key or not equals:
        msg = f"{text!r} is not of the form key=value."
        raise typer.BadParameter(msg)
    return key, value


Project = Annotated[str, typer.Argument(help="The project slug, such as gh/acme/web.", metavar="PROJECT")]
Branch = Annotated[str | None, typer.Option(help="Only pipelines of this branch.")]
Since = Annotated[
    datetime | None,
    typer.Option(parser=parse_time, metavar="TIME", help="Only pipelines created since then: 12h, 7d, 2026-01-31, …"),
]
Limit = Annotated[int | None, typer.Option(min=1, help="The maximum number of pipelines, newest first.")]
Demo = Annotated[
    bool, typer.Option("--demo", help=f"Use a fake CircleCI with the project {DEMO_PROJECT}; needs no token.")
]


AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON array.")]
AsObject = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
AsJsonl = Annotated[bool, typer.Option("--jsonl", help="Print one JSON object per line.")]
AsCsv = Annotated[bool, typer.Option("--csv", help="Print CSV with a header.")]


def select_format(*, as_json: bool, as_jsonl: bool, as_csv: bool) -> Format:
    """Return the format that the options select; a table by default.

    Raises:
        typer.BadParameter: The options select more than one.
    """
    requested: dict[Format, bool] = {"json": as_json, "jsonl": as_jsonl, "csv": as_csv}
    selected: list[Format] = [name for name, is_requested in requested.items() if is_requested]
    if len(selected) > 1:
        msg = f"--{' and --'.join(selected)} exclude each other: choose one."
        raise typer.BadParameter(msg)
    return selected[0] if selected else "table"


@asynccontextmanager
async def connect(*, demo: bool, on_event: Callable[[Event], None] | None = None) -> AsyncGenerator[CircleCI]:
    """Open the client of one command.

    Args:
        demo: Connect to a fake CircleCI in this process. Its time starts now and runs 60 times as fast.
        on_event: Called with the events of the client.
    """
    if not demo:
        async with CircleCI(on_event=on_event) as circleci:
            yield circleci
        return
    clock = Clock(datetime.now(UTC), speed=_DEMO_SPEED)
    fake = FakeCircleCI.seeded(DEMO_PROJECT, clock=clock, spelling="document")  # no warnings of deviations
    async with fake.serve() as url, CircleCI(fake.token, base_url=url, on_event=on_event) as circleci:
        yield circleci


def polling(*, demo: bool) -> Polling:
    """The intervals at which to poll a pipeline, shortened with ``--demo`` by the speed of the fake's time."""
    return Polling(clock=_demo_clock, sleep=_demo_sleep) if demo else Polling()


def usage_timing(*, demo: bool) -> Timing:
    """The clock by which to wait for a usage export; with ``--demo`` it runs at the speed of the fake's time."""
    return Timing(monotonic=_demo_clock, sleep=_demo_sleep) if demo else Timing()


async def _demo_sleep(seconds: float) -> None:
    await anyio.sleep(seconds / _DEMO_SPEED)


def _demo_clock() -> float:
    return anyio.current_time() * _DEMO_SPEED
