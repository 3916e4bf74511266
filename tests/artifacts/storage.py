"""CircleCI's side of artifacts: the list of a job, the files on one origin, the storage behind it on another."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import attrs

from circleci_v2 import CircleCI
from tests.clients import SkippingClient
from tests.download.in_memory import InMemoryClient, InMemoryServers
from tests.loopback import TOKEN, Loopback, Received, Reply, serving

SLUG = "gh/acme/web"

PIPELINE = "6e1f5b0c-0a52-4c3e-8d86-0f5e5ec09b0a"

WORKFLOW = "fda08377-fe7e-46b1-8992-3a7aaecac9c3"

RERUN = "2b6a1f3e-3c7e-4f5e-9a52-50ad65f6a9d1"


@attrs.frozen
class StoredFile:
    """A file that a job stored.

    Attributes:
        listed: Fields that CircleCI lists wrongly.
    """

    path: Any
    content: bytes
    node_index: Any = 0
    listed: Mapping[str, Any] = attrs.field(factory=dict[str, Any])


@attrs.define
class Storage:
    """The stored artifacts, and the behaviour of the servers.

    Attributes:
        jobs: The artifacts of each job number.
        reply: Returns the response of the storage, from the request, the file and the correct response.
        responses: The JSON of other paths of the API.
        api: The origin that needs the token: it lists artifacts and redirects to the storage.
        storage: The origin that must not see the token.
    """

    jobs: dict[int, list[StoredFile]] = attrs.field(factory=dict)
    reply: Callable[[Received, StoredFile, Reply], Reply] = lambda _request, _file, correct: correct
    responses: dict[str, Any] = attrs.field(factory=dict)
    page_size: int = 20
    redirects: bool = True
    delay: float = 0.0
    api: Loopback = attrs.field(init=False)
    storage: Loopback = attrs.field(init=False)

    def store(self, *files: StoredFile, job: int = 17) -> None:
        self.jobs.setdefault(job, []).extend(files)

    def handle_api(self, request: Received) -> Reply:
        if request.headers.get("circle-token") != TOKEN:
            return Reply(401, body=b"Invalid token provided.")
        path = request.path.removeprefix("/api/v2")
        if path in self.responses:
            return _json(self.responses[path])
        match path.strip("/").split("/"):
            case ["project", *_, number, "artifacts"]:
                return self._list(int(number), int(request.target.partition("page-token=")[2] or 0))
            case ["file", number, index] if self.redirects:
                return Reply(
                    302, {"Location": f"{self.storage.url}/file/{number}/{index}?signature=s"}, delay=self.delay
                )
            case ["file", _, _]:
                return self.handle_storage(request)
            case _:
                return Reply(404, body=b'{"message": "Not found"}')

    def _list(self, number: int, start: int) -> Reply:
        files = self.jobs.get(number)
        if files is None:
            return Reply(404, body=b'{"message": "Job not found"}')
        end = start + self.page_size
        items = [
            {
                "path": file.path,
                "node_index": file.node_index,
                "url": f"{self.api.url}/file/{number}/{index}",
                **file.listed,
            }
            for index, file in enumerate(files[start:end], start)
        ]
        return _json({"items": items, "next_page_token": str(end) if end < len(files) else None})

    def handle_storage(self, request: Received) -> Reply:
        _, _, number, index = request.path.split("/")
        file = self.jobs[int(number)][int(index)]
        return attrs.evolve(self.reply(request, file, correct_reply(request, file)), delay=self.delay)

    @contextmanager
    def over_sockets(self) -> Iterator[CircleCI]:
        with serving(self.handle_api) as self.api, serving(self.handle_storage) as self.storage:
            yield SkippingClient(self.api.url)

    @contextmanager
    def in_memory(self) -> Iterator[CircleCI]:
        servers = InMemoryServers()
        self.api, self.storage = servers.add(self.handle_api), servers.add(self.handle_storage)
        yield InMemoryClient(self.api.url, servers)


def correct_reply(request: Received, file: StoredFile) -> Reply:
    """Return the response of a storage with support for ranges."""
    tag = f'"{hashlib.sha256(file.content).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Accept-Ranges": "bytes"}
    start, size = request.range_start, len(file.content)
    if "range" not in request.headers or request.headers.get("if-range", tag) != tag:
        return Reply(200, headers, file.content)
    if start >= size:
        return Reply(416, headers | {"Content-Range": f"bytes */{size}"})
    return Reply(206, headers | {"Content-Range": f"bytes {start}-{size - 1}/{size}"}, file.content[start:])


def _json(value: Any) -> Reply:
    return Reply(200, {"Content-Type": "application/json"}, json.dumps(value).encode())


def contents(dest):
    return {path.relative_to(dest).as_posix(): path.read_bytes() for path in dest.rglob("*") if path.is_file()}


def reply_without_ranges(file):
    return Reply(200, {}, file.content)


def job(name, number, **fields):
    return {
        "id": "5034460f-c7c4-4c43-9457-de07e2029e7b",
        "name": name,
        "job_number": number,
        "type": "build",
        "status": "success",
        "dependencies": [],
        "project_slug": SLUG,
        "started_at": "2026-03-02T09:15:31Z",
        "stopped_at": "2026-03-02T09:18:02Z",
    } | fields


def workflow(name, identifier, created_at="2026-03-02T09:15:00Z"):
    return {
        "id": identifier,
        "name": name,
        "status": "success",
        "created_at": created_at,
        "stopped_at": None,
        "pipeline_id": PIPELINE,
        "pipeline_number": 1,
        "project_slug": SLUG,
        "started_by": None,
    }


def pipeline(identifier=PIPELINE, number=1):
    return {
        "id": identifier,
        "number": number,
        "state": "created",
        "project_slug": SLUG,
        "created_at": "2026-03-02T09:15:00Z",
        "updated_at": "2026-03-02T09:15:00Z",
        "errors": [],
        "trigger": {"type": "webhook", "received_at": "2026-03-02T09:15:00Z", "actor": {"login": "fake-user"}},
    }
