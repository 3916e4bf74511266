"""Webhooks: tell real deliveries from forged ones, read them, and handle each one once.

A receiver in any framework is four steps::

    verify(body, request.headers.get(SIGNATURE_HEADER), secret)  # raises unless CircleCI signed exactly these bytes
    event = parse(body)
    with deduplicator.claim(event.id) as is_new:
        if is_new and isinstance(event, WorkflowCompleted): ...

Nothing here does I/O or needs a web framework; ``examples/webhooks/`` has complete receivers for Starlette, FastAPI and
aiohttp.
"""

from __future__ import annotations

from circleci_v2.webhooks.deduplication import Deduplicator
from circleci_v2.webhooks.entities import (
    Commit,
    Job,
    Organization,
    Person,
    Pipeline,
    Project,
    Subscription,
    Trigger,
    TriggerEvent,
    TriggerParameters,
    VersionControl,
    Workflow,
)
from circleci_v2.webhooks.events import (
    Event,
    JobCompleted,
    Ping,
    RunEvent,
    UnknownEvent,
    WorkflowCompleted,
    parse,
)
from circleci_v2.webhooks.signatures import EVENT_TYPE_HEADER, SIGNATURE_HEADER, sign, verify

__all__ = [
    "EVENT_TYPE_HEADER",
    "SIGNATURE_HEADER",
    "Commit",
    "Deduplicator",
    "Event",
    "Job",
    "JobCompleted",
    "Organization",
    "Person",
    "Ping",
    "Pipeline",
    "Project",
    "RunEvent",
    "Subscription",
    "Trigger",
    "TriggerEvent",
    "TriggerParameters",
    "UnknownEvent",
    "VersionControl",
    "Workflow",
    "WorkflowCompleted",
    "parse",
    "sign",
    "verify",
]
