"""What a new public method needs besides its code; each failure names the file to edit.

Methods of namespaces are generated: their reference page, their route in the fake and their types are tested in
`tests/tools/test_check_docs.py`, `tests/testing/test_every_operation.py` and `tests/codegen`.
"""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

import circleci_v2
from circleci_v2 import CircleCI
from tests.support.documents import DOCS, ROOT, written_pages
from tests.test_imports import LAYERS
from tests.test_signatures import KEPT, public_methods
from tools.check_docs import PUBLIC_MODULES

METHODS = [name for name, _ in public_methods(CircleCI("token"))]
# Functions of other packages, copied into the class (client.py, `_method`).
TASKS = [name for name in METHODS if getattr(CircleCI, name).__globals__["__name__"] != "circleci_v2.client"]
CHANGELOG = "\n".join(
    page.read_text(encoding="utf-8") for page in (ROOT / "CHANGELOG.md", *(ROOT / "changes").glob("*.md"))
)
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
GUIDES = {
    page.relative_to(ROOT).as_posix(): page.read_text(encoding="utf-8")
    for page in written_pages()
    if page.parent.name == "guide" or page.name == "cookbook.md"
}
NOT_IN_A_GUIDE = {"emit": "for the packages of this library; on_event= is its counterpart for users"}


def missing(method: str) -> list[str]:
    """What is missing for a method of the client."""
    problems: list[str] = []
    mentioned = re.compile(rf"\b{method}\b")
    if method not in NOT_IN_A_GUIDE and not any(mentioned.search(text) for text in GUIDES.values()):
        problems.append("no page in docs/guide shows it: add an example, which the tests run")
    if not mentioned.search(CHANGELOG):
        problems.append("no file in changes/ names it: add one, as changes/README.md says")
    if f"circleci.{method}" not in KEPT:
        problems.append("its signature is not recorded: run `python -m tests.test_signatures`")
    if method in TASKS and f"[`{method}`](" not in (DOCS / "reference" / "client.md").read_text(encoding="utf-8"):
        problems.append("the table in docs/reference/client.md does not list it")
    return problems


@pytest.mark.parametrize("method", METHODS)
def test_a_public_method_has_an_example_a_line_in_the_changelog_and_a_place_in_the_reference(method: str):
    assert missing(method) == []


def test_each_missing_part_is_named_with_the_file_to_edit():
    assert [problem.split(":")[0] for problem in missing("do_everything_at_once")] == [
        "no page in docs/guide shows it",
        "no file in changes/ names it",
        "its signature is not recorded",
    ]
    assert len(TASKS) > 15


def test_every_package_is_in_the_table_of_layers():
    for name in LAYERS.keys() - {"__main__"}:
        listed = re.search(rf"`{name.split('.')[0]}[/.`]", CONTRIBUTING)
        assert listed, f"CONTRIBUTING.md does not list {name} in its table of layers"


def test_every_package_with_public_names_is_checked_for_its_reference():
    packages = {
        f"circleci_v2.{path.parent.name}"
        for path in Path(circleci_v2.__file__).parent.glob("[a-z]*/__init__.py")
        if getattr(importlib.import_module(f"circleci_v2.{path.parent.name}"), "__all__", None)
    }
    # `Stream` is documented; the other names of its package are for the packages of this library. The command line is no API.
    assert packages - set(PUBLIC_MODULES) <= {"circleci_v2.streams", "circleci_v2.cli"}
