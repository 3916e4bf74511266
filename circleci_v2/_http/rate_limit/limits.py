"""Limits: the rate limits of one client, which it keeps alone or shares with other processes through a store."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from circleci_v2._http.lifecycle import SessionClock
from circleci_v2._http.rate_limit.budget import budget_for
from circleci_v2._http.rate_limit.fixed_window import PUBLISHED_LIMITS, FixedWindowLimiter
from circleci_v2._http.rate_limit.limiter import Limiter
from circleci_v2.config import Settings

if TYPE_CHECKING:
    from circleci_v2._http.rate_limit.shared import SharedLimits

__all__ = ["Limits"]


class Limits:
    """The rate limits of one client.

    Args:
        settings: The settings of the client.
        clock: The time.
        token: Returns the token, of which the key of the shared state is a hash; called only with a store.
        on_outage: Called with the error when the store cannot be reached, and with None when it is back.

    Attributes:
        limiter: Grants permits.
        published: Keeps the limits that CircleCI publishes.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        clock: SessionClock,
        token: Callable[[], Awaitable[str]],
        on_outage: Callable[[Exception | None], None],
    ) -> None:
        policy, concurrency = settings.rate_limit, settings.max_concurrency
        self._shared: SharedLimits | None = None
        if policy.store is None:
            self.published = FixedWindowLimiter(PUBLISHED_LIMITS if policy.enabled else {})
            self.limiter = Limiter(max_concurrency=concurrency, clock=clock, new_budget=lambda _: budget_for(policy))
            return
        from circleci_v2._http.rate_limit.shared import SharedLimits  # noqa: PLC0415 - most programs are alone

        self._shared = SharedLimits(settings, policy.store, clock=clock, token=token, on_outage=on_outage)
        self.published = self._shared.windows
        self.limiter = self._shared.new_limiter(max_concurrency=concurrency)

    async def aclose(self) -> None:
        """Give back what is shared, once no request is in flight."""
        if self._shared is not None:
            await self._shared.aclose()
