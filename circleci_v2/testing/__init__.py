"""A fake CircleCI for tests: the API on the user's own machine, over a socket or in process."""

from __future__ import annotations

from circleci_v2.testing.clock import EPOCH, Clock
from circleci_v2.testing.deliveries import WebhookDelivery
from circleci_v2.testing.fake import FakeCircleCI
from circleci_v2.testing.faults import Faults
from circleci_v2.testing.journal import Entry, Journal
from circleci_v2.testing.messages import Answer, Call
from circleci_v2.testing.rate_limits import RateLimit
from circleci_v2.testing.state.plans import ArtifactFile, JobPlan, TestResult, WorkflowPlan

__all__ = [
    "EPOCH",
    "Answer",
    "ArtifactFile",
    "Call",
    "Clock",
    "Entry",
    "FakeCircleCI",
    "Faults",
    "JobPlan",
    "Journal",
    "RateLimit",
    "TestResult",
    "WebhookDelivery",
    "WorkflowPlan",
]
