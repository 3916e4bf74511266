"""Trigger a pipeline and wait for its end; wait for a pipeline or a workflow that was started elsewhere.

The client offers these functions as methods, with itself as the first argument:
``await circleci.trigger_and_wait("gh/acme/web", branch="main", timeout=1800)``.
"""

from __future__ import annotations

from circleci_v2.waiting.actions import approve
from circleci_v2.waiting.polling import Decision, OnHold, Polling, WaitOptions
from circleci_v2.waiting.states import PipelineResult, StateChange
from circleci_v2.waiting.waits import (
    TriggerRoute,
    rerun_and_wait,
    trigger_and_wait,
    wait_for_pipeline,
    wait_for_workflow,
)

__all__ = [
    "Decision",
    "OnHold",
    "PipelineResult",
    "Polling",
    "StateChange",
    "TriggerRoute",
    "WaitOptions",
    "approve",
    "rerun_and_wait",
    "trigger_and_wait",
    "wait_for_pipeline",
    "wait_for_workflow",
]
