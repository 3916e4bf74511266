"""Bodies that are not JSON reach the server as the document describes them, and come back as text or bytes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.codegen.support.media_types import PNG, document
from tests.codegen.support.trees import Tree

JSON = "application/json"


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    return Tree(tmp_path_factory.mktemp("tree"), document())


@pytest.fixture(scope="module")
def called(tree: Tree) -> dict[str, Any]:
    """The requests that the server received, and the values that the methods returned."""
    return json.loads(tree.run("-m", "tests.codegen.support.media_types"))


def latin(content: bytes) -> str:
    return content.decode("latin-1")


def test_every_body_is_sent_in_its_media_type(called: dict[str, Any]):
    sent = [request for request in called["sent"] if request[3]]
    *plain, upload, patch, patches, _, _ = sent
    assert plain == [
        ["/text", "text/plain; charset=utf-8", JSON, latin("größe".encode())],
        ["/latin", "text/plain; charset=iso-8859-1", JSON, "größe"],
        ["/xml", "application/xml", JSON, "<a/>"],
        ["/bytes", "application/zip", JSON, latin(PNG)],
        [
            "/form",
            "application/x-www-form-urlencoded",
            JSON,
            "name=a+b%26c&color=%7B%22red%22%3A7%7D&count=3&tags=x%2Cy",
        ],
    ]
    assert upload[:3] == ["/upload", "multipart/form-data", JSON]
    assert sorted(upload[3], key=str) == sorted(
        [
            ["file", "grün%22.png", "image/png", latin(PNG)],
            ["more", "more", "image/png", "1"],
            ["more", "2.bin", "image/png", "2"],
            ["name", None, None, latin("größe".encode())],
            ["tags", None, None, "x"],
            ["tags", None, None, "y"],
            ["color", None, JSON, '{"red":7}'],
        ],
        key=str,
    )
    assert patch == ["/patch", "application/merge-patch+json", JSON, '{"name":null,"count":3}']
    assert patches == ["/patches", "application/json-patch+json", JSON, '[{"red":7}]']


def test_an_optional_body_that_is_not_passed_is_not_sent(called: dict[str, Any]):
    assert ["/xml", "", JSON, ""] in called["sent"]


def test_text_and_bytes_are_returned_and_their_types_are_accepted(called: dict[str, Any]):
    accepted = {path: accept for path, _, accept, _ in called["sent"]}
    assert {path: accepted[path] for path in ("/csv", "/log", "/archive", "/either")} == {
        "/csv": "text/csv",
        "/log": "text/plain",
        "/archive": "application/zip",
        "/either": "text/csv, application/json",
    }
    assert called["returned"][:7] == [
        "größe,7\r\n",
        '"größe"',
        latin(PNG),
        "'a,b'",
        "GetEitherResponse(red=7)",
        "None",
        repr('"größe"'),
    ]


def test_every_page_of_a_list_is_requested_with_the_body(called: dict[str, Any]):
    assert called["returned"][7] == [1, 2]
    assert [body for path, _, _, body in called["sent"] if path == "/search"] == ['{"name":"a"}', '{"name":"a"}']


def test_a_body_of_another_type_is_refused_before_it_is_sent(called: dict[str, Any]):
    assert called["returned"][8:] == [
        "file must be bytes, or a tuple (name, bytes) or (name, bytes, media type) of a file, not str",
        "file=None: file is required, and None would leave it out of the request; pass a value",
        "file: 'x/y\\r\\nA: b' is not a media type",
        "body must be text, not bytes",
        "body must be bytes, not str: read files with .read_bytes(), and encode text",
        "body cannot be sent as iso-8859-1: 'Ω' is not in that charset",
    ]


def test_the_code_is_typed(tree: Tree, mypy_cache: Path):
    assert "Success: no issues found" in tree.check_types(mypy_cache)
