"""The ``circleci-v2`` command; it needs the extra ``cli``."""

from __future__ import annotations

import os
import sys
from pathlib import Path

__all__ = ["main"]

_INTERRUPTED = 130  # ExitCode.INTERRUPTED, which is not imported yet where it is needed


def main() -> None:
    """Run the command, or say what is missing to run it."""
    if sys.stdout is None:  # closed by whoever started it, as with >&-: what nobody wants to read goes nowhere
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - until the process ends
    if sys.stdin is None:  # likewise: nothing comes from there
        sys.stdin = Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115 - until the process ends
    try:
        from circleci_v2.cli.app import app
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in {"rich", "starlette", "typer", "uvicorn"}:
            raise
        sys.exit(f"circleci-v2 needs {error.name}: install it with  pip install 'circleci_v2[cli]'")
    except KeyboardInterrupt:  # Ctrl-C before anything has begun
        sys.exit(_INTERRUPTED)
    app()
