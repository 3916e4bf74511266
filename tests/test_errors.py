"""Errors: each status has its class, and each says what went wrong, whatever the body is made of."""

from __future__ import annotations

import ast
import builtins
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

import circleci_v2
from circleci_v2 import CircleCI, RetryPolicy, errors

pytestmark = pytest.mark.anyio

TOKEN = "CCIPAT_0123456789abcdef"


async def refusal(status: int, **answer: Any) -> errors.APIError:
    def handler(_: httpx.Request) -> httpx.Response:
        return httpx.Response(status, **answer)

    async with CircleCI(TOKEN, transport=httpx.MockTransport(handler)).with_options(max_retries=0) as circleci:
        with pytest.raises(errors.APIError) as caught:
            await circleci.projects.get("gh/acme/web")
    return caught.value


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, errors.BadRequestError),
        (401, errors.AuthenticationError),
        (403, errors.PermissionDeniedError),
        (404, errors.NotFoundError),
        (409, errors.ConflictError),
        (418, errors.APIError),
        (422, errors.UnprocessableEntityError),
        (429, errors.RateLimitError),
        (500, errors.ServerError),
        (503, errors.ServerError),
        (520, errors.ServerError),
        (599, errors.ServerError),
        (600, errors.APIError),
    ],
)
async def test_each_status_raises_its_own_error(status: int, kind: type[errors.APIError]):
    error = await refusal(status, json={"message": "No."})
    assert type(error) is kind
    assert error.status_code == status
    assert error.message == "No."


@pytest.mark.parametrize(
    ("answer", "message", "body"),
    [
        ({"json": {"message": "Project not found"}}, "Project not found", {"message": "Project not found"}),
        ({"json": {"error": "bundle too large"}}, "bundle too large", {"error": "bundle too large"}),
        (
            {"text": '{"message":"You must log in first."}'},
            "You must log in first.",
            {"message": "You must log in first."},
        ),
        ({"text": "Rate limited."}, "Rate limited.", "Rate limited."),
        ({"json": {}}, "Not Found (the response has no message)", {}),
        ({"json": {"message": ""}}, "Not Found (the response has no message)", {"message": ""}),
        ({"json": {"detail": "odd"}}, '{"detail": "odd"}', {"detail": "odd"}),
        ({"content": b""}, "Not Found (the response has no message)", None),
        ({"json": ["odd"]}, '["odd"]', ["odd"]),
        ({"content": b"\xff\xfe"}, "\ufffd\ufffd", "\ufffd\ufffd"),
    ],
    ids=[
        "message",
        "error",
        "json-as-text",
        "text",
        "empty-object",
        "empty-message",
        "other-object",
        "empty",
        "list",
        "binary",
    ],
)
async def test_the_message_is_found_in_every_kind_of_body(answer: dict[str, Any], message: str, body: Any):
    error = await refusal(404, **answer)
    assert error.message == message
    assert error.body == body


async def test_the_message_of_an_html_page_is_its_title():
    page = "<!DOCTYPE html><html><head><title>520: Web server\n returns an unknown error</title></head><body>long</body></html>"
    error = await refusal(520, html=page)
    assert error.message == "520: Web server returns an unknown error"
    assert error.body == page


async def test_the_message_of_an_html_page_without_a_title_is_its_text():
    error = await refusal(502, html="<html><script>var x;</script><body><h1>Bad &amp; worse</h1></body></html>")
    assert error.message == "Bad & worse"


@pytest.mark.parametrize("piece", ["<", "<title>", "<script>"])
async def test_a_page_of_unclosed_tags_has_a_message_too(piece: str):
    """In no time: what looks for their ends must not look at all of a long page for each."""
    error = await refusal(502, html="<html>" + piece * 300_000)
    assert error.message.startswith(("<", "Bad Gateway"))
    assert len(error.body) == 6 + 300_000 * len(piece)


async def test_the_message_of_a_body_nested_too_deeply_is_its_text():
    error = await refusal(404, content=b"[" * 200_000)
    assert error.message.startswith("[[[")


@pytest.mark.parametrize("charset", ["idna", "undefined", "no-such-thing", "rot13"])
async def test_an_unknown_character_set_is_ignored(charset: str):
    error = await refusal(404, content=b"Nothing here", headers={"Content-Type": f"text/plain; charset={charset}"})
    assert error.message == "Nothing here"


async def test_a_success_nested_too_deeply_is_a_decode_error():
    handler = httpx.MockTransport(lambda _: httpx.Response(200, content=b"[" * 200_000))
    async with CircleCI(TOKEN, transport=handler) as circleci:
        with pytest.raises(errors.DecodeError, match="not JSON"):
            await circleci.user.me()


@pytest.mark.parametrize(("method", "is_repeated"), [("DELETE", True), ("PUT", True), ("GET", True), ("POST", False)])
async def test_an_error_says_that_nothing_was_repeated_only_where_nothing_was(method: str, is_repeated: bool):
    requests: list[httpx.Request] = []

    def cut(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        raise httpx.ReadError("cut", request=request)

    retry = RetryPolicy(max_retries=2, backoff=0.001)
    async with CircleCI(TOKEN, transport=httpx.MockTransport(cut), retry=retry) as circleci:
        with pytest.raises(errors.APIConnectionError) as caught:
            await circleci.request(method, "/things")
    assert len(requests) == (3 if is_repeated else 1)
    assert ("was not sent again" in str(caught.value)) is not is_repeated


async def test_a_long_message_is_cut():
    error = await refusal(500, text="x" * 10_000)
    assert len(error.message) < 600
    assert len(error.body) == 10_000


async def test_an_error_says_which_call_it_was_and_how_to_report_it():
    error = await refusal(404, json={"message": "Project not found"}, headers={"x-request-id": "b7f5"})
    assert str(error) == (
        "404 from getProjectBySlug (GET https://circleci.com/api/v2/project/gh/acme/web): Project not found [request b7f5]"
    )
    assert (error.method, error.operation_id, error.request_id) == ("GET", "getProjectBySlug", "b7f5")
    assert error.headers["X-Request-Id"] == "b7f5"


async def test_no_error_contains_the_token():
    error = await refusal(401, text="Invalid token provided.")
    assert TOKEN not in f"{error!r}{error}{vars(error)}"


async def test_a_rate_limit_error_says_how_long_to_wait():
    error = await refusal(429, headers={"Retry-After": "17"})
    assert isinstance(error, errors.RateLimitError)
    assert error.retry_after == 17


async def test_a_success_that_is_not_json_is_a_decode_error():
    def handler(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, html="<html>maintenance</html>")

    async with CircleCI(TOKEN, transport=httpx.MockTransport(handler)) as circleci:
        with pytest.raises(errors.DecodeError, match=r"getCurrentUser is text/html.* and not JSON: '<html>maintenance"):
            await circleci.user.me()


def test_the_tree_in_the_docstring_is_the_tree():
    drawn = set(re.findall(r"(\w+Error)\b", errors.__doc__.split("Other statuses")[0]))
    real = {
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, errors.CircleCIError)
    }
    assert real - {"ArtifactErrorGroup"} <= drawn | {"CircleCIError"}
    assert drawn - {"ValueError"} <= real


def test_every_error_is_exported():
    for name in errors.__all__:
        if name.endswith("Error"):
            assert getattr(circleci_v2, name) is getattr(errors, name)


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain; charset*=utf-8",
        "text/plain; charset*=utf-8; charset*0=x",
        "application/json; title*=x; title*1=y",
        "text/plain; charset*0*=x''y",
        "text/plain; charset*=\xff''",
        "text/plain; charset*0=ut; charset*1=f-8",
        'text/plain; charset="',
        "text/plain; charset=; charset=utf-8",
        "text/plain; charset=unicode_escape",
        "text/plain; charset=utf-7",
        "text/plain; charset=\x00utf-8",
        "; charset=" + "x" * 10_000,
        "text/plain; boundary*=''%00; charset=utf-8",
    ],
)
@pytest.mark.parametrize("status", [400, 404, 500])
async def test_an_odd_parameter_of_the_content_type_does_not_hide_the_error(content_type: str, status: int):
    headers = [(b"Content-Type", content_type.encode("latin-1"))]
    error = await refusal(status, content=rb"\d Nothing here", headers=headers)
    assert error.message == r"\d Nothing here"
    assert type(error) is errors.error_class_for(status)


@pytest.mark.parametrize(
    ("charset", "content"),
    [
        ("iso-8859-1", "Größe".encode("latin-1")),
        ("ISO-8859-1; format=flowed", "Größe".encode("latin-1")),
        ('"windows-1252"', "Größe".encode("cp1252")),
        ("utf-16", "Größe".encode("utf-16")),
        ("UTF8", "Größe".encode()),
    ],
)
async def test_the_message_is_read_in_its_own_character_set(charset: str, content: bytes):
    error = await refusal(404, content=content, headers={"Content-Type": f"text/plain; charset={charset}"})
    assert error.message == "Größe"


@pytest.mark.parametrize("depth", [500, 900, 5_000])
async def test_a_deeply_nested_error_body_raises_the_error_of_its_status(depth: int):
    error = await refusal(404, content=b'{"a":' * depth + b"1" + b"}" * depth)
    assert error.message


_WITHOUT_EXTRAS = """
import asyncio, sys
from datetime import UTC, datetime
for package in ["h2", "httpx_aiohttp", "openapi_schema_validator", "pyarrow", "socksio", "starlette", "uvicorn"]:
    sys.modules[package] = None
from circleci_v2 import CircleCI, ConfigurationError, ConnectionOptions
from circleci_v2.testing import FakeCircleCI

async def me(**options):
    async with CircleCI("a-token", base_url="http://127.0.0.1:1", connection=ConnectionOptions(**options)) as circleci:
        await circleci.user.me()

async def parquet():
    async with CircleCI("a-token") as circleci:
        month = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 31, tzinfo=UTC)
        await circleci.export_usage("an-organization", *month, "usage.parquet", format="parquet")

async def fake():
    FakeCircleCI()

for call in [me(http2=True), me(fast=True), me(proxy="socks5://127.0.0.1:1"), parquet(), fake()]:
    try:
        asyncio.run(call)
    except ConfigurationError as error:
        print(error)
"""


def test_a_package_that_is_missing_is_named_with_the_command_that_installs_it():
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", _WITHOUT_EXTRAS], capture_output=True, text=True, check=True
    )
    assert result.stdout.splitlines() == [
        "http2=True needs h2, which is not installed: pip install 'circleci_v2[http2]'",
        "fast=True needs httpx_aiohttp, which is not installed: pip install 'circleci_v2[fast]'",
        "a SOCKS proxy needs socksio, which is not installed: pip install 'httpx[socks]'",
        "format='parquet' needs pyarrow, which is not installed: pip install 'circleci_v2[parquet]'",
        "FakeCircleCI needs openapi_schema_validator, which is not installed: pip install 'circleci_v2[testing]'",
    ]


# Protocols of Python that demand an exception of their own, and signals that do not leave the library.
_NOT_FOR_USERS = {
    # A text in the store that another program wrote; its readers leave it out, or go on without the store.
    "_http/rate_limit/serialization.py": {"KeyError", "TypeError", "ValueError"},
    "_http/rate_limit/shared_entries.py": {"ValueError"},
    "_http/rate_limit/shared_model.py": {"ValueError"},
    "_lazy.py": {"AttributeError"},
    "_wire/types.py": {"KeyError"},
    "_wire/json.py": {"ValueError"},  # `CircleCI` makes a DecodeError of it
    "_wire/decoding.py": {"TypeError"},  # an annotation of a model, which the generator wrote
    "testing/server.py": {"RuntimeError"},  # as a thread of Python that is started twice
    "usage_export/rows.py": {"ValueError"},  # the caller keeps the text
    "waiting/polling.py": {"AssertionError"},  # unreachable
}
# Files raise OSError, as those of Python do; iterators end with StopAsyncIteration.
_BUILTINS = {
    name
    for name, value in vars(builtins).items()
    if isinstance(value, type) and issubclass(value, Exception) and not issubclass(value, OSError | StopAsyncIteration)
}


def test_every_error_that_is_raised_on_purpose_is_a_circleci_error():
    package = Path(circleci_v2.__file__).parent
    found: dict[str, set[str]] = {}
    for path in sorted(package.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            raised = node.exc if isinstance(node, ast.Raise) else None
            raised = raised.func if isinstance(raised, ast.Call) else raised
            if isinstance(raised, ast.Name) and raised.id in _BUILTINS:
                found.setdefault(path.relative_to(package).as_posix(), set()).add(raised.id)
    assert found == _NOT_FOR_USERS
