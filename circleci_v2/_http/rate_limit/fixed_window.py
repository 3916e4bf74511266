"""Published limits: the few that CircleCI states. They are kept from the first call on, without a refusal to learn from.

Creating usage exports is limited to 10 per hour and organization:
https://circleci.com/docs/api/v2/#tag/Usage/operation/createUsageExport
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

import attrs

__all__ = ["PUBLISHED_LIMITS", "PublishedLimit", "PublishedLimits", "kept_by_caller"]

_kept_by_caller: ContextVar[bool] = ContextVar("circleci_v2_published_limits_kept_by_caller", default=False)


@attrs.frozen
class PublishedLimit:
    """So many calls in any so many seconds.

    Attributes:
        calls: How many.
        seconds: In how many seconds.
    """

    calls: int
    seconds: float


PUBLISHED_LIMITS: Final[Mapping[str, PublishedLimit]] = {"createUsageExport": PublishedLimit(10, 3600.0)}
"""By operation id; each holds for one address, which names the organization."""


class PublishedLimits:
    """Counts the calls that were sent.

    Args:
        limits: The limits, by operation id.
    """

    def __init__(self, limits: Mapping[str, PublishedLimit]) -> None:
        self._limits = limits
        self._sent: defaultdict[tuple[str, str], deque[float]] = defaultdict(deque)

    def of(self, operation_id: str | None) -> PublishedLimit | None:
        """The limit of an operation that is to be kept here; None for nearly all."""
        limit = self._limits.get(operation_id) if operation_id else None
        return None if limit is None or _kept_by_caller.get() else limit

    def take(self, operation_id: str, path: str, now: float) -> float:
        """Count a call that is to be sent now, if it may be.

        Returns:
            0, or the seconds until it may be sent; then it was not counted.
        """
        limit, sent = self._limits[operation_id], self._sent[operation_id, path]
        while sent and sent[0] + limit.seconds <= now:
            sent.popleft()
        if len(sent) >= limit.calls:
            return sent[0] + limit.seconds - now
        sent.append(now)
        return 0.0

    def give_back(self, operation_id: str, path: str, taken_at: float) -> None:
        """A call that was counted then cannot have reached CircleCI."""
        sent = self._sent[operation_id, path]
        # The hour may have passed meanwhile.
        if taken_at in sent:
            sent.remove(taken_at)


@contextmanager
def kept_by_caller() -> Generator[None, None, None]:
    """Keep no published limit inside the block: who calls keeps them, by a clock of its own."""
    before = _kept_by_caller.set(True)
    try:
        yield
    finally:
        _kept_by_caller.reset(before)
