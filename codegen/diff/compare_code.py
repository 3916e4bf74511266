"""Compare the code generated from other documents with ours, for every operation and schema of those documents.

    python -m codegen.diff.compare_code DOCUMENT [DOCUMENT ...]

Docstrings are ignored. Differences are reported by method or field. Intended ones are listed in differences.yaml with a reason;
the command fails for a difference that is not listed, and for a listed one that no longer exists.
"""

from __future__ import annotations

import argparse
import ast
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import yaml

from codegen.documents import read_document
from codegen.errors import SpecError
from codegen.generate import GENERATED, generate

__all__ = ["compare_trees", "expected_differences", "find_problems", "main"]

DIFFERENCES_FILE = Path(__file__).with_name("differences.yaml")

Units = dict[str, str]
"""The name of a method or field -> its code."""


def compare_trees(ours: Path, theirs: Path) -> list[str]:
    """Return the methods and fields that differ between two generated trees.

    Methods and models that only `ours` has are ignored.
    """
    one, other = _units(ours), _units(theirs)
    # Fields count as differences even if only our tree has them, provided that both trees have the model.
    models = {name.split(".")[0] for name in other if name[0].isupper()}
    candidates = {*other, *(name for name in one if name.split(".")[0] in models)}
    return sorted(name for name in candidates if one.get(name) != other.get(name))


def _units(tree: Path) -> Units:
    units: Units = {}
    for path in sorted((tree / "models").glob("*.py")):
        if path.name != "__init__.py":
            units.update(_class_members(path))
    for path in sorted((tree / "api").glob("*.py")):
        for name, code in _class_members(path).items():
            key = f"{path.stem}.{name.split('.', 1)[1].rstrip('_')}"
            units[key] = units.get(key, "") + code
    for name, code in _registry(tree / "operations.py"):
        units[name] = units.get(name, "") + code
    return units


def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _class_members(path: Path) -> Units:
    members: Units = {}
    for definition in _parsed(path).body:
        if isinstance(definition, ast.ClassDef):
            for member in _without_docstrings(definition.body):
                members[f"{definition.name}.{_member_name(member)}"] = _code(member)
    return members


def _member_name(member: ast.stmt) -> str:
    match member:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            return name
        case ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]):
            return name
        case _:
            return ast.unparse(member)


def _registry(path: Path) -> Iterator[tuple[str, str]]:
    for node in ast.walk(_parsed(path)):
        # Each is a call such as `_pipelines("getPipelineById", "GET", "/pipeline/{pipeline-id}", "get")`.
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and len(node.args) == 4:
            name = ast.literal_eval(node.args[3])
            yield f"{node.func.id.removeprefix('_')}.{name.rstrip('_')}", ast.unparse(node)


def _code(node: ast.AST) -> str:
    for inner in ast.walk(node):
        if isinstance(inner, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            inner.body = _without_docstrings(inner.body) or [ast.Pass()]
    return ast.unparse(node)


def _without_docstrings(body: Sequence[ast.stmt]) -> list[ast.stmt]:
    return [
        s
        for s in body
        if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant) and isinstance(s.value.value, str))
    ]


def expected_differences(document: str, path: Path = DIFFERENCES_FILE) -> Mapping[str, str]:
    """Return the intended differences for a document, each with its reason."""
    listed: Mapping[str, Mapping[str, str]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return listed.get(document) or {}


def find_problems(document: Path) -> list[str]:
    """Return a line for every difference that is not listed, and for every listed one that no longer exists."""
    with tempfile.TemporaryDirectory() as folder:
        theirs = Path(folder) / "_generated"
        generate(read_document(document), theirs)
        found = compare_trees(GENERATED, theirs)
    expected = expected_differences(document.stem)
    unlisted = [
        f"{name} differs; list it in differences.yaml with a reason, or correct the cause"
        for name in found
        if name not in expected
    ]
    stale = [f"{name} no longer differs; remove it from differences.yaml" for name in expected if name not in found]
    return [*unlisted, *stale]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m codegen.diff.compare_code",
        description="Compare the code generated from other documents with ours.",
    )
    parser.add_argument("documents", type=Path, nargs="+", help="OpenAPI documents to generate from")
    options = parser.parse_args(arguments)
    try:
        problems = {document.stem: find_problems(document) for document in options.documents}
    except SpecError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    for document, lines in problems.items():
        expected = expected_differences(document)
        print(f"{document}: {len(expected)} differences are listed, {len(lines)} problems")
        for line in lines:
            print(f"  {line}")
        for name, reason in expected.items():
            print(f"  listed: {name}: {reason}")
    return 1 if any(problems.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
