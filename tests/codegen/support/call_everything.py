"""Run with another generated tree: import every module of it and call every operation through a mock transport.

Each call must send what the document publishes, and decode, strictly, what the document describes.

    python -m tests.codegen.support.call_everything NORMALISED_DOCUMENT
"""

from __future__ import annotations

import asyncio
import importlib
import inspect
import json
import pkgutil
import re
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

import circleci_v2._generated
from circleci_v2 import CircleCI
from circleci_v2.operations import OPERATIONS, Operation
from codegen.queries import body_schema_of, media_of
from tests.support.samples import sample

UUID = "5034460f-c7c4-4c43-9457-de07e2029e7b"
ARGUMENTS = {
    "ProjectSlug": "gh/acme/web",
    "OrgSlug": "gh/acme",
    "UUID": UUID,
    "datetime": datetime(2026, 1, 31, 12, tzinfo=UTC),
    "int": 7,
    "float": 0.5,
    "bool": True,
    "str": "text",
    "Any": "anything",
}


def argument(annotation: str) -> Any:
    """A value for an argument of a type, by the first member of its union that is listed here."""
    if annotation.startswith("Sequence["):
        return [argument(annotation[len("Sequence[") : -1])]
    plain = annotation.partition("Mapping[")[0]
    known = next((kind for kind in ARGUMENTS if re.search(rf"\b{kind}\b", plain)), None)
    return {} if known is None and "Mapping[" in annotation else ARGUMENTS.get(known or "str", "text")


def arguments(method: Any) -> dict[str, Any]:
    return {name: argument(str(p.annotation)) for name, p in inspect.signature(method).parameters.items()}


def import_everything() -> int:
    names = [m.name for m in pkgutil.walk_packages(circleci_v2._generated.__path__, "circleci_v2._generated.")]
    for name in names:
        importlib.import_module(name)
    return len(names)


def look_up(document: Mapping[str, Any], value: Mapping[str, Any]) -> Mapping[str, Any]:
    return document["components"]["parameters"][value["$ref"].rsplit("/", 1)[1]] if "$ref" in value else value


def answers(document: Mapping[str, Any], published: Mapping[str, Any]) -> Iterator[httpx.Response]:
    """One response for each success that the document describes."""
    for status, response in published["responses"].items():
        if status.startswith("2"):
            schema = body_schema_of(response)
            match media_of(response):
                case "":
                    yield httpx.Response(int(status))
                case "application/json":
                    yield httpx.Response(int(status), json=sample(document, schema))
                case media:
                    yield httpx.Response(int(status), content=b"content", headers={"content-type": media})


async def call(document: Mapping[str, Any], operation: Operation) -> None:
    published = document["paths"][operation.path][operation.method.lower()]
    for answer in answers(document, published):
        requests: list[httpx.Request] = []

        def handler(
            request: httpx.Request, requests: Any = requests, answer: httpx.Response = answer
        ) -> httpx.Response:
            requests.append(request)
            return answer

        async with CircleCI("token", transport=httpx.MockTransport(handler), strict=True) as circleci:
            method = getattr(getattr(circleci, operation.namespace), operation.name)
            await method(**arguments(method))
        (request,) = requests
        check(document, operation, published, request)


def check(
    document: Mapping[str, Any], operation: Operation, published: Mapping[str, Any], request: httpx.Request
) -> None:
    template = re.sub(r"\\\{[^}]*\\\}", r"[^?]+", re.escape(operation.path))
    assert request.method == operation.method
    assert re.fullmatch(f"/api/v2{template}", request.url.raw_path.decode().partition("?")[0]), request.url
    query = {p["name"] for p in (look_up(document, p) for p in published["parameters"]) if p["in"] == "query"}
    assert set(request.url.params) == query, (operation.id, request.url)
    schema = published.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    if "$ref" in schema:
        fields = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]["properties"]
        assert set(json.loads(request.content)) == set(fields), (operation.id, request.content)


async def main(document: Mapping[str, Any]) -> None:
    modules = import_everything()
    ids = [o["operationId"] for item in document["paths"].values() for o in item.values()]
    assert list(OPERATIONS) == ids
    for operation in OPERATIONS.values():
        await call(document, operation)
    sys.stdout.write(json.dumps({"modules": modules, "operations": len(OPERATIONS)}))


if __name__ == "__main__":
    asyncio.run(main(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))))
