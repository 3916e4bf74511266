"""The Python blocks of the README run as printed, and its commands exist."""

from __future__ import annotations

import ast
import inspect
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

from circleci_v2 import OPERATIONS, CircleCI
from circleci_v2.testing import FakeCircleCI

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


def output_of(program: str) -> str:
    """Run a block as a script, with warnings as errors, against a fake CircleCI."""
    fake = FakeCircleCI.seeded("gh/acme/web", pipelines=120)
    with fake.serve() as url:
        environment = {**os.environ, "CIRCLECI_BASE_URL": url, "CIRCLE_TOKEN": fake.token}
        command = [sys.executable, "-W", "error", "-c", program]
        result = subprocess.run(command, env=environment, check=False, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_the_first_example_runs_as_printed():
    assert " created 20" in output_of(BLOCKS[0])


def test_the_tour_runs_as_printed():
    output = output_of(BLOCKS[1])
    assert "Hello " in output
    assert "404 from getProjectBySlug" in output


def test_the_calls_of_the_common_tasks_match_the_signatures_of_the_client():
    tasks = ast.parse(BLOCKS[2])
    calls = [
        node
        for node in ast.walk(tasks)
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("circleci.")
    ]
    assert len(calls) == 6
    for call in calls:
        method = getattr(CircleCI, ast.unparse(call.func).removeprefix("circleci."))
        inspect.signature(method).bind(None, *call.args, **{str(option.arg): option.value for option in call.keywords})


def test_every_text_names_extras_that_exist_in_one_spelling_that_every_shell_accepts():
    root = Path(__file__).parent.parent
    extras = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    paths = [
        root / "README.md",
        *root.glob("docs/**/*.md"),
        *root.glob("circleci_v2/**/*.py"),
        *root.glob("examples/*.py"),
    ]
    named: set[str] = set()
    for path in paths:
        text = path.read_text(encoding="utf-8")
        for line in re.findall(r".*(?:circleci.v2|\.)\[[a-z0-9,]+\].*", text):
            # zsh takes unquoted brackets for a pattern. In a clone, the distribution is `.`.
            commands = re.findall(
                r"pip install '(?:circleci_v2|\.)\[([a-z0-9,]+)\]'|missing_package_error\(.*\[([a-z0-9]+)\]\"", line
            )
            assert commands, f"{path.relative_to(root)}: {line}"
            named |= {extra for command in commands for names in command for extra in names.split(",") if extra}
    assert named - {"socks"} == extras.keys()


def test_the_number_of_operations_and_the_links_are_right():
    assert f"All {len(OPERATIONS)} operations" in README
    root = Path(__file__).parent.parent
    links = re.findall(r"\]\((?!https?:)([^)#]+)", README)
    assert len(links) > 12
    assert [link for link in links if not (root / link).exists()] == []


def test_the_make_targets_exist():
    makefile = (Path(__file__).parent.parent / "Makefile").read_text(encoding="utf-8")
    assert [line.split()[1] for line in README.splitlines() if line.startswith("make ")][:2] == ["demo", "test"]
    for target in re.findall(r"^make ([a-z-]+)", README, re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
