"""A transport of httpx2 carries the requests of a client, with the same results and errors as one of httpx."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import anyio
import httpx
import pytest

from circleci_v2 import APIConnectionError, APITimeoutError, CircleCI, NotFoundError, RetryPolicy
from circleci_v2._http.transports.httpx2 import as_httpx_transport
from circleci_v2.testing import FakeCircleCI

httpx2: Any = pytest.importorskip("httpx2", reason="httpx2 is not installed")

LIBRARIES = [httpx, httpx2]


@pytest.fixture(params=["asyncio", "trio"])
def backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


class Recorder:
    """Handles requests of either library, and keeps them."""

    def __init__(self, library: Any, error: str | None = None) -> None:
        self.library = library
        self.requests: list[Any] = []
        self.error = error

    def __call__(self, request: Any) -> Any:
        self.requests.append(request)
        if self.error is not None:
            raise getattr(self.library, self.error)("from the transport", request=request)
        if request.url.path.endswith("/missing"):
            return self.library.Response(404, json={"message": "Not found."})
        return self.library.Response(200, json={"name": "jane"}, headers={"x-request-id": "1"})


def client_of(recorder: Recorder) -> CircleCI:
    return CircleCI("token", transport=recorder.library.MockTransport(recorder), retry=RetryPolicy(max_retries=0))


@pytest.mark.parametrize("library", LIBRARIES)
def test_requests_and_responses_are_the_same(library: Any, backend: str):
    recorder = Recorder(library)

    async def main() -> None:
        async with client_of(recorder) as circleci:
            assert (await circleci.user.me()).name == "jane"
            response = await circleci.with_raw_response.projects.get("gh/acme/web")
            assert response.headers["X-Request-Id"] == "1"
            await circleci.contexts.create(name="ä", owner={"id": "1", "type": "organization"})
            await circleci.request("GET", "/project/gh%2Facme/a%2Fb", query={"branch": "a/b c+d&e"})
            with pytest.raises(NotFoundError, match=r"Not found\."):
                await circleci.request("GET", "/missing")

    anyio.run(main, backend=backend)
    assert isinstance(recorder.requests[0], library.Request)
    assert [request.headers["circle-token"] for request in recorder.requests] == ["token"] * 5
    assert recorder.requests[2].content == '{"name":"ä","owner":{"id":"1","type":"organization"}}'.encode()
    assert recorder.requests[3].url.raw_path == b"/api/v2/project/gh%2Facme/a%2Fb?branch=a%2Fb%20c%2Bd%26e"


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        ("ReadTimeout", APITimeoutError),
        ("ConnectError", APIConnectionError),
        ("RemoteProtocolError", APIConnectionError),
    ],
)
def test_errors_are_classified_alike(library: Any, raised: str, expected: type[Exception], backend: str):
    async def main() -> None:
        async with client_of(Recorder(library, raised)) as circleci:
            await circleci.user.me()

    with pytest.raises(expected) as caught:
        anyio.run(main, backend=backend)
    assert type(caught.value) is expected


def test_a_body_that_breaks_off_is_a_connection_error_and_the_response_is_closed(backend: str):
    closed: list[bool] = []

    class Broken(httpx2.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield b'{"name":'
            raise httpx2.ReadError("reset by peer")

        async def aclose(self) -> None:
            closed.append(True)

    async def main() -> None:
        transport = httpx2.MockTransport(lambda _: httpx2.Response(200, stream=Broken()))
        async with CircleCI("token", transport=transport, retry=RetryPolicy(max_retries=0)) as circleci:
            await circleci.user.me()

    with pytest.raises(APIConnectionError, match="reset by peer"):
        anyio.run(main, backend=backend)
    assert closed == [True]


def test_connections_of_httpx2_reach_a_server_and_are_closed_with_the_client(backend: str):
    fake = FakeCircleCI.seeded("gh/acme/web", pipelines=30)
    transport = httpx2.AsyncHTTPTransport()

    async def main(url: str) -> None:
        async with CircleCI(fake.token, base_url=url, transport=transport) as circleci:
            assert len(await circleci.pipelines.list_for_project("gh/acme/web").collect()) == 30
            assert transport._pool.connections
        assert not transport._pool.connections

    with fake.serve() as url:
        anyio.run(main, url, backend=backend)


def test_a_transport_of_httpx_is_used_as_it_is():
    transport = httpx.AsyncHTTPTransport()
    assert as_httpx_transport(transport) is transport
