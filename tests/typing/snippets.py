"""The Python of the README and of the documentation, as modules for type checkers."""

from __future__ import annotations

import textwrap
from pathlib import Path

import circleci_v2
from tests.support.documents import DOCS, ROOT, is_program, pages_with_python, python_blocks

__all__ = ["write_snippets"]

NAMES = ", ".join(name for name in circleci_v2.__all__ if name != "__version__")
# The blocks of a page are an async function; its parameters are the names that `tests.test_guide` defines for it.
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
    """Write modules into a folder: one for each complete program, and one for the other blocks of each page; return them."""
    pages = {"readme": ROOT / "README.md"} | {page.removesuffix(".md"): DOCS / page for page in pages_with_python()}
    modules: dict[str, str] = {}
    for title, page in pages.items():
        name = title.replace("-", "_").replace("/", "_")
        blocks = python_blocks(page)
        modules |= {f"{name}_{number}": block for number, block in enumerate(blocks) if is_program(block)}
        if parts := [block for block in blocks if not is_program(block)]:
            modules[name] = page_of(parts)
    for name, text in modules.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    return [folder / f"{name}.py" for name in modules]


def page_of(blocks: list[str]) -> str:
    return PAGE + textwrap.indent("\n".join(blocks), "    ") + "    print()\n"
