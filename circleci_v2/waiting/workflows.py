"""Wait for one workflow, rerun by this call or started elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Unpack
from uuid import UUID

from circleci_v2.waiting.actions import Approver, cancel_on_cancellation, with_deadline
from circleci_v2.waiting.polling import ResolvedOptions, WaitOptions, Watch
from circleci_v2.waiting.states import Phase, StateChange, has_ended, is_failing

if TYPE_CHECKING:
    from circleci_v2.models import Workflow
    from circleci_v2.namespaces import Namespaces

__all__ = ["rerun_and_wait", "wait_for_workflow"]


async def wait_for_workflow(
    circleci: Namespaces,
    workflow_id: UUID | str,
    *,
    timeout: float,  # noqa: ASYNC109 - it raises an error of its own, and is measured by an injected clock
    **options: Unpack[WaitOptions],
) -> Workflow:
    """Wait until a workflow has ended.

    Args:
        circleci: The client.
        workflow_id: The workflow.
        timeout: Seconds until the wait gives up. Required, because an approval may never come.
        **options: See `WaitOptions`.

    Returns:
        The workflow with its final status; with ``on_hold="return"`` or ``fail_fast`` it may still run.

    Raises:
        WaitTimeoutError: The deadline has passed; the workflow continues at CircleCI.
        NotFoundError: CircleCI does not know the workflow, even after `Polling.grace` seconds.
        ConfigurationError: An argument is invalid.
    """
    return await _WorkflowWait(circleci, timeout, ResolvedOptions(**options)).until_ended(workflow_id)


async def rerun_and_wait(
    circleci: Namespaces,
    workflow_id: UUID | str,
    *,
    timeout: float,  # noqa: ASYNC109 - it raises an error of its own, and is measured by an injected clock
    from_failed: bool = True,
    jobs: Sequence[UUID | str] | None = None,
    sparse_tree: bool | None = None,
    **options: Unpack[WaitOptions],
) -> Workflow:
    """Rerun a workflow, and wait until the new one has ended.

    The rerun request is not repeated when its response is lost, because that could run everything twice.

    Args:
        circleci: The client.
        workflow_id: The workflow to rerun. It must have ended; CircleCI reruns no setup workflows, and none that are older
            than 90 days.
        timeout: Seconds until the wait gives up, requesting the rerun included.
        from_failed: Rerun the failed jobs and those that depend on them; False reruns all. Default: True, unless `jobs`
            are passed.
        jobs: Rerun these jobs, by their UUIDs.
        sparse_tree: With `jobs`, rerun only them and the jobs that depend on them; see `workflows.rerun`.
        **options: See `WaitOptions`.

    Returns:
        The new workflow, which has an id of its own.

    Raises:
        WaitTimeoutError: The deadline has passed; the workflow continues at CircleCI.
        APIError: CircleCI rejected the rerun; a RateLimitError also when it demands a pause longer than `timeout`.
        APIConnectionError: No response arrived within `timeout`; the message says whether the rerun may run nevertheless.
        ConfigurationError: An argument is invalid.
    """
    wait = _WorkflowWait(circleci, timeout, ResolvedOptions(**options))
    rerun = await with_deadline(circleci, timeout).workflows.rerun(
        workflow_id, from_failed=None if jobs else from_failed, jobs=jobs, sparse_tree=sparse_tree
    )
    wait.watch.tolerate_errors()
    return await wait.until_ended(rerun.workflow_id)


class _WorkflowWait:
    """One wait for a workflow. Its deadline is counted from the creation of this object."""

    def __init__(self, circleci: Namespaces, timeout: float, options: ResolvedOptions) -> None:
        self._circleci = circleci
        self._options = options
        self._approver = Approver(circleci)
        self._workflow: Workflow | None = None
        self.watch = Watch(timeout=timeout, polling=options.polling)

    async def until_ended(self, workflow_id: UUID | str) -> Workflow:
        async def fetch_phase_to_cancel() -> tuple[Phase, Sequence[Workflow]]:
            return Phase.ENDED, [await self._circleci.workflows.get(workflow_id)]

        subject = f"Workflow {workflow_id}"
        async with cancel_on_cancellation(
            self._circleci,
            fetch_phase_to_cancel,
            subject=subject,
            polling=self._options.polling,
            enabled=self._options.cancel_at_circleci,
        ):
            return await self.watch.until(
                lambda: self._check(workflow_id), subject=subject, seen=lambda: self._workflow
            )

    async def _check(self, workflow_id: UUID | str) -> Workflow | None:
        before = None if self._workflow is None else str(self._workflow.status)
        self._workflow = workflow = await self._circleci.workflows.get(workflow_id)
        if workflow.status != before:
            change = StateChange(pipeline=None, workflow=workflow, before=before, after=str(workflow.status))
            with self.watch.fatal():
                await self._options.notify(change)
        if has_ended(workflow) or (self._options.fail_fast and is_failing([workflow])):
            return workflow
        if workflow.status == "on_hold" and self._options.on_hold == "return":
            return workflow
        if self._options.on_hold == "approve":
            await self._approver.approve([workflow])
        return None
