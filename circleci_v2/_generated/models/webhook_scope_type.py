"""WebhookScopeType."""

from __future__ import annotations

from typing import TYPE_CHECKING

from circleci_v2._wire.types import OpenStrEnum

__all__ = ["WebhookScopeType"]


class WebhookScopeType(OpenStrEnum):
    """Type of the scope of a webhook.

    `project` is the only value so far: there are no webhooks for an entire organization.
    """

    PROJECT = "project"

    if TYPE_CHECKING:
        # Stands for all other values, so that a `match` that handles each published value is not taken for complete.
        _UNPUBLISHED = str()
