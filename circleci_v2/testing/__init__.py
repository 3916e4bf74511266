"""A fake CircleCI for tests: the complete API on the local machine, in process or over a socket.

Names are imported on first use because pytest loads the plugin of this package in every run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from circleci_v2._lazy import lazy_names

if TYPE_CHECKING:
    from circleci_v2.testing.clock import EPOCH, Clock
    from circleci_v2.testing.deliveries import WebhookDelivery
    from circleci_v2.testing.dispatch import RequestChecks, Spelling
    from circleci_v2.testing.fake import FakeCircleCI
    from circleci_v2.testing.faults import FakeRateLimit, Faults
    from circleci_v2.testing.messages import FakeRequest, FakeResponse, Journal, JournalEntry
    from circleci_v2.testing.state.plans import (
        ArtifactFile,
        JobPlan,
        StepPlan,
        TestResult,
        UnknownValue,
        WorkflowPlan,
    )
    from circleci_v2.testing.state.resources import PolicyDecision

__all__ = [
    "EPOCH",
    "ArtifactFile",
    "Clock",
    "FakeCircleCI",
    "FakeRateLimit",
    "FakeRequest",
    "FakeResponse",
    "Faults",
    "JobPlan",
    "Journal",
    "JournalEntry",
    "PolicyDecision",
    "RequestChecks",
    "Spelling",
    "StepPlan",
    "TestResult",
    "UnknownValue",
    "WebhookDelivery",
    "WorkflowPlan",
]

__getattr__ = lazy_names(
    __name__,
    globals(),
    {
        "EPOCH": ".clock",
        "Clock": ".clock",
        "WebhookDelivery": ".deliveries",
        "RequestChecks": ".dispatch",
        "Spelling": ".dispatch",
        "FakeCircleCI": ".fake",
        "FakeRateLimit": ".faults",
        "Faults": ".faults",
        "FakeRequest": ".messages",
        "FakeResponse": ".messages",
        "Journal": ".messages",
        "JournalEntry": ".messages",
        "ArtifactFile": ".state.plans",
        "JobPlan": ".state.plans",
        "StepPlan": ".state.plans",
        "TestResult": ".state.plans",
        "UnknownValue": ".state.plans",
        "WorkflowPlan": ".state.plans",
        "PolicyDecision": ".state.resources",
    },
)


def __dir__() -> list[str]:
    return sorted(__all__)
