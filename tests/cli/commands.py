"""Run commands in this process, with the fake CircleCI of ``--demo``."""

from __future__ import annotations

import json
from typing import Any

from typer.testing import CliRunner, Result

from circleci_v2.cli.app import app

PROJECT = "gh/acme/web"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def rows_of(*arguments: str) -> list[dict[str, Any]]:
    result = run(*arguments, "--jsonl", "--demo")
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]
