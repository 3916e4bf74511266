"""Every document that the vendor has published becomes a package that works."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest

from codegen.documents import read_document, write_document
from codegen.normalize import OUR_DOCUMENT, normalize
from tests.codegen.trees import Tree

DOCUMENTS = {"2022-04": 54, "2023-10": 72, "2024-11": 83, "2025-05": 98, "2025-10": 110, "2026-08-partial": 115}
"""Operations of the package: those of the document, and with 2026-08 the four that the overlay retains."""


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_operation_of_a_document_can_be_called(reference: Path, tmp_path: Path, name: str):
    document = read_document(reference / f"openapi-{name}.json")
    tree = Tree(tmp_path / "tree", document)
    write_document(normalize(document).document, tmp_path / "normal.json")
    printed = json.loads(tree.run("-m", "tests.codegen.call_everything", str(tmp_path / "normal.json")))
    assert printed["operations"] == DOCUMENTS[name]
    assert printed["modules"] > 1.5 * DOCUMENTS[name]


@pytest.mark.parametrize("name", ["2022-04", "2025-10"])
def test_the_code_of_a_document_is_typed(reference: Path, tmp_path: Path, name: str):
    assert "Success: no issues found" in types_of(Tree(tmp_path, read_document(reference / f"openapi-{name}.json")))


def types_of(tree: Tree) -> str:
    """What mypy says of a generated package."""
    return tree.run(
        *("-m", "mypy", "--strict", "--config-file=", f"--cache-dir={tree.folder / 'cache'}"),
        *("--follow-imports=silent", "-p", "circleci_v2._generated"),
    )


def test_what_may_be_of_several_types_is_called_decoded_and_typed(tmp_path: Path):
    document = copy.deepcopy(read_document(OUR_DOCUMENT))
    job, step = (
        {"type": "object", "required": [name], "properties": {name: {"type": "string"}}} for name in ("job", "step")
    )
    text = {"type": "string"}
    answers = {
        "getEither": {"oneOf": [job, step]},
        "getAnyOfThree": {"oneOf": [job, step, {"type": "integer"}]},
        "getPerhaps": {**job, "nullable": True},
        "listBare": {"type": "array", "items": {"oneOf": [job, step]}},
        "listMixed": {"type": "object", "properties": {"items": {"type": "array", "items": {"oneOf": [job, step]}}}},
        "listGaps": {"type": "object", "properties": {"items": {"type": "array", "items": {**text, "nullable": True}}}},
    }
    formats = {"since": "date-time", "day": "date", "id": "uuid"}
    defaults = {"since": "2026-01-31T12:00:00Z", "day": "2026-01-31", "id": "5034460f-c7c4-4c43-9457-de07e2029e7b"}
    query = [
        {"name": name, "in": "query", "schema": {**text, "format": formats[name], "default": default}}
        for name, default in defaults.items()
    ]
    for operation_id, schema in answers.items():
        document["paths"][f"/several/{operation_id}"] = {
            "get": {
                "operationId": operation_id,
                "tags": ["Job"],
                "parameters": query,
                "responses": {"200": {"description": "Done.", "content": {"application/json": {"schema": schema}}}},
            }
        }
    tree = Tree(tmp_path / "tree", document)
    write_document(normalize(document).document, tmp_path / "normal.json")
    tree.run("-m", "tests.codegen.call_everything", str(tmp_path / "normal.json"))
    assert "Success: no issues found" in types_of(tree)


AWKWARD_FIELDS = (
    "date",
    "field",
    "int",
    "list",
    "to_dict",
    "additional_properties",
    "self",
    "None",
    "404",
    "import",
    "class",
)


def test_names_that_mean_something_in_python_are_out_of_the_way(tmp_path: Path):
    awkward = copy.deepcopy(read_document(OUR_DOCUMENT))
    fields = awkward["components"]["schemas"]["Workflow"]["properties"]
    for name in AWKWARD_FIELDS:
        fields[name] = {"type": "string", "format": "date-time"}
    fields["a-date"] = {"type": "string", "format": "date"}
    fields["nested"] = {
        "anyOf": [{"type": "array", "items": {"anyOf": [{"type": "integer"}, {"type": "string"}]}}, {"type": "boolean"}]
    }
    query = [
        {"name": name, "in": "query", "required": True, "schema": {"type": "string"}}
        for name in ("self", "given", "path_segment", "import", "get_import", "1st")
    ]
    page = {"name": "page", "in": "query", "schema": {"type": "string", "enum": ["first", "last"]}}
    for path, operation_id, tag in (("/a/{any}", "getImport", "404 things"), ("/b/{any}", "import", "Request")):
        placeholder = {"name": "any", "in": "path", "required": True, "schema": {"type": "string"}}
        awkward["paths"][path] = {
            "post": {
                "operationId": operation_id,
                "tags": [tag],
                "parameters": [placeholder, *query, page],
                "responses": {"204": {"description": "Done."}},
            }
        }
    tree = Tree(tmp_path / "tree", awkward)
    write_document(normalize(awkward).document, tmp_path / "normal.json")
    tree.run("-m", "tests.codegen.call_everything", str(tmp_path / "normal.json"))
    workflow = (tree.generated / "models" / "workflow.py").read_text(encoding="utf-8")
    assert 'date_: datetime | None = field(default=None, metadata={"key": "date"})' in workflow
    assert "a_date: str | None" in workflow
    assert "nested: list[int | str] | bool | None" in workflow
    assert "operation POST /b/{any} is called request_.import_" in tree.notes
