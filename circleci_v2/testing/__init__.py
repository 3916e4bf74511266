"""A fake CircleCI for tests: the API on the user's own machine, over a socket or in process.

Every name is imported when it is first used: pytest loads the plugin of this package in every run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from circleci_v2._wire.lazy import lazy_names

if TYPE_CHECKING:
    from circleci_v2.testing.clock import EPOCH, Clock
    from circleci_v2.testing.deliveries import WebhookDelivery
    from circleci_v2.testing.fake import FakeCircleCI
    from circleci_v2.testing.faults import Faults
    from circleci_v2.testing.journal import Entry, Journal
    from circleci_v2.testing.messages import Answer, Call
    from circleci_v2.testing.rate_limits import RateLimit
    from circleci_v2.testing.state.decisions import PolicyDecision
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
    "PolicyDecision",
    "RateLimit",
    "TestResult",
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
        "FakeCircleCI": ".fake",
        "Faults": ".faults",
        "Entry": ".journal",
        "Journal": ".journal",
        "Answer": ".messages",
        "Call": ".messages",
        "RateLimit": ".rate_limits",
        "PolicyDecision": ".state.decisions",
        "ArtifactFile": ".state.plans",
        "JobPlan": ".state.plans",
        "TestResult": ".state.plans",
        "WorkflowPlan": ".state.plans",
    },
)


def __dir__() -> list[str]:
    return sorted(__all__)
