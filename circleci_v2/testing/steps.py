"""Steps of jobs: their plans, how far each node has come with them, and their output."""

from __future__ import annotations

import json
from typing import Final

import attrs

from circleci_v2.testing.clock import rfc3339
from circleci_v2.testing.state.plans import StepPlan
from circleci_v2.testing.state.projects import FAILURES, FakeJob

__all__ = ["FakeAction", "actions_of", "output_as_json", "steps_of"]

_FIRST_NUMBERS: Final = (0, 99, 101)
"""CircleCI leaves gaps in the numbers of the first steps, so they are no positions."""

_LINES_PER_MESSAGE: Final = 50


@attrs.frozen(kw_only=True)
class FakeAction:
    """A step on one node of a job.

    Attributes:
        plan: The plan of the step.
        number: The number of the step, the same on all nodes.
        node_index: The node.
        status: ``success``, ``failed`` or ``running``.
        exit_code: The exit code; None while it runs.
        started_at: In seconds since 1970.
        stopped_at: In seconds since 1970; None while it runs.
    """

    plan: StepPlan
    number: int
    node_index: int
    status: str
    exit_code: int | None
    started_at: float
    stopped_at: float | None


def steps_of(job: FakeJob) -> tuple[StepPlan, ...]:
    """Return the planned steps of a job, or else typical ones that fit its outcome and its failed tests."""
    if job.plan.steps:
        return job.plan.steps
    failed = job.outcome_planned in FAILURES
    return (
        StepPlan(name="Spin up environment", output=f"Build-agent version 1.0\n{job.plan.executor} is ready\n"),
        StepPlan(name="Checkout code", output="Cloning git repository\nHEAD is now at the commit of the pipeline\n"),
        StepPlan(
            name=f"Run {job.name}",
            output=_output(job, failed=failed),
            exit_code=1 if failed else 0,
            seconds=max(1.0, job.plan.seconds - 2),
        ),
    )


def _output(job: FakeJob, *, failed: bool) -> str:
    tests = job.tests()
    lines = [f"$ make {job.name}"]
    lines += [f"{test.file or test.classname}::{test.name} {test.result.upper()}" for test in tests]
    for test in tests:
        if test.result in {"failure", "error"}:
            lines += ["", f"\x1b[31m_____ {test.name} _____\x1b[0m", "", *test.message.splitlines()]
    if failed:
        lines += ["", f"make: *** [{job.name}] Error 1", "Exited with code exit status 1"]
    return "\n".join(lines) + "\n"


def actions_of(job: FakeJob, position: int, now: float) -> list[FakeAction]:
    """Return the step at a position on each node that has come that far."""
    if job.started_at is None or not job.started(now):
        return []
    steps = steps_of(job)
    plan, number = steps[position], _number(position)
    started_at = job.started_at + sum(step.seconds for step in steps[:position])
    end = job.stopped_at if job.stopped_at is not None and job.stopped_at <= now else now
    if started_at > end:
        return []
    stopped_at = started_at + plan.seconds
    actions: list[FakeAction] = []
    for node in range(job.plan.parallelism):
        if any(step.exit_code not in {0, None} and step.node_index == node for step in steps[:position]):
            continue  # a node runs nothing after a step that failed
        failed = plan.exit_code not in {0, None} and plan.node_index == node
        running = stopped_at > now and not job.ended(now)
        status = "running" if running else "failed" if failed else "success"
        exit_code = None if running else plan.exit_code if failed or plan.exit_code is None else 0
        actions.append(
            FakeAction(
                plan=plan,
                number=number,
                node_index=node,
                status=status,
                exit_code=exit_code,
                started_at=started_at,
                stopped_at=None if running else min(stopped_at, end),
            )
        )
    return actions


def _number(position: int) -> int:
    if position < len(_FIRST_NUMBERS):
        return _FIRST_NUMBERS[position]
    return _FIRST_NUMBERS[-1] + position - len(_FIRST_NUMBERS) + 1


def output_as_json(job: FakeJob, node_index: int, number: int) -> bytes:
    """Return the output of a step as the storage holds it: a JSON array of messages.

    Args:
        job: The job.
        node_index: The node; all nodes write the same.
        number: The number of the step.
    """
    del node_index
    plan = next((plan for position, plan in enumerate(steps_of(job)) if _number(position) == number), None)
    if plan is None:
        return b"[]"
    messages: list[dict[str, str]] = []
    for kind, text in (("out", plan.output), ("err", plan.error_output)):
        lines = text.splitlines(keepends=True)
        for start in range(0, len(lines), _LINES_PER_MESSAGE):
            message = "".join(lines[start : start + _LINES_PER_MESSAGE])
            messages.append({"message": message, "time": rfc3339(job.started_at or 0.0), "type": kind})
    return json.dumps(messages).encode()
