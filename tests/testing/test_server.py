"""The fake over real sockets."""

from __future__ import annotations

import asyncio
import gc
import socket
import threading
from contextlib import suppress
from urllib.parse import urlsplit

import anyio
import httpx
import pytest

from circleci_v2 import CircleCI
from circleci_v2.testing import FakeCircleCI


def client(url: str) -> httpx.Client:
    return httpx.Client(base_url=url, headers={"Circle-Token": "fake-token"}, trust_env=False)


def is_served() -> bool:
    return any(thread.name == "fake-circleci" for thread in threading.enumerate())


@pytest.mark.anyio
async def test_the_client_talks_to_it_on_every_event_loop(fake: FakeCircleCI) -> None:
    async with fake.serve() as url, CircleCI(fake.token, base_url=url, strict=True) as circleci:
        pipelines = await circleci.pipelines.list_for_project("gh/acme/web").collect()
    assert len(pipelines) == 50


def test_blocking_programs_use_it_too(fake: FakeCircleCI) -> None:
    with fake.serve() as url, client(url) as http:
        assert http.get("/me").json()["login"] == "fake-user"


def test_encoded_slugs_are_distinguished_on_the_wire(fake: FakeCircleCI) -> None:
    fake.realistic = True
    with fake.serve() as url:
        host, port = url.removeprefix("http://").removesuffix("/api/v2").split(":")

        def status_of(path: str) -> bytes:
            with socket.create_connection((host, int(port)), timeout=5) as connection:
                connection.sendall(
                    f"GET /api/v2{path} HTTP/1.1\r\nHost: x\r\nCircle-Token: fake-token\r\nConnection: close\r\n\r\n".encode()
                )
                return connection.recv(12)

        assert status_of("/project/gh/acme/web") == b"HTTP/1.1 200"
        assert status_of("/project/gh%2Facme%2Fweb") == b"HTTP/1.1 404"


def test_artifacts_redirect_to_another_origin_that_rejects_the_token(fake: FakeCircleCI) -> None:
    project = fake.state.projects["gh/acme/web"]
    now = fake.clock.now()
    job = next(
        job for flow in project.planned_workflows() for job in flow.jobs if job.plan.artifacts and job.ended(now)
    )
    with fake.serve() as url, client(url) as http:
        artifacts = http.get(f"/project/gh/acme/web/{job.number}/artifacts").json()["items"]
        log = next(artifact for artifact in artifacts if artifact["path"].endswith(".log"))
        first = http.get(log["url"])
        assert first.status_code == 307
        assert httpx.URL(first.headers["location"]).port != httpx.URL(url).port
        assert http.get(first.headers["location"]).status_code == 400
        stored = httpx.get(first.headers["location"], trust_env=False)
    assert stored.content in {file.content for file in job.artifacts()}


@pytest.mark.parametrize("cut", ["before the response", "inside the body"])
def test_a_connection_is_cut_for_real(fake: FakeCircleCI, cut: str) -> None:
    with fake.serve() as url, client(url) as http:
        fake.faults.cut_next(cut=cut)
        with pytest.raises(httpx.RemoteProtocolError):
            http.get("/me")
        assert http.get("/me").status_code == 200


def test_it_can_be_served_again_after_it_stopped(fake: FakeCircleCI) -> None:
    for _ in range(2):
        with fake.serve() as url, client(url) as http:
            assert http.get("/me").status_code == 200
        with pytest.raises(httpx.ConnectError):
            httpx.get(url, trust_env=False)


def test_no_thread_and_no_socket_is_left_behind(fake: FakeCircleCI) -> None:
    with fake.serve() as url, client(url) as http:
        http.get("/me")
        assert is_served()
    assert not is_served()


def test_a_start_that_asyncio_cancels_leaves_no_server_behind(fake: FakeCircleCI) -> None:
    async def serve() -> None:
        async with fake.serve():
            await anyio.sleep_forever()

    async def cancel_while_it_starts() -> None:
        task = asyncio.create_task(serve())
        while not is_served():  # noqa: ASYNC110 - a thread of the server itself, which sets no event
            await asyncio.sleep(0)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    asyncio.run(cancel_while_it_starts())
    assert not is_served()


def test_connections_that_are_only_being_accepted_are_closed_with_the_server(fake: FakeCircleCI) -> None:
    for _ in range(20):
        with fake.serve() as url:
            address = urlsplit(url)
            callers = [socket.create_connection((address.hostname or "", address.port or 0)) for _ in range(20)]
        for caller in callers:
            caller.close()
    # What was left open would be warned of here, and warnings are errors.
    gc.collect()


def test_a_port_that_is_taken_is_an_error(fake: FakeCircleCI) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        fake.serve(port=taken.getsockname()[1]).start()


def test_a_server_is_started_once(fake: FakeCircleCI) -> None:
    server = fake.serve()
    with server, pytest.raises(RuntimeError, match="served already"):
        server.start()


@pytest.mark.anyio
async def test_many_concurrent_requests_all_get_a_response(fake: FakeCircleCI) -> None:
    async with fake.serve() as url, CircleCI(fake.token, base_url=url) as circleci:
        logins: list[str] = []

        async def ask() -> None:
            logins.append((await circleci.user.me()).login)

        async with anyio.create_task_group() as tasks:
            for _ in range(200):
                tasks.start_soon(ask)
    assert logins == ["fake-user"] * 200


@pytest.mark.anyio
async def test_the_class_serves_a_seeded_fake_of_its_own() -> None:
    async with FakeCircleCI.serve() as url, CircleCI("fake-token", base_url=url) as circleci:
        assert await circleci.pipelines.list_for_project("gh/acme/web").first() is not None


def test_the_class_serves_a_new_fake_each_time_at_the_given_host() -> None:
    with FakeCircleCI.serve(host="localhost") as first, FakeCircleCI.serve() as second:
        assert first != second
        with client(first) as http:
            assert http.delete("/project/gh/acme/web").status_code == 200
        with client(second) as http:
            assert http.get("/project/gh/acme/web").status_code == 200


@pytest.mark.parametrize("sent", [b"", b'{"name": "K'])
def test_a_client_that_hangs_up_leaves_no_traceback(
    fake: FakeCircleCI, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], sent: bytes
) -> None:
    head = b"POST /api/v2/context HTTP/1.1\r\nHost: x\r\nCircle-Token: fake-token\r\nContent-Length: 99\r\n\r\n"
    with fake.serve() as url:
        address = urlsplit(url)
        for _ in range(3):
            with socket.create_connection((address.hostname or "", address.port or 0)) as caller:
                caller.sendall(head + sent)
        with client(url) as http:
            assert http.get("/me").status_code == 200
    assert caplog.records == []
    assert capfd.readouterr() == ("", "")
    assert [str(entry) for entry in fake.journal] == ["GET /me -> 200"]
