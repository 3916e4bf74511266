"""The pages of the documentation and the code in them."""

from __future__ import annotations

import re
from pathlib import Path

__all__ = [
    "DOCS",
    "ROOT",
    "is_program",
    "original_script",
    "pages_with_python",
    "python_blocks",
    "shell_blocks",
    "written_pages",
]

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
GENERATED = ("reference/api", "reference/models", "reference/examples.md")
"""Written by tools.build_reference; neither their signatures nor the programs of `examples/` are blocks to run."""

_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_SHELL = re.compile(r"^```(sh|shell|bash|console)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_ORIGINAL = re.compile(r'^```python title="Before"\n(.*?)^```$', re.DOTALL | re.MULTILINE)


def written_pages() -> list[Path]:
    """The pages that people write, below `docs`."""
    pages = sorted(DOCS.rglob("*.md"))
    return [page for page in pages if not page.relative_to(DOCS).as_posix().startswith(GENERATED)]


def python_blocks(page: Path) -> list[str]:
    """The Python of a page that runs with this library."""
    return _BLOCK.findall(page.read_text(encoding="utf-8"))


def pages_with_python() -> list[str]:
    """The names of the pages with Python, relative to `docs`."""
    return [page.relative_to(DOCS).as_posix() for page in written_pages() if python_blocks(page)]


def is_program(block: str) -> bool:
    """Whether a block is complete, with an event loop of its own."""
    return "asyncio.run(" in block


def original_script(page: Path) -> str:
    """The script for another client on a page about migrating."""
    (script,) = _ORIGINAL.findall(page.read_text(encoding="utf-8"))
    return str(script)


def shell_blocks(page: Path) -> list[str]:
    """The commands of each shell block of a page, without comments and without the output of the commands."""
    found: list[str] = []
    for kind, block in _SHELL.findall(page.read_text(encoding="utf-8")):
        lines = block.splitlines()
        if kind == "console":
            lines = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
        found.append("\n".join(line for line in lines if line.strip() and not line.lstrip().startswith("#")))
    return found
