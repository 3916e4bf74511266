"""Names that clash in Python, defaults that do not fit, and names that are too long."""

from __future__ import annotations

from typing import Any

from tests.codegen.support.cases.case import Case, Document, api, operation

__all__ = ["CASES"]

_TEXT = {"type": "string"}


def _fields(**fields: Any) -> Document:
    return {"type": "object", "properties": fields}


def _returning(schema: Any) -> Document:
    return api({"/x": {"get": operation("getX", schema)}})


def _asking(schema: Any) -> Document:
    return api({"/x": {"get": operation("getX", parameters=[{"name": "a", "in": "query", "schema": schema}])}})


def _same_name() -> Document:
    body = {"content": {"application/json": {"schema": _fields(id=_TEXT)}}}
    placeholder = {"name": "id", "in": "path", "required": True, "schema": _TEXT}
    query = [{"name": name, "in": "query", "schema": _TEXT} for name in ("a-b", "a_b")]
    return api(
        {"/x/{id}": {"post": operation("postX", parameters=[placeholder, *query], requestBody=body)}},
    )


def _two_placeholders() -> Document:
    parameters = [{"name": name, "in": "path", "required": True, "schema": _TEXT} for name in ("a-b", "a_b")]
    return api({"/x/{a-b}/{a_b}": {"get": operation("getX", parameters=parameters)}})


_WHERE = "paths//x/get"

CASES = (
    Case(
        "names",
        "a path parameter and a body field with one name",
        "note",
        _same_name,
        (
            "POST /x/{id}: the path parameter 'id' and the body field 'id' would both be called id in Python; ",
            "the second is called body_id. To change that, add 'body id' to its arguments in names.yaml",
            'body={"id": body_id}',
        ),
    ),
    Case(
        "names",
        "two query parameters with one Python name",
        "note",
        _same_name,
        ("the query parameter 'a-b' and the query parameter 'a_b'", 'query={"a-b": a_b, "a_b": query_a_b}'),
    ),
    Case(
        "names",
        "two placeholders with one Python name",
        "note",
        _two_placeholders,
        ("GET /x/{a-b}/{a_b} is left out: 'a-b' and 'a_b' of the path are both called a_b in Python; call it with",),
    ),
    Case(
        "names",
        "fields that differ by case",
        "note",
        lambda: _returning(_fields(userId=_TEXT, UserID=_TEXT)),
        ("schema GetXResponse: 'UserID' and 'userId' would both be called user_id", "in `additional_properties`"),
    ),
    Case(
        "names",
        "fields that differ by punctuation",
        "note",
        lambda: _returning(_fields(**{"created-at": _TEXT, "created_at": _TEXT})),
        ("schema GetXResponse: 'created-at' and 'created_at' would both be called created_at",),
    ),
    Case(
        "names",
        "enum values that differ by case",
        "note",
        lambda: _returning(_fields(kind={**_TEXT, "enum": ["dog", "Dog"]})),
        ("schema GetXResponseKind: the values 'Dog' and 'dog' would both be called DOG", 'DOG_2 = "dog"'),
    ),
    Case(
        "names",
        "enum values that differ by punctuation",
        "note",
        lambda: _returning(_fields(kind={**_TEXT, "enum": ["on-hold", "on hold", "on_hold"]})),
        ('ON_HOLD = "on hold"', 'ON_HOLD_2 = "on-hold"', 'ON_HOLD_3 = "on_hold"'),
    ),
    Case(
        "names",
        "a tag of 4,000 characters",
        "note",
        lambda: api({"/x": {"get": {**operation("getX"), "tags": ["a" * 4000]}}}),
        ("GET /x is left out: the tag 'aaaa", "is longer than 80 characters", "name the operation in names.yaml"),
    ),
    Case(
        "names",
        "an operationId of 4,000 characters",
        "note",
        lambda: api({"/x": {"get": operation("x" * 4000)}}),
        ("GET /x is left out: the operationId 'xxxx", "is longer than 80 characters"),
    ),
    Case(
        "defaults",
        "of another type, in a field",
        "note",
        lambda: _returning(_fields(n={"type": "integer", "default": "abc"})),
        (
            f"{_WHERE}/responses/200/content/application/json/schema/properties/n: the default 'abc' is not of type integer",
        ),
    ),
    Case(
        "defaults",
        "of another type, in a parameter",
        "note",
        lambda: _asking({"type": "integer", "default": "abc"}),
        (
            f"{_WHERE}/parameters/0/schema: the default 'abc' is not of type integer; it is ignored",
            "a: int | None = None",
        ),
    ),
    Case(
        "defaults",
        "that the enum does not have",
        "note",
        lambda: _asking({**_TEXT, "enum": ["red"], "default": "blue"}),
        (f"{_WHERE}/parameters/0/schema: the default 'blue' is not one of ['red']; it is ignored",),
    ),
    Case(
        "defaults",
        "of another format",
        "note",
        lambda: _asking({**_TEXT, "format": "date-time", "default": "now"}),
        (
            f"{_WHERE}/parameters/0/schema: the default 'now' is not a date-time; it is ignored",
            "a: datetime | None = None",
        ),
    ),
    Case(
        "defaults",
        "of an enum",
        "code",
        lambda: _asking({**_TEXT, "enum": ["red"], "default": "red"}),
        ('a: A | Literal["red"] = "red"',),
    ),
    Case(
        "defaults",
        "of a field that is called default",
        "code",
        lambda: _returning(_fields(default={"type": "boolean", "default": False}, type=_TEXT)),
        ("default: bool | None = None",),
    ),
    Case(
        "tolerated",
        "a pattern that Python cannot read",
        "note",
        lambda: _asking({**_TEXT, "pattern": r"^\p{L}+$"}),
        (
            f"{_WHERE}/parameters/0/schema: the pattern '^\\\\p{{L}}+$' is not a regular expression of Python",
            "a: str | None = None",
        ),
    ),
    Case(
        "tolerated",
        "a field that is called pattern",
        "code",
        lambda: _returning(_fields(pattern=_TEXT)),
        ("pattern: str | None = None",),
    ),
    Case(
        "tolerated",
        "a response without a description",
        "code",
        lambda: api({"/x": {"get": {**operation("getX"), "responses": {"204": {}}}}}),
        ("async def get_x(self) -> None:",),
    ),
    Case(
        "tolerated",
        "a binary string inside JSON",
        "code",
        lambda: _returning(_fields(bin={**_TEXT, "format": "binary"})),
        ("bin: str | None = None",),
    ),
    Case(
        "invalid",
        "a reference to nothing",
        "refusal",
        lambda: _returning({"$ref": "#/components/schemas/Gone"}),
        ("/x/get", "points to nothing"),
    ),
    Case(
        "invalid",
        "a type that JSON does not have",
        "refusal",
        lambda: _returning(_fields(a={"type": "file"})),
        (
            f"not valid OpenAPI: {_WHERE}/responses/200: ",
            '{"type":"file"}',
        ),
    ),
    Case(
        "invalid",
        "an enum with a value twice",
        "refusal",
        lambda: _returning(_fields(a={**_TEXT, "enum": ["a", "a"]})),
        ("not valid OpenAPI: paths//x", "has non-unique elements"),
    ),
    Case(
        "invalid",
        "a parameter without a place",
        "refusal",
        lambda: api({"/x": {"get": operation("getX", parameters=[{"name": "a", "schema": _TEXT}])}}),
        ("not valid OpenAPI: paths//x/get/parameters",),
    ),
    Case(
        "invalid",
        "two operations with one operationId",
        "refusal",
        lambda: api({"/x": {"get": operation("getPaint")}}),
        ("getPaint",),
    ),
)
