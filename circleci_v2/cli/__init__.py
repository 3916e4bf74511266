"""The ``circleci-v2`` command; it needs the extra ``cli``."""

from __future__ import annotations

import sys

from circleci_v2.cli.process import ExitCode, prepare_process

__all__ = ["main"]


def main() -> None:
    """Run the command, or name the package that is missing to run it."""
    prepare_process()
    try:
        from circleci_v2.cli.app import app
        from circleci_v2.cli.runner import exit_on_error
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in {"rich", "starlette", "typer", "uvicorn"}:
            raise
        sys.stderr.write(f"circleci-v2 needs {error.name}, which is not installed: pip install 'circleci_v2[cli]'\n")
        sys.exit(ExitCode.USAGE)  # with a text, Python exits with 1, which is `ExitCode.FAILED` here
    except KeyboardInterrupt:  # Ctrl-C while the modules load
        sys.exit(ExitCode.INTERRUPTED)
    with exit_on_error():
        app(prog_name="circleci-v2")  # also for `python -m`, whose completion script would be named after Python
