"""Redirects: followed for GET and HEAD only, and the token is sent to the original origin only."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from typing import Any

import anyio
import httpx
import pytest

from circleci_v2 import (
    APIConnectionError,
    APIError,
    CircleCI,
    CircleCIError,
    ConfigurationError,
    ConnectionOptions,
    InvalidURLError,
)
from circleci_v2.config import AuthScheme
from tests.http.clients import client
from tests.http.fault_server import CUT, Reply, in_turn, json_reply, reply, serving
from tests.http.steady_server import steady
from tests.loopback import TOKEN, Received

pytestmark = pytest.mark.anyio

ANSWER = json_reply({"arrived": True})
SCHEMES: list[AuthScheme] = ["header", "bearer", "basic"]
TRACES = (TOKEN, base64.b64encode(f"{TOKEN}:".encode()).decode().rstrip("="))


def to(location: str, status: int = 307) -> Reply:
    return reply(status, b"<html>moved</html>", ("Location", location))


def holds_token(request: Received) -> bool:
    everything = f"{request.target} {request.headers} {request.body!r}"
    return any(trace in everything for trace in TRACES) or "authorization" in request.headers


@pytest.mark.parametrize("auth", SCHEMES)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_another_origin_gets_the_request_without_the_token(auth: AuthScheme, status: int, fast: bool):
    with anyio.fail_after(60):
        async with serving(lambda _: ANSWER) as other:
            moved = to(f"{other.origin}/elsewhere?page=2", status)
            async with serving(lambda _: moved) as server, client(server.url, fast=fast, auth=auth) as circleci:
                assert await circleci.request("GET", "/me") == {"arrived": True}
    assert [holds_token(request) for request in server.requests] == [True]
    assert [holds_token(request) for request in other.requests] == [False]
    assert other.requests[0].target == "/elsewhere?page=2"


@pytest.mark.parametrize("auth", SCHEMES)
async def test_a_location_without_a_scheme_may_be_another_origin(auth: AuthScheme, fast: bool):
    with anyio.fail_after(60):
        async with serving(lambda _: ANSWER) as other:
            moved = to(f"//127.0.0.1:{other.port}/elsewhere")
            async with serving(lambda _: moved) as server, client(server.url, fast=fast, auth=auth) as circleci:
                await circleci.request("GET", "/me")
    assert [holds_token(request) for request in other.requests] == [False]


@pytest.mark.parametrize("auth", SCHEMES)
async def test_another_name_of_the_same_server_is_another_origin(auth: AuthScheme, fast: bool):
    def handler(request: Received) -> Reply:
        return ANSWER if request.path == "/elsewhere" else to(f"http://localhost:{server.port}/elsewhere")

    with anyio.fail_after(60):
        async with serving(handler) as server, client(server.url, fast=fast, auth=auth) as circleci:
            await circleci.request("GET", "/me")
    assert [holds_token(request) for request in server.requests] == [True, False]


@pytest.mark.parametrize("auth", SCHEMES)
@pytest.mark.parametrize("location", ["/api/v2/you", "you", "?again=true"])
async def test_the_same_origin_gets_the_token_again(auth: AuthScheme, location: str, fast: bool):
    with anyio.fail_after(60):
        async with (
            serving(in_turn(to(location), then=ANSWER)) as server,
            client(server.url, fast=fast, auth=auth) as circleci,
        ):
            await circleci.request("GET", "/me")
    assert [holds_token(request) for request in server.requests] == [True, True]


@pytest.mark.parametrize("auth", SCHEMES)
async def test_a_redirect_through_another_origin_does_not_show_it_the_token(auth: AuthScheme, fast: bool):
    def back(_: Received) -> Reply:
        return to(f"{server.url}/back")

    with anyio.fail_after(60):
        async with serving(back) as other:
            away = to(f"{other.origin}/away")
            async with (
                serving(in_turn(away, then=ANSWER)) as server,
                client(server.url, fast=fast, auth=auth) as circleci,
            ):
                await circleci.request("GET", "/me")
    assert [holds_token(request) for request in other.requests] == [False]
    assert len(server.requests) == 2


@pytest.mark.parametrize("auth", SCHEMES)
async def test_a_stream_does_not_send_the_token_to_another_origin(auth: AuthScheme, fast: bool):
    with anyio.fail_after(60):
        async with serving(lambda _: ANSWER) as other:
            moved = to(f"{other.origin}/artifact")
            async with (
                serving(lambda _: moved) as server,
                client(server.url, fast=fast, auth=auth) as circleci,
                circleci.stream(f"{server.origin}/artifact", authenticate=True) as body,
            ):
                assert b"".join([piece async for piece in body]) == b'{"arrived": true}'
    assert [holds_token(request) for request in server.requests] == [True]
    assert [holds_token(request) for request in other.requests] == [False]


OWN_HEADERS = [
    *("Authorization", "circle-token", "Cookie", "Proxy-Authorization", "X-Api-Key", "x-api-key", "Private-Token"),
    *("X-Vault-Token", "X-Amz-Security-Token", "Referer", "X-Anything-Else"),
]


@pytest.mark.parametrize("name", OWN_HEADERS)
async def test_another_origin_gets_no_credentials_from_the_headers_of_the_user(name: str, fast: bool):
    headers = {name: TOKEN, "Range": "bytes=0-9"}
    with anyio.fail_after(60):
        async with serving(lambda _: ANSWER) as other:
            moved = to(f"{other.origin}/artifact")
            async with (
                serving(lambda _: moved) as server,
                client(server.url, fast=fast) as circleci,
                circleci.stream(f"{server.origin}/artifact", headers=headers),
            ):
                pass
    assert [holds_token(request) for request in server.requests] == [True]
    assert [holds_token(request) for request in other.requests] == [False]
    assert other.requests[0].headers["range"] == "bytes=0-9"


async def test_another_origin_gets_the_headers_that_describe_the_request(fast: bool):
    headers = {"Accept": "text/plain", "accept-encoding": "identity", "If-Range": '"v1"', "Range": "bytes=0-9"}
    with anyio.fail_after(60):
        async with serving(lambda _: ANSWER) as other:
            moved = to(f"{other.origin}/artifact")
            async with (
                serving(lambda _: moved) as server,
                client(server.url, fast=fast) as circleci,
                circleci.stream(f"{server.origin}/artifact", headers=headers),
            ):
                pass
    got = other.requests[0].headers
    assert {name: got[name.lower()] for name in headers} == headers
    assert got["user-agent"].startswith("circleci-v2-python/")


async def test_the_same_origin_gets_every_header_of_the_user_again(fast: bool):
    with anyio.fail_after(60):
        async with (
            serving(in_turn(to("/elsewhere"), then=ANSWER)) as server,
            client(server.url, fast=fast) as circleci,
            circleci.stream(f"{server.origin}/artifact", headers={"X-Api-Key": "key"}),
        ):
            pass
    assert [request.headers["x-api-key"] for request in server.requests] == ["key", "key"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-Api Key", "s3cret"),
        ("", "s3cret"),
        ("X-Schlüssel", "s3cret"),
        ("X-Api-Key\r\nX-More", "s3cret"),
        ("X-Api-Key", "s3cret\r\nX-More: 1"),
        ("X-Api-Key", "s3cret\x00"),
        ("X-Api-Key", "s3cret €"),
    ],
)
async def test_an_invalid_header_is_an_error_that_does_not_show_its_value(name: str, value: str, fast: bool):
    async with client("http://127.0.0.1:1/api/v2", fast=fast) as circleci:
        with pytest.raises(ConfigurationError, match=re.escape(repr(name))) as caught:
            async with circleci.stream("http://127.0.0.1:1/file", headers={name: value}):
                pass
    assert "s3cret" not in str(caught.value)


async def test_a_redirect_to_itself_is_an_error(fast: bool):
    with anyio.fail_after(60):
        async with serving(lambda _: to("/api/v2/me")) as server, client(server.url, fast=fast) as circleci:
            with pytest.raises(APIConnectionError, match="more than 5 redirects, the last one to http://127"):
                await circleci.request("GET", "/me")
    # It is final: another attempt would end the same way.
    assert len(server.requests) == 6


async def test_five_redirects_are_followed(fast: bool):
    moves = [to(f"/api/v2/me/{number}") for number in range(5)]
    with anyio.fail_after(60):
        async with serving(in_turn(*moves, then=ANSWER)) as server, client(server.url, fast=fast) as circleci:
            assert await circleci.request("GET", "/me") == {"arrived": True}


async def test_two_servers_that_redirect_to_each_other_are_an_error(fast: bool):
    def back(_: Received) -> Reply:
        return to(f"{server.url}/me")

    with anyio.fail_after(60):
        async with serving(back) as other:
            away = to(f"{other.origin}/me")
            async with serving(lambda _: away) as server, client(server.url, fast=fast) as circleci:
                with pytest.raises(APIConnectionError, match="more than 5 redirects"):
                    await circleci.request("GET", "/me")
    assert not any(holds_token(request) for request in other.requests)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("elsewhere", [True, False])
async def test_methods_that_change_something_are_not_redirected(method: str, status: int, elsewhere: bool, fast: bool):
    with anyio.fail_after(60):
        async with serving(lambda _: ANSWER) as other:
            location = f"{other.origin}/pipeline" if elsewhere else "/api/v2/pipeline/again"
            async with serving(lambda _: to(location, status)) as server, client(server.url, fast=fast) as circleci:
                with pytest.raises(APIError) as caught:
                    await circleci.request(method, "/pipeline", json={"branch": "main"})
    assert (len(server.requests), len(other.requests)) == (1, 0)
    assert caught.value.status_code == status
    assert location in str(caught.value)
    assert "set base_url" in str(caught.value)


@pytest.mark.parametrize(
    "location",
    [
        "file:///etc/passwd",
        "ftp://127.0.0.1/",
        "http://127.0.0.1:99999/",
        "http://127.0.0.1:0/",
        "http://127.0.0.1:x/",
        "http://a..b/",
        "http:////]",
        "//xn--/",
        "//xn--a/",
    ],
)
async def test_a_redirect_that_cannot_be_followed_is_an_error_that_names_it(location: str, fast: bool):
    with anyio.fail_after(60):
        async with (
            steady(lambda _: to(location)) as server,
            client(server.url, fast=fast, max_concurrency=1) as circleci,
        ):
            with pytest.raises(APIError, match=re.escape(f"a redirect to {location} that the client does not follow")):
                await circleci.request("GET", "/me")
            assert len(server.server.requests) == 1
            await server.assert_serves_at_once(circleci, 1)


async def test_a_redirect_without_a_location_is_an_error(fast: bool):
    with anyio.fail_after(60):
        async with serving(lambda _: reply(302)) as server, client(server.url, fast=fast) as circleci:
            with pytest.raises(APIError, match="a redirect to nowhere"):
                await circleci.request("GET", "/me")
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "url",
    [
        *("http://127.0.0.1:99999/file", "http://127.0.0.1:0/file", "http:///file", "http://xn--a/file"),
        *("http://a..b/file", f"http://{'a' * 64}.example/file", "ftp://127.0.0.1/file", "/file", "", "http://a\nb/"),
    ],
)
async def test_an_address_that_cannot_be_connected_to_is_rejected(url: str, fast: bool):
    async with client("http://127.0.0.1:1/api/v2", fast=fast) as circleci:
        with pytest.raises(InvalidURLError, match="is not an address"):
            async with circleci.stream(url):
                pass


@pytest.mark.parametrize("url", [None, 7, b"http://127.0.0.1/file"])
async def test_an_address_that_is_no_text_is_rejected(url: Any, fast: bool):
    async with client("http://127.0.0.1:1/api/v2", fast=fast) as circleci:
        with pytest.raises(InvalidURLError, match="is not an address"):
            async with circleci.stream(url):
                pass


async def test_a_redirect_to_a_server_that_breaks_off_is_retried_from_the_start(fast: bool):
    with anyio.fail_after(60):
        async with serving(in_turn(CUT, then=ANSWER)) as other:
            moved = to(f"{other.origin}/me")
            async with serving(lambda _: moved) as server, client(server.url, fast=fast) as circleci:
                await circleci.request("GET", "/me")
    assert (len(server.requests), len(other.requests)) == (2, 2)


def encrypted(handler: Callable[[httpx.Request], httpx.Response], *, base_url: str, **options: Any) -> CircleCI:
    """A client on a mock transport: the scheme of a redirect can be tested without certificates."""
    connection = ConnectionOptions(**options)
    return CircleCI(TOKEN, base_url=base_url, transport=httpx.MockTransport(handler), connection=connection)


async def test_a_redirect_from_https_to_http_is_not_followed():
    requests: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(302, headers={"Location": "http://ci.example/api/v2/me"})

    async with encrypted(handler, base_url="https://ci.example/api/v2") as circleci:
        with pytest.raises(APIError, match="never from https to http"):
            await circleci.user.me()
    assert len(requests) == 1


@pytest.mark.parametrize(("first", "second"), [("https", "http"), ("http", "https")])
async def test_another_scheme_is_another_origin(first: str, second: str):
    requests: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        if request.url.scheme == first:
            return httpx.Response(302, headers={"Location": f"{second}://ci.example/api/v2/me"})
        return httpx.Response(200, json={})

    async with encrypted(handler, base_url=f"{first}://ci.example/api/v2", allow_http=True) as circleci:
        await circleci.request("GET", "/me")
    assert ["circle-token" in request.headers for request in requests] == [True, False]


@pytest.mark.parametrize("host", ["a..b", ".a", "a" * 64, "a." * 127 + "a"])
async def test_a_redirect_to_a_host_that_cannot_exist_is_not_followed(host: str, fast: bool):
    with anyio.fail_after(60):
        async with serving(lambda _: to(f"http://{host}/")) as server, client(server.url, fast=fast) as circleci:
            with pytest.raises(APIError, match="that the client does not follow"):
                await circleci.request("GET", "/me")
    assert len(server.requests) == 1


@pytest.mark.parametrize("host", ["a..b", ".a", "a" * 64])
async def test_a_stream_of_a_host_that_cannot_exist_is_refused(host: str, fast: bool):
    async with client("http://127.0.0.1:1", fast=fast) as circleci:
        with pytest.raises(ValueError, match="is not an address"):
            async with circleci.stream(f"http://{host}/"):
                pass


@pytest.mark.parametrize("host", ["a..b", "a" * 64])
async def test_a_base_url_whose_host_cannot_exist_is_an_error_of_this_library(host: str, fast: bool):
    with pytest.raises(CircleCIError):
        async with client(f"http://{host}", fast=fast, max_retries=0) as circleci:
            await circleci.request("GET", "/me")
