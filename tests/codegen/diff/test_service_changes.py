"""Changes of what an operation says about servers, authentication, headers, encodings and defaults."""

from __future__ import annotations

from typing import Any

import pytest

from codegen.diff.changes import Change, Grade
from codegen.diff.document_diff import diff_documents
from tests.codegen.support.cases.case import Document, api, base, operation, response
from tests.codegen.support.cases.unions import pet, returning
from tests.codegen.support.documents import copy_of_ours, ours

RUN_TIME, SAFE = Grade.BREAKS_AT_RUN_TIME, Grade.SAFE
TEXTS = {"type": "array", "items": {"type": "string"}}


def changes(old: Document, new: Document) -> list[tuple[Grade, str]]:
    found: list[Change] = list(diff_documents(old, new).changes)
    return [(change.grade, change.message) for change in found]


def with_schemes(**more: Any) -> Document:
    document = base()
    schemes = {
        "token": {"type": "apiKey", "in": "header", "name": "Circle-Token"},
        "oauth": {"type": "http", "scheme": "bearer"},
    }
    document |= {"components": {"securitySchemes": schemes}, "security": [{"token": []}]}
    document["paths"]["/paint"]["get"] |= more
    return document


@pytest.mark.parametrize(
    ("security", "expected"),
    [
        ([{"oauth": []}], (RUN_TIME, "requires authentication by oauth now, was token")),
        ([{"oauth": []}, {"token": []}], (SAFE, "requires authentication by oauth or token now, was token")),
        ([{"oauth": [], "token": []}], (RUN_TIME, "requires authentication by oauth and token now, was token")),
        ([], (SAFE, "requires authentication by nothing now, was token")),
        ([{}], (SAFE, "requires authentication by nothing now, was token")),
    ],
)
def test_another_authentication_of_one_operation_is_reported(security: Any, expected: tuple[Grade, str]):
    assert changes(with_schemes(), with_schemes(security=security)) == [expected]


def test_the_authentication_of_the_document_may_be_repeated():
    assert changes(with_schemes(), with_schemes(security=[{"token": []}])) == []


def test_another_server_of_one_operation_is_reported():
    there = with_schemes(servers=[{"url": "https://runner.circleci.com"}])
    expected = "is at https://runner.circleci.com now, was at the common server"
    assert changes(with_schemes(), there) == [(RUN_TIME, expected)]


def test_an_optional_header_is_reported():
    header = with_schemes(parameters=[{"name": "X-Shade", "in": "header", "schema": {"type": "string"}}])
    added, removed = changes(with_schemes(), header), changes(header, with_schemes())
    assert added == [(SAFE, "may have the header 'X-Shade' now, which the client does not send")]
    assert removed == [(SAFE, "no longer has the optional header 'X-Shade'")]


def asking(schema: Any, **more: Any) -> Document:
    return api({"/x": {"get": operation("getX", parameters=[{"name": "a", "in": "query", "schema": schema, **more}])}})


@pytest.mark.parametrize(
    ("more", "style"),
    [
        ({"explode": False}, "form"),
        ({"style": "pipeDelimited", "explode": False}, "pipeDelimited"),
        ({"style": "spaceDelimited", "explode": False}, "spaceDelimited"),
    ],
)
def test_another_encoding_of_a_parameter_is_reported(more: Any, style: str):
    assert changes(asking(TEXTS, explode=True), asking(TEXTS, **more)) == [
        (RUN_TIME, f"is sent in the style {style}, was form with a repeated name")
    ]


@pytest.mark.parametrize(
    "schema", [{"type": "string"}, {"type": "integer"}, {"type": "boolean"}, {"type": "string", "enum": ["1", "2"]}]
)
def test_a_new_default_of_a_parameter_is_reported(schema: dict[str, Any]):
    default = {"integer": 1, "boolean": True}.get(schema["type"], "1")
    assert changes(asking(schema), asking({**schema, "default": default})) == [
        (RUN_TIME, f"now has the default {default!r}")
    ]


def sending(schema: dict[str, Any]) -> Document:
    body = {"content": {"application/json": {"schema": schema}}}
    return api({"/x": {"post": operation("postX", requestBody=body)}})


def in_media(kind: str, *, answer: str = "application/json", **rules: Any) -> Document:
    body = {"content": {kind: {"schema": FIELDS, **rules}}}
    result = {"200": response({"type": "string"}, answer)}
    return api({"/x": {"post": {**operation("postX", requestBody=body), "responses": result}}})


def test_another_media_type_of_a_body_is_reported():
    json, patch = in_media("application/json"), in_media("application/merge-patch+json")
    expected = (RUN_TIME, "sends its body as application/merge-patch+json now, was application/json")
    assert expected in changes(json, patch)
    assert changes(in_media("application/x+json"), in_media("application/y+json")) == [
        (RUN_TIME, "sends its body as application/y+json now, was application/x+json")
    ]


def test_another_media_type_of_a_response_is_reported():
    text, json = in_media("application/json", answer="text/plain"), in_media("application/json")
    assert changes(text, json) == [(RUN_TIME, "receives application/json now, was text/plain")]


def test_another_encoding_of_a_form_is_reported():
    form = "application/x-www-form-urlencoded"
    plain, joined = in_media(form), in_media(form, encoding={"color": {"contentType": "text/css"}})
    assert changes(plain, joined) == [(RUN_TIME, "encodes the field 'color' of its form in another way")]


def paged(key: str) -> Document:
    fields = {key: TEXTS, "next_page_token": {"type": "string"}}
    token = [{"name": "page-token", "in": "query", "schema": {"type": "string"}}]
    return api({"/x": {"get": operation("getX", {"type": "object", "properties": fields}, parameters=token)}})


def test_another_key_of_the_items_of_a_page_is_reported():
    assert changes(paged("items"), paged("shades")) == [
        (RUN_TIME, "has the items of a page in 'shades' now, was 'items'")
    ]


def test_other_values_of_a_discriminator_are_reported():
    def document(value: str) -> Document:
        mapping = {"cat": "Cat", value: "Dog"}
        variants = [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}]
        union = {"oneOf": variants, "discriminator": {"propertyName": "kind", "mapping": mapping}}
        return returning(union, Cat=pet(lives={"type": "integer"}), Dog=pet(good={"type": "boolean"}))

    assert changes(document("dog"), document("hound")) == [
        (RUN_TIME, "no longer stands for this model if it is 'dog'"),
        (SAFE, "stands for this model now if it is 'hound'"),
    ]


FIELDS = {"type": "object", "properties": {"color": {"type": "string"}}}


CLOSED = {**FIELDS, "additionalProperties": False}


def test_a_body_that_is_closed_is_reported():
    listed = "other fields in PostXRequest than those that the document lists"
    # Its fields are arguments, so that no other field can be passed anyway.
    assert changes(sending(FIELDS), sending(CLOSED)) == [(SAFE, f"no longer accepts {listed}")]
    assert changes(sending(CLOSED), sending(FIELDS)) == [(SAFE, f"accepts {listed}")]
    assert changes(sending(CLOSED), sending(CLOSED)) == []


def test_an_object_inside_a_body_that_is_closed_breaks_at_run_time():
    was, now = (sending({"type": "object", "properties": {"paint": schema}}) for schema in (FIELDS, CLOSED))
    listed = "other fields in PostXRequestPaint than those that the document lists"
    assert changes(was, now) == [(RUN_TIME, f"no longer accepts {listed}")]
    assert changes(now, was) == [(SAFE, f"accepts {listed}")]


def test_our_document_does_not_state_whether_a_body_is_closed():
    closed = copy_of_ours()
    for schema in closed["components"]["schemas"].values():
        if "properties" in schema:
            schema["additionalProperties"] = False
    del closed["info"]["x-source"]
    assert changes(ours(), closed) == []
