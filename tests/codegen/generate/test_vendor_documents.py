"""Every document that CircleCI has published becomes a package that works."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from codegen.documents import write_document
from codegen.normalize import normalize
from tests.codegen.support.documents import copy_of_ours, normalized_vendor, vendor
from tests.codegen.support.trees import Tree

DOCUMENTS = {"2022-04": 54, "2023-10": 72, "2024-11": 83, "2025-05": 98, "2025-10": 110, "2026-08-partial": 115}
"""Operations of the package: those of the document, and with 2026-08 the four that the overlay retains."""


@pytest.fixture(scope="module")
def vendor_tree(reference: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Tree]:
    """The tree of each published document, generated once."""

    @cache
    def tree(name: str) -> Tree:
        return Tree(tmp_path_factory.mktemp(name), vendor(reference, name))

    return tree


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_operation_of_a_document_can_be_called(
    reference: Path, vendor_tree: Callable[[str], Tree], tmp_path: Path, name: str
):
    write_document(normalized_vendor(reference, name).document, tmp_path / "normal.json")
    printed = json.loads(
        vendor_tree(name).run("-m", "tests.codegen.support.call_everything", str(tmp_path / "normal.json"))
    )
    assert printed["operations"] == DOCUMENTS[name]
    assert printed["modules"] > 1.5 * DOCUMENTS[name]


@pytest.mark.parametrize("name", ["2022-04", "2025-10"])
def test_the_code_of_a_document_is_typed(vendor_tree: Callable[[str], Tree], mypy_cache: Path, name: str):
    assert "Success: no issues found" in vendor_tree(name).check_types(mypy_cache)


def test_what_may_be_of_several_types_is_called_decoded_and_typed(tmp_path: Path, mypy_cache: Path):
    document = copy_of_ours()
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
    tree.run("-m", "tests.codegen.support.call_everything", str(tmp_path / "normal.json"))
    assert "Success: no issues found" in tree.check_types(mypy_cache)


def test_a_body_that_does_not_consist_of_fields_is_sent_as_a_whole(tmp_path: Path, mypy_cache: Path):
    document = copy_of_ours()
    text = {"type": "string"}
    job = {"type": "object", "required": ["job"], "properties": {"job": text}}
    bodies = {
        "array": {"type": "array", "items": text},
        "objects": {"type": "array", "items": job},
        "map": {"type": "object", "additionalProperties": text},
        "either": {"oneOf": [job, {"type": "object", "properties": {"step": text}}]},
        "anything": {},
    }
    for name, schema in bodies.items():
        for required in (True, False):
            document["paths"][f"/whole/{name}/{required}"] = {
                "post": {
                    "operationId": f"send-{name}-{required}",
                    "tags": ["Job"],
                    "requestBody": {"required": required, "content": {"application/json": {"schema": schema}}},
                    "responses": {"204": {"description": "Done."}},
                }
            }
    tree = Tree(tmp_path / "tree", document)
    assert "Success: no issues found" in tree.check_types(mypy_cache)
    (tmp_path / "check.py").write_text(WHOLE_BODIES)
    assert json.loads(tree.run(str(tmp_path / "check.py"))) == [
        ["/api/v2/whole/array/true", '["a","b"]', "application/json"],
        ["/api/v2/whole/map/true", '{"a":"b"}', "application/json"],
        ["/api/v2/whole/objects/true", '[{"job":"j"}]', "application/json"],
        ["/api/v2/whole/either/true", '{"step":null}', "application/json"],
        ["/api/v2/whole/anything/true", "null", "application/json"],
        ["/api/v2/whole/array/false", "", ""],
        ["/api/v2/whole/anything/false", "null", "application/json"],
    ]


WHOLE_BODIES = """
import asyncio, json
import httpx
from circleci_v2 import CircleCI

seen = []

def handler(request):
    sent = request.content.decode()
    seen.append([request.url.path.lower(), sent, request.headers.get("content-type", "")])
    return httpx.Response(204)

async def main():
    async with CircleCI("token", transport=httpx.MockTransport(handler)) as circleci:
        jobs = circleci.jobs
        await jobs.send_array_true(body=["a", "b"])
        await jobs.send_map_true(body={"a": "b"})
        await jobs.send_objects_true(body=[{"job": "j"}])
        await jobs.send_either_true(body={"step": None})
        await jobs.send_anything_true(body=None)
        await circleci.with_raw_response.jobs.send_array_false()
        await jobs.send_anything_false(body=None)

asyncio.run(main())
print(json.dumps(seen))
"""


def test_query_parameters_are_sent_in_their_style(tmp_path: Path, mypy_cache: Path):
    document = copy_of_ours()
    texts = {"type": "array", "items": {"type": "string"}}
    color = {"type": "object", "properties": {"red": {"type": "integer"}, "web-safe": {"type": "boolean"}}}
    styles = {
        "plain": {"schema": texts},
        "joined": {"schema": texts, "explode": False},
        "piped": {"schema": texts, "style": "pipeDelimited", "explode": False},
        "spaced": {"schema": texts, "style": "spaceDelimited", "explode": False},
        "deep": {"schema": color, "style": "deepObject", "explode": True},
    }
    document["paths"]["/styles"] = {
        "get": {
            "operationId": "getStyles",
            "tags": ["Job"],
            "parameters": [{"name": name, "in": "query", **style} for name, style in styles.items()],
            "responses": {"204": {"description": "Done."}},
        }
    }
    tree = Tree(tmp_path / "tree", document)
    assert "Success: no issues found" in tree.check_types(mypy_cache)
    (tmp_path / "check.py").write_text(STYLES)
    *sent, refused = json.loads(tree.run(str(tmp_path / "check.py")))
    assert sorted(sent) == [
        ["deep[red]", "7"],
        ["deep[web-safe]", "true"],
        ["joined", "a,b"],
        ["piped", "a|b"],
        ["plain", "a"],
        ["plain", "b"],
        ["spaced", "a b"],
    ]
    assert refused == "deep='red' is not an object: pass a mapping or a model"


STYLES = """
import asyncio, json
import httpx
from circleci_v2 import CircleCI

seen = []

def handler(request):
    seen.extend(request.url.params.multi_items())
    return httpx.Response(204)

async def main():
    async with CircleCI("token", transport=httpx.MockTransport(handler)) as circleci:
        get = circleci.jobs.get_styles
        texts = ["a", "b"]
        await get(plain=texts, joined=texts, piped=texts, spaced=texts, deep={"red": 7, "web-safe": True})
        await get()
        try:
            await get(deep="red")
        except TypeError as error:
            seen.append(str(error))

asyncio.run(main())
print(json.dumps(seen))
"""


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
    awkward = copy_of_ours()
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
    tree.run("-m", "tests.codegen.support.call_everything", str(tmp_path / "normal.json"))
    workflow = (tree.generated / "models" / "workflow.py").read_text(encoding="utf-8")
    assert 'date_: datetime | None = field(default=None, metadata={"key": "date"})' in workflow
    assert "a_date: str | None" in workflow
    assert "nested: list[int | str] | bool | None" in workflow
    assert "operation POST /b/{any} is called request_.import_" in tree.notes
