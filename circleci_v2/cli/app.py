"""The commands, put together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Final

import typer

from circleci_v2 import __version__
from circleci_v2.cli.commands.acting import api, trigger, wait
from circleci_v2.cli.commands.demo import demo
from circleci_v2.cli.commands.downloading import artifacts, usage
from circleci_v2.cli.commands.faking import fake
from circleci_v2.cli.commands.reading import flaky, history, jobs, whoami

__all__ = ["app"]

app: Final = typer.Typer(
    name="circleci-v2",
    help="CircleCI from the command line: what ran, how long it took, and how to run it again.",
    epilog=(
        "Exit codes: 0 success; 1 the pipeline did not succeed; 2 wrong usage or no token; 3 refused or failed; "
        "4 the token may not; 5 not found; 124 not in time; 130 interrupted; 141 nobody reads the output any more."
    ),
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"circleci-v2 {__version__}")
        raise typer.Exit


@app.callback()
def options(
    *,
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", is_eager=True, callback=_print_version)
    ] = False,
) -> None:
    """Take what stands before the command."""


_PANELS: Final[Mapping[str, tuple[Callable[..., None], ...]]] = {
    "Look": (whoami, history, jobs, flaky),
    "Download": (artifacts, usage),
    "Run": (trigger, wait, api),
    "Try without a token": (demo, fake),
}
for panel, commands in _PANELS.items():
    for command in commands:
        app.command(rich_help_panel=panel)(command)
