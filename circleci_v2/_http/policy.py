"""Decisions about retries and rate limits, without any I/O: what is random or takes time is an argument."""

from __future__ import annotations

import attrs

__all__ = ["RateLimit", "RateLimitPolicy", "RetryPolicy"]


@attrs.frozen(kw_only=True)
class RateLimit:
    """The budget that the headers of an answer tell.

    Attributes:
        limit: Requests in a window.
        remaining: Requests left in it.
        reset: Seconds until the window starts anew.
    """

    limit: int | None = None
    remaining: int | None = None
    reset: float | None = None


@attrs.frozen(kw_only=True)
class RateLimitPolicy:
    """How the client keeps within CircleCI's rate limits."""

    enabled: bool = True


@attrs.frozen(kw_only=True)
class RetryPolicy:
    """When and how often a request is sent again."""

    max_retries: int = 4
