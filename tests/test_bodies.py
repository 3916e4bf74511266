"""Request bodies that are not JSON: whatever is passed can be read back, and no value can change the rest of the request."""

from __future__ import annotations

from email.parser import BytesParser
from email.policy import HTTP
from typing import Any, cast
from urllib.parse import parse_qsl

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from circleci_v2 import UNSET
from circleci_v2._wire.bodies import Body, bytes_body, checked_files, form_body, multipart_body, text_body
from circleci_v2._wire.encoding import delimited, encode_query, json_text, spread_object
from circleci_v2.errors import ArgumentTypeError, ConfigurationError

text = st.text(st.characters(exclude_categories=["Cs"]))
names = text.filter(bool)
media = st.sampled_from(["image/png", "text/plain; charset=utf-8", "application/x-y.z+json"])
file = st.one_of(st.binary(), st.tuples(text, st.binary()), st.tuples(text, st.binary(), media))


def parts_of(body: Body) -> list[tuple[str, bytes]]:
    """Head and content of each part, read without a parser, which would change some line ends."""
    boundary = body.content_type.removeprefix("multipart/form-data; boundary=").encode()
    first, *parts, last = (b"\r\n" + body.content).split(b"\r\n--" + boundary)
    assert (first, last) == (b"", b"--\r\n")
    found: list[tuple[str, bytes]] = []
    for part in parts:
        head, _, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        found.append((head.decode(), content))
    return found


def items_of(fields: dict[str, Any]) -> list[tuple[str, Any]]:
    """Name and value of each item of the fields."""
    lists: dict[str, list[Any]] = {
        name: cast("list[Any]", value) if isinstance(value, list) else [value] for name, value in fields.items()
    }
    return [(name, item) for name, values in lists.items() for item in values]


@given(st.dictionaries(names, st.one_of(text, st.lists(text), file, st.lists(file))))
@example({'a"\r\nX: y': ("b\r\n\r\n--", b"--\r\n--")})
def test_every_part_of_a_form_has_its_content_and_at_most_two_headers(fields: dict[str, Any]):
    parts = parts_of(multipart_body(fields))
    expected = [item for _, item in items_of(fields)]
    assert len(parts) == len(expected)
    for (head, content), item in zip(parts, expected, strict=True):
        raw = item if isinstance(item, bytes) else item[1] if isinstance(item, tuple) else item.encode()
        assert content == raw
        lines = head.split("\r\n")
        assert lines[0].startswith('Content-Disposition: form-data; name="')
        assert [line.partition(":")[0] for line in lines[1:]] == ([] if isinstance(item, str) else ["Content-Type"])


@given(st.dictionaries(st.from_regex(r"[a-z]{1,9}", fullmatch=True), st.binary(max_size=20)))
def test_a_form_is_read_by_the_parser_of_the_standard_library(fields: dict[str, bytes]):
    body = multipart_body({name: (f"{name}.bin", content, "image/png") for name, content in fields.items()})
    message = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {body.content_type}\r\n\r\n".encode() + body.content)
    parts = list(message.iter_parts()) if fields else []
    assert [part.get_filename() for part in parts] == [f"{name}.bin" for name in fields]


@given(st.dictionaries(names, st.one_of(text, st.lists(text, min_size=1))))
def test_the_fields_of_a_form_without_files_are_read_back(fields: dict[str, Any]):
    body = form_body(fields)
    assert parse_qsl(body.content.decode(), keep_blank_values=True) == items_of(fields)
    assert body.content_type == "application/x-www-form-urlencoded"


@given(text)
def test_text_is_sent_in_the_charset_that_its_type_names(value: str):
    body = text_body(value, "text/plain")
    assert body == Body("text/plain; charset=utf-8", value.encode())
    utf16 = text_body(value, 'text/plain; charset="utf-16"')
    assert utf16 == Body('text/plain; charset="utf-16"', value.encode("utf-16"))
    assert text_body(value, "application/xml") == Body("application/xml", value.encode())


def test_a_body_that_is_not_passed_is_none():
    assert text_body(UNSET, "text/plain") is None
    assert bytes_body(UNSET, "image/png") is None


def test_an_object_in_a_form_is_json():
    assert form_body({"a": {"b": 1}, "c": None}).content == b"a=%7B%22b%22%3A1%7D"
    assert form_body({"a": [{"b": 1}, "c"]}).content == b"a=%7B%22b%22%3A1%7D&a=c"
    ((head, content),) = parts_of(multipart_body({"a": {"b": 1}, "c": None}))
    assert head.endswith("\r\nContent-Type: application/json")
    assert content == b'{"b":1}'


@pytest.mark.parametrize("value", ["a.png", 7, {"a": 1}, ("a",), ("a", "b"), [b"1", "2"]])
def test_a_file_is_bytes_or_a_tuple(value: Any):
    with pytest.raises(ArgumentTypeError, match=r"file must be bytes, or a tuple"):
        checked_files("file", value)


@pytest.mark.parametrize("value", [None, b"", ("a", b""), ("a", b"", "b/c"), [b"1", ("a", b"2")], []])
def test_files_are_returned_as_they_are(value: Any):
    assert checked_files("file", value) is value


@pytest.mark.parametrize("kind", ["a/b\r\nX: y", "a/b\x00", "größe"])
def test_the_type_of_a_file_cannot_add_a_header(kind: str):
    with pytest.raises(ConfigurationError, match="is not a media type"):
        multipart_body({"file": ("a", b"", kind)})


def test_half_of_a_character_is_refused():
    for fields in ({"\ud800": "a"}, {"a": "\ud800"}, {"a": ("\ud800", b"")}, {"a": {"b": "\ud800"}}):
        with pytest.raises(ConfigurationError, match="half of a character"):
            multipart_body(fields)
    for fields in ({"\ud800": "a"}, {"a": "\ud800"}, {"a": {"b": "\ud800"}}):
        with pytest.raises(ConfigurationError, match="half of a character"):
            form_body(fields)


@pytest.mark.parametrize("value", [{"a": 1}, [["a"]], [{"a": 1}]])
def test_a_query_never_contains_the_repr_of_a_value(value: Any):
    with pytest.raises(ArgumentTypeError, match="cannot be sent as a single value"):
        encode_query({"a": value})


def test_objects_in_a_query_have_a_style():
    color = {"red": 7, "name": None, "web": True}
    assert spread_object("a", color) == {"red": 7, "name": None, "web": True}
    assert spread_object("a", None) == {}
    assert delimited(color, ",") == "red,7,web,true"
    assert json_text(color) == '{"red":7,"name":null,"web":true}'
    assert json_text(None) is None
    with pytest.raises(ArgumentTypeError, match="a='red' is not an object"):
        spread_object("a", "red")
