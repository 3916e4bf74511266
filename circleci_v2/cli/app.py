"""The Typer application: its commands, grouped into the panels of ``--help``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Final

import typer

from circleci_v2 import __version__
from circleci_v2.cli.download import artifacts, usage
from circleci_v2.cli.fake import demo, fake
from circleci_v2.cli.inspect import flaky, history, jobs, whoami
from circleci_v2.cli.trigger import api, trigger, wait

__all__ = ["app"]

app: Final = typer.Typer(
    name="circleci-v2",
    help="CircleCI from the command line: inspect pipelines, download their files, trigger new ones.",
    epilog=(
        "Exit codes: 0 success; 1 the pipeline did not succeed; 2 wrong usage or no token; 3 request or file error; "
        "4 access denied; 5 not found; 124 timed out; 130 interrupted; 141 the output was closed."
    ),
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)


def _print_version(requested: bool) -> None:
    if requested:
        typer.echo(f"circleci-v2 {__version__}")
        raise typer.Exit


@app.callback()
def options(
    *,
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", is_eager=True, callback=_print_version)
    ] = False,
) -> None:
    """Accept the options that precede a command."""


_PANELS: Final[Mapping[str, tuple[Callable[..., None], ...]]] = {
    "Inspect": (whoami, history, jobs, flaky),
    "Download": (artifacts, usage),
    "Run": (trigger, wait, api),
    "Try without a token": (demo, fake),
}
for panel, commands in _PANELS.items():
    for command in commands:
        app.command(rich_help_panel=panel)(command)
