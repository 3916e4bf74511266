"""Events: what a delivery says, typed as far as it goes and kept whole beyond that.

CircleCI calls the maps of its deliveries open: fields come without notice, and live deliveries leave out or null what
the reference promises. So every value may be None, and ``raw`` holds each map as it came. The maps that all deliveries
of a type have are objects even when one was missing, so that ``event.workflow.name`` needs no guard; ``vcs``,
``commit`` and ``trigger_parameters`` are None when absent, because their absence says something.

Source: https://circleci.com/docs/webhooks-reference/ and recorded deliveries.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import attrs

from circleci_v2.errors import DecodeError
from circleci_v2.webhooks.entities import Job, Organization, Pipeline, Project, Subscription, Workflow
from circleci_v2.webhooks.open_map import OpenMap, Raw, as_map, is_map

__all__ = ["Event", "JobCompleted", "Ping", "RunEvent", "UnknownEvent", "WorkflowCompleted", "parse"]


@attrs.frozen(kw_only=True)
class Event(OpenMap):
    """What every delivery has.

    Attributes:
        id: The same for every delivery of one event: the key for `Deduplicator`.
        type: CircleCI's name of the event, for example ``workflow-completed``.
        happened_at: When it happened, which is not when it was delivered.
        webhook: The webhook that it was sent for.
    """

    id: str | None = None
    type: str | None = None
    happened_at: datetime | None = None
    webhook: Subscription = attrs.field(factory=Subscription)


@attrs.frozen(kw_only=True)
class RunEvent(Event):
    """What events about runs of a project have in common.

    Attributes:
        project: The project that ran something.
        organization: The organization of the project.
        pipeline: The pipeline that it ran in, with what was built.
        workflow: The workflow that has ended, or whose job has.
    """

    project: Project = attrs.field(factory=Project)
    organization: Organization = attrs.field(factory=Organization)
    pipeline: Pipeline = attrs.field(factory=Pipeline)
    workflow: Workflow = attrs.field(factory=Workflow)


@attrs.frozen(kw_only=True)
class WorkflowCompleted(RunEvent):
    """``workflow-completed``: a workflow came to an end, whatever the end."""


@attrs.frozen(kw_only=True)
class JobCompleted(RunEvent):
    """``job-completed``: a job came to an end, whatever the end; its workflow may still be running.

    Attributes:
        job: The job.
    """

    job: Job = attrs.field(factory=Job)


@attrs.frozen(kw_only=True)
class Ping(Event):
    """``ping``: someone tests the webhook at CircleCI."""


@attrs.frozen(kw_only=True)
class UnknownEvent(Event):
    """An event of a type that this library does not know; everything it says is in ``raw``. Answer it with 2xx."""


_EVENT_TYPES: Mapping[str, type[Event]] = {
    "workflow-completed": WorkflowCompleted,
    "job-completed": JobCompleted,
    "ping": Ping,
}


def parse(body: bytes) -> Event:
    """Read a delivery. Verify its signature first: this function believes what it reads.

    Args:
        body: The raw body, JSON in UTF-8.

    Returns:
        `WorkflowCompleted`, `JobCompleted`, `Ping`, or `UnknownEvent` for every other type.

    Raises:
        DecodeError: The body is not a JSON object.
    """
    raw = _load(body)
    kind = raw.get("type")
    return _EVENT_TYPES.get(kind, UnknownEvent).read(raw) if isinstance(kind, str) else UnknownEvent.read(raw)


def _load(body: bytes) -> Raw:
    try:
        # Decoding here keeps json from guessing UTF-16 and UTF-32, which CircleCI never sends.
        value: Any = json.loads(body.decode())
    except (ValueError, RecursionError) as error:
        msg = f"the delivery is not JSON: {error}"
        raise DecodeError(msg) from error
    if not is_map(value):
        msg = f"the delivery is a JSON {type(value).__name__}, not an object"
        raise DecodeError(msg)
    return as_map(value)
