"""What a wait does at CircleCI besides looking: approve what is on hold, cancel what it leaves behind."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final
from uuid import UUID

import anyio

from circleci_v2.errors import APIError, CircleCIError
from circleci_v2.waiting.polling import Polling
from circleci_v2.waiting.states import has_ended

if TYPE_CHECKING:
    from circleci_v2._generated.namespaces import Namespaces
    from circleci_v2.models import Workflow, WorkflowJob

__all__ = ["Approver", "cancelling_at_circleci"]

_LOGGER: Final = logging.getLogger("circleci_v2.waiting")
_SECONDS_TO_CANCEL: Final = 30.0


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
    circleci: Namespaces, list_workflows: Callable[[], Awaitable[Iterable[Workflow]]], *, polling: Polling, wanted: bool
) -> AsyncGenerator[None]:
    """Cancel the workflows at CircleCI when the block is cancelled.

    A pipeline itself cannot be cancelled. When its workflows are not there yet, they are waited for.

    Args:
        circleci: The client.
        list_workflows: Lists the workflows as they are now.
        polling: How long to pause while there is nothing to cancel yet.
        wanted: Whether to do it at all.
    """
    try:
        yield
    except anyio.get_cancelled_exc_class():
        if wanted:
            with anyio.move_on_after(_SECONDS_TO_CANCEL, shield=True) as scope:
                await _cancel_all(circleci, list_workflows, polling)
            if scope.cancelled_caught:
                _LOGGER.warning("No workflow could be cancelled within %g seconds", _SECONDS_TO_CANCEL)
        raise


async def _cancel_all(
    circleci: Namespaces, list_workflows: Callable[[], Awaitable[Iterable[Workflow]]], polling: Polling
) -> None:
    for pause in polling.pauses():
        try:
            workflows = list(await list_workflows())
        except CircleCIError as error:
            _LOGGER.warning("The workflows to cancel could not be listed: %s", error)
            workflows = []
        if workflows:
            async with anyio.create_task_group() as tasks:
                for workflow in workflows:
                    if workflow.id is not None and not has_ended(workflow):
                        tasks.start_soon(_cancel, circleci, workflow.id)
            return
        await polling.sleep(pause)


async def _cancel(circleci: Namespaces, workflow_id: UUID) -> None:
    try:
        await circleci.workflows.cancel(workflow_id)
    except CircleCIError as error:
        _LOGGER.warning("Workflow %s could not be cancelled: %s", workflow_id, error)
