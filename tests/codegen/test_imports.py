"""Imports between the packages of codegen point in one direction."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import codegen

FOLDER = Path(codegen.__file__).parent
SHARED = {"documents", "errors", "media", "names", "queries", "schemas", "yaml_loader"}
ALLOWED = {
    **dict.fromkeys(SHARED, SHARED),
    "normalize": {"normalize", *SHARED},
    "generate": {"generate", "normalize", *SHARED},
    "diff": {"diff", "generate", "normalize", *SHARED},
    "adopt": {"adopt", "diff", "generate", "normalize", *SHARED},
}
"""Each package, or module outside the packages, with everything of codegen that it may import."""


def module_name(path: Path) -> str:
    parts = path.relative_to(FOLDER.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in sorted(FOLDER.rglob("*.py"))}


def imported_by(path: Path) -> Iterator[str]:
    """Yield the modules of codegen that a file imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in MODULES)
        elif isinstance(node, ast.ImportFrom) and node.module in MODULES:
            submodules = {f"{node.module}.{alias.name}" for alias in node.names} & MODULES.keys()
            yield from submodules or {node.module}


IMPORTS = {name: set(imported_by(path)) for name, path in MODULES.items()}


def part(module: str) -> str:
    """Return the package of a module, or the module itself if it is in none."""
    return module.split(".")[1]


def reachable(module: str) -> set[str]:
    found: set[str] = set()
    pending = [module]
    while pending:
        for imported in IMPORTS[pending.pop()] - found:
            found.add(imported)
            pending.append(imported)
    return found


def test_every_part_of_codegen_has_its_place_in_the_order():
    assert {part(name) for name in MODULES if name != "codegen"} == set(ALLOWED)


@pytest.mark.parametrize("module", [name for name in MODULES if name != "codegen"])
def test_a_module_reaches_only_what_is_below_it(module: str):
    beyond = {name for name in reachable(module) if name == "codegen" or part(name) not in ALLOWED[part(module)]}
    assert beyond == set()


def test_no_files_import_each_other_in_a_circle():
    try:
        TopologicalSorter(IMPORTS).prepare()
    except CycleError as error:
        pytest.fail(" imports ".join(reversed(error.args[1])))


def test_no_class_name_is_used_twice():
    classes = [
        node.name
        for path in MODULES.values()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
    ]
    assert sorted(name for name in set(classes) if classes.count(name) > 1) == []
