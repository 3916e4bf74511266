"""Decides, without I/O, whether a pipeline has ended: from its state and the statuses of its workflows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import attrs

from circleci_v2._wire.types import maybe_datetime

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

# Both from the worst to the best status.
_FAILING: Final = ("unauthorized", "error", "failed", "failing", "canceled")
_NOT_FAILING: Final = ("on_hold", "running", "success", "not_run")
_RUNNING: Final = frozenset({"running", "failing", "on_hold"})
_FINAL_PIPELINE_STATES: Final = frozenset({"created", "errored"})
_SETTLING_TIME: Final = timedelta(seconds=60)
_UNDATED: Final = datetime.max.replace(tzinfo=UTC)


@attrs.frozen(kw_only=True)
class PipelineResult:
    """A pipeline and its workflows at the end of the wait.

    Attributes:
        pipeline: The pipeline; its `errors` say why when its state is ``errored``.
        workflows: All its workflows, reruns included, oldest first.
    """

    pipeline: Pipeline
    workflows: Sequence[Workflow]

    @property
    def status(self) -> str:
        """The result in one word.

        ``errored`` when the pipeline could not be set up, ``no_workflows`` when it has none, else the worst status of
        its workflows. Of workflows with the same name only the newest counts, because it is the rerun of the others.
        From the worst: ``unauthorized``, ``error``, ``failed``, ``failing``, ``canceled``, ``on_hold``, ``running``,
        ``success``, and ``not_run`` when nothing ran at all.
        """
        if self.pipeline.state == "errored":
            return "errored"
        statuses = [str(workflow.status) for workflow in newest_of_each_name(self.workflows)]
        return min(statuses, key=_severity, default="no_workflows")

    @property
    def succeeded(self) -> bool:
        """Whether every workflow that ran succeeded, and at least one ran."""
        return self.status == "success"

    @property
    def messages(self) -> list[str]:
        """CircleCI's messages why the pipeline could not be set up; empty unless `status` is ``errored``."""
        return [error.message for error in self.pipeline.errors or ()]

    def to_dict(self) -> dict[str, Any]:
        """Return the result as JSON types; models as CircleCI sent them."""
        return {
            "status": self.status,
            "succeeded": self.succeeded,
            "messages": self.messages,
            "pipeline": self.pipeline.to_dict(),
            "workflows": [workflow.to_dict() for workflow in self.workflows],
        }


@attrs.frozen(kw_only=True)
class StateChange:
    """A change of the state of a pipeline or of the status of one of its workflows.

    Attributes:
        pipeline: The pipeline; None when waiting for a single workflow.
        workflow: The workflow whose status changed; None when the state of the pipeline changed.
        before: The previous state; None when the pipeline or workflow is new.
        after: The new state.
    """

    pipeline: Pipeline | None
    workflow: Workflow | None
    before: str | None
    after: str


class Phase(Enum):
    """How far a pipeline has come, as seen from outside."""

    RUNNING = "running"
    MORE_EXPECTED = "every workflow has ended, but another one must follow"
    UNCONFIRMED = "every workflow has ended, but so recently that another one may be about to appear"
    ENDED = "ended"


def has_ended(workflow: Workflow) -> bool:
    """Return whether the status of a workflow is final.

    A status that this library does not know counts as final once the workflow has a `stopped_at`.
    """
    if workflow.status in _RUNNING:
        return False
    return workflow.status in _FAILING or workflow.status in _NOT_FAILING or workflow.stopped_at is not None


def is_failing(workflows: Iterable[Workflow]) -> bool:
    """Return whether the workflows can no longer all succeed, unless one is rerun."""
    return any(workflow.status in _FAILING for workflow in newest_of_each_name(workflows))


def newest_of_each_name(workflows: Iterable[Workflow]) -> list[Workflow]:
    """Return the last run of each workflow: a rerun is a new workflow with the same name."""
    return list({workflow.name: workflow for workflow in oldest_first(workflows)}.values())


def oldest_first(workflows: Iterable[Workflow]) -> list[Workflow]:
    """Sort workflows by their creation; one without a time of creation counts as the newest."""
    return sorted(workflows, key=_creation)


def _creation(workflow: Workflow) -> datetime:
    return maybe_datetime(workflow.created_at) or _UNDATED


def phase_of(pipeline: Pipeline, workflows: Sequence[Workflow], *, left_on_hold: Collection[UUID] = ()) -> Phase:
    """Return the phase of a pipeline.

    Workflows appear some time after their pipeline, a setup workflow is followed by others, and a failed workflow may
    be rerun automatically; so "every workflow has ended" alone does not mean that the pipeline has.

    Args:
        pipeline: The pipeline.
        workflows: Its workflows.
        left_on_hold: The workflows on hold that count as ended. Default: none.
    """
    for workflow in workflows:
        if not has_ended(workflow) and workflow.id not in left_on_hold:
            return Phase.RUNNING
    return _phase_after(pipeline, workflows)


def phase_once_canceled(pipeline: Pipeline, workflows: Sequence[Workflow]) -> Phase:
    """Return the phase of a pipeline whose running workflows have just been cancelled.

    One of them may have ended by itself just before, so that its successor may still appear.
    """
    phase = _phase_after(pipeline, workflows)
    return phase if phase is not Phase.ENDED or all(map(has_ended, workflows)) else Phase.UNCONFIRMED


def _phase_after(pipeline: Pipeline, workflows: Sequence[Workflow]) -> Phase:
    """Return the phase of a pipeline whose workflows all count as ended."""
    if pipeline.state == "errored":
        return Phase.ENDED
    last = oldest_first(workflows)[-1] if workflows else None
    if last is not None and last.tag == "setup" and last.status != "success":
        return Phase.MORE_EXPECTED if _is_rerun_due(last) else Phase.ENDED
    if pipeline.state not in _FINAL_PIPELINE_STATES:
        return Phase.RUNNING
    if last is None or last.tag == "setup" or any(map(_is_rerun_due, newest_of_each_name(workflows))):
        return Phase.MORE_EXPECTED
    return Phase.ENDED if _is_settled(workflows) else Phase.UNCONFIRMED


def _is_settled(workflows: Sequence[Workflow]) -> bool:
    """Return whether the newest workflow existed so long before the last end that no other can be about to appear."""
    ends = [end for workflow in workflows if (end := maybe_datetime(workflow.stopped_at)) is not None]
    last_end = max(ends, default=None)
    return last_end is not None and last_end - max(map(_creation, workflows)) >= _SETTLING_TIME


def _severity(status: str) -> int:
    """Sort key, worst first. An unknown status is worse than success and better than a known failure."""
    if status in _FAILING:
        return _FAILING.index(status)
    return len(_FAILING) + (1 + _NOT_FAILING.index(status) if status in _NOT_FAILING else 0)


def _is_rerun_due(workflow: Workflow) -> bool:
    return workflow.status == "failed" and (workflow.auto_rerun_number or 0) < (workflow.max_auto_reruns or 0)
