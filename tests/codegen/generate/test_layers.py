"""The operations that hand-written layers rely on: all there, and all in the table."""

from __future__ import annotations

from pathlib import Path

import pytest

from circleci_v2.operations import OPERATIONS
from codegen.errors import SpecError
from codegen.generate.layers import layers_by_operation, read_layers, relied_on, uses_of_operations


def test_every_method_that_a_layer_calls_is_there_and_in_the_table():
    table = relied_on(uses_of_operations())  # names each place where one is missing
    assert table == read_layers(), "codegen/layers.yaml is older than the code: run `python -m codegen.generate.layers`"


def test_every_operation_of_the_table_is_one():
    missing = {operation for operation in layers_by_operation() if operation not in OPERATIONS}
    assert missing == set(), f"{missing} in codegen/layers.yaml are no operations any more"


@pytest.fixture
def package(tmp_path: Path) -> Path:
    room = tmp_path / "circleci_v2" / "waiting"
    room.mkdir(parents=True)
    return tmp_path / "circleci_v2"


def uses(package: Path, code: str) -> list[str]:
    (package / "waiting" / "room.py").write_text(code, encoding="utf-8")
    return [use.call for use in uses_of_operations(package)]


@pytest.mark.parametrize(
    "expression",
    [
        "circleci.pipelines.get",
        "self._circleci.pipelines.get(1)",
        "client.with_options(timeout=1).pipelines.get(1)",
        "circleci.with_raw_response.pipelines.get(1)",
        "whatever.pipelines.get(1)",
        "lambda: circleci.pipelines.get(1).collect()",
    ],
)
def test_a_call_is_found_however_the_client_is_reached(package: Path, expression: str):
    assert uses(package, expression) == ["pipelines.get"]


@pytest.mark.parametrize(
    "expression", ["run.jobs.append(1)", "self.pipelines.total", "circleci.aclose()", "pipelines.get"]
)
def test_what_only_looks_like_a_call_is_left_alone(package: Path, expression: str):
    assert uses(package, expression) == []


def test_a_method_that_no_operation_has_is_named_with_its_place(package: Path):
    (package / "waiting" / "room.py").write_text("\n\ncircleci.pipelines.vanish(1)\n", encoding="utf-8")
    with pytest.raises(
        SpecError, match=r"^circleci_v2/waiting/room.py:3 calls pipelines.vanish, which does not exist$"
    ):
        relied_on(uses_of_operations(package))


def test_generated_code_and_the_fake_are_no_layers(package: Path):
    for room in ("_generated", "testing"):
        (package / room).mkdir()
        (package / room / "code.py").write_text("circleci.pipelines.get", encoding="utf-8")
    assert list(uses_of_operations(package)) == []
