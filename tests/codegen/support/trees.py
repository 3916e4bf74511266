"""Run Python with another generated tree in place of the package's own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from codegen.documents import ROOT, Document
from codegen.generate import generate

__all__ = ["Tree"]

PACKAGE = ROOT / "circleci_v2"


class Tree:
    """A folder with the hand-written package and another `_generated`.

    Attributes:
        notes: The notes of the generator.
    """

    def __init__(self, folder: Path, document: Document) -> None:
        self.folder = folder
        package = folder / "circleci_v2"
        package.mkdir(parents=True)
        for entry in PACKAGE.iterdir():
            if entry.name not in {"_generated", "__pycache__"}:
                (package / entry.name).symlink_to(entry)
        self.generated = package / "_generated"
        self.notes = generate(document, self.generated)

    def run(self, *arguments: str) -> str:
        """Run Python with this package instead of the repository's, check that it succeeds, and return its output."""
        search = os.pathsep.join([str(self.folder), str(ROOT)])
        environment = {**os.environ, "PYTHONPATH": search, "PYTHONDONTWRITEBYTECODE": "1"}
        command: Sequence[str] = [sys.executable, "-W", "error", *arguments]
        result = subprocess.run(
            command, capture_output=True, text=True, check=False, env=environment, cwd=self.folder, timeout=300
        )
        assert result.returncode == 0, f"{result.stdout[-3000:]}\n{result.stderr[-3000:]}"
        return result.stdout

    def check_types(self, cache: Path) -> str:
        """Run mypy --strict on the generated package and return its output.

        Args:
            cache: The cache of mypy. Trees can share one: mypy compares contents where paths differ.
        """
        return self.run(
            *("-m", "mypy", "--strict", "--config-file=", f"--cache-dir={cache}"),
            *("--follow-imports=silent", "-p", "circleci_v2._generated"),
        )
