"""The Typer application: its commands, grouped into the panels of ``--help``."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any, Final, cast

import typer
from typer.core import TyperGroup

from circleci_v2 import __version__
from circleci_v2.cli.change import approve, cancel, rerun, rotate, setenv
from circleci_v2.cli.download import artifacts, mirror, usage
from circleci_v2.cli.fake import demo, fake
from circleci_v2.cli.inspect import flaky, history, jobs, projects, whoami, workflows
from circleci_v2.cli.process import escape_controls
from circleci_v2.cli.trigger import api, trigger, wait
from circleci_v2.cli.why import logs, why

__all__ = ["app"]

_UsageError: Final = cast("type[typer.BadParameter]", typer.BadParameter.__bases__[0])
"""The base of all usage errors: that of click or, in newer releases of Typer, of a copy that it does not export."""


@contextmanager
def _escaped_usage_errors() -> Generator[None]:
    try:
        yield
    except _UsageError as error:
        # Typer prints it. It quotes arguments, which scripts take from the network, such as a branch name.
        error.message = escape_controls(error.message)
        raise


class _Commands(TyperGroup):
    """The group of all commands, whose usage errors contain no control characters."""

    def make_context(self, *args: Any, **kwargs: Any) -> Any:
        with _escaped_usage_errors():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: Any) -> Any:
        with _escaped_usage_errors():
            return super().invoke(ctx)


app: Final = typer.Typer(
    name="circleci-v2",
    cls=_Commands,
    help="CircleCI from the command line: inspect pipelines, download their files, trigger new ones.",
    epilog=(
        "Exit codes: 0 success; 1 the pipeline did not succeed; 2 wrong usage or no token; 3 request or output error; "
        "4 access denied; 5 not found; 6 an error after a pipeline was started; 124 timed out; 130 interrupted; "
        "141 the output was closed."
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
    "Inspect": (whoami, projects, history, workflows, jobs, flaky, why, logs),
    "Download": (artifacts, usage, mirror),
    "Run": (trigger, wait, approve, cancel, rerun, api),
    "Secrets": (setenv, rotate),
    "Try without a token": (demo, fake),
}
for panel, commands in _PANELS.items():
    for command in commands:
        app.command(rich_help_panel=panel)(command)
