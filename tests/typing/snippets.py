"""The Python of the README and of the guide, as modules for type checkers."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import circleci_v2

__all__ = ["write_snippets"]

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"```python\n(.*?)```", re.DOTALL)
NAMES = ", ".join(name for name in circleci_v2.__all__ if name != "__version__")
# Every page is an async function; its parameters are the names that `tests.test_guide` defines for it.
PAGE = f"""
from datetime import datetime
from pathlib import Path

from circleci_v2 import {NAMES}
from circleci_v2.models import Pipeline
from circleci_v2.testing import FakeCircleCI


async def page(
    circleci: CircleCI,
    fake: FakeCircleCI,
    folder: Path,
    newest: Pipeline,
    organization_id: str,
    monday: datetime,
    now: datetime,
) -> None:
"""


def write_snippets(folder: Path) -> list[Path]:
    """Write a module for each page of the guide, and for each program of the README, into a folder; return the modules."""
    readme = blocks_of(ROOT / "README.md")
    modules = {f"readme_{number}": block for number, block in enumerate(readme) if "asyncio.run(" in block}
    pages = {page.stem: blocks_of(page) for page in sorted((ROOT / "docs" / "guide").glob("*.md"))}
    pages["readme_tasks"] = [block for block in readme if "asyncio.run(" not in block]
    modules |= {name.replace("-", "_"): page_of(blocks) for name, blocks in pages.items() if blocks}
    for name, text in modules.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    return [folder / f"{name}.py" for name in modules]


def blocks_of(page: Path) -> list[str]:
    return BLOCK.findall(page.read_text(encoding="utf-8"))


def page_of(blocks: list[str]) -> str:
    return PAGE + textwrap.indent("\n".join(blocks), "    ") + "    print()\n"
