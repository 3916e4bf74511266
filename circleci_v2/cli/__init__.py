"""The ``circleci-v2`` command; it needs the extra ``cli``."""

from __future__ import annotations

import os
import sys
from pathlib import Path

__all__ = ["main"]

# Equals ExitCode.INTERRUPTED, which lives in a module that may not be imported yet when Ctrl-C arrives.
_INTERRUPTED = 130


def main() -> None:
    """Run the command, or name the package that is missing to run it."""
    # Python sets a standard stream to None when the parent process closed it, as with `>&-` in a shell.
    if sys.stdout is None:
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - open until the process ends
    if sys.stdin is None:
        sys.stdin = Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115 - open until the process ends
    try:
        from circleci_v2.cli.app import app
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in {"rich", "starlette", "typer", "uvicorn"}:
            raise
        sys.exit(f"circleci-v2 needs {error.name}: install it with  pip install 'circleci_v2[cli]'")
    except KeyboardInterrupt:  # Ctrl-C while the modules load
        sys.exit(_INTERRUPTED)
    app()
