"""A document of operations that are unlike those of CircleCI, and a program that calls them all.

    python -m tests.codegen.support.unusual_operations

Run with the package of that document: it calls each operation through a mock transport and prints what was sent, what the
methods returned, and the warnings.
"""

from __future__ import annotations

import asyncio
import json
import sys
import warnings
from typing import Any

import httpx

from circleci_v2 import CircleCI
from circleci_v2.errors import DecodeError
from tests.codegen.support.cases.case import Document, api, operation, response
from tests.codegen.support.cases.unions import pet

__all__ = ["document"]

TEXT = {"type": "string"}
COLOR = {"type": "object", "properties": {"red": {"type": "integer"}, "name": TEXT}}
TOKEN = {"name": "page-token", "in": "query", "schema": TEXT}


def either(one: str, other: str, **more: Any) -> Document:
    """A union of two components."""
    return {"oneOf": [{"$ref": f"#/components/schemas/{name}"} for name in (one, other)], **more}


def document() -> Document:
    """The document."""
    listed = {"type": "array", "items": COLOR}
    page = {"type": "object", "properties": {"colors": listed, "next_page_token": TEXT, "total": {"type": "integer"}}}
    by_kind = {"propertyName": "kind", "mapping": {"cat": "Cat", "dog": "Dog"}}
    queries = [
        {"name": "json", "in": "query", "content": {"application/json": {"schema": COLOR}}},
        {"name": "spread", "in": "query", "schema": COLOR},
        {"name": "joined", "in": "query", "explode": False, "schema": COLOR},
    ]
    fixed = {name: pet({**TEXT, "enum": [name.lower()]}, **{name: TEXT}) for name in ("Ash", "Oak")}
    pets = {"type": "array", "items": either("Cat", "Dog", discriminator=by_kind)}
    house = {"type": "object", "properties": {"pets": pets, "tree": either("Ash", "Oak")}}
    paths = {
        "/pet": {"get": operation("getPet", either("Cat", "Dog", discriminator=by_kind))},
        "/house": {"get": operation("getHouse", house)},
        "/pages": {"get": operation("listColors", page, parameters=[TOKEN])},
        "/default": {"get": {**operation("getDefault"), "responses": {"default": response(COLOR)}}},
        "/two": {"get": {**operation("getTwo"), "responses": {"200": response(COLOR), "202": response(pet())}}},
        "/query": {"get": operation("getQuery", parameters=queries)},
        "/old": {"get": operation("getOld", deprecated=True)},
        "/older": {"get": operation("listOld", page, deprecated=True, parameters=[TOKEN])},
    }
    schemas = {"Cat": pet(lives={"type": "integer"}), "Dog": pet(good={"type": "boolean"}), **fixed}
    return api(paths, components={"schemas": schemas})


ANSWERS: dict[str, list[tuple[int, Any]]] = {
    "/pet": [
        (200, {"kind": "dog"}),
        (200, {"kind": "cat", "good": True}),
        (200, {"kind": "bird"}),
        (200, {"good": True}),
    ],
    "/house": [(200, {"pets": [{"kind": "dog"}, {"kind": "cat"}], "tree": {"kind": "oak"}})],
    "/pages": [(200, {"colors": [{"red": 1}], "next_page_token": "t", "total": 2}), (200, {"colors": [{"red": 2}]})],
    "/default": [(200, {"red": 7})],
    "/two": [(200, {"red": 7}), (202, {"kind": "dog", "name": "Rex"})],
}


async def main() -> None:
    """Call every operation."""
    sent: list[list[list[str]]] = []
    returned: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        sent.append([list(pair) for pair in request.url.params.multi_items()])
        answers = ANSWERS.get(request.url.path.removeprefix("/api/v2"))
        status, value = answers.pop(0) if answers else (204, None)
        return httpx.Response(status, json=value) if value is not None else httpx.Response(status)

    async with CircleCI("token", transport=httpx.MockTransport(handler)) as lenient:
        paint: Any = lenient.paint
        returned += [repr(await paint.get_pet()) for _ in range(4)]
        house = await paint.get_house()
        returned += [f"{[type(item).__name__ for item in house.pets]} {type(house.tree).__name__}"]
        returned.append(repr([color.red async for color in paint.list_colors()]))
        returned += [repr(await paint.get_default()), repr(await paint.get_two()), repr(await paint.get_two())]
        sent.clear()
        color = {"red": 7, "name": "a b"}
        await paint.get_query(json=color, spread=color, joined=color)
        await paint.get_query()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            for _ in range(2):
                await paint.get_old()
                await lenient.with_raw_response.paint.get_old()
                paint.list_old()
    async with CircleCI(
        "token", transport=httpx.MockTransport(lambda _: httpx.Response(200, json={"kind": "bird"})), strict=True
    ) as strict:
        try:
            await strict.paint.get_pet()  # type: ignore[attr-defined]  # of the other package
        except DecodeError as error:
            returned.append(str(error))
    found = [[str(warning.message), warning.category.__name__, warning.filename] for warning in caught]
    sys.stdout.write(json.dumps({"sent": sent[:2], "returned": returned, "warnings": found}))


if __name__ == "__main__":
    asyncio.run(main())
