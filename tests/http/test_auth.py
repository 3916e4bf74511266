"""The token goes to the API, to CircleCI's artifact hosts and to hosts that the user names; nowhere else, and encrypted."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from circleci_v2 import CircleCI, ConfigurationError, ConnectionOptions, InvalidURLError
from circleci_v2.models import Artifact
from tests.http.clients import client
from tests.http.fault_server import reply, serving
from tests.loopback import TOKEN

pytestmark = pytest.mark.anyio

CLOUD = "https://circleci.com/api/v2"
SERVER = "https://ci.example/api/v2"


def recording(base_url: str, **options: Any) -> tuple[CircleCI, list[httpx.Request]]:
    """Return a client, and the list of the requests that it sends."""
    requests: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(200, content=b"content")

    transport = httpx.MockTransport(handler)
    return CircleCI(TOKEN, base_url=base_url, transport=transport, connection=ConnectionOptions(**options)), requests


async def read(circleci: CircleCI, url: str, *, authenticate: bool = True) -> bytes:
    async with circleci.stream(url, authenticate=authenticate) as body:
        return b"".join([piece async for piece in body])


ALLOWED = [
    (CLOUD, "https://circleci.com/api/v1.1/me", {}),
    (CLOUD, "https://circleci.com:443/api/v1.1/me", {}),
    (CLOUD, "https://CircleCI.com/file", {}),
    (CLOUD, "https://output.circle-artifacts.com/output/job/1/artifacts/0/file", {}),
    (CLOUD, "https://12-34567-gh.circle-artifacts.com/0/file", {}),
    (CLOUD, "https://OUTPUT.circle-artifacts.com/file", {}),
    ("https://app.circleci.com/api/v2", "https://output.circle-artifacts.com/file", {}),
    (SERVER, "https://ci.example/output/job/1", {}),
    (SERVER, "https://artifacts.ci.example/file", {"token_hosts": ["artifacts.ci.example"]}),
    (SERVER, "https://artifacts.ci.example/file", {"token_hosts": ("other.example", "Artifacts.CI.example")}),
    (SERVER, "https://a.b.ci.example/file", {"token_hosts": ["*.ci.example"]}),
    (SERVER, "https://files.example:8443/file", {"token_hosts": ["files.example:8443"]}),
    (SERVER, "https://files.example/file", {"token_hosts": ["files.example:443"]}),
    (SERVER, "https://xn--mnchen-3ya.example/file", {"token_hosts": ["münchen.example"]}),
    (SERVER, "https://[2001:db8::1]:8443/file", {"token_hosts": ["[2001:db8::1]:8443"]}),
    (SERVER, "http://ci.example/file", {"allow_http": True}),
    (SERVER, "http://files.example/file", {"token_hosts": ["files.example"], "allow_http": True}),
    (SERVER, "http://127.0.0.1:9000/file", {"token_hosts": ["127.0.0.1:9000"]}),
    ("http://127.0.0.1:8000/api/v2", "http://127.0.0.1:8000/file", {}),
    ("http://ci.internal/api/v2", "http://ci.internal/file", {"allow_http": True}),
    ("http://ci.internal/api/v2", "https://ci.internal/file", {"allow_http": True}),
]


@pytest.mark.parametrize(("base_url", "url", "options"), ALLOWED)
async def test_hosts_that_may_have_the_token_get_it(base_url: str, url: str, options: dict[str, Any]):
    circleci, requests = recording(base_url, **options)
    async with circleci:
        assert await read(circleci, url) == b"content"
    assert [request.headers.get("circle-token") for request in requests] == [TOKEN]


REJECTED = [
    (CLOUD, "https://evil.example/file", {}, "evil.example"),
    (CLOUD, "https://circleci.com.evil.example/file", {}, "circleci.com.evil.example"),
    (CLOUD, "https://evil-circleci.com/file", {}, "evil-circleci.com"),
    (CLOUD, "https://xcircle-artifacts.com/file", {}, "xcircle-artifacts.com"),
    (CLOUD, "https://circle-artifacts.com/file", {}, "circle-artifacts.com"),
    (CLOUD, "https://output.circle-artifacts.com:8443/file", {}, "output.circle-artifacts.com:8443"),
    (CLOUD, "https://output.circle-artifacts.com.evil.example/file", {}, "output.circle-artifacts.com.evil.example"),
    (CLOUD, "https://output.circle-artifacts.com@evil.example/file", {}, "evil.example"),
    (CLOUD, "https://circleci.com:8443/file", {}, "circleci.com:8443"),
    (CLOUD, "https://runner.circleci.com/file", {}, "runner.circleci.com"),
    (SERVER, "https://output.circle-artifacts.com/file", {}, "output.circle-artifacts.com"),
    (SERVER, "https://circleci.com/file", {}, "circleci.com"),
    (SERVER, "https://artifacts.ci.example/file", {}, "artifacts.ci.example"),
    (SERVER, "https://example/file", {"token_hosts": ["*.ci.example"]}, "example"),
    (SERVER, "https://files.example:8443/file", {"token_hosts": ["files.example"]}, "files.example:8443"),
    (SERVER, "https://files.example/file", {"token_hosts": ["files.example:8443"]}, "files.example"),
]


@pytest.mark.parametrize(("base_url", "url", "options", "host"), REJECTED)
async def test_no_other_host_gets_it(base_url: str, url: str, options: dict[str, Any], host: str):
    circleci, requests = recording(base_url, **options)
    async with circleci:
        with pytest.raises(InvalidURLError) as caught:
            await read(circleci, url)
    assert requests == []
    assert f"the token is not sent to https://{host}:" in str(caught.value)
    assert f"token_hosts=['{host}']" in str(caught.value)


async def test_the_error_shows_how_to_allow_a_host():
    circleci, requests = recording(SERVER)
    async with circleci:
        with pytest.raises(ConfigurationError) as caught:
            await read(circleci, "https://evil.example:8443/file?signature=s3cret#part")
    assert str(caught.value) == (
        "the token is not sent to https://evil.example:8443: it goes only to https://ci.example. If this host may have "
        "it, pass connection=ConnectionOptions(token_hosts=['evil.example:8443']); if the URL needs no token, read it "
        "with stream(url)"
    )
    assert isinstance(caught.value, ValueError)
    assert requests == []


@pytest.mark.parametrize(
    ("base_url", "url", "options"),
    [
        (CLOUD, "http://circleci.com/api/v2/me", {}),
        (CLOUD, "http://output.circle-artifacts.com/file", {}),
        (SERVER, "http://ci.example/file", {}),
        (SERVER, "http://files.example/file", {"token_hosts": ["files.example"]}),
        (SERVER, "http://files.example:8080/file", {"token_hosts": ["files.example:8080"]}),
    ],
)
async def test_it_is_not_sent_unencrypted(base_url: str, url: str, options: dict[str, Any]):
    circleci, requests = recording(base_url, **options)
    async with circleci:
        with pytest.raises(InvalidURLError, match=r"the token is not sent to http://.* unencrypted: .*allow_http=True"):
            await read(circleci, url)
    assert requests == []


async def test_without_authenticate_any_host_is_read_and_none_gets_the_token():
    circleci, requests = recording(CLOUD)
    async with circleci:
        async with circleci.stream("https://storage.example/file?signature=s") as body:
            assert b"".join([piece async for piece in body]) == b"content"
        async with circleci.stream("https://circleci.com/file") as body:
            assert b"".join([piece async for piece in body]) == b"content"
    assert [TOKEN in repr(request.headers.raw) for request in requests] == [False, False]
    assert [str(request.url) for request in requests] == [
        "https://storage.example/file?signature=s",
        "https://circleci.com/file",
    ]


@pytest.mark.parametrize(
    "artifact", ["https://evil.example/file", Artifact(path="file", node_index=0, url="http://evil.example/file")]
)
async def test_an_artifact_on_another_host_is_not_opened(artifact: Artifact | str):
    circleci, requests = recording(CLOUD)
    async with circleci:
        with pytest.raises(InvalidURLError, match=r"evil\.example"):
            async with circleci.open_artifact(artifact):
                pass
    assert requests == []


async def test_a_named_host_is_reached_over_sockets_and_others_are_not(fast: bool):
    async with serving(lambda _: reply(200, b"content")) as api, serving(lambda _: reply(200, b"content")) as files:
        async with client(api.url, fast=fast) as circleci:
            with pytest.raises(InvalidURLError, match=f"token_hosts=\\['127.0.0.1:{files.port}'\\]"):
                await read(circleci, f"{files.origin}/file")
            assert files.requests == []
            assert await read(circleci, f"{api.origin}/file") == b"content"
        options = ConnectionOptions(fast=fast, trust_env=False, token_hosts=[f"127.0.0.1:{files.port}"])
        async with CircleCI(TOKEN, base_url=api.url, connection=options) as circleci:
            assert await read(circleci, f"{files.origin}/file") == b"content"
    assert [request.headers["circle-token"] for request in files.requests] == [TOKEN]


@pytest.mark.parametrize(
    "host",
    [
        "",
        "*",
        "*.",
        "https://files.example",
        "files.example/path",
        "files.example?x",
        "files.example#x",
        "user@files.example",
        "files.*",
        "a.*.example",
        "*files.example",
        "files.example:0",
        "files.example:99999",
        "files.example:x",
        "files example",
        "xn--a",
        "[::1",
        None,
        7,
    ],
)
def test_a_host_that_is_none_is_an_error_that_names_it(host: Any):
    with pytest.raises(ConfigurationError, match=r"token_hosts"):
        CircleCI(TOKEN, connection=ConnectionOptions(token_hosts=[host]))


@pytest.mark.parametrize("hosts", ["files.example", b"files.example", 7])
def test_hosts_that_are_no_list_are_an_error(hosts: Any):
    with pytest.raises(ConfigurationError, match=r"token_hosts=.* must be a list of hosts"):
        ConnectionOptions(token_hosts=hosts)
