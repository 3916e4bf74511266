"""Imports: cheap, complete, and in one direction."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import circleci_v2

PACKAGE = Path(circleci_v2.__file__).parent


def loaded_after(statement: str) -> set[str]:
    code = f"{statement}\nimport sys; print('\\n'.join(sys.modules))"
    result = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    return set(result.stdout.split())


def test_importing_the_package_loads_no_model_and_no_http_library():
    loaded = loaded_after("import circleci_v2")
    assert not [name for name in loaded if name.startswith("circleci_v2._generated")]
    assert "httpx" not in loaded


def test_importing_the_client_loads_no_model():
    loaded = loaded_after("from circleci_v2 import CircleCI; CircleCI('token')")
    assert not [name for name in loaded if name.startswith("circleci_v2._generated.models.")]


def test_one_model_loads_no_other_until_it_decodes():
    loaded = loaded_after("from circleci_v2.models import Pipeline")
    assert [name for name in loaded if name.startswith("circleci_v2._generated.models.")] == [
        "circleci_v2._generated.models.pipeline"
    ]


def test_the_public_names_are_complete():
    tree = ast.parse(Path(circleci_v2.__file__).read_text(encoding="utf-8"))
    declared = {a.asname or a.name for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) for a in n.names}
    assert declared - {"annotations", "TYPE_CHECKING", "lazy_names"} == set(circleci_v2.__all__) - {"__version__"}
    for name in circleci_v2.__all__:
        assert getattr(circleci_v2, name) is not None
    assert set(dir(circleci_v2)) == set(circleci_v2.__all__)


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'circleci_v2' has no attribute 'CircleCi'"):
        circleci_v2.CircleCi  # noqa: B018


# What each room may import of ours: its own files, and these.
LOWEST = {"errors"}
ROOMS: dict[str, set[str]] = {
    "errors": set(),
    "slugs": LOWEST | {"_wire"},
    "_wire": LOWEST | {"_wire", "pagination", "response"},
    "pagination": LOWEST | {"_channel", "streams"},
    "streams": {"_channel"},
    "_channel": set(),
    "bulk": LOWEST | {"_checks", "streams", "_http"},
    "_generated": {"_generated", "_wire", "pagination", "slugs"},
    "operations": {"_generated", "_wire"},
    "models": {"_generated", "_wire"},
    "webhooks": LOWEST | {"webhooks"},
    "_checks": LOWEST,
    "_runs": {"models"},
    "_files": LOWEST | {"_files"},
    "artifacts": LOWEST | {"artifacts", "_checks", "_files", "_runs", "bulk", "models", "pagination", "slugs"},
    "usage_export": LOWEST | {"usage_export", "_checks", "_files", "_http", "_wire", "bulk", "models", "streams"},
}


def imports_of(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "circleci_v2":
            parts = node.module.split(".")[1:]
            names |= {parts[0]} if parts else {alias.name for alias in node.names}
    return names


def files_of(room: str) -> list[Path]:
    folder = PACKAGE / room
    return sorted(folder.rglob("*.py")) if folder.is_dir() else [folder.with_suffix(".py")]


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_what_lies_below_it(room: str):
    for path in files_of(room):
        assert imports_of(path) <= ROOMS[room], path


def test_only_the_http_room_and_the_testing_room_know_httpx():
    allowed = {"_http", "testing"}
    for path in PACKAGE.rglob("*.py"):
        if path.relative_to(PACKAGE).parts[0] in allowed:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            modules = (
                [a.name for a in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
            # The client names the type of its transport argument, for type checkers alone.
            assert not any(m.split(".")[0] == "httpx" for m in modules) or path.name == "client.py", path
