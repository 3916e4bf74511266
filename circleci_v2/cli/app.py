"""The commands, put together."""

from __future__ import annotations

from typing import Final

import typer

from circleci_v2.cli.commands.demo import demo

__all__ = ["app"]

app: Final = typer.Typer(
    name="circleci-v2",
    help="CircleCI from the command line: what ran, how long it took, and how to run it again.",
    epilog=(
        "Exit codes: 0 success; 1 the pipeline did not succeed; 2 wrong usage or no token; 3 refused or failed; "
        "4 the token may not; 5 not found; 124 not in time; 130 interrupted."
    ),
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)

app.command()(demo)


@app.callback()
def _several_commands() -> None:
    # With a single command typer would leave out its name.
    pass
