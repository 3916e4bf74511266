"""Asking again and again until something has happened, with a deadline."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Generator, Iterator
from contextlib import contextmanager
from typing import TypeVar

import anyio
import attrs

from circleci_v2.errors import (
    APIConnectionError,
    APIError,
    CircleCIError,
    ConfigurationError,
    NotFoundError,
    PaginationError,
    RateLimitError,
    ServerError,
    WaitTimeoutError,
)

__all__ = ["Polling", "Watch"]

T = TypeVar("T")


@attrs.frozen(kw_only=True)
class Polling:
    """How often to ask, and how patient to be. The intervals are those of CircleCI's own command line.

    Attributes:
        interval: Seconds to the second look. Default: 5.
        max_interval: Seconds that the pauses grow to. Default: 30.
        growth: Each pause is so many times the one before. Default: 1.5.
        jitter: The share by which a pause is randomly longer or shorter, so that many waits do not ask in step.
            Default: 0.1.
        grace: Seconds that something new may stay invisible. So long a 404 is not believed, a pipeline may have no
            workflow yet, and a setup workflow no successor. Default: 60.
        clock: Tells the time in seconds; only differences matter. Default: that of the event loop.
        sleep: Waits so many seconds. Default: that of the event loop.
        random: Gives a number from 0 to 1. Default: `random.random`.

    Raises:
        ConfigurationError: A number makes no sense; the message says what is needed.
    """

    interval: float = 5.0
    max_interval: float = 30.0
    growth: float = 1.5
    jitter: float = 0.1
    grace: float = 60.0
    clock: Callable[[], float] = attrs.field(default=anyio.current_time, repr=False)
    sleep: Callable[[float], Awaitable[object]] = attrs.field(default=anyio.sleep, repr=False)
    random: Callable[[], float] = attrs.field(default=random.random, repr=False)

    def __attrs_post_init__(self) -> None:
        for name, ok in (
            ("interval", self.interval > 0),
            ("max_interval", self.max_interval >= self.interval),
            ("growth", self.growth >= 1),
            ("jitter", 0 <= self.jitter < 1),
            ("grace", self.grace >= 0),
        ):
            if not ok:
                msg = (
                    f"Polling({name}={getattr(self, name)!r}) cannot be: interval > 0, max_interval >= interval, "
                    "growth >= 1, 0 <= jitter < 1 and grace >= 0 are needed."
                )
                raise ConfigurationError(msg)

    def pauses(self) -> Iterator[float]:
        """Seconds between one look and the next, for ever."""
        pause = self.interval
        while True:
            yield pause * (1 + self.jitter * (2 * self.random() - 1))
            pause = min(pause * self.growth, self.max_interval)


class Watch:
    """One wait: looks until there is an answer or the deadline has passed.

    What may pass by itself does not end it: a lost connection, a failing or slow server, a rate limit, and for a while a
    404.
    Only the very first look is not forgiven a failure (but a 404), so that a wrong address is told at once.

    Args:
        timeout: Seconds until the deadline, from now.
        polling: How often to look.

    Raises:
        ConfigurationError: The timeout is not positive.
    """

    def __init__(self, *, timeout: float, polling: Polling) -> None:
        if not timeout > 0:
            msg = (
                f"timeout={timeout!r}: a wait needs a positive number of seconds; the pipeline may never end by itself."
            )
            raise ConfigurationError(msg)
        self._timeout = timeout
        self._polling = polling
        self._start = polling.clock()
        self._answered = False
        self._unforgiven: CircleCIError | None = None
        self._telling = False

    @property
    def elapsed(self) -> float:
        """Seconds since the wait began."""
        return self._polling.clock() - self._start

    def trust(self) -> None:
        """Forgive failures from now on, because CircleCI has answered something."""
        self._answered = True

    @contextmanager
    def unforgiving(self) -> Generator[None, None, None]:
        """What the block raises ends the wait, since it is `on_change` and no look at CircleCI that fails there."""
        self._telling = True
        try:
            yield
        except CircleCIError as error:
            self._unforgiven = error
            raise
        self._telling = False

    async def until(self, look: Callable[[], Awaitable[T | None]], *, subject: str, seen: Callable[[], object]) -> T:
        """Look until the answer is not None.

        Args:
            look: Asks CircleCI; None means that it is not yet time.
            subject: What is waited for, for the message of the timeout.
            seen: What was seen last, for `WaitTimeoutError.seen` and its message.

        Raises:
            WaitTimeoutError: The deadline has passed.
            CircleCIError: A look failed in a way that does not pass by itself.
        """
        failure: CircleCIError | None = None
        for pause in self._polling.pauses():
            asked_for = 0.0
            # A look that begins at the deadline, the last one, needs its time too.
            with anyio.move_on_after(max(self._timeout - self.elapsed, self._polling.interval)):
                try:
                    failure = None
                    answer = await look()
                    if answer is not None:
                        return answer
                    self.trust()
                except CircleCIError as error:
                    failure = error
                    asked_for = self._pause_after(error)
            left = self._timeout - self.elapsed
            if left <= 0 or asked_for > left:
                raise self._timed_out(subject, seen(), failure) from failure
            await self._polling.sleep(min(max(pause, asked_for), left))
        raise AssertionError  # pragma: no cover - the pauses never end

    def _pause_after(self, error: CircleCIError) -> float:
        """Seconds to stay away after a failure that may pass; raises every other."""
        if error is self._unforgiven:
            raise error
        cause = error.__cause__ if isinstance(error, PaginationError) else error
        if isinstance(cause, NotFoundError) and self.elapsed < self._polling.grace:
            return 0.0
        if self._answered and _passes(cause):
            return getattr(cause, "retry_after", None) or 0.0
        raise error

    def _timed_out(self, subject: str, seen: object, failure: CircleCIError | None) -> WaitTimeoutError:
        state = "nothing was seen of it" if seen is None else f"it is {getattr(seen, 'status', 'unknown')} so far"
        trouble = f"; the last look failed: {failure}" if failure else ""
        if self._telling:
            trouble = "; on_change had not returned"
        msg = f"{subject} has not ended after {self._timeout:g} seconds: {state}{trouble}. It goes on at CircleCI."
        return WaitTimeoutError(msg, seen=seen)


def _passes(error: BaseException | None) -> bool:
    if isinstance(error, APIError):
        return isinstance(error, ServerError | RateLimitError) or error.status_code == 408
    return isinstance(error, APIConnectionError)
