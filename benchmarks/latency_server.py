"""A loopback CircleCI for benchmarks: a separate process that responds after a fixed latency, with little CPU time.

Its project has any number of pipelines, each with the same workflows and jobs. Identifiers encode numbers, so that the
server stores nothing, and the benchmark can compute the records that a crawl must return.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import multiprocessing
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import attrs

__all__ = ["Shape", "latency_server"]

PAGE_SIZE: Final = 20
EPOCH: Final = datetime(2026, 3, 4, 15, 0, tzinfo=UTC)
SLUG: Final = "gh/acme/web"


@attrs.frozen(kw_only=True)
class Shape:
    """The size of the data: pipelines numbered from `pipelines` down to 1, each with as many workflows and jobs."""

    pipelines: int = 1000
    workflows: int = 3
    jobs: int = 10

    def pipeline_id(self, number: int) -> str:
        return str(UUID(int=number))

    def workflow_id(self, number: int, index: int) -> str:
        return str(UUID(int=number * 1000 + index))

    def job_id(self, number: int, index: int, position: int) -> str:
        return str(UUID(int=number * 1_000_000 + index * 1000 + position))

    def pipeline(self, number: int) -> dict[str, Any]:
        return {
            "id": self.pipeline_id(number),
            "number": number,
            "project_slug": SLUG,
            "state": "created",
            "created_at": (EPOCH + timedelta(minutes=number)).isoformat(),
            "updated_at": (EPOCH + timedelta(minutes=number)).isoformat(),
            "errors": [],
            "trigger": {
                "type": "webhook",
                "received_at": (EPOCH + timedelta(minutes=number)).isoformat(),
                "actor": {"login": "fake-user", "avatar_url": "https://example.com/fake-user.png"},
            },
            "vcs": {
                "provider_name": "GitHub",
                "origin_repository_url": "https://github.com/acme/web",
                "target_repository_url": "https://github.com/acme/web",
                "revision": f"{number:040x}",
                "branch": "main",
                "commit": {"subject": f"Change number {number}", "body": "What it does, and why. " * 20},
            },
        }

    def workflow(self, number: int, index: int) -> dict[str, Any]:
        return {
            "id": self.workflow_id(number, index),
            "name": f"workflow-{index}",
            "status": "success",
            "created_at": (EPOCH + timedelta(minutes=number)).isoformat(),
            "stopped_at": (EPOCH + timedelta(minutes=number + 7)).isoformat(),
            "pipeline_id": self.pipeline_id(number),
            "pipeline_number": number,
            "project_slug": SLUG,
            "started_by": str(UUID(int=1)),
        }

    def job(self, number: int, index: int, position: int) -> dict[str, Any]:
        return {
            "id": self.job_id(number, index, position),
            "name": f"job-{position}",
            "type": "build",
            "status": "success",
            "job_number": number * 100 + index * 20 + position,
            "dependencies": [],
            "project_slug": SLUG,
            "started_at": (EPOCH + timedelta(minutes=number)).isoformat(),
            "stopped_at": (EPOCH + timedelta(minutes=number + 5)).isoformat(),
        }

    def body(self, target: str) -> Any:
        """Return the JSON body for a request target."""
        url = urlsplit(target)
        match url.path.removeprefix("/api/v2/").split("/"):
            case ["project", _, _, _, "pipeline"]:
                token = parse_qs(url.query).get("page-token")
                newest = int(token[0]) if token else self.pipelines
                page = [self.pipeline(number) for number in range(newest, max(newest - PAGE_SIZE, 0), -1)]
                return {"items": page, "next_page_token": str(newest - PAGE_SIZE) if newest > PAGE_SIZE else None}
            case ["pipeline", pipeline_id]:
                return self.pipeline(UUID(pipeline_id).int)
            case ["pipeline", pipeline_id, "workflow"]:
                number = UUID(pipeline_id).int
                items = [self.workflow(number, index) for index in range(self.workflows)]
                return {"items": items, "next_page_token": None}
            case ["workflow", workflow_id, "job"]:
                number, index = divmod(UUID(workflow_id).int, 1000)
                return {
                    "items": [self.job(number, index, position) for position in range(self.jobs)],
                    "next_page_token": None,
                }
        raise LookupError(target)


class _Connection(asyncio.Protocol):
    """A connection whose requests have no body; responses are sent in the order of the requests."""

    def __init__(self, shape: Shape, latency: float) -> None:
        self._shape = shape
        self._latency = latency
        self._received = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        while b"\r\n\r\n" in self._received:
            head, self._received = self._received.split(b"\r\n\r\n", 1)
            target = head.split(b" ", 2)[1].decode()
            asyncio.get_running_loop().call_later(self._latency, self._respond, target)

    def _respond(self, target: str) -> None:
        assert self._transport is not None
        if self._transport.is_closing():
            return
        body = json.dumps(self._shape.body(target), separators=(",", ":")).encode()
        head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        self._transport.write(head.encode() + body)


async def _serve(listener: socket.socket, shape: Shape, latency: float) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(shape, latency), sock=listener, backlog=1024)
    await server.serve_forever()


def _run(ready: Connection, shape: Shape, latency: float) -> None:
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    ready.send(listener.getsockname()[1])
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(listener, shape, latency))


@contextlib.contextmanager
def latency_server(shape: Shape, *, latency: float) -> Iterator[str]:
    """Run the server, and yield its base URL.

    Args:
        shape: The size of its data.
        latency: Seconds from a request to its response.
    """
    context = multiprocessing.get_context("spawn")
    parent, child = context.Pipe()
    process = context.Process(target=_run, args=(child, shape, latency), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{parent.recv()}/api/v2"
    finally:
        process.terminate()
        process.join()
