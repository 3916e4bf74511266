"""The README tells the truth: its tour runs as it stands."""

from __future__ import annotations

import ast
import inspect
import os
import re
import sys
from pathlib import Path

import anyio
import pytest

from circleci_v2 import CircleCI
from circleci_v2.testing import FakeCircleCI

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


@pytest.mark.anyio
async def test_the_tour_runs_as_it_stands():
    tour = BLOCKS[0]
    fake = FakeCircleCI.seeded("gh/acme/web")
    async with fake.serve() as url:
        environment = {**os.environ, "CIRCLECI_BASE_URL": url, "CIRCLE_TOKEN": fake.token}
        result = await anyio.run_process([sys.executable, "-W", "error", "-c", tour], env=environment, check=False)
    assert result.returncode == 0, result.stderr.decode()
    assert "Hello " in result.stdout.decode()
    assert "404 from getProjectBySlug" in result.stdout.decode()


def test_the_chores_are_calls_that_the_client_takes():
    chores = ast.parse(BLOCKS[1])
    calls = [
        node
        for node in ast.walk(chores)
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("circleci.")
    ]
    assert len(calls) == 5
    for call in calls:
        method = getattr(CircleCI, ast.unparse(call.func).removeprefix("circleci."))
        inspect.signature(method).bind(None, *call.args, **{str(option.arg): option.value for option in call.keywords})


def test_the_set_up_is_two_commands_of_the_makefile():
    makefile = (Path(__file__).parent.parent / "Makefile").read_text(encoding="utf-8")
    assert [line.split()[1] for line in README.splitlines() if line.startswith("make ")][:2] == ["demo", "test"]
    for target in re.findall(r"^make ([a-z-]+)", README, re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
