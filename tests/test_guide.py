"""The Python blocks of each page of the documentation run as printed, against a fake CircleCI."""

from __future__ import annotations

import ast
import inspect
import os
import re
import subprocess
import sys
import types
from operator import attrgetter
from pathlib import Path
from typing import Any

import pytest

import circleci_v2
from circleci_v2 import CircleCI
from circleci_v2.testing import Clock, FakeCircleCI
from tests.support.documents import DOCS, is_program, original_script, pages_with_python, python_blocks

PROGRAMS = [
    (page, number)
    for page in pages_with_python()
    for number, block in enumerate(python_blocks(DOCS / page))
    if is_program(block)
]


@pytest.mark.parametrize("page", pages_with_python())
def test_the_python_of_a_page_runs_as_printed(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    import anyio

    monkeypatch.setenv("CIRCLE_TOKEN", "token")
    anyio.run(run_page, page, tmp_path)


async def run_page(page: str, folder: Path) -> None:
    fake = FakeCircleCI.seeded("gh/acme/web")
    async with CircleCI(fake.token, transport=fake.transport()) as circleci:
        newest = await circleci.pipelines.list_for_project("gh/acme/web").first()
        organization = await circleci.organizations.get("gh/acme")
        # The names that a page may use without defining them.
        names: dict[str, Any] = {
            **{name: getattr(circleci_v2, name) for name in circleci_v2.__all__},
            "fake": fake,
            "FakeCircleCI": FakeCircleCI,
            "folder": folder,
            "newest": newest,
            "organization_id": organization.id,
        }
        for number, block in enumerate(python_blocks(DOCS / page), 1):
            if not is_program(block):
                names["circleci"] = circleci  # a block may have rebound the name
                await run_block(block, names, f"{page}, block {number}")


async def run_block(block: str, names: dict[str, Any], title: str) -> None:
    code = compile(block, f"<{title}>", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    outcome = types.FunctionType(code, names)()
    if inspect.iscoroutine(outcome):
        await outcome


def test_the_calls_in_the_tables_about_migrating_match_the_signatures():
    calls = 0
    for page in sorted((DOCS / "migrating").glob("*.md")):
        rows = [line for line in page.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
        for code in re.findall(r"`(?:await )?(circleci\.[a-z_.]+\([^`]*\))`", "\n".join(rows)):
            call = ast.parse(code, mode="eval").body
            assert isinstance(call, ast.Call)
            if any(isinstance(argument, ast.Constant) and argument.value is ... for argument in call.args):
                continue  # f(...) names the method only
            method: Any = attrgetter(ast.unparse(call.func).removeprefix("circleci."))(CircleCI("token"))
            options = {str(option.arg): option.value for option in call.keywords}
            inspect.signature(method).bind(*call.args, **options)
            calls += 1
    assert calls > 60


def output_of(program: str) -> str:
    """Run a program in a process of its own, with warnings as errors, against a fake with a fast clock."""
    fake = FakeCircleCI.seeded("gh/acme/web", pipelines=120, clock=Clock(speed=600))
    with fake.serve() as url:
        environment = {**os.environ, "CIRCLECI_BASE_URL": url, "CIRCLE_TOKEN": fake.token}
        command = [sys.executable, "-W", "error", "-c", program]
        result = subprocess.run(command, env=environment, check=False, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.mark.parametrize(("page", "number"), PROGRAMS)
def test_a_program_runs_as_printed(page: str, number: int):
    assert output_of(python_blocks(DOCS / page)[number])


def test_a_script_for_httpx_and_the_ported_one_print_the_same():
    page = DOCS / "migrating" / "httpx.md"
    (ported,) = filter(is_program, python_blocks(page))
    assert output_of(original_script(page)) == output_of(ported)


def test_the_test_of_the_quick_start_passes(tmp_path: Path):
    (block,) = [block for block in python_blocks(DOCS / "quick-start.md") if "def test_" in block]
    (tmp_path / "test_red.py").write_text(block, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_red.py"]
    result = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout
    assert "passed" in result.stdout
