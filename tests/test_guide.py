"""The Python blocks of each page of the guide run as printed, against a fake CircleCI."""

from __future__ import annotations

import ast
import inspect
import re
import types
from pathlib import Path
from typing import Any

import pytest

import circleci_v2
from circleci_v2 import CircleCI
from circleci_v2.testing import FakeCircleCI

GUIDE = Path(__file__).parent.parent / "docs" / "guide"
PAGES = sorted(page.name for page in GUIDE.glob("*.md"))
BLOCK = re.compile(r"```python\n(.*?)```", re.DOTALL)


@pytest.mark.parametrize("page", PAGES)
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
        for number, block in enumerate(BLOCK.findall((GUIDE / page).read_text(encoding="utf-8")), 1):
            names["circleci"] = circleci  # a block may have rebound the name
            await run_block(block, names, f"{page}, block {number}")


async def run_block(block: str, names: dict[str, Any], title: str) -> None:
    code = compile(block, f"<{title}>", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    outcome = types.FunctionType(code, names)()
    if inspect.iscoroutine(outcome):
        await outcome
