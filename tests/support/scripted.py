"""A CircleCI whose pipelines live by a script, on a clock that passes only while somebody sleeps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import anyio.lowlevel
import attrs

from circleci_v2._generated.namespaces import Namespaces
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request
from circleci_v2.errors import error_class_for
from circleci_v2.response import Response
from circleci_v2.waiting import Polling

__all__ = ["PIPELINE_ID", "ScriptedCircleCI", "ScriptedPipeline", "ScriptedWorkflow", "refusal"]

EPOCH = datetime(2026, 3, 4, 15, 0, tzinfo=UTC)
PIPELINE_ID = UUID("00000000-0000-4000-8000-000000000001")
NEVER = float("inf")


def moment(seconds: float) -> str:
    """A moment of the script as the API writes it."""
    return (EPOCH + timedelta(seconds=seconds)).isoformat()


def refusal(status_code: int, **details: Any) -> Exception:
    """The error that an answer with this status raises."""
    return error_class_for(status_code)(
        "refused", status_code=status_code, method="GET", url="https://circleci.com/api/v2", headers={}, **details
    )


@attrs.define(kw_only=True)
class ScriptedWorkflow:
    """A workflow: when it appears, and through which states it goes for how many seconds; the last one stays.

    ``on_hold`` lasts until somebody approves, at the latest a person after its seconds.
    """

    name: str
    states: Sequence[tuple[str, float]]
    appears: float = 0.0
    tag: str | None = None
    max_auto_reruns: int | None = None
    auto_rerun_number: int | None = None
    approved_at: float = NEVER
    canceled_at: float = NEVER
    seconds_to_cancel: float = 0.0
    dated: bool = True

    @property
    def id(self) -> UUID:
        """Of one name and moment there is one workflow."""
        return uuid5(PIPELINE_ID, f"{self.name} {self.appears}")

    def status_at(self, now: float) -> str:
        """The state at a moment."""
        return self._state_at(now)[0]

    def stopped_at(self, now: float) -> float | None:
        """When it ended, None while it has not."""
        status, since = self._state_at(now)
        return None if status in {"running", "failing", "on_hold"} else since

    def _state_at(self, now: float) -> tuple[str, float]:
        if now >= self.canceled_at:
            return "canceled", self.canceled_at
        since = self.appears
        for status, seconds in self.states[:-1]:
            end = min(max(self.approved_at, since), since + seconds) if status == "on_hold" else since + seconds
            if now < end:
                return status, since
            since = end
        return self.states[-1][0], since


@attrs.define(kw_only=True)
class ScriptedPipeline:
    """A pipeline: its states with the moment at which each begins, and its workflows."""

    states: Sequence[tuple[str, float]] = (("created", 0.0),)
    workflows: Sequence[ScriptedWorkflow] = ()
    errors: Sequence[str] = ()
    appears: float = 0.0
    workflow_list_appears: float = 0.0

    def state_at(self, now: float) -> str:
        """The state at a moment."""
        return [state for state, begins in self.states if begins <= now][-1]


class ScriptedCircleCI(Namespaces):
    """Answers as its script says, without any HTTP."""

    def __init__(self, pipeline: ScriptedPipeline) -> None:
        super().__init__(lambda request: self.send(request))  # noqa: PLW0108 - a test may replace `send`
        self.pipeline = pipeline
        self.now = 0.0
        self.calls: list[tuple[float, str, str]] = []
        self.bodies: list[Any] = []
        self.fail: Callable[[float, str, str], Exception | None] = lambda now, method, path: None
        self.run_answer: tuple[int, Any] | None = None

    def polling(self, **options: Any) -> Polling:
        """Polling by the clock of the script."""
        return Polling(**{"clock": lambda: self.now, "sleep": self.sleep, "random": lambda: 0.5, **options})

    async def sleep(self, seconds: float) -> None:
        """Let the time pass."""
        await anyio.lowlevel.checkpoint()
        self.now += seconds

    def sent(self, method: str, ending: str) -> list[float]:
        """When calls of a method to paths with an ending came in."""
        return [now for now, used, path in self.calls if used == method and path.endswith(ending)]

    async def send(self, request: Request) -> Payload:
        """Respond to a request of a namespace."""
        await anyio.lowlevel.checkpoint()
        self.calls.append((self.now, request.method, request.path))
        self.bodies.append(request.json)
        failure = self.fail(self.now, request.method, request.path)
        if failure is not None:
            raise failure
        status_code, data = self._answer(request.method, request.path.strip("/").split("/"))
        if status_code >= 400:
            raise refusal(status_code)
        response = Response(status_code=status_code, headers={}, content=b"", parsed=None)
        return Payload(response, data, lambda _: None)

    def _answer(self, method: str, path: list[str]) -> tuple[int, Any]:
        match method, path:
            case "GET", ["pipeline", _]:
                return (200, self._pipeline()) if self.now >= self.pipeline.appears else (404, None)
            case "GET", ["pipeline", _, "workflow"]:
                if self.now < self.pipeline.workflow_list_appears:
                    return 404, None
                # Newest first, as the API does it.
                return 200, {"items": [self._workflow(workflow) for workflow in reversed(self._visible())]}
            case "POST", ["project", *_, "pipeline"]:
                return 201, self._pipeline()
            case "POST", ["project", *_, "pipeline", "run"]:
                return self.run_answer or (201, self._pipeline())
            case "POST", ["jobs", job_id, "cancel"]:
                for workflow in self._visible():
                    if str(uuid5(workflow.id, "job")) == job_id:
                        workflow.canceled_at = self.now
                return 200, {"message": "Job canceled successfully."}
            case _, ["workflow", workflow_id, *action]:
                found = next((workflow for workflow in self._visible() if str(workflow.id) == workflow_id), None)
                return self._answer_about(found, action) if found else (404, None)
        raise AssertionError((method, path))

    def _answer_about(self, workflow: ScriptedWorkflow, action: list[str]) -> tuple[int, Any]:
        match action:
            case ["job"]:
                return 200, {"items": [self._approval_job(workflow)]}
            case ["rerun"]:
                return 202, {"workflow_id": str(self.pipeline.workflows[-1].id)}
            case ["approve", _]:
                return self._approve(workflow)
            case ["cancel"]:
                workflow.canceled_at = self.now + workflow.seconds_to_cancel
                return 202, {"message": "Accepted."}
        return 200, self._workflow(workflow)

    def _visible(self) -> list[ScriptedWorkflow]:
        return [workflow for workflow in self.pipeline.workflows if workflow.appears <= self.now]

    def _approve(self, workflow: ScriptedWorkflow) -> tuple[int, Any]:
        if workflow.status_at(self.now) != "on_hold":
            return 400, None
        workflow.approved_at = self.now
        return 202, {"message": "Accepted."}

    def _pipeline(self) -> dict[str, Any]:
        return {
            "id": str(PIPELINE_ID),
            "number": 7,
            "project_slug": "gh/acme/web",
            "state": self.pipeline.state_at(self.now),
            "created_at": moment(0),
            "errors": [{"type": "config", "message": message} for message in self.pipeline.errors],
            "trigger": {"type": "api", "received_at": moment(0), "actor": {"login": "fake-user"}},
        }

    def _workflow(self, workflow: ScriptedWorkflow) -> dict[str, Any]:
        stopped_at = workflow.stopped_at(self.now)
        return {
            "id": str(workflow.id),
            "name": workflow.name,
            "status": workflow.status_at(self.now),
            "created_at": moment(workflow.appears) if workflow.dated else None,
            "stopped_at": None if stopped_at is None else moment(stopped_at),
            "pipeline_id": str(PIPELINE_ID),
            "pipeline_number": 7,
            "project_slug": "gh/acme/web",
            "started_by": str(PIPELINE_ID),
            "tag": workflow.tag,
            "max_auto_reruns": workflow.max_auto_reruns,
            "auto_rerun_number": workflow.auto_rerun_number,
        }

    def _approval_job(self, workflow: ScriptedWorkflow) -> dict[str, Any]:
        on_hold = workflow.status_at(self.now) == "on_hold"
        return {
            "id": str(uuid5(workflow.id, "job")),
            "approval_request_id": str(uuid5(workflow.id, "request")),
            "name": "hold",
            "type": "approval",
            "status": "on_hold" if on_hold else "success",
            "dependencies": [],
            "project_slug": "gh/acme/web",
        }
