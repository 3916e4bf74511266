"""Decisions about waiting and sending again, without any I/O: what is random or takes time is an argument.

A request is sent again only where that cannot make CircleCI do something twice:

* 429 says that nothing was done, whatever the method.
* A connection that was never made carried nothing, whatever the method.
* Anything else that fails (408, 5xx, a connection that broke, an answer that did not come) may have had its effect. It
  is sent again only with the methods that HTTP defines as idempotent. So a pipeline is never triggered twice.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final, Literal

import attrs

from circleci_v2.errors import ConfigurationError

__all__ = [
    "IDEMPOTENT_METHODS",
    "Failure",
    "Priority",
    "RateLimit",
    "RateLimitPolicy",
    "RetryPolicy",
    "Timeout",
    "current_priority",
    "in_bulk",
]

Window = Literal["second", "minute", "hour", "day"]

Failure = Literal["never sent", "broken"]
"""Why there is no answer: the request cannot have reached CircleCI, or nobody knows whether it did."""

IDEMPOTENT_METHODS: Final = frozenset({"GET", "HEAD", "PUT", "DELETE", "OPTIONS"})
"""What may be sent again although nobody knows whether it had its effect."""

# A server that says "in 3 seconds" to a hundred clients means about 3 seconds; all at once would only be refused again.
_SPREAD: Final = 0.1


def _positive(_: object, attribute: attrs.Attribute[Any], value: float | None) -> None:
    # Written so that NaN fails, too.
    if value is not None and not value > 0:
        msg = f"{attribute.name}={value!r} must be above 0"
        raise ConfigurationError(msg)


def _not_negative(_: object, attribute: attrs.Attribute[Any], value: float) -> None:
    if not value >= 0:
        msg = f"{attribute.name}={value!r} must not be negative"
        raise ConfigurationError(msg)


@attrs.frozen(kw_only=True)
class Timeout:
    """How long the parts of one attempt may take, in seconds.

    Attributes:
        connect: For a connection, TLS included. Default: 10.
        read: For the next bytes of an answer; the first of them take as long as CircleCI works. Default: 60.
        write: For the next bytes of the request. Default: 60.

    Raises:
        ConfigurationError: One of them is not above 0.
    """

    connect: float = attrs.field(default=10.0, validator=_positive)
    read: float = attrs.field(default=60.0, validator=_positive)
    write: float = attrs.field(default=60.0, validator=_positive)

    @classmethod
    def of(cls, value: float | Timeout) -> Timeout:
        """The same timeout for each part, where a number is given."""
        return value if isinstance(value, Timeout) else cls(connect=value, read=value, write=value)


@attrs.frozen(kw_only=True)
class RateLimitPolicy:
    """How the client keeps within CircleCI's rate limits.

    Attributes:
        enabled: Whether the client paces its requests by the budget that CircleCI tells, or, where it tells none, by
            what it lets pass. Without it, requests are sent as they come, and only a 429 holds them up. Default: True.
        initial: How many requests may be under way for an operation of which no answer has come yet. Default: 5.
        reserve: How many requests of a budget are left to others that use the same token, and to calls with
            ``priority="interactive"``. Default: 1.

    Raises:
        ConfigurationError: `initial` is not above 0, or `reserve` is negative.
    """

    enabled: bool = True
    initial: int = attrs.field(default=5, validator=_positive)
    reserve: int = attrs.field(default=1, validator=_not_negative)


@attrs.frozen(kw_only=True)
class RateLimit:
    """The budget that the headers of an answer tell.

    Attributes:
        family: Which headers told it, for example ``x-ratelimit`` or ``ratelimit-minute``.
        limit: How many requests fit into the budget when it is full.
        remaining: How many are left of them.
        reset: Seconds until the budget is full again; None when the headers do not say.
        window: The window that the limit counts by; None when the headers do not say.
    """

    family: str
    limit: int
    remaining: int
    reset: float | None = None
    window: Window | None = None


@attrs.frozen(kw_only=True)
class RetryPolicy:
    """When and how often a request is sent again.

    Attributes:
        max_retries: How often it may be sent again after the first time. Default: 5.
        deadline: Seconds that one call may take, from the moment it is first sent, with all its attempts and the
            waiting between them. A wait that would end later is not begun: the call fails at once. None: no bound. The
            time that a call stands in line before it is first sent does not count, because a job that queues a
            thousand calls knows that they take turns; bound that with ``asyncio.timeout``, at any point of a call.
            Default: 300.
        backoff: Seconds: a wait that nobody prescribes is chosen at random between 0 and this, doubled for each retry.
            Default: 0.5.
        max_backoff: Seconds that such a wait has at most. Default: 30.

    Raises:
        ConfigurationError: `max_retries` is negative, or another of them is not above 0.
    """

    max_retries: int = attrs.field(default=5, validator=_not_negative)
    deadline: float | None = attrs.field(default=300.0, validator=_positive)
    backoff: float = attrs.field(default=0.5, validator=_positive)
    max_backoff: float = attrs.field(default=30.0, validator=_positive)

    def allows(self, attempt: int, *, method: str, cause: int | Failure) -> bool:
        """Whether a request may be sent again.

        Args:
            attempt: How often it was sent, from 1 up.
            method: Its HTTP method.
            cause: The status of the answer, or why there is none.
        """
        if attempt > self.max_retries:
            return False
        if cause in {429, "never sent"}:
            return True
        return method in IDEMPOTENT_METHODS and (
            cause in {408, "broken"} or (isinstance(cause, int) and 500 <= cause <= 599)
        )

    def delay(self, attempt: int, *, retry_after: float | None, random: Callable[[], float]) -> float:
        """Seconds to wait before a request is sent again.

        Args:
            attempt: How often it was sent, from 1 up.
            retry_after: Seconds that the answer asked for; waited out, and a little more, never less.
            random: Gives numbers from 0 up to 1.
        """
        if retry_after is not None:
            return retry_after + random() * min(_SPREAD * retry_after, 1.0)
        # Above 60 doublings every backoff is past its maximum, and before a float overflows.
        return random() * min(self.max_backoff, self.backoff * 2.0 ** min(attempt - 1, 60))


Priority = Literal["interactive", "bulk"]
"""``bulk`` lets every ``interactive`` call go first."""

_priority: ContextVar[Priority] = ContextVar("circleci_v2_priority", default="interactive")


def current_priority() -> Priority:
    """The priority of the code that asks."""
    return _priority.get()


@contextmanager
def in_bulk() -> Generator[None, None, None]:
    """Make the calls inside the block, and those of tasks that begin in it, bulk calls.

    The block may hold no `yield` of an async generator, since that would let the priority out.
    """
    before = _priority.set("bulk")
    try:
        yield
    finally:
        _priority.reset(before)
