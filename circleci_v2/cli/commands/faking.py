"""``circleci-v2 fake``: a fake CircleCI for programs in any language."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Final

import anyio
import typer

from circleci_v2.cli.connection import DEMO_PROJECT
from circleci_v2.cli.output import stdout
from circleci_v2.cli.running import run
from circleci_v2.testing import Clock, FakeCircleCI

__all__ = ["fake"]

_FASTEST: Final = 1e6
"""A year in half a minute; much more, and the fake's time leaves the calendar while somebody looks."""


def fake(
    *,
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port to listen on; 0 takes a free one.")] = 0,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    project: Annotated[list[str] | None, typer.Option(help="A project that it knows; may repeat.")] = None,
    pipelines: Annotated[int, typer.Option(min=0, help="How many pipelines each has run.")] = 400,
    seed: Annotated[int, typer.Option(help="What its past is drawn from.")] = 0,
    speed: Annotated[
        float, typer.Option(min=0, max=_FASTEST, help="Seconds that pass in it per second; 0 stands still.")
    ] = 1.0,
    realistic: Annotated[
        bool, typer.Option("--realistic", help="Deviate from the published API the way the real one does.")
    ] = False,
) -> None:
    """Serve a fake CircleCI until Ctrl-C; its token is fake-token.

    Example:  circleci-v2 fake --port 8080 --project gh/acme/web --speed 60
    """
    served = FakeCircleCI(seed=seed, clock=Clock(datetime.now(UTC), speed=speed), realistic=realistic)
    for slug in project or [DEMO_PROJECT]:
        try:
            served.add_seeded_project(slug, pipelines=pipelines)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from error
    run(_serve(served, host, port))


async def _serve(served: FakeCircleCI, host: str, port: int) -> None:
    try:
        async with served.serve(host=host, port=port) as url:
            stdout.print(f"CIRCLECI_BASE_URL={url} CIRCLE_TOKEN={served.token}", soft_wrap=True, highlight=False)
            await anyio.sleep_forever()
    except OSError as error:
        msg = f"cannot listen on {host}:{port}: {error.strerror}; choose another --port, or 0 for a free one."
        raise typer.BadParameter(msg) from error
