"""Documents in shapes that the project had not seen become packages, with notes instead of a stop."""

from __future__ import annotations

from pathlib import Path

import pytest

from codegen.adopt.__main__ import main as adopt
from codegen.adopt.fetch import main as fetch
from codegen.diff.__main__ import main as diff
from codegen.diff.compare_code import compare_trees
from codegen.documents import OUR_DOCUMENT, read_document, write_document
from codegen.errors import SpecError
from codegen.generate import GENERATED, generate
from codegen.generate.generation import main as generate_command
from codegen.queries import operations_of
from tests.codegen.support.unseen_documents import HEADERS, document_of_2020, reemitted_as_yaml


def test_a_document_of_2020_becomes_a_package_with_a_note_for_each_later_correction(tmp_path: Path):
    document = document_of_2020()
    assert len(list(operations_of(document))) == 40
    notes = generate(document, tmp_path / "_generated")
    for target in (
        "$.paths['/insights/time-series/{project-slug}/workflows/{workflow-name}/jobs'].get.parameters",
        "$.components.schemas.FlakyTest.properties['workflow-created-at']",
        "$.components.schemas.WorkflowRun.properties.branch",
    ):
        assert f"overlay.yaml: {target} is not in this document" in notes
    for kept in ("workflow.py", "flaky_test.py"):
        ours, theirs = (tree / "models" / kept for tree in (GENERATED, tmp_path / "_generated"))
        assert set(theirs.read_text().splitlines()) <= set(ours.read_text().splitlines())
    assert all(name.startswith("x-") for name in HEADERS)


def test_a_document_of_2020_can_be_compared_and_adopted(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    write_document(document_of_2020(), tmp_path / "2020.json")
    assert diff([str(OUR_DOCUMENT), str(tmp_path / "2020.json")]) == 4
    assert "error:" not in capsys.readouterr().out
    assert adopt([str(tmp_path / "2020.json"), "--output", str(tmp_path / "openapi.json")]) == 0
    assert len(list(operations_of(read_document(tmp_path / "openapi.json")))) == 40


@pytest.fixture(scope="module")
def reemitted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("yaml") / "openapi.yaml"
    path.write_text(reemitted_as_yaml(), encoding="utf-8")
    return path


def test_the_copy_in_yaml_has_the_shape_it_claims(reemitted: Path):
    text = reemitted.read_text(encoding="utf-8")
    assert "&id001" in text
    assert ": 2026-01-31T12:00:00Z" in text
    assert len(read_document(reemitted)["components"]["schemas"]) >= 500


def test_a_copy_in_yaml_can_be_read_by_all_four_commands(
    reemitted: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    assert generate_command(["--spec", str(reemitted), "--output", str(tmp_path / "_generated")]) == 0
    assert fetch([str(reemitted), "--output", str(tmp_path / "fetched.json")]) == 0
    assert adopt([str(reemitted), "--output", str(tmp_path / "adopted.json")]) == 0
    assert diff([str(OUR_DOCUMENT), str(reemitted), "--fail-on", "callers"]) == 0
    assert "Traceback" not in capsys.readouterr().err
    differing = compare_trees(GENERATED, tmp_path / "_generated")
    assert [name for name in differing if name[0].isupper()] == []


YAML = """
openapi: 3.0.3
info: {title: t, version: 2020-08-01}
paths:
  /color:
    get:
      operationId: getColor
      tags: [Color]
      parameters: &shared
      - {name: since, in: query, schema: {type: string, format: date-time, example: 2020-08-01T12:00:00Z}}
      - {name: mode, in: query, schema: {type: string, enum: [on, off, 12:30]}}
      responses:
        200: {description: yes, content: {application/json: {schema: {type: string}}}}
"""


def test_scalars_of_yaml_are_those_of_json(tmp_path: Path):
    path = tmp_path / "openapi.yaml"
    path.write_text(YAML)
    document = read_document(path)
    operation = document["paths"]["/color"]["get"]
    assert document["info"]["version"] == "2020-08-01"
    assert operation["parameters"][0]["schema"]["example"] == "2020-08-01T12:00:00Z"
    assert operation["parameters"][1]["schema"]["enum"] == ["on", "off", "12:30"]
    assert operation["responses"]["200"]["description"] == "yes"
    generate(document, tmp_path / "_generated")


def test_numbers_booleans_null_and_merged_mappings_of_yaml_are_read(tmp_path: Path):
    path = tmp_path / "openapi.yaml"
    path.write_text(
        "openapi: 3.0.3\nx: &x {a: 1, b: -2.5e3, c: true, d: null, e: ~, f: 010, g: '1'}\ny: {<<: *x, a: 2}\n"
    )
    document = read_document(path)
    assert document["x"] == {"a": 1, "b": -2500.0, "c": True, "d": None, "e": None, "f": "010", "g": "1"}
    assert document["y"] == {**document["x"], "a": 2}


def test_anchors_that_stand_for_more_than_memory_holds_are_rejected(tmp_path: Path):
    lines = ["openapi: 3.0.3", "a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    path = tmp_path / "bomb.yaml"
    path.write_text("\n".join(lines))
    with pytest.raises(SpecError, match="its anchors stand for more than"):
        read_document(path)


def test_an_anchor_inside_itself_is_rejected_with_the_location(tmp_path: Path):
    path = tmp_path / "loop.yaml"
    path.write_text("openapi: 3.0.3\ninfo: {title: t, version: v}\npaths: &p\n  /a: *p\n")
    with pytest.raises(SpecError, match=r"/paths/.*: nested more than 200 deep"):
        generate(read_document(path), tmp_path / "_generated")
