"""The type checkers infer the types that `api` asserts, and reject exactly the lines that `rejected` marks."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from circleci_v2.models import WorkflowStatus
from tests.support.documents import ROOT

FOLDER = Path(__file__).parent
ACCEPTED, REJECTED = FOLDER / "api.py", FOLDER / "rejected.py"
FILES = [str(ACCEPTED), str(REJECTED)]
COMMANDS = {
    "mypy": ["--no-pretty", f"--cache-dir={ROOT / '.mypy_cache'}", *FILES],
    "pyright": [f"--pythonpath={sys.executable}", "--project"],
    "pyrefly": ["check", "--output-format=min-text", f"--python-interpreter-path={sys.executable}", *FILES],
}
# pyright checks no file that the configuration of its project excludes, so it gets copies in another folder.
PYRIGHT = {"extraPaths": [str(ROOT)], "pythonVersion": "3.11", "typeCheckingMode": "strict"}
# mypy and pyright have the place first, pyrefly has the severity first.
ERROR = re.compile(r"^(?:.*/)?(\w+)\.py:(\d+).* error|^ *ERROR .*?(\w+)\.py:(\d+)", re.MULTILINE)


def errors_of(checker: str, folder: Path) -> tuple[set[tuple[str, int]], str]:
    """The modules and lines with errors, and the output."""
    command = [sys.executable, "-m", checker, *COMMANDS[checker]]
    if checker == "pyright":
        for file in (ACCEPTED, REJECTED):
            shutil.copy(file, folder)
        (folder / "pyrightconfig.json").write_text(json.dumps(PYRIGHT), encoding="utf-8")
        command.append(str(folder))
    result = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    output = result.stdout + result.stderr
    assert result.returncode == 1, output
    return {(one or other, int(line or number)) for one, line, other, number in ERROR.findall(output)}, output


def marked_lines() -> set[tuple[str, int]]:
    lines = REJECTED.read_text(encoding="utf-8").splitlines()
    return {("rejected", number) for number, line in enumerate(lines, 1) if line.endswith("  # rejected")}


@pytest.mark.parametrize("checker", COMMANDS)
def test_a_checker_accepts_the_contract_and_rejects_the_marked_lines(checker: str, tmp_path: Path) -> None:
    if find_spec(checker) is None:
        pytest.skip(f"{checker} is not installed")
    found, output = errors_of(checker, tmp_path)
    assert len(marked_lines()) > 40
    assert found == marked_lines(), output


def test_the_member_that_stands_for_values_published_later_exists_for_type_checkers_only() -> None:
    assert not hasattr(WorkflowStatus, "_UNPUBLISHED")
    assert [status.value for status in WorkflowStatus if not status.is_published] == []
    assert WorkflowStatus("queued") not in list(WorkflowStatus)
