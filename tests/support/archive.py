"""A CircleCI that holds a history: generated, listed page by page, and failing where a test wants it to."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import anyio.lowlevel

from circleci_v2._generated.namespaces import Namespaces
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request
from circleci_v2.response import Response
from tests.support.scripted import refusal

__all__ = ["EPOCH", "Archive"]

EPOCH = datetime(2026, 3, 4, 15, 0, tzinfo=UTC)
NAMESPACE = UUID("00000000-0000-4000-8000-000000000002")


def identifier(*parts: object) -> str:
    """The same UUID for the same thing, always."""
    return str(uuid5(NAMESPACE, " ".join(map(str, parts))))


NUMBERS = {identifier("pipeline", number): number for number in range(1, 1000)}
PLACES = {identifier("workflow", number, index): (number, index) for number in range(1, 1000) for index in range(2)}


class Archive(Namespaces):
    """Pipelines numbered from 1, each with the same number of workflows and jobs, answered without any HTTP.

    Its page tokens name the pipeline below which a page begins, as those of a server with cursors; with `by_position`
    they count pipelines, so that what comes or goes moves the pages.
    """

    def __init__(
        self,
        count: int,
        *,
        workflows: int = 2,
        jobs: int = 3,
        page_size: int = 4,
        same_moment: int = 1,
        by_position=False,
    ) -> None:
        super().__init__(self.send)
        self.count = count
        self.numbers = list(range(1, count + 1))
        self.workflows_each = workflows
        self.jobs_each = jobs
        self.page_size = page_size
        self.same_moment = same_moment
        self.by_position = by_position
        self.undated: Collection[int] = ()
        self.expired: set[str | None] = set()
        self.calls: list[str] = []
        self.running = 0
        self.most_running = 0
        self.fail: Callable[[str], BaseException | None] = lambda path: None
        self.before_call: Callable[[], object] = lambda: None

    def created_at(self, number: int) -> datetime:
        """So many pipelines share a moment; those that come after the test began do not."""
        return EPOCH + timedelta(minutes=number // self.same_moment if number <= self.count else number)

    async def send(self, request: Request) -> Payload:
        """Respond to a request of a namespace."""
        self.before_call()
        self.calls.append(request.path)
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        try:
            await anyio.lowlevel.checkpoint()
        finally:
            self.running -= 1
        failure = self.fail(request.path)
        if failure is not None:
            raise failure
        data = self._answer(request, request.path.strip("/").split("/"))
        response = Response(status_code=200, headers={}, content=b"", parsed=None)
        return Payload(response, data, lambda _: None)

    def _answer(self, request: Request, path: Sequence[str]) -> Any:
        match path:
            case ["pipeline"] | ["project", _, _, _, "pipeline"]:
                return self._page(request.query_value("page-token"))
            case ["pipeline", pipeline_id, "workflow"]:
                number = NUMBERS[pipeline_id]
                return {"items": [self.workflow(number, index) for index in range(self.workflows_each)]}
            case ["workflow", workflow_id, "job"]:
                number, index = PLACES[workflow_id]
                return {"items": [self.job(number, index, place) for place in range(self.jobs_each)]}
            case ["project", _, _, _, job_number, "tests"]:
                return {"items": [{"name": f"test of {job_number}", "result": "success"}]}
            case ["project", _, _, _, job_number, "artifacts"]:
                return {"items": [{"path": f"{job_number}.log", "node_index": 0, "url": "https://example.com/log"}]}
            case ["project", _, _, _, "job", job_number]:
                return {"name": "job", "number": int(job_number), "status": "success", "duration": 1000}
        raise AssertionError(path)

    def _page(self, page_token: str | None) -> dict[str, Any]:
        if page_token is not None and page_token in self.expired:
            self.expired.remove(page_token)
            raise refusal(404)
        newest_first = self.numbers[::-1]
        if page_token is not None and page_token.startswith("position:"):
            left = newest_first[int(page_token.removeprefix("position:")) :]
        elif page_token is not None:
            left = [number for number in newest_first if number < int(page_token.removeprefix("below:"))]
        else:
            left = newest_first
        page = left[: self.page_size]
        following = None
        if len(left) > len(page):
            read = len(newest_first) - len(left) + len(page)
            following = f"position:{read}" if self.by_position else f"below:{page[-1]}"
        return {"items": [self.pipeline(number) for number in page], "next_page_token": following}

    def pipeline(self, number: int) -> dict[str, Any]:
        """A pipeline, as the API answers it."""
        return {
            "id": identifier("pipeline", number),
            "number": number,
            "project_slug": "gh/acme/web",
            "state": "created",
            "created_at": None if number in self.undated else self.created_at(number).isoformat(),
            "errors": [],
            "trigger": {"type": "webhook", "received_at": EPOCH.isoformat(), "actor": {"login": "fake-user"}},
            "vcs": {"provider_name": "GitHub", "branch": "main", "revision": "c0ffee"},
        }

    def workflow(self, number: int, index: int) -> dict[str, Any]:
        """A workflow, as the API answers it."""
        return {
            "id": identifier("workflow", number, index),
            "name": f"workflow {index}",
            "status": "success",
            "created_at": self.created_at(number).isoformat(),
            "stopped_at": (self.created_at(number) + timedelta(seconds=90)).isoformat(),
            "pipeline_id": identifier("pipeline", number),
            "pipeline_number": number,
            "project_slug": "gh/acme/web",
            "started_by": identifier("user"),
        }

    def job(self, number: int, index: int, place: int) -> dict[str, Any]:
        """A job, as the API answers it; the last of each workflow is an approval."""
        approval = place == self.jobs_each - 1
        return {
            "id": identifier("job", number, index, place),
            "name": f"job {place}",
            "type": "approval" if approval else "build",
            "status": "success",
            "dependencies": [],
            "project_slug": "gh/acme/web",
            # Approvals have been seen with a number that leads nowhere.
            "job_number": number * 100 + index * 10 + place,
        }
