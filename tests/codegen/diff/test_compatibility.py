"""Incompatible changes of the public API between versions, in a temporary repository."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

pytest.importorskip("griffe", reason="griffelib is among the tools of the dev group")

from codegen.diff import baseline, compatibility
from codegen.errors import SpecError

FACE = 'from circleci_v2.client import CircleCI\n\n__all__ = ["CircleCI"]\n'
CLIENT = '__all__ = ["CircleCI"]\n\nclass CircleCI:\n    def close(self, timeout=3): ...\n    def _hidden(self): ...\n'
PIPELINES = (
    '__all__ = ["Pipelines"]\n\nclass Pipelines:\n'
    "    def list(self, *, mine=None, branch=None) -> int: ...\n\ndef helper(mine=None): ...\n"
)
WORKFLOW = '__all__ = ["Workflow"]\n\nclass Workflow:\n    id: str\n    tag: str\n'


def git(repository: Path, *arguments: str) -> None:
    settings = ("-c", "user.name=Tests", "-c", "user.email=tests@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *settings, *arguments], cwd=repository, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    files = {
        "__init__.py": FACE,
        "client.py": CLIENT,
        "_generated/__init__.py": "",
        "_generated/api/__init__.py": "",
        "_generated/api/pipelines.py": PIPELINES,
        "_generated/models/__init__.py": "",
        "_generated/models/workflow.py": WORKFLOW,
    }
    for name, text in files.items():
        path = tmp_path / "circleci_v2" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "-m", "first")
    return tmp_path


def replace(repository: Path, name: str, old: str, new: str) -> None:
    path = repository / "circleci_v2" / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_without_a_tag_it_says_so(repository: Path, capsys: pytest.CaptureFixture[str]):
    assert compatibility.main([], repository) == 0
    assert "No version is tagged yet" in capsys.readouterr().out


def test_an_unchanged_package_is_compatible(repository: Path, capsys: pytest.CaptureFixture[str]):
    git(repository, "tag", "v0.1.0")
    assert compatibility.main([], repository) == 0
    assert capsys.readouterr().out == "No incompatible changes since v0.1.0.\n"


@pytest.mark.parametrize(
    ("file", "old", "new", "line"),
    [
        ("_generated/api/pipelines.py", "mine=None, ", "", "`pipelines.list` loses argument `mine`."),
        ("_generated/api/pipelines.py", "mine=None", "mine", "`pipelines.list` requires argument `mine` now."),
        ("_generated/api/pipelines.py", "def list", "def all", "`pipelines.list` is removed."),
        ("_generated/models/workflow.py", "    tag: str\n", "", "`models.Workflow.tag` is removed."),
        (
            "client.py",
            "timeout=3",
            "timeout=4",
            "`circleci_v2.client.CircleCI.close` has the default 4 for argument `timeout`, was 3.",
        ),
        ("client.py", "def close", "def stop", "`circleci_v2.client.CircleCI.close` is removed."),
    ],
)
def test_incompatible_changes_are_reported_with_public_names(
    repository: Path, file: str, old: str, new: str, line: str
):
    git(repository, "tag", "v0.1.0")
    replace(repository, file, old, new)
    assert line in compatibility.incompatible_changes("v0.1.0", repository)


def test_a_removed_model_is_reported(repository: Path):
    git(repository, "tag", "v0.1.0")
    (repository / "circleci_v2" / "_generated" / "models" / "workflow.py").unlink()
    assert compatibility.incompatible_changes("v0.1.0", repository) == ["`models.Workflow` is removed."]


def test_names_that_a_namespace_module_does_not_export_are_ignored(repository: Path):
    git(repository, "tag", "v0.1.0")
    replace(repository, "_generated/api/pipelines.py", "def list", "def all")
    replace(repository, "_generated/api/pipelines.py", "def helper(mine=None)", "def other_helper()")
    assert compatibility.incompatible_changes("v0.1.0", repository) == ["`pipelines.list` is removed."]


def test_additions_and_private_names_are_compatible(repository: Path):
    git(repository, "tag", "v0.1.0")
    replace(repository, "client.py", "def _hidden(self): ...", "def open(self): ...")
    replace(repository, "_generated/models/workflow.py", "    tag: str\n", "    tag: str\n    name: str\n")
    assert compatibility.incompatible_changes("v0.1.0", repository) == []


def test_the_last_version_counts_and_other_tags_do_not(repository: Path):
    for tag in ("v0.1.0", "nightly"):
        git(repository, "tag", tag)
    assert compatibility.last_tag(repository) == "v0.1.0"


def test_an_incompatible_change_fails_the_command_unless_it_only_reports(
    repository: Path, capsys: pytest.CaptureFixture[str]
):
    git(repository, "tag", "v0.1.0")
    replace(repository, "_generated/models/workflow.py", "    tag: str\n", "")
    assert compatibility.main([], repository) == 4
    assert compatibility.main(["--report-only"], repository) == 0
    assert "Incompatible changes since v0.1.0:\n- `models.Workflow.tag` is removed.\n" in capsys.readouterr().out


def test_a_missing_tag_is_reported(repository: Path):
    with pytest.raises(SpecError, match=r"^v9: .*not a valid object name"):
        compatibility.incompatible_changes("v9", repository)


def record(repository: Path) -> None:
    (repository / "codegen" / "diff").mkdir(parents=True)
    replace(repository, "__init__.py", "\n__all__", '\n__version__ = "0.2.0"\n\n__all__')
    assert baseline.main(repository) == 0


def test_the_committed_baseline_precedes_tags_and_needs_no_git(repository: Path, capsys: pytest.CaptureFixture[str]):
    record(repository)
    shutil.rmtree(repository / ".git")
    assert compatibility.main([], repository) == 0
    replace(repository, "client.py", "def close(self, timeout=3)", "def close(self, timeout)")
    replace(repository, "_generated/models/workflow.py", "    tag: str\n", "")
    assert compatibility.main([], repository) == 4
    assert capsys.readouterr().out.splitlines()[1:] == [
        "No incompatible changes since 0.2.0.",
        "Incompatible changes since 0.2.0:",
        "- `circleci_v2.client.CircleCI.close` requires argument `timeout` now.",
        "- `models.Workflow.tag` is removed.",
    ]


def test_a_baseline_has_signatures_and_no_code(repository: Path):
    source = (
        '"""About."""\nimport os\n\nLIMIT = 3  # why\nprint("side effect")\n\nclass A(B):\n    """Doc."""\n'
        "    x: int = 1\n    def __init__(self, y): self._y = os.getpid()\n    def _hidden(self): ...\n"
        "    async def call(self, *, z=None) -> int:\n        return 1\n\ndef _helper(): ...\n"
    )
    assert baseline.signatures_of(source) == (
        "import os\nLIMIT = 3\n\nclass A(B):\n    x: int = 1\n\n    def __init__(self, y):\n        ...\n\n"
        "    async def call(self, *, z=None) -> int:\n        ..."
    )


def test_a_baseline_writes_below_its_folder_only(repository: Path, tmp_path_factory: pytest.TempPathFactory):
    record(repository)
    file = repository / baseline.BASELINE
    file.write_text(file.read_text(encoding="utf-8").replace("circleci_v2/client.py", "circleci_v2/../../client.py"))
    with pytest.raises(SpecError, match=r"'circleci_v2/\.\./\.\./client\.py' is not a module of circleci_v2"):
        baseline.unpack(repository, tmp_path_factory.mktemp("unpacked"))
