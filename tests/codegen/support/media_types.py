"""A document whose operations send and return bodies of many media types, and a program that calls them all.

    python -m tests.codegen.support.media_types

Run with the package of that document: it calls each operation through a loopback server and prints what the server received
and what the methods returned.
"""

from __future__ import annotations

import asyncio
import json
import sys
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any

from circleci_v2 import UNSET, CircleCI
from tests.codegen.support.cases.case import Document, api, operation, response
from tests.loopback import Received, Reply, serving

__all__ = ["document"]

PNG = b"\x89PNG\r\n\x1a\n\x00\xff--boundary"
TEXT = {"type": "string"}
BINARY = {**TEXT, "format": "binary"}
COLOR = {"type": "object", "properties": {"red": {"type": "integer"}}}
FORM = {
    "type": "object",
    "required": ["file"],
    "properties": {
        "file": BINARY,
        "more": {"type": "array", "items": BINARY},
        "name": TEXT,
        "tags": {"type": "array", "items": TEXT},
        "color": COLOR,
        "count": {"type": "integer"},
    },
}
PLAIN_FORM = {
    "type": "object",
    "properties": {k: v for k, v in FORM["properties"].items() if k not in {"file", "more"}},
}


def document() -> Document:
    """The document."""
    paths: Document = {}

    def sends(name: str, media: str, schema: Any, *, required: bool = True, **rules: Any) -> None:
        body = {"required": required, "content": {media: {"schema": schema, **rules}}}
        paths[f"/{name}"] = {"post": operation(f"send-{name}", requestBody=body)}

    def returns(name: str, media: str, schema: Any, **others: Any) -> None:
        responses = {"200": response(schema, media), **others}
        paths[f"/{name}"] = {"get": {**operation(f"get-{name}"), "responses": responses}}

    sends("text", "text/plain", TEXT)
    sends("latin", "text/plain; charset=iso-8859-1", TEXT)
    sends("xml", "application/xml", COLOR, required=False)
    sends("bytes", "application/zip", BINARY)
    sends("form", "application/x-www-form-urlencoded", PLAIN_FORM, encoding={"tags": {"explode": False}})
    sends("upload", "multipart/form-data", FORM, encoding={"more": {"contentType": "image/png"}})
    sends("patch", "application/merge-patch+json", PLAIN_FORM)
    sends("patches", "application/json-patch+json", {"type": "array", "items": COLOR})
    returns("csv", "text/csv", TEXT)
    returns("log", "text/plain", TEXT)
    returns("archive", "application/zip", BINARY)
    returns("either", "text/csv", TEXT, **{"202": response(COLOR), "204": {"description": "Nothing."}})
    # A list that is requested with a body.
    listed = {"type": "object", "properties": {"items": {"type": "array", "items": COLOR}, "next_page_token": TEXT}}
    query = [{"name": "page-token", "in": "query", "schema": TEXT}]
    body = {"content": {"application/json": {"schema": PLAIN_FORM}}}
    paths["/search"] = {"post": operation("search", listed, parameters=query, requestBody=body)}
    return api(paths)


def answer(request: Received) -> Reply:
    """The response of the loopback server."""
    path = request.path.rsplit("/", 1)[1]
    if path == "csv":
        return Reply(headers={"Content-Type": "text/csv; charset=iso-8859-1"}, body="größe,7\r\n".encode("latin-1"))
    if path == "log":
        return Reply(headers={"Content-Type": "text/plain"}, body='"größe"'.encode())
    if path == "archive":
        return Reply(headers={"Content-Type": "application/zip"}, body=PNG)
    if path == "either":
        return EITHER.pop(0)
    if path == "search":
        page = (
            {"items": [{"red": 2}]}
            if "page-token" in request.target
            else {"items": [{"red": 1}], "next_page_token": "t"}
        )
        return Reply(headers={"Content-Type": "application/json"}, body=json.dumps(page).encode())
    return Reply(204)


EITHER = [
    Reply(headers={"Content-Type": "text/csv"}, body=b"a,b"),
    Reply(202, headers={"Content-Type": "application/json"}, body=b'{"red": 7}'),
    Reply(204),
]


def described(request: Received) -> Any:
    """A request as JSON; the parts of a form are its body."""
    kind = request.headers.get("content-type", "")
    body: Any = request.body.decode("latin-1")
    if kind.startswith("multipart/"):
        message = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {kind}\r\n\r\n".encode() + request.body)
        body = [
            [
                part.get_param("name", header="content-disposition"),
                part.get_filename(),
                part["Content-Type"],
                part.get_payload(decode=True).decode("latin-1"),
            ]
            for part in message.iter_parts()
        ]
        kind = "multipart/form-data"
    return [request.path.removeprefix("/api/v2"), kind, request.headers["accept"], body]


async def main() -> None:
    """Call every operation."""
    returned: list[Any] = []
    with serving(answer) as server:
        async with CircleCI("token", base_url=f"{server.url}/api/v2", strict=True) as circleci:
            paint: Any = circleci.paint
            await paint.send_text(body="größe")
            await paint.send_latin(body="größe")
            await paint.send_xml(body="<a/>")
            await paint.send_xml(body=UNSET)
            await paint.send_bytes(body=PNG)
            await paint.send_form(name="a b&c", tags=["x", "y"], color={"red": 7}, count=3)
            await paint.send_upload(
                file=('grün".png', PNG, "image/png"),
                more=[b"1", ("2.bin", b"2")],
                name="größe",
                tags=["x", "y"],
                color={"red": 7},
            )
            await paint.send_patch(name=None, count=3)
            await paint.send_patches(body=[{"red": 7}])
            returned += [await paint.get_csv(), await paint.get_log(), (await paint.get_archive()).decode("latin-1")]
            returned += [repr(await paint.get_either()) for _ in EITHER[:]]
            returned.append(repr((await circleci.with_raw_response.paint.get_log()).parsed))
            returned.append([item.red async for item in paint.search(name="a")])
            for wrong in ({"file": "a.png"}, {"file": None}, {"file": ("a", b"", "x/y\r\nA: b")}):
                try:
                    await paint.send_upload(**wrong)
                except ValueError as error:
                    returned.append(str(error))
            for method, value in ((paint.send_text, b""), (paint.send_bytes, "a"), (paint.send_latin, "Ω")):
                try:
                    await method(body=value)
                except ValueError as error:
                    returned.append(str(error))
    sys.stdout.write(json.dumps({"sent": [described(request) for request in server.requests], "returned": returned}))


if __name__ == "__main__":
    asyncio.run(main())
