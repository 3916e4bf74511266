"""Webhooks: verify the signature of a delivery, parse it, and handle each event once.

A receiver in any framework has four steps::

    verify(body, request.headers.get(SIGNATURE_HEADER), secret)  # raises unless CircleCI signed exactly these bytes
    event = parse(body)
    with deduplicator.claim(event.id) as is_new:
        if is_new and isinstance(event, WorkflowCompleted): ...

This package does no I/O and needs no web framework; ``examples/webhooks/`` has complete receivers for Starlette, FastAPI
and aiohttp.
"""

from __future__ import annotations

from circleci_v2.webhooks.events import (
    Commit,
    Job,
    JobCompleted,
    Organization,
    Person,
    Ping,
    Pipeline,
    Project,
    RunEvent,
    Subscription,
    Trigger,
    TriggerEvent,
    TriggerParameters,
    UnknownEvent,
    VersionControl,
    WebhookEvent,
    Workflow,
    WorkflowCompleted,
    parse,
)
from circleci_v2.webhooks.receiving import EVENT_TYPE_HEADER, SIGNATURE_HEADER, Deduplicator, sign, verify

__all__ = [
    "EVENT_TYPE_HEADER",
    "SIGNATURE_HEADER",
    "Commit",
    "Deduplicator",
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
    "WebhookEvent",
    "Workflow",
    "WorkflowCompleted",
    "parse",
    "sign",
    "verify",
]
