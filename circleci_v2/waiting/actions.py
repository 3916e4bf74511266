"""What a wait does at CircleCI besides looking: begin in time, approve what is on hold, cancel what it leaves behind."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias, runtime_checkable
from uuid import UUID

import anyio

from circleci_v2.errors import APIError, CircleCIError
from circleci_v2.waiting.polling import Polling
from circleci_v2.waiting.states import Phase, has_ended

if TYPE_CHECKING:
    from circleci_v2._generated.namespaces import Namespaces
    from circleci_v2.models import Workflow, WorkflowJob

__all__ = ["Approver", "Look", "cancelling_at_circleci", "in_time"]

_logger: Final = logging.getLogger("circleci_v2.waiting")
_SECONDS_TO_CANCEL: Final = 30.0

Look: TypeAlias = "Callable[[], Awaitable[tuple[Phase, Sequence[Workflow]]]]"
"""Tells the workflows as they are now, and how far all is once they have ended."""


@runtime_checkable
class _HasDeadline(Protocol):
    """A client whose calls may take only so long; those of tests need not have it."""

    @property
    def deadline(self) -> float | None: ...

    def with_options(self, *, deadline: float) -> Namespaces: ...


def in_time(circleci: Namespaces, timeout: float) -> Namespaces:
    """The client for the call that a wait begins with: what would be sent after the wait is over must not be sent.

    Args:
        circleci: The client.
        timeout: Seconds that the wait has; the client's own deadline holds besides.
    """
    if not isinstance(circleci, _HasDeadline):
        return circleci
    return circleci.with_options(deadline=timeout if circleci.deadline is None else min(timeout, circleci.deadline))


class Approver:
    """Approves the approval jobs that hold workflows up, each request once."""

    def __init__(self, circleci: Namespaces) -> None:
        self._circleci = circleci
        self._approved: set[UUID] = set()

    async def approve(self, workflows: Iterable[Workflow]) -> None:
        """Approve every job on hold in those of the workflows that are on hold.

        Raises:
            APIError: CircleCI refused an approval, and nobody else gave it meanwhile.
        """
        for workflow in workflows:
            if workflow.status == "on_hold" and workflow.id is not None:
                for job in await self._jobs_on_hold(workflow.id):
                    await self._approve(workflow.id, job)

    async def _approve(self, workflow_id: UUID, job: WorkflowJob) -> None:
        # Where the API leaves the request out, its id has always been that of the job.
        request_id = job.approval_request_id or job.id
        if request_id in self._approved:
            return
        try:
            await self._circleci.workflows.approve(workflow_id, request_id)
        except APIError:
            if any(other.id == job.id for other in await self._jobs_on_hold(workflow_id)):
                raise
        self._approved.add(request_id)

    async def _jobs_on_hold(self, workflow_id: UUID) -> list[WorkflowJob]:
        jobs = await self._circleci.workflows.list_jobs(workflow_id).collect()
        return [job for job in jobs if job.type == "approval" and job.status == "on_hold"]


@asynccontextmanager
async def cancelling_at_circleci(
    circleci: Namespaces, look: Look, *, subject: str, polling: Polling, wanted: bool
) -> AsyncGenerator[None]:
    """Cancel the workflows at CircleCI when the block is cancelled.

    A pipeline itself cannot be cancelled. So those of its workflows that are not there yet are waited for, until no
    other can follow.

    Args:
        circleci: The client.
        look: Tells the workflows as they are now, and how far all is once they have ended.
        subject: What is cancelled, for the log.
        polling: How often to look.
        wanted: Whether to do it at all.
    """
    try:
        yield
    except anyio.get_cancelled_exc_class():
        if wanted:
            cancelling = _Cancelling(circleci, look)
            with anyio.move_on_after(_SECONDS_TO_CANCEL, shield=True):
                await cancelling.until_nothing_follows(polling)
            if not cancelling.done:
                _logger.warning(
                    "%s: cancelling was given up after %g seconds: %s",
                    subject,
                    _SECONDS_TO_CANCEL,
                    cancelling.left_behind,
                )
        raise


class _Cancelling:
    """Asks CircleCI to cancel every workflow that it comes to see, each once."""

    def __init__(self, circleci: Namespaces, look: Look) -> None:
        self._circleci = circleci
        self._look = look
        self._asked: set[UUID] = set()
        self._unanswered: set[UUID] = set()
        self._before: tuple[Phase, int] | None = None
        self.done = False

    @property
    def left_behind(self) -> str:
        """What may still run."""
        if self._unanswered:
            return f"no answer about workflow {', '.join(map(str, self._unanswered))}"
        return "workflows may still appear"

    async def until_nothing_follows(self, polling: Polling) -> None:
        deadline = polling.clock() + _SECONDS_TO_CANCEL
        for pause in polling.pauses():
            try:
                phase, workflows = await self._look()
            except CircleCIError as error:
                _logger.warning("The workflows to cancel could not be listed: %s", error)
            else:
                await self._cancel_all(workflows)
                self.done = self._is_over(phase, len(workflows))
            left = deadline - polling.clock()
            if self.done or left <= 0:
                return
            await polling.sleep(min(pause, left))

    def _is_over(self, phase: Phase, count: int) -> bool:
        before, self._before = self._before, (phase, count)
        return phase is Phase.ENDED or (phase is Phase.UNCONFIRMED and before == self._before)

    async def _cancel_all(self, workflows: Iterable[Workflow]) -> None:
        async with anyio.create_task_group() as tasks:
            for workflow in workflows:
                if workflow.id is not None and workflow.id not in self._asked and not has_ended(workflow):
                    tasks.start_soon(self._cancel, workflow.id)

    async def _cancel(self, workflow_id: UUID) -> None:
        self._asked.add(workflow_id)
        self._unanswered.add(workflow_id)
        try:
            await self._circleci.workflows.cancel(workflow_id)
        except CircleCIError as error:
            _logger.warning("Workflow %s could not be cancelled: %s", workflow_id, error)
        self._unanswered.discard(workflow_id)
