"""FixedWindowLimiter: the limits that CircleCI publishes, kept from the first call on without provoking a rejection.

There are two: creating usage exports and requesting their state are limited to 10 per hour and organization each, see
https://circleci.com/docs/api/v2/#tag/Usage/operation/createUsageExport and .../getUsageExport. (An older document allows
10 requests for the state per minute; `circleci_v2.policies.RateLimitPolicy` can switch the limits off.)
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final, NamedTuple

__all__ = ["PUBLISHED_LIMITS", "FixedWindow", "FixedWindowLimiter", "WindowFullError", "bypass", "organization_of"]

_bypassed: ContextVar[bool] = ContextVar("circleci_v2_published_limits_bypassed", default=False)


class FixedWindow(NamedTuple):
    """A maximum number of calls in any interval of a fixed length.

    Attributes:
        calls: The number of calls.
        seconds: The length of the interval.
    """

    calls: int
    seconds: float


PUBLISHED_LIMITS: Final[Mapping[str, FixedWindow]] = {
    "createUsageExport": FixedWindow(10, 3600.0),
    "getUsageExport": FixedWindow(10, 3600.0),
}
"""The limits by operation id. Each applies per organization."""


class WindowFullError(Exception):
    """A published limit delays a call for longer than it may wait.

    Attributes:
        seconds: The delay.
        window: The limit.
    """

    def __init__(self, seconds: float, window: FixedWindow) -> None:
        super().__init__(seconds)
        self.seconds = seconds
        self.window = window


_EXPORTS_OF_AN_ORGANIZATION: Final = "/usage_export_job"


class FixedWindowLimiter:
    """A log of calls per operation and organization, against windows of fixed length.

    CircleCI does not say when its hour begins, so the window slides: no interval of that length ever holds more calls
    than allowed, whichever hour is meant.

    Args:
        windows: The limits, by operation id.

    Attributes:
        windows: The limits, by operation id.
        calls: The times of the counted calls, by operation and organization.
    """

    def __init__(self, windows: Mapping[str, FixedWindow]) -> None:
        self.windows = windows
        self.calls: defaultdict[tuple[str, str], deque[float]] = defaultdict(deque)

    def window_for(self, operation_id: str | None) -> FixedWindow | None:
        """Return the limit to keep for an operation; None without one, or inside `bypass`."""
        return None if operation_id is None or _bypassed.get() else self.windows.get(operation_id)

    async def acquire(
        self,
        operation_id: str,
        path: str,
        *,
        now: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
        remaining: Callable[[float], float],
    ) -> float | None:
        """Wait until a call may be sent, and count it.

        Args:
            operation_id: The operation.
            path: The path of the call.
            now: Returns the current time.
            sleep: Waits for a number of seconds.
            remaining: Returns the seconds that the call may wait, for the current time.

        Returns:
            When the call was counted; None if no limit applies.

        Raises:
            WindowFullError: The call would have to wait for longer.
        """
        window = self.window_for(operation_id)
        if window is None:
            return None
        while seconds := await self._count(operation_id, path, counted_at := now()):
            if seconds > remaining(counted_at):
                raise WindowFullError(seconds, window)
            await sleep(seconds)
        return counted_at

    async def _count(self, operation_id: str, path: str, now: float) -> float:
        """Do the same as `try_acquire`, which several processes may have to agree on."""
        return self.try_acquire(operation_id, path, now)

    def try_acquire(self, operation_id: str, path: str, now: float) -> float:
        """Count a call that is sent now, if it may be.

        Args:
            operation_id: The operation; it must have a limit.
            path: The path of the call.
            now: The current time.

        Returns:
            0 if the call was counted; otherwise the seconds until it may be sent.
        """
        window, calls = self.windows[operation_id], self.calls[operation_id, organization_of(path)]
        while calls and calls[0] + window.seconds <= now:
            calls.popleft()
        if len(calls) >= window.calls:
            return calls[0] + window.seconds - now
        calls.append(now)
        return 0.0

    def release(self, operation_id: str, path: str, acquired_at: float) -> None:
        """Uncount a call that cannot have reached CircleCI.

        Args:
            operation_id: The operation.
            path: The path of the call.
            acquired_at: When it was counted.
        """
        calls = self.calls[operation_id, organization_of(path)]
        # It may have left the window meanwhile.
        if acquired_at in calls:
            calls.remove(acquired_at)


def organization_of(path: str) -> str:
    """Return the part of a path that names the organization, and not the export."""
    return path.partition(_EXPORTS_OF_AN_ORGANIZATION)[0]


@contextmanager
def bypass() -> Generator[None, None, None]:
    """Do not apply published limits inside the block; for callers that keep them by a clock of their own."""
    token = _bypassed.set(True)
    try:
        yield
    finally:
        _bypassed.reset(token)
