"""openapi.json: complete, valid, in normal form, and described."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import validate

from codegen.documents import METHODS, OUR_DOCUMENT, dump_document
from codegen.names import canonical_key
from codegen.normalize import normalize
from tests.codegen.support.documents import ours, vendor

DOCUMENT = ours()


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield method, path, item[method]


def test_it_is_valid_openapi():
    validate(DOCUMENT)


def test_its_operations_have_ids_of_their_own():
    ids = [operation["operationId"] for _, _, operation in operations(DOCUMENT)]
    assert len(ids) == len(set(ids)) > 0


def test_it_holds_exactly_what_was_published_in_2025_10_and_by_2026_08(reference: Path):
    older = vendor(reference, "2025-10")
    published = {(canonical_key(m, p), o["operationId"]) for m, p, o in operations(older)}
    for line in (reference / "operations-2026-08.txt").read_text().splitlines():
        operation_id, method, path = line.split()
        published.add((canonical_key(method, path), operation_id))
    held = {(canonical_key(m, p), o["operationId"]) for m, p, o in operations(DOCUMENT)}
    assert published - held == set()
    # Operations of documents that are adopted later are not in the references.
    assert held - published == set() or DOCUMENT["info"]["version"] > "2026-08"


@pytest.mark.parametrize("name", ["2026-08-partial", "2025-10"])
def test_it_documents_every_status_of_the_newest_document_of_an_operation(reference: Path, name: str):
    newest = vendor(reference, "2026-08-partial")
    newest_keys = {canonical_key(m, p) for m, p, _ in operations(newest)}
    documented = {canonical_key(m, p): set(o["responses"]) for m, p, o in operations(DOCUMENT)}
    for method, path, operation in operations(vendor(reference, name)):
        key = canonical_key(method, path)
        if name == "2026-08-partial" or key not in newest_keys:
            assert documented[key] == set(operation["responses"]) | measured_statuses(key), key


def measured_statuses(key: str) -> set[str]:
    """Statuses that no document lists (CircleCI-Labs/terraform-provider-circleci: context.go, webhook.go, otel.go)."""
    _, path = key.split(" ", 1)
    if path.startswith("/context/{}") or path == "/webhook/{}":
        return {"403"}
    return {"422"} if key == "POST /otel/exporters" else set()


def test_it_says_which_published_version_it_describes():
    version = DOCUMENT["info"]["version"]
    assert re.fullmatch(r"\d{4}-\d{2}", version)
    assert re.search(rf"{version}-\d{{2}}", DOCUMENT["info"]["x-source"]), "x-source states the day of the version"


def test_it_is_in_normal_form_to_the_letter():
    text = OUR_DOCUMENT.read_text(encoding="utf-8")
    normalized = normalize(DOCUMENT)
    assert dump_document(normalized.document) == text
    assert list(normalized.notes) == []


def test_every_operation_is_summarised_and_described():
    for method, path, operation in operations(DOCUMENT):
        assert len(operation.get("summary", "").split()) >= 3, (method, path)
        assert len(operation.get("description", "").split()) >= 8, (method, path)
        assert operation["summary"] != operation["description"]


def test_nearly_every_field_parameter_and_model_is_described():
    described = [bool(value.get("description", "").strip()) for value in fields_and_parameters(DOCUMENT)]
    assert len(described) > 700
    assert sum(described) / len(described) >= 0.95
    for name, schema in DOCUMENT["components"]["schemas"].items():
        assert schema.get("description"), name


def fields_and_parameters(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for schema in document["components"]["schemas"].values():
        yield from schema.get("properties", {}).values()
    yield from document["components"]["parameters"].values()
    for _, _, operation in operations(document):
        yield from (parameter for parameter in operation["parameters"] if "$ref" not in parameter)


def test_every_schema_of_more_than_one_value_is_a_named_component():
    def anonymous(value: Any, path: str) -> Iterator[str]:
        if isinstance(value, dict):
            if path.count(".") and isinstance(value.get("properties"), dict):
                yield path
            for key, item in value.items():
                yield from anonymous(item, f"{path}.{key}")
        elif isinstance(value, list):
            for item in value:
                yield from anonymous(item, f"{path}[]")

    assert list(anonymous(DOCUMENT["paths"], "paths")) == []
    for name, schema in DOCUMENT["components"]["schemas"].items():
        assert list(anonymous(schema.get("properties", {}), f"{name}.properties")) == []
