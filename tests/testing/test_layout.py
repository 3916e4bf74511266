"""Files of the fake import each other in one direction only."""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import circleci_v2.testing

PACKAGE = Path(circleci_v2.testing.__file__).parent
FILES = {
    ".".join(("circleci_v2.testing", *file.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__"): file
    for file in PACKAGE.rglob("*.py")
}


def imports_of(file: Path) -> set[str]:
    """The modules that a file imports, also for type checking only and inside functions."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file} has a relative import"
            submodules = {f"{node.module}.{alias.name}" for alias in node.names} & set(FILES)
            found.update(submodules or {str(node.module)})
    return found


def test_no_file_imports_itself_through_others() -> None:
    graph = {name: (imports_of(file) & set(FILES)) - {name} for name, file in FILES.items()}
    TopologicalSorter(graph).prepare()  # raises CycleError


def test_every_file_is_reached_from_the_public_names_or_the_plugin() -> None:
    reached, waiting = set[str](), ["circleci_v2.testing", "circleci_v2.testing.pytest_plugin"]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += imports_of(FILES[name]) & set(FILES)
    assert reached == set(FILES)


def test_no_file_has_more_than_400_lines() -> None:
    lines = {name: len(file.read_text(encoding="utf-8").splitlines()) for name, file in FILES.items()}
    assert {name for name, count in lines.items() if count > 400} == set()
