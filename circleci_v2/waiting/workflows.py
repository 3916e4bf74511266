"""Waiting for one workflow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Unpack
from uuid import UUID

from circleci_v2.waiting.actions import Approver, cancelling_at_circleci, in_time
from circleci_v2.waiting.options import Options, WaitOptions
from circleci_v2.waiting.polling import Watch
from circleci_v2.waiting.states import Phase, StateChange, has_ended, is_failing

if TYPE_CHECKING:
    from circleci_v2._generated.namespaces import Namespaces
    from circleci_v2.models import Workflow

__all__ = ["rerun_and_wait", "wait_for_workflow"]


async def wait_for_workflow(
    circleci: Namespaces,
    workflow_id: UUID | str,
    *,
    timeout: float,  # noqa: ASYNC109 - its passing is an answer of its own, told by an injected clock
    **options: Unpack[WaitOptions],
) -> Workflow:
    """Wait until a workflow has ended.

    Args:
        circleci: The client.
        workflow_id: The workflow.
        timeout: Seconds until the wait gives up; there is no default, because an approval may never come.
        **options: See `WaitOptions`.

    Returns:
        The workflow, with its last status: it has ended, unless ``on_hold="return"`` or ``fail_fast`` say otherwise.

    Raises:
        WaitTimeoutError: The deadline has passed; the workflow goes on at CircleCI.
        NotFoundError: CircleCI does not show the workflow, not even after `Polling.grace` seconds.
        ConfigurationError: An argument makes no sense.
    """
    return await _WorkflowWait(circleci, timeout, Options(**options)).until_ended(workflow_id)


async def rerun_and_wait(
    circleci: Namespaces,
    workflow_id: UUID | str,
    *,
    timeout: float,  # noqa: ASYNC109 - its passing is an answer of its own, told by an injected clock
    from_failed: bool = True,
    jobs: Sequence[UUID | str] | None = None,
    sparse_tree: bool | None = None,
    **options: Unpack[WaitOptions],
) -> Workflow:
    """Rerun a workflow, and wait until the new one has ended.

    The rerun is requested once, and not again when its answer is lost: that could run everything twice.

    Args:
        circleci: The client.
        workflow_id: The workflow to rerun; it must have ended.
        timeout: Seconds until the wait gives up, requesting the rerun included.
        from_failed: Run the failed jobs and what follows them. False: run all. Default: True, unless `jobs` are given.
        jobs: Run these jobs, by their UUIDs.
        sparse_tree: With `jobs`, also run only what depends on them; see `workflows.rerun`.
        **options: See `WaitOptions`.

    Returns:
        The new workflow, which has an id of its own.

    Raises:
        WaitTimeoutError: The deadline has passed; the workflow goes on at CircleCI.
        APIError: CircleCI refused the rerun; a RateLimitError also when it asked to wait for longer than `timeout`.
        APIConnectionError: CircleCI did not answer, within `timeout` either; the message says when it may have begun.
        ConfigurationError: An argument makes no sense.
    """
    wait = _WorkflowWait(circleci, timeout, Options(**options))
    rerun = await in_time(circleci, timeout).workflows.rerun(
        workflow_id, from_failed=None if jobs else from_failed, jobs=jobs, sparse_tree=sparse_tree
    )
    wait.watch.trust()
    return await wait.until_ended(rerun.workflow_id)


class _WorkflowWait:
    """One wait for a workflow. Its deadline runs from the moment it is made."""

    def __init__(self, circleci: Namespaces, timeout: float, options: Options) -> None:
        self._circleci = circleci
        self._options = options
        self._approver = Approver(circleci)
        self._workflow: Workflow | None = None
        self.watch = Watch(timeout=timeout, polling=options.polling)

    async def until_ended(self, workflow_id: UUID | str) -> Workflow:
        async def look_to_cancel() -> tuple[Phase, Sequence[Workflow]]:
            return Phase.ENDED, [await self._circleci.workflows.get(workflow_id)]

        subject = f"Workflow {workflow_id}"
        async with cancelling_at_circleci(
            self._circleci,
            look_to_cancel,
            subject=subject,
            polling=self._options.polling,
            wanted=self._options.cancel_at_circleci,
        ):
            return await self.watch.until(lambda: self._look(workflow_id), subject=subject, seen=lambda: self._workflow)

    async def _look(self, workflow_id: UUID | str) -> Workflow | None:
        before = None if self._workflow is None else str(self._workflow.status)
        self._workflow = workflow = await self._circleci.workflows.get(workflow_id)
        if workflow.status != before:
            change = StateChange(pipeline=None, workflow=workflow, before=before, after=str(workflow.status))
            with self.watch.unforgiving():
                await self._options.tell(change)
        if has_ended(workflow) or (self._options.fail_fast and is_failing([workflow])):
            return workflow
        if workflow.status == "on_hold" and self._options.on_hold == "return":
            return workflow
        if self._options.on_hold == "approve":
            await self._approver.approve([workflow])
        return None
