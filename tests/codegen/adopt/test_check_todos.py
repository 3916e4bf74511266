"""`make lint` fails while a description is missing."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest

from codegen.adopt import check_todos
from codegen.adopt.check_todos import TODO
from codegen.documents import OUR_DOCUMENT, write_document
from tests.codegen.support.documents import copy_of_ours


def test_lint_rejects_places_without_a_description(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    assert check_todos.main() == 0
    document = copy_of_ours()
    operation = copy.deepcopy(document["paths"]["/pipeline/{pipeline-id}"]["get"])
    document["paths"]["/pipeline/{pipeline-id}/lineage"] = {"get": {**operation, "summary": TODO}}
    write_document(document, tmp_path / "openapi.json")
    monkeypatch.setattr(check_todos, "OUR_DOCUMENT", tmp_path / "openapi.json")
    assert check_todos.main() == 1
    error = capsys.readouterr().err
    assert "openapi.json: paths//pipeline/{pipeline-id}/lineage/get/summary says 'TODO: describe'" in error


def test_lint_runs_that_check():
    makefile = (OUR_DOCUMENT.parent / "Makefile").read_text(encoding="utf-8")
    lint = makefile.partition("\nlint:")[2].partition("\n\n")[0]
    assert "python -m codegen.adopt.check_todos" in lint
