"""The Python of the README and of the documentation passes the type checkers as it is printed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.support.documents import ROOT
from tests.typing.snippets import write_snippets

# Strict, but for what the form of a page causes: its imports and functions are inside of a function, and some only show a call.
PYRIGHT = {
    "typeCheckingMode": "strict",
    "extraPaths": [str(ROOT)],
    "reportUnusedFunction": False,
    "reportUnusedImport": False,
    "reportUnusedVariable": False,
    "reportUnusedExpression": False,
}


def output_of(*command: str, folder: Path) -> str:
    environment = {**os.environ, "MYPYPATH": str(ROOT)}
    result = subprocess.run(
        [sys.executable, "-m", *command], cwd=folder, env=environment, check=False, capture_output=True, text=True
    )
    return result.stdout + result.stderr


@pytest.mark.skipif(find_spec("mypy") is None, reason="mypy is not installed")
def test_the_snippets_pass_mypy(tmp_path: Path) -> None:
    modules = [module.name for module in write_snippets(tmp_path)]
    assert len(modules) > 10
    options = ["--strict", "--config-file=", f"--cache-dir={ROOT / '.mypy_cache' / 'snippets'}"]
    assert f"no issues found in {len(modules)} source files" in output_of("mypy", *options, *modules, folder=tmp_path)


@pytest.mark.skipif(find_spec("pyright") is None, reason="pyright is not installed")
def test_the_snippets_pass_pyright(tmp_path: Path) -> None:
    write_snippets(tmp_path)
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(PYRIGHT), encoding="utf-8")
    assert "0 errors, 0 warnings" in output_of("pyright", f"--pythonpath={sys.executable}", folder=tmp_path)
