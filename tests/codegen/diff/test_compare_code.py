"""CircleCI's documents result in the same code as ours, except for listed newer facts."""

from __future__ import annotations

from pathlib import Path

import pytest

from codegen.diff.compare_code import compare_trees, expected_differences, find_problems
from codegen.generate import GENERATED

DOCUMENTS = ["openapi-2025-10", "openapi-2026-08-partial"]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_code_of_a_vendor_document_differs_only_where_it_is_listed(reference: Path, name: str):
    assert find_problems(reference / f"{name}.json") == []


def test_few_differences_are_listed_each_with_a_reason():
    listed = [reason for name in DOCUMENTS for reason in expected_differences(name).values()]
    assert len(listed) <= 25
    assert all(len(reason.split()) >= 4 for reason in listed)


@pytest.fixture
def other_tree(tmp_path: Path) -> Path:
    import shutil

    return Path(shutil.copytree(GENERATED, tmp_path / "_generated", ignore=shutil.ignore_patterns("__pycache__")))


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_docstrings_are_set_aside(other_tree: Path):
    replace(other_tree / "models" / "workflow.py", '"""Workflow."""', '"""Something else."""')
    assert compare_trees(GENERATED, other_tree) == []


def test_a_field_of_another_type_is_a_difference(other_tree: Path):
    replace(other_tree / "models" / "workflow.py", "project_slug: str", "project_slug: int")
    assert compare_trees(GENERATED, other_tree) == ["Workflow.project_slug"]


def test_a_field_that_only_ours_has_is_a_difference(other_tree: Path):
    replace(other_tree / "models" / "workflow.py", "    project_slug: str\n", "")
    assert compare_trees(GENERATED, other_tree) == ["Workflow.project_slug"]


def test_a_method_that_only_ours_has_is_none(other_tree: Path):
    (other_tree / "models" / "otel_exporter.py").unlink()
    (other_tree / "models" / "job.py").unlink()
    assert compare_trees(GENERATED, other_tree) == []


def test_another_query_parameter_is_a_difference_of_the_method(other_tree: Path):
    replace(other_tree / "api" / "pipelines.py", '"branch": branch, "page-token"', '"ref": branch, "page-token"')
    assert compare_trees(GENERATED, other_tree) == ["pipelines.list_for_project"]


def test_another_path_in_the_registry_is_a_difference_of_the_method(other_tree: Path):
    replace(other_tree / "operations.py", '"/me"', '"/you"')
    assert compare_trees(GENERATED, other_tree) == ["user.me"]
