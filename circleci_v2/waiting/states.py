"""When a pipeline has ended: decided from what CircleCI says, without I/O."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Final

import attrs

from circleci_v2._wire.types import maybe_null

if TYPE_CHECKING:
    from circleci_v2.models import Pipeline, Workflow

__all__ = [
    "Phase",
    "PipelineResult",
    "StateChange",
    "has_ended",
    "is_failing",
    "newest_of_each_name",
    "oldest_first",
    "phase_of",
    "phase_once_canceled",
]

_FAILING: Final = ("unauthorized", "error", "failed", "failing", "canceled")
_NOT_FAILING: Final = ("on_hold", "running", "success", "not_run")
_GOING_ON: Final = frozenset({"running", "failing", "on_hold"})
_FINAL_PIPELINE_STATES: Final = frozenset({"created", "errored"})
_A_WHILE: Final = timedelta(seconds=60)
_NEWEST: Final = datetime.max.replace(tzinfo=UTC)


@attrs.frozen(kw_only=True)
class PipelineResult:
    """A pipeline and its workflows, as they were when the wait ended.

    Attributes:
        pipeline: The pipeline; `errors` says why when it is ``errored``.
        workflows: Every workflow of it, reruns included, oldest first.
    """

    pipeline: Pipeline
    workflows: Sequence[Workflow]

    @property
    def status(self) -> str:
        """How it went, in one word.

        ``errored`` when the pipeline could not be set up, ``no_workflows`` when it has none, else that of its
        workflows. Of workflows with the same name only the newest counts, the others were rerun. Of several statuses
        the worst is given: ``unauthorized``, ``error``, ``failed``, ``failing``, ``canceled``, ``on_hold``,
        ``running``, ``success``, and ``not_run`` when nothing ran at all.
        """
        if self.pipeline.state == "errored":
            return "errored"
        statuses = [str(workflow.status) for workflow in newest_of_each_name(self.workflows)]
        return min(statuses, key=_severity, default="no_workflows")

    @property
    def succeeded(self) -> bool:
        """Whether every workflow that ran succeeded, and at least one did."""
        return self.status == "success"

    @property
    def messages(self) -> list[str]:
        """Why the pipeline could not be set up, as CircleCI puts it; empty unless `status` is ``errored``."""
        return [error.message for error in self.pipeline.errors or ()]


@attrs.frozen(kw_only=True)
class StateChange:
    """Something happened to a pipeline or to one of its workflows.

    Attributes:
        pipeline: The pipeline; None while only a workflow is waited for.
        workflow: The workflow whose status changed; None when it is the state of the pipeline.
        before: The state before; None when it was not there before.
        after: The state now.
    """

    pipeline: Pipeline | None
    workflow: Workflow | None
    before: str | None
    after: str


class Phase(Enum):
    """How far a pipeline is, seen from outside."""

    GOING_ON = "going on"
    EXPECTING = "all has ended, but something is bound to follow"
    UNCONFIRMED = "all has ended, but so soon that more may be about to appear"
    ENDED = "ended"


def has_ended(workflow: Workflow) -> bool:
    """Whether a workflow will not change any more.

    A status that nobody knows yet counts as ended once the workflow has a `stopped_at`.
    """
    if workflow.status in _GOING_ON:
        return False
    return workflow.status in _FAILING or workflow.status in _NOT_FAILING or workflow.stopped_at is not None


def is_failing(workflows: Iterable[Workflow]) -> bool:
    """Whether it is certain that the workflows will not all succeed, unless one is rerun."""
    return any(workflow.status in _FAILING for workflow in newest_of_each_name(workflows))


def newest_of_each_name(workflows: Iterable[Workflow]) -> list[Workflow]:
    """The last run of each workflow: a rerun is a workflow of its own, with the name of the one that it repeats."""
    return list({workflow.name: workflow for workflow in oldest_first(workflows)}.values())


def oldest_first(workflows: Iterable[Workflow]) -> list[Workflow]:
    """The workflows in the order of their creation; one that does not say when counts as the newest."""
    return sorted(workflows, key=_creation)


def _creation(workflow: Workflow) -> datetime:
    return maybe_null(workflow.created_at) or _NEWEST


def phase_of(pipeline: Pipeline, workflows: Sequence[Workflow], *, until_on_hold: bool) -> Phase:
    """How far a pipeline is.

    Workflows are made some time after their pipeline, a setup workflow is followed by others, and a failed workflow may
    be rerun automatically; so "every workflow has ended" is not yet the end.

    Args:
        pipeline: The pipeline.
        workflows: Its workflows.
        until_on_hold: Whether a workflow has gone far enough when it waits for a person.
    """
    for workflow in workflows:
        if not has_ended(workflow) and not (until_on_hold and workflow.status == "on_hold"):
            return Phase.GOING_ON
    return _phase_behind(pipeline, workflows)


def phase_once_canceled(pipeline: Pipeline, workflows: Sequence[Workflow]) -> Phase:
    """How far a pipeline is when those of its workflows that go on have just been cancelled.

    One may have ended by itself at the same moment, and what follows it may be on its way.
    """
    phase = _phase_behind(pipeline, workflows)
    return phase if phase is not Phase.ENDED or all(map(has_ended, workflows)) else Phase.UNCONFIRMED


def _phase_behind(pipeline: Pipeline, workflows: Sequence[Workflow]) -> Phase:
    """How far a pipeline is, whose workflows have all gone far enough."""
    if pipeline.state == "errored":
        return Phase.ENDED
    last = oldest_first(workflows)[-1] if workflows else None
    if last is not None and last.tag == "setup" and last.status != "success":
        return Phase.EXPECTING if _is_rerun_due(last) else Phase.ENDED
    if pipeline.state not in _FINAL_PIPELINE_STATES:
        return Phase.GOING_ON
    if last is None or last.tag == "setup" or any(map(_is_rerun_due, newest_of_each_name(workflows))):
        return Phase.EXPECTING
    return Phase.ENDED if _has_gone_on_for_a_while(workflows) else Phase.UNCONFIRMED


def _has_gone_on_for_a_while(workflows: Sequence[Workflow]) -> bool:
    """Whether the newest workflow was there so long before the last one ended that no other can have been on its way."""
    last_end = max((workflow.stopped_at for workflow in workflows if workflow.stopped_at is not None), default=None)
    return last_end is not None and last_end - max(map(_creation, workflows)) >= _A_WHILE


def _severity(status: str) -> int:
    """Worst first. A status that nobody knows yet is worse than success, and better than a known failure."""
    if status in _FAILING:
        return _FAILING.index(status)
    return len(_FAILING) + (1 + _NOT_FAILING.index(status) if status in _NOT_FAILING else 0)


def _is_rerun_due(workflow: Workflow) -> bool:
    return workflow.status == "failed" and (workflow.auto_rerun_number or 0) < (workflow.max_auto_reruns or 0)
