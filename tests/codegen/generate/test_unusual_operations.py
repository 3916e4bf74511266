"""Operations that are unlike those of CircleCI are called, and their responses decoded, as the document describes them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.codegen.support.trees import Tree
from tests.codegen.support.unusual_operations import document


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    return Tree(tmp_path_factory.mktemp("tree"), document())


@pytest.fixture(scope="module")
def called(tree: Tree) -> dict[str, Any]:
    """The queries that were sent, the values that the methods returned, and the warnings."""
    return json.loads(tree.run("-m", "tests.codegen.support.unusual_operations"))


def test_a_variant_is_recognized_by_its_discriminator(called: dict[str, Any]):
    assert called["returned"][:2] == [
        "Dog(kind='dog', name=None, good=None)",
        "Cat(kind='cat', name=None, lives=None)",
    ]


def test_a_variant_of_an_unknown_kind_stays_as_it_was_received(called: dict[str, Any]):
    assert called["returned"][2] == "{'kind': 'bird'}"
    assert "unknown value 'bird' of the field that tells the variants apart" in called["returned"][-1]


def test_a_variant_without_its_discriminator_is_recognized_by_its_fields(called: dict[str, Any]):
    assert called["returned"][3] == "Dog(kind=None, name=None, good=True)"


def test_variants_inside_a_model_are_recognized_too(called: dict[str, Any]):
    assert called["returned"][4] == "['Dog', 'Cat'] Oak"


def test_a_list_with_another_key_and_more_fields_is_paginated(called: dict[str, Any]):
    assert called["returned"][5] == "[1, 2]"


def test_a_success_under_default_is_decoded(called: dict[str, Any]):
    assert called["returned"][6] == "GetDefaultResponse(name=None, red=7)"


def test_each_status_is_decoded_by_its_own_schema(called: dict[str, Any]):
    assert called["returned"][7:9] == ["GetTwoResponse(name=None, red=7)", "GetTwoResponse202(kind='dog', name='Rex')"]


def test_objects_in_a_query_are_sent_in_their_style(called: dict[str, Any]):
    assert called["sent"] == [
        [["joined", "red,7,name,a b"], ["json", '{"red":7,"name":"a b"}'], ["red", "7"], ["name", "a b"]],
        [],
    ]


def test_a_deprecated_operation_warns_once_at_the_line_that_calls_it(called: dict[str, Any]):
    messages = ["circleci.paint.get_old is deprecated: CircleCI may remove getOld"]
    messages += ["circleci.paint.list_old is deprecated: CircleCI may remove listOld"]
    assert [warning[:2] for warning in called["warnings"]] == [[message, "DeprecationWarning"] for message in messages]
    assert all(Path(warning[2]).name == "unusual_operations.py" for warning in called["warnings"])


def test_the_code_is_typed(tree: Tree, mypy_cache: Path):
    assert "Success: no issues found" in tree.check_types(mypy_cache)
