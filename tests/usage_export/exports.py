"""CircleCI's side of usage exports, with the faults that occur there, and a clock that only waits advance."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs

from circleci_v2 import CircleCI
from circleci_v2.usage_export import COLUMNS, Timing
from tests.clients import SkippingClient
from tests.download.in_memory import InMemoryClient, InMemoryServers
from tests.loopback import TOKEN, Loopback, Received, Reply, serving

ORG = "f22b6566-597d-46d5-ba74-99ef5bb3d85c"
NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
HEADER = ",".join(COLUMNS) + "\n"


def line(**values: str) -> str:
    """Return a row in which all other columns are null."""
    return ",".join(values.get(name.lower(), "\\N") for name in COLUMNS) + "\n"


@attrs.define
class Clock:
    """Time that passes only during `sleep`."""

    elapsed: float = 0.0
    sleeps: list[float] = attrs.field(factory=list)

    async def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.elapsed += seconds

    @property
    def timing(self) -> Timing:
        return Timing(
            now=lambda: NOW + timedelta(seconds=self.elapsed), monotonic=lambda: self.elapsed, sleep=self.sleep
        )


@attrs.define
class Job:
    """An export job.

    Attributes:
        states: The responses to polls, in order; the last one is repeated.
        parts: The bytes of its parts.
    """

    start: datetime
    end: datetime
    states: list[dict[str, Any]]
    parts: list[bytes] = attrs.field(factory=list)


@attrs.define
class Exports:
    """The export jobs of one organization.

    Attributes:
        make: Returns a job, from its number and its window.
        creation_errors: Replies to creations instead of a job, in order; None creates the job.
        poll_errors: Replies to polls instead of the state, in order; None returns the state.
        part: Returns the reply for a part, from the request and the correct reply.
        list_parts: Reorders the URLs of the parts.
    """

    clock: Clock
    make: Callable[[int, datetime, datetime], Job]
    creation_errors: list[Reply | None] = attrs.field(factory=list)
    poll_errors: list[Reply | None] = attrs.field(factory=list)
    part: Callable[[Received, Reply], Reply] = lambda _request, correct: correct
    list_parts: Callable[[Sequence[str]], Iterable[str]] = list
    jobs: list[Job] = attrs.field(factory=list)
    creations: list[tuple[float, dict[str, Any]]] = attrs.field(factory=list)
    polls: list[tuple[float, int]] = attrs.field(factory=list)
    api: Loopback = attrs.field(init=False)
    storage: Loopback = attrs.field(init=False)

    def handle_api(self, request: Received) -> Reply:
        if request.headers.get("circle-token") != TOKEN:
            return Reply(401, body=b"Invalid token provided.")
        match = re.fullmatch(rf"/api/v2/organizations/{ORG}/usage_export_job(?:/(.+))?", request.path)
        if match is None:
            return Reply(404, body=b'{"message": "Not found"}')
        return self._status(int(match[1].rpartition("-")[2])) if match[1] else self._create(json.loads(request.body))

    def _create(self, body: dict[str, Any]) -> Reply:
        self.creations.append((self.clock.elapsed, body))
        if self.creation_errors and (error := self.creation_errors.pop(0)):
            return error
        start, end = datetime.fromisoformat(body["start"]), datetime.fromisoformat(body["end"])
        self.jobs.append(self.make(len(self.jobs), start, end))
        response = {"state": "created", "start": body["start"], "end": body["end"], "download_urls": None}
        return _json(201, response | {"usage_export_job_id": job_id(len(self.jobs) - 1)})

    def _status(self, number: int) -> Reply:
        self.polls.append((self.clock.elapsed, number))
        if self.poll_errors and (error := self.poll_errors.pop(0)):
            return error
        job = self.jobs[number]
        state = job.states.pop(0) if len(job.states) > 1 else job.states[0]
        signature = f"X-Amz-Signature={len(self.polls)}"
        urls = [f"{self.storage.url}/{number}/{index}?{signature}" for index in range(len(job.parts))]
        listed = list(self.list_parts(urls)) if state["state"] == "completed" else []
        response = {"usage_export_job_id": job_id(number), "download_urls": listed}
        return _json(200, response | state)

    def handle_storage(self, request: Received) -> Reply:
        _, number, index = request.path.split("/")
        parts = self.jobs[int(number)].parts
        if int(index) >= len(parts):
            return Reply(403, body=b"<Error/>")
        content = parts[int(index)]
        start = request.range_start
        headers = {"ETag": f'"{number}-{index}"', "Content-Type": "application/gzip"}
        correct = Reply(200, headers, content)
        if "range" in request.headers:
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
            correct = Reply(206, headers, content[start:])
        return self.part(request, correct)

    @contextmanager
    def over_sockets(self) -> Iterator[CircleCI]:
        with serving(self.handle_api) as self.api, serving(self.handle_storage) as self.storage:
            yield SkippingClient(self.api.url, self.clock)

    @contextmanager
    def in_memory(self) -> Iterator[CircleCI]:
        servers = InMemoryServers()
        self.api, self.storage = servers.add(self.handle_api), servers.add(self.handle_storage)
        yield InMemoryClient(self.api.url, servers, self.clock)


def job_id(number: int) -> str:
    return f"e8235eed-f121-4ae3-9c72-{number:012}"


def completed(start: datetime, end: datetime, *parts: bytes) -> Job:
    return Job(start, end, [{"state": "created"}, {"state": "processing"}, {"state": "completed"}], list(parts))


def zipped(text: str) -> bytes:
    return gzip.compress(text.encode(), mtime=0)


def _json(status: int, value: Any) -> Reply:
    return Reply(status, {"Content-Type": "application/json"}, json.dumps(value).encode())
