"""Requests that a wait sends in addition to polls: approvals, and cancellations of the workflows that it leaves behind."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Sequence
from contextlib import AbstractContextManager, asynccontextmanager
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias, runtime_checkable
from uuid import UUID

import anyio

from circleci_v2._wire.types import maybe_null
from circleci_v2.errors import APIError, CircleCIError, ConfigurationError, WaitTimeoutError
from circleci_v2.waiting.polling import Decision, Polling, ResolvedOptions
from circleci_v2.waiting.states import Phase, has_ended

if TYPE_CHECKING:
    from circleci_v2.models import Workflow, WorkflowJob
    from circleci_v2.namespaces import Namespaces

__all__ = ["Approver", "FetchPhase", "approve", "cancel_when_given_up", "with_deadline"]

_logger: Final = logging.getLogger("circleci_v2.waiting")
_SECONDS_TO_CANCEL: Final = 30.0

FetchPhase: TypeAlias = "Callable[[], Awaitable[tuple[Phase, Sequence[Workflow]]]]"
"""Fetches the workflows, and the phase of the pipeline once those that still run are cancelled."""


@runtime_checkable
class _HasDeadline(Protocol):
    """A client whose calls can be given a deadline; the clients of tests need not support it."""

    @property
    def deadline(self) -> float | None: ...

    def with_options(self, *, deadline: float) -> Namespaces: ...


def with_deadline(circleci: Namespaces, timeout: float) -> Namespaces:
    """Return a client for the request that starts a wait; it does not retry that request after the wait is over.

    Args:
        circleci: The client.
        timeout: The seconds of the wait; a shorter deadline of the client itself applies.
    """
    if not isinstance(circleci, _HasDeadline):
        return circleci
    return circleci.with_options(deadline=timeout if circleci.deadline is None else min(timeout, circleci.deadline))


async def approve(circleci: Namespaces, workflow: Workflow | UUID | str, job_name: str) -> WorkflowJob:
    """Approve one approval job of a workflow, in the name of the token's owner.

    A job that was approved before is left as it is.

    Args:
        circleci: The client.
        workflow: The workflow, or its UUID.
        job_name: The name of the approval job, as in the configuration.

    Returns:
        The job, as it was before.

    Raises:
        ConfigurationError: The workflow has no approval job of this name.
        BadRequestError: The job cannot be approved, for example because the jobs before it have not ended.
        NotFoundError: The workflow does not exist, or the token may not see it.
    """
    workflow_id = workflow if isinstance(workflow, UUID | str) else workflow.id
    jobs = await circleci.workflows.list_jobs(workflow_id).collect()
    approvals = {job.name: job for job in jobs if job.type == "approval"}
    if job_name not in approvals:
        names = ", ".join(map(repr, sorted(approvals))) or "no approval job"
        msg = f"workflow {workflow_id} has no approval job {job_name!r}: it has {names}"
        raise ConfigurationError(msg)
    job = approvals[job_name]
    if job.status != "success":
        await circleci.workflows.approve(workflow_id, _request_id(job))
    return job


def _request_id(job: WorkflowJob) -> UUID:
    # Some responses leave the approval request out; in all others its id equals that of the job.
    return job.approval_request_id or job.id


class Approver:
    """Approves, or declines, the approval jobs that hold workflows, each one once.

    Args:
        circleci: The client.
        options: Decides about each job.
        fatal: Wraps the calls of the user's function, whose errors end the wait.
    """

    def __init__(
        self, circleci: Namespaces, options: ResolvedOptions, fatal: Callable[[str], AbstractContextManager[None]]
    ) -> None:
        self._circleci = circleci
        self._options = options
        self._fatal = fatal
        self._done: set[UUID] = set()

    async def handle(self, workflows: Iterable[Workflow]) -> set[UUID]:
        """Decide about every job on hold in those of the workflows that are on hold.

        Returns:
            The workflows for whose approval the wait does not wait.

        Raises:
            APIError: CircleCI rejected an approval or cancellation, and the job is still on hold.
        """
        returning: set[UUID] = set()
        for workflow in workflows:
            if workflow.status == "on_hold" and maybe_null(workflow.id) is not None and await self._returns(workflow):
                returning.add(workflow.id)
        return returning

    async def _returns(self, workflow: Workflow) -> bool:
        if not self._options.decides_by_job:
            return self._options.on_hold == "return"
        decisions = [await self._apply(workflow.id, job) for job in await self._jobs_on_hold(workflow.id)]
        # An approval or cancellation takes effect a moment later, and then other jobs may run.
        return "return" in decisions and not {"approve", "cancel"} & {*decisions}

    async def _apply(self, workflow_id: UUID, job: WorkflowJob) -> Decision:
        if job.id in self._done:
            return "approve"
        with self._fatal("on_hold"):
            decision = await self._options.decide(job)
        if decision in {"approve", "cancel"}:
            try:
                if decision == "approve":
                    await self._circleci.workflows.approve(workflow_id, _request_id(job))
                else:
                    await self._circleci.jobs.cancel(job.id)
            except APIError:
                if any(other.id == job.id for other in await self._jobs_on_hold(workflow_id)):
                    raise
            self._done.add(job.id)
        return decision

    async def _jobs_on_hold(self, workflow_id: UUID) -> list[WorkflowJob]:
        jobs = await self._circleci.workflows.list_jobs(workflow_id).collect()
        return [job for job in jobs if job.type == "approval" and job.status == "on_hold"]


@asynccontextmanager
async def cancel_when_given_up(
    circleci: Namespaces, fetch_phase: FetchPhase, *, subject: str, polling: Polling, enabled: bool
) -> AsyncGenerator[None]:
    """Cancel the workflows at CircleCI when the block is cancelled or times out.

    CircleCI has no call to cancel a pipeline. So workflows that do not exist yet are polled for, until no other can
    follow.

    Args:
        circleci: The client.
        fetch_phase: Fetches the workflows, and the phase once those that still run are cancelled.
        subject: The name of the pipeline or workflow, for the log.
        polling: How often to poll.
        enabled: Whether to cancel anything at all.
    """
    try:
        yield
    except (anyio.get_cancelled_exc_class(), WaitTimeoutError):
        if enabled:
            cancellation = _Cancellation(circleci, fetch_phase)
            with anyio.move_on_after(_SECONDS_TO_CANCEL, shield=True):
                await cancellation.run(polling)
            if not cancellation.done:
                _logger.warning(
                    "%s: cancelling was given up after %g seconds: %s",
                    subject,
                    _SECONDS_TO_CANCEL,
                    cancellation.left_behind,
                )
        raise


class _Cancellation:
    """Cancels every workflow that `fetch_phase` returns, each one once."""

    def __init__(self, circleci: Namespaces, fetch_phase: FetchPhase) -> None:
        self._circleci = circleci
        self._fetch_phase = fetch_phase
        self._requested: set[UUID] = set()
        self._unconfirmed: set[UUID] = set()
        self._before: tuple[Phase, int] | None = None
        self.done = False

    @property
    def left_behind(self) -> str:
        """A description of what may still run."""
        if self._unconfirmed:
            return f"no response for workflow {', '.join(map(str, self._unconfirmed))}"
        return "workflows may still appear"

    async def run(self, polling: Polling) -> None:
        """Cancel workflows until no other can follow; give up at the deadline."""
        deadline = polling.clock() + _SECONDS_TO_CANCEL
        for pause in polling.pauses():
            try:
                phase, workflows = await self._fetch_phase()
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
                workflow_id = maybe_null(workflow.id)
                if workflow_id is not None and workflow_id not in self._requested and not has_ended(workflow):
                    tasks.start_soon(self._cancel, workflow_id)

    async def _cancel(self, workflow_id: UUID) -> None:
        self._requested.add(workflow_id)
        self._unconfirmed.add(workflow_id)
        try:
            await self._circleci.workflows.cancel(workflow_id)
        except CircleCIError as error:
            _logger.warning("Workflow %s could not be cancelled: %s", workflow_id, error)
        self._unconfirmed.discard(workflow_id)
