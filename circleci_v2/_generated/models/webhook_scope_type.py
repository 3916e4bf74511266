"""WebhookScopeType."""

from __future__ import annotations

from circleci_v2._wire.types import OpenStrEnum

__all__ = ["WebhookScopeType"]


class WebhookScopeType(OpenStrEnum):
    """Type of the scope of a webhook.

    `project` is the only value so far: there are no webhooks for an entire organization.
    """

    PROJECT = "project"
