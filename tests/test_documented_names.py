"""Names that docstrings, comments and guides mention exist: a renamed method must not live on in prose."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest

import circleci_v2
from circleci_v2 import (
    OPERATIONS,
    CircleCI,
    artifacts,
    bulk,
    config,
    environment,
    errors,
    events,
    failures,
    fleet,
    history,
    models,
    pagination,
    policies,
    response,
    slugs,
    streams,
    testing,
    usage_export,
    waiting,
    webhooks,
)

PACKAGE = Path(circleci_v2.__file__).parent
ROOT = PACKAGE.parent
NAMESPACES = {operation.namespace for operation in OPERATIONS.values()}
METHODS = {f"{operation.namespace}.{operation.name}" for operation in OPERATIONS.values()}
PUBLIC_MODULES = (
    *(
        circleci_v2,
        artifacts,
        bulk,
        config,
        environment,
        errors,
        events,
        failures,
        fleet,
        history,
        models,
        pagination,
        policies,
        response,
        slugs,
    ),
    *(streams, testing, usage_export, waiting, webhooks),
)
CLASSES: dict[str, list[type]] = {}
"""Public classes by name; a model and a class of the fake may share one."""
for _module in PUBLIC_MODULES:
    for _name in getattr(_module, "__all__", ()):
        if isinstance(_value := getattr(_module, _name), type):
            CLASSES.setdefault(_name, []).append(_value)

_DOTTED = re.compile(r"``?((?:await )?[A-Za-z_][\w.]*)(?:\([^`]*\))?``?")


def documents() -> Iterator[tuple[Path, str]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        yield path, "\n".join(docstrings(path.read_text(encoding="utf-8")))
    for path in [*sorted((ROOT / "docs").rglob("*.md")), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]:
        yield path, re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)


def docstrings(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield node.value.value


def exists(name: str) -> bool:
    """Whether a dotted name in prose is one that a reader can use; names of other libraries are not judged."""
    parts = name.removeprefix("await ").split(".")
    if parts[-1] in {"py", "md", "json", "yaml", "toml"}:
        return True
    if parts[0] == "circleci_v2":
        return resolves(parts)
    if parts[0] in {"circleci", "client", "CircleCI"} and len(parts) > 1:
        return has_path(CircleCI, parts[1:])
    if parts[0] in NAMESPACES and len(parts) == 2:
        return ".".join(parts) in METHODS
    if parts[0] in CLASSES and len(parts) == 2:
        return any(has_path(kind, parts[1:]) for kind in CLASSES[parts[0]])
    return True


def has_path(owner: type, parts: list[str]) -> bool:
    if owner is CircleCI and parts[0] == "with_raw_response":
        parts = parts[1:]
    if owner is CircleCI and parts and parts[0] in NAMESPACES:
        return len(parts) == 1 or ".".join(parts[:2]) in METHODS
    return not parts or hasattr(owner, parts[0]) or is_attribute(owner, parts[0])


def is_attribute(owner: type, name: str) -> bool:
    """Whether instances have an attribute: a field, or one that the class documents."""
    documented = any(re.search(rf"^ +{name}: ", kind.__doc__ or "", re.MULTILINE) for kind in owner.__mro__)
    return documented or (attrs.has(owner) and name in {field.name for field in attrs.fields(owner)})


def resolves(parts: list[str]) -> bool:
    value: object = circleci_v2
    for index, part in enumerate(parts[1:], 1):
        if not hasattr(value, part):
            try:
                importlib.import_module(".".join(parts[: index + 1]))
            except ModuleNotFoundError:
                return isinstance(value, type) and attrs.has(value) and part in {f.name for f in attrs.fields(value)}
        value = getattr(value, part)
    return True


def test_names_in_prose_exist():
    gone = {
        f"{path.relative_to(ROOT)}: {match[1]}"
        for path, prose in documents()
        for match in _DOTTED.finditer(prose)
        if "." in match[1] and not exists(match[1])
    }
    assert not gone, "\n".join(sorted(gone))


def test_a_name_that_does_not_exist_is_found():
    assert exists("circleci.pipelines.list_for_project")
    assert exists("Page.next_page_token")
    assert not exists("circleci.pipelines.list_everything")
    assert not exists("pipelines.list_everything")
    assert not exists("Page.next_token")
    assert not exists("circleci_v2.nothing")


def test_docstrings_parse_as_the_reference_pages_read_them(caplog: pytest.LogCaptureFixture):
    griffe = pytest.importorskip("griffe", reason="griffelib is among the tools of the dev group")
    for path in sorted(PACKAGE.rglob("*.py")):
        if "_generated" not in path.parts:
            parse_docstrings(griffe.visit(path.stem, path, path.read_text(encoding="utf-8")))
    # `make docs` would fail: an argument that is documented and does not exist, or a section that is malformed.
    assert not caplog.messages


def parse_docstrings(documented: Any) -> None:
    if documented.docstring is not None:
        documented.docstring.parse("google")
    for member in documented.members.values():
        if not member.is_alias:
            parse_docstrings(member)


def test_an_argument_that_does_not_exist_is_found(caplog: pytest.LogCaptureFixture, tmp_path: Path):
    griffe = pytest.importorskip("griffe", reason="griffelib is among the tools of the dev group")
    source = 'def f(a: int) -> None:\n    """Do it.\n\n    Args:\n        b: The value.\n    """\n'
    parse_docstrings(griffe.visit("module", tmp_path / "module.py", source))
    assert "Parameter 'b' does not appear in the function signature" in caplog.text
