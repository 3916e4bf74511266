"""Wait until a pipeline or a workflow has ended, triggered or rerun by this call or started elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Unpack
from uuid import UUID

from circleci_v2 import models
from circleci_v2.errors import ConfigurationError, NotFoundError, PipelineNotTriggeredError
from circleci_v2.slugs import ProjectSlug
from circleci_v2.waiting.actions import Approver, cancel_when_given_up, with_deadline
from circleci_v2.waiting.polling import ResolvedOptions, WaitOptions, Watch
from circleci_v2.waiting.states import (
    Phase,
    PipelineResult,
    StateChange,
    has_ended,
    is_failing,
    oldest_first,
    phase_of,
    phase_once_canceled,
)

if TYPE_CHECKING:
    from circleci_v2.models import Pipeline, Workflow
    from circleci_v2.namespaces import Namespaces

__all__ = ["TriggerRoute", "rerun_and_wait", "trigger_and_wait", "wait_for_pipeline", "wait_for_workflow"]

TriggerRoute = Literal["pipeline", "pipeline/run"]
"""The two endpoints that start a pipeline: `pipelines.trigger` and `pipelines.run`."""


async def trigger_and_wait(
    circleci: Namespaces,
    project_slug: ProjectSlug | str,
    *,
    timeout: float,  # noqa: ASYNC109 - it raises an error of its own, and is measured by an injected clock
    branch: str | None = None,
    tag: str | None = None,
    parameters: Mapping[str, int | str | bool] | None = None,
    definition_id: UUID | str | None = None,
    route: TriggerRoute | None = None,
    **options: Unpack[WaitOptions],
) -> PipelineResult:
    """Trigger a pipeline, and wait until all its workflows have ended.

    A pipeline that fails is not an error: see `PipelineResult.succeeded`. The trigger request is not repeated when its
    response is lost, because that could run everything twice.

    Args:
        circleci: The client.
        project_slug: The project, for example ``gh/acme/web``.
        timeout: Seconds until the wait gives up, triggering included. Required, because a pipeline may never end by
            itself.
        branch: The branch to run, for the configuration and the code. Default: the project's default branch.
        tag: The tag to run, instead of a branch.
        parameters: Values for the pipeline parameters that the configuration declares.
        definition_id: The pipeline definition to run, where a project has several. Only the route ``pipeline/run``
            supports them.
        route: ``pipeline`` supports GitHub OAuth and Bitbucket Cloud, ``pipeline/run`` everything but GitLab. Default:
            ``pipeline/run`` for ``circleci/…`` slugs and with a `definition_id`, else ``pipeline``.
        **options: See `WaitOptions`.

    Returns:
        The pipeline and its workflows.

    Raises:
        PipelineNotTriggeredError: CircleCI accepted the request but created no pipeline; the message says why.
        WaitTimeoutError: The deadline has passed; the pipeline continues at CircleCI, unless `cancel_at_circleci` is set.
        APIError: CircleCI rejected the trigger request; a RateLimitError also when it demands a pause longer than
            `timeout`.
        APIConnectionError: No response arrived within `timeout`; the message says whether the pipeline may run nevertheless.
        ConfigurationError: An argument is invalid, or two contradict each other.
    """
    slug = ProjectSlug(project_slug)
    route = _resolve_route(slug, branch=branch, tag=tag, definition_id=definition_id, route=route)
    wait = _PipelineWait(circleci, timeout, ResolvedOptions.of("trigger_and_wait", options))
    starter = with_deadline(circleci, timeout)
    if route == "pipeline":
        created = await starter.pipelines.trigger(slug, branch=branch, tag=tag, parameters=parameters)
    else:
        created = await _run(starter, slug, _reference(branch, tag), definition_id, parameters)
    wait.watch.tolerate_errors()
    return await wait.until_ended(created.id)


async def wait_for_pipeline(
    circleci: Namespaces,
    pipeline: PipelineResult | UUID | str,
    *,
    timeout: float,  # noqa: ASYNC109 - it raises an error of its own, and is measured by an injected clock
    **options: Unpack[WaitOptions],
) -> PipelineResult:
    """Wait until all workflows of a pipeline have ended, including those that appear later.

    Args:
        circleci: The client.
        pipeline: The UUID of the pipeline; or the result of an earlier wait, also `WaitTimeoutError.seen`, to continue from
            it: `on_change` is then called for changes since that result only, and a workflow that was on hold counts as
            on hold again when it still is after `Polling.grace` seconds, since an approval takes effect with a delay.
        timeout: Seconds until the wait gives up. Required, because a pipeline may never end by itself.
        **options: See `WaitOptions`.

    Returns:
        The pipeline and its workflows.

    Raises:
        WaitTimeoutError: The deadline has passed; the pipeline continues at CircleCI, unless `cancel_at_circleci` is set.
        NotFoundError: CircleCI does not know the pipeline, even after `Polling.grace` seconds.
        ConfigurationError: An argument is invalid.
    """
    wait = _PipelineWait(circleci, timeout, ResolvedOptions.of("wait_for_pipeline", options))
    if isinstance(pipeline, PipelineResult):
        wait.continue_from(pipeline)
        return await wait.until_ended(pipeline.pipeline.id)
    return await wait.until_ended(pipeline)


def _resolve_route(
    slug: ProjectSlug,
    *,
    branch: str | None,
    tag: str | None,
    definition_id: UUID | str | None,
    route: TriggerRoute | None,
) -> TriggerRoute:
    if branch is not None and tag is not None:
        msg = f"branch={branch!r} and tag={tag!r}: a pipeline runs one of them, pass only one."
        raise ConfigurationError(msg)
    if definition_id is not None and route == "pipeline":
        msg = "definition_id cannot be used with route='pipeline': leave the route out, or pass 'pipeline/run'."
        raise ConfigurationError(msg)
    if route is not None:
        return route
    needs_definition = definition_id is not None or slug.canonical.startswith("circleci/")
    return "pipeline/run" if needs_definition else "pipeline"


def _reference(branch: str | None, tag: str | None) -> dict[str, Any] | None:
    reference = {"branch": branch, "tag": tag}
    return {name: value for name, value in reference.items() if value is not None} or None


async def _run(
    circleci: Namespaces,
    slug: ProjectSlug,
    reference: Mapping[str, Any] | None,
    definition_id: UUID | str | None,
    parameters: Mapping[str, Any] | None,
) -> models.PipelineCreation:
    created = await circleci.pipelines.run(
        slug, definition_id=definition_id, config=reference, checkout=reference, parameters=parameters
    )
    if isinstance(created, models.PipelineCreation):
        return created
    raise PipelineNotTriggeredError(created.message or "CircleCI created no pipeline and gave no reason.")


class _PipelineWait:
    """One wait for a pipeline. Its deadline is counted from the creation of this object."""

    def __init__(self, circleci: Namespaces, timeout: float, options: ResolvedOptions) -> None:
        self._circleci = circleci
        self._options = options
        self._pipeline: Pipeline | None = None
        self._workflows: Sequence[Workflow] = ()
        self._held_before: set[UUID] = set()
        self._phase_before: tuple[Phase, int] | None = None
        self._unchanged_since = 0.0
        self.watch = Watch(timeout=timeout, polling=options.polling, cancels=options.cancel_at_circleci)
        self._approver = Approver(circleci, options, self.watch.fatal)

    def continue_from(self, result: PipelineResult) -> None:
        """Take the states of an earlier result as known."""
        self._pipeline, self._workflows = result.pipeline, result.workflows
        self._held_before = {workflow.id for workflow in result.workflows if workflow.status == "on_hold"}

    async def until_ended(self, pipeline_id: UUID | str) -> PipelineResult:
        subject = f"Pipeline {pipeline_id}"
        async with cancel_when_given_up(
            self._circleci,
            lambda: self._fetch_phase_to_cancel(pipeline_id),
            subject=subject,
            polling=self._options.polling,
            enabled=self._options.cancel_at_circleci,
        ):
            return await self.watch.until(lambda: self._check(pipeline_id), subject=subject, seen=self._seen)

    def _seen(self) -> PipelineResult | None:
        if self._pipeline is None:
            return None
        return PipelineResult(pipeline=self._pipeline, workflows=self._workflows)

    async def _check(self, pipeline_id: UUID | str) -> PipelineResult | None:
        pipeline = await self._refresh_pipeline(pipeline_id)
        workflows = await self._refresh_workflows(pipeline)
        result = PipelineResult(pipeline=pipeline, workflows=workflows)
        if self._options.fail_fast and is_failing(workflows):
            return result
        left_on_hold = await self._approver.handle(workflows)
        phase = phase_of(pipeline, workflows, left_on_hold=left_on_hold - self._not_yet_believed(workflows))
        return result if self._is_over(phase, workflows) else None

    def _not_yet_believed(self, workflows: Sequence[Workflow]) -> set[UUID]:
        """Return the workflows whose ``on_hold`` may be that of the earlier result, shown after it was approved."""
        if self.watch.elapsed >= self._options.polling.grace:
            self._held_before.clear()
        self._held_before &= {workflow.id for workflow in workflows if workflow.status == "on_hold"}
        return self._held_before

    async def _refresh_pipeline(self, pipeline_id: UUID | str) -> Pipeline:
        known = self._pipeline
        if known is not None and known.state in {"created", "errored"}:
            return known
        before = None if known is None else str(known.state)
        self._pipeline = pipeline = await self._circleci.pipelines.get(pipeline_id)
        self.watch.tolerate_errors()
        if pipeline.state != before:
            await self._notify(None, before, str(pipeline.state))
        return pipeline

    async def _refresh_workflows(self, pipeline: Pipeline) -> Sequence[Workflow]:
        before = {workflow.id: str(workflow.status) for workflow in self._workflows}
        self._workflows = workflows = await self._list_workflows(pipeline)
        for workflow in workflows:
            if workflow.status != before.get(workflow.id):
                await self._notify(workflow, before.get(workflow.id), str(workflow.status))
        return workflows

    async def _list_workflows(self, pipeline: Pipeline) -> Sequence[Workflow]:
        try:
            return oldest_first(await self._circleci.pipelines.list_workflows(pipeline.id).collect())
        except NotFoundError as error:
            # A later page of the list may be missing, too: its token has expired.
            if pipeline.state != "errored" or error.items_seen:
                raise
            return ()

    async def _fetch_phase_to_cancel(self, pipeline_id: UUID | str) -> tuple[Phase, Sequence[Workflow]]:
        pipeline = await self._circleci.pipelines.get(pipeline_id)
        workflows = await self._list_workflows(pipeline)
        return phase_once_canceled(pipeline, workflows), workflows

    async def _notify(self, workflow: Workflow | None, before: str | None, after: str) -> None:
        with self.watch.fatal():
            await self._options.notify(
                StateChange(pipeline=self._pipeline, workflow=workflow, before=before, after=after)
            )

    def _is_over(self, phase: Phase, workflows: Sequence[Workflow]) -> bool:
        before, self._phase_before = self._phase_before, (phase, len(workflows))
        if before != (phase, len(workflows)):
            self._unchanged_since = self.watch.elapsed
        match phase:
            case Phase.ENDED:
                return True
            case Phase.UNCONFIRMED:
                return before == self._phase_before
            case Phase.MORE_EXPECTED:
                return self.watch.elapsed - self._unchanged_since >= self._options.polling.grace
            case Phase.RUNNING:
                return False


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
        WaitTimeoutError: The deadline has passed; the workflow continues at CircleCI, unless `cancel_at_circleci` is set.
        NotFoundError: CircleCI does not know the workflow, even after `Polling.grace` seconds.
        ConfigurationError: An argument is invalid.
    """
    resolved = ResolvedOptions.of("wait_for_workflow", options)
    return await _WorkflowWait(circleci, timeout, resolved).until_ended(workflow_id)


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
        WaitTimeoutError: The deadline has passed; the workflow continues at CircleCI, unless `cancel_at_circleci` is set.
        APIError: CircleCI rejected the rerun; a RateLimitError also when it demands a pause longer than `timeout`.
        APIConnectionError: No response arrived within `timeout`; the message says whether the rerun may run nevertheless.
        ConfigurationError: An argument is invalid.
    """
    wait = _WorkflowWait(circleci, timeout, ResolvedOptions.of("rerun_and_wait", options))
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
        self._workflow: Workflow | None = None
        self.watch = Watch(timeout=timeout, polling=options.polling, cancels=options.cancel_at_circleci)
        self._approver = Approver(circleci, options, self.watch.fatal)

    async def until_ended(self, workflow_id: UUID | str) -> Workflow:
        async def fetch_phase_to_cancel() -> tuple[Phase, Sequence[Workflow]]:
            return Phase.ENDED, [await self._circleci.workflows.get(workflow_id)]

        subject = f"Workflow {workflow_id}"
        async with cancel_when_given_up(
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
        return workflow if await self._approver.handle([workflow]) else None
