"""The signature of a presigned URL grants access to a file: it is in no error, event or log."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from circleci_v2 import CircleCI, CircleCIError
from circleci_v2.events import Event, RequestEvent
from tests.http.clients import client
from tests.http.fault_server import CUT, SILENCE, Reply, reply, serving
from tests.http.test_secrets import chain_of, log  # noqa: F401 - a fixture
from tests.loopback import Received

pytestmark = pytest.mark.anyio

SIGNATURE = "5f1c0e6c7d5b4a39"
QUERY = f"X-Amz-Credential=AKIA{SIGNATURE}&X-Amz-Date=20260302T100000Z&X-Amz-Signature={SIGNATURE}"
ERROR_OF_S3 = (
    f"<Error><Code>SignatureDoesNotMatch</Code><AWSAccessKeyId>AKIA{SIGNATURE}</AWSAccessKeyId><StringToSign>AWS4"
    f"{SIGNATURE}</StringToSign><SignatureProvided>{SIGNATURE}</SignatureProvided></Error>"
).encode()

FAULTS: dict[str, Callable[[Received], Reply]] = {
    "rejected": lambda _: reply(403, ERROR_OF_S3),
    "echoed": lambda request: reply(404, f"no {request.target}".encode()),
    "failed": lambda _: reply(503, b"later"),
    "cut": lambda _: CUT,
    "silent": lambda _: SILENCE,
    "half": lambda _: Reply(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", "close"),
    "a broken head": lambda request: Reply(f"HTTP/1.1 {request.target}\r\n\r\n".encode()),
    "another encoding": lambda _: reply(200, b"x", ("Content-Encoding", "br")),
    "a wrong encoding": lambda _: reply(200, b"x", ("Content-Encoding", "gzip")),
    "redirected for ever": lambda request: reply(302, b"", ("Location", request.target)),
    "redirected to nowhere": lambda request: reply(302, b"", ("Location", f"ftp://storage.example{request.target}")),
    "no file": lambda _: Reply(b"HTTP/1.1 204 No Content\r\n\r\n"),
}


def assert_unsigned(*texts: str) -> None:
    for text in texts:
        position = text.find(SIGNATURE)
        assert position < 0, text[max(0, position - 300) : position + 80]


def shown(error: BaseException) -> Iterator[str]:
    for one in chain_of(error):
        yield from (str(one), repr(one), repr(vars(one)), repr(dict(getattr(one, "headers", {}))))
    yield "".join(traceback.format_exception(error))


async def read(circleci: CircleCI, url: str, *, authenticate: bool) -> None:
    if authenticate:
        async with circleci.open_artifact(url) as artifact:
            async for _ in artifact:
                pass
    else:
        async with circleci.stream(url, decode_content=True) as body:
            async for _ in body:
                pass


@pytest.mark.parametrize("redirected", [False, True], ids=["direct", "redirected"])
@pytest.mark.parametrize("fault", FAULTS)
async def test_no_fault_shows_the_signature(fault: str, redirected: bool, fast: bool, log: list[str]):  # noqa: F811
    events: list[Event] = []
    async with serving(FAULTS[fault]) as storage:
        presigned = f"{storage.origin}/file?{QUERY}"
        async with serving(lambda _: reply(302, b"", ("Location", presigned))) as api:
            options: dict[str, Any] = {"max_retries": 1, "on_event": events.append, "read": 0.2}
            async with client(api.url, fast=fast, **options) as circleci:
                try:
                    await read(circleci, f"{api.origin}/file" if redirected else presigned, authenticate=redirected)
                except CircleCIError as error:
                    assert_unsigned(*shown(error))
                else:
                    assert (fault, redirected) == ("no file", False)
        assert storage.requests
        assert storage.requests[0].target == f"/file?{QUERY}"
    assert_unsigned(*map(repr, events), *log)
    assert log


async def test_events_show_a_url_without_its_query(fast: bool):
    events: list[Event] = []
    async with serving(lambda _: reply(200, b"content")) as storage:
        async with client(f"{storage.origin}/api/v2", fast=fast, on_event=events.append) as circleci:
            await read(circleci, f"{storage.origin}/file?{QUERY}#part", authenticate=False)
        assert storage.requests[0].target == f"/file?{QUERY}"
    assert [event.url for event in events if isinstance(event, RequestEvent)] == [f"{storage.origin}/file"]


async def test_errors_of_the_api_keep_the_query(fast: bool):
    async with serving(lambda _: reply(404, b"no")) as api, client(api.url, fast=fast) as circleci:
        with pytest.raises(CircleCIError, match=r"/api/v2/pipeline\?org-slug=gh%2Facme&page-token=abc"):
            await circleci.request("GET", "/pipeline", query={"org-slug": "gh/acme", "page-token": "abc"})


@pytest.mark.parametrize(
    ("url", "name"),
    [
        (f"ftp://storage.example/file?{QUERY}", "ftp://storage.example/file"),
        (f"/file?{QUERY}", "/file"),
        (f"https://user:{SIGNATURE}@storage.example:99999/file#{SIGNATURE}", "https://storage.example:99999/file"),
        (f"http://storage.example:x/file?{QUERY}", "http://storage.example:x/file"),
    ],
)
async def test_an_invalid_url_is_shown_without_its_query(url: str, name: str, fast: bool):
    async with client("http://127.0.0.1:1/api/v2", fast=fast) as circleci:
        with pytest.raises(ValueError, match="is not an address") as caught:
            await read(circleci, url, authenticate=False)
    assert str(caught.value).startswith(f"'{name}' is")
    assert_unsigned(*shown(caught.value))


def test_the_logs_of_the_http_libraries_show_no_signature_even_without_a_token(caplog: pytest.LogCaptureFixture):
    async def token() -> str:
        raise NotImplementedError

    CircleCI(token)
    with caplog.at_level(logging.DEBUG, "httpcore.http11"):
        logging.getLogger("httpcore.http11").debug("[(b'Location', b'https://storage.example/file?%s')]", QUERY)
    assert_unsigned(*caplog.messages)
