"""Policies: how a client waits, retries and paces itself. Decisions only, without I/O; randomness is an argument.

Pass them to `CircleCI`; each class documents its settings and their defaults:

- `Timeout`: limits for the parts of one attempt.
- `RetryPolicy`: when and how often a request is sent again.
- `RateLimitPolicy`: how the client keeps within CircleCI's rate limits.

`Store` is the interface of what several processes share their rate limits through. `RateLimit` is the rate limit that the
headers of a response describe. `Priority` and `in_bulk` decide which calls go
first when not all can be sent.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final, Literal, Protocol, TypeGuard

import attrs

from circleci_v2.errors import ArgumentTypeError, ConfigurationError

__all__ = [
    "IDEMPOTENT_METHODS",
    "MAX_DELAY_WITHOUT_DEADLINE",
    "Failure",
    "Priority",
    "RateLimit",
    "RateLimitPolicy",
    "RetryPolicy",
    "Store",
    "StoreConnection",
    "StoreReply",
    "Timeout",
    "current_priority",
    "in_bulk",
]


def _is_number(value: object) -> TypeGuard[float]:
    if isinstance(value, int | float):
        return True
    from numbers import Real  # noqa: PLC0415 - for the numbers of other libraries

    return isinstance(value, Real)


def _require_number(name: str, value: object) -> None:
    if not _is_number(value):
        msg = f"{name}={value!r} must be a number, not {type(value).__name__}"
        raise ArgumentTypeError(msg)


def _positive(_: object, attribute: attrs.Attribute[Any], value: float) -> None:
    _require_number(attribute.name, value)
    # Not `value <= 0`, which is false for NaN.
    if not value > 0:
        msg = f"{attribute.name}={value!r} must be above 0"
        raise ConfigurationError(msg)


def _positive_or_none(_: object, attribute: attrs.Attribute[Any], value: float | None) -> None:
    if value is not None:
        _positive(_, attribute, value)


def _not_negative(_: object, attribute: attrs.Attribute[Any], value: float) -> None:
    _require_number(attribute.name, value)
    if not value >= 0:
        msg = f"{attribute.name}={value!r} must not be negative"
        raise ConfigurationError(msg)


@attrs.frozen(kw_only=True)
class Timeout:
    """Limits for the parts of one attempt, in seconds.

    A call with all its attempts is limited by the deadline of `RetryPolicy`.

    Attributes:
        connect: To establish a connection, TLS handshake included. Default: 10.
        read: Between two reads of the response; the first one includes the time that CircleCI needs to process the
            request. Default: 60.
        write: Between two writes of the request. Default: 60.

    Raises:
        ConfigurationError: A value is not above 0.
    """

    connect: float = attrs.field(default=10.0, validator=_positive)
    read: float = attrs.field(default=60.0, validator=_positive)
    write: float = attrs.field(default=60.0, validator=_positive)

    @classmethod
    def of(cls, value: float | Timeout) -> Timeout:
        """Return a timeout with the same limit for every part.

        Args:
            value: The limit in seconds; a `Timeout` is returned as it is.

        Raises:
            ConfigurationError: The value is neither, or is not above 0.
        """
        if isinstance(value, Timeout):
            return value
        if not _is_number(value):
            msg = f"timeout={value!r}: pass a number of seconds, or a Timeout"
            raise ArgumentTypeError(msg)
        return cls(connect=value, read=value, write=value)


Failure = Literal["never sent", "broken"]
"""Why there is no response: the request cannot have reached CircleCI, or it may have."""

IDEMPOTENT_METHODS: Final = frozenset({"GET", "HEAD", "PUT", "DELETE", "OPTIONS"})
"""The methods that may be repeated although the first request may have taken effect (RFC 9110, section 9.2.2)."""

# The jitter of a `Retry-After`, as a fraction of it. A server that makes a hundred clients wait for 3 seconds means about
# 3 seconds; if all return at the same moment, most are rejected again. A tenth is a guess.
_RETRY_AFTER_JITTER: Final = 0.1
_MAX_RETRY_AFTER_JITTER: Final = 1.0

MAX_DELAY_WITHOUT_DEADLINE: Final = 3600.0
"""Seconds: CircleCI's published limits count per hour, so that a longer ``Retry-After`` is taken for a mistake."""


@attrs.frozen(kw_only=True)
class RetryPolicy:
    """When and how often a request is sent again.

    Only what cannot make CircleCI do something twice is retried:

    - 429 is taken to mean that the request was not processed, which CircleCI does not promise: retried for every method.
    - A connection that was never established carried no request: retried for every method.
    - 408, 5xx, a broken connection or a timeout may come after the request took effect: retried for idempotent methods
      only (`IDEMPOTENT_METHODS`). So a pipeline is never triggered twice. A DELETE that is answered with 404 after such a
      retry may have succeeded before.

    The delay before retry number *n* (from 1) is that of the response's ``Retry-After`` header, plus some jitter::

        retry_after + random(0, min(retry_after / 10, 1))

    and without the header exponential backoff with full jitter
    (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/)::

        random(0, min(max_backoff, backoff * 2 ** (n - 1)))

    With the defaults, retries without a header wait for at most 0.5, 1, 2, 4 and 8 seconds, half of that on average.

    Attributes:
        max_retries: How often a request may be sent again after the first attempt. Default: 5.
        deadline: Seconds that one call may take from its first attempt on, with all attempts and the delays between
            them. A delay that would end later is not begun: the call fails immediately. Time in the queue before the first
            attempt does not count, because a job that queues a thousand calls expects them to take turns; limit it with
            ``asyncio.timeout``, which is safe at any point of a call. None: no limit, except that a delay of more than an
            hour is not begun. Default: 300.
        backoff: Seconds; the upper bound of the first delay, doubled for each further one. Default: 0.5.
        max_backoff: Seconds; the maximum of that bound. Default: 30.

    Raises:
        ConfigurationError: `max_retries` is negative, or another value is not above 0.
    """

    max_retries: int = attrs.field(default=5, validator=_not_negative)
    deadline: float | None = attrs.field(default=300.0, validator=_positive_or_none)
    backoff: float = attrs.field(default=0.5, validator=_positive)
    max_backoff: float = attrs.field(default=30.0, validator=_positive)

    def allows(self, attempt: int, *, method: str, cause: int | Failure) -> bool:
        """Return whether a request may be sent again.

        Args:
            attempt: How often it was sent, at least 1.
            method: The HTTP method.
            cause: The status of the response, or why there was none.
        """
        if attempt > self.max_retries:
            return False
        if cause in {429, "never sent"}:
            return True
        return method in IDEMPOTENT_METHODS and (
            cause in {408, "broken"} or (isinstance(cause, int) and 500 <= cause <= 599)
        )

    def delay(self, attempt: int, *, retry_after: float | None, random: Callable[[], float]) -> float:
        """Return the seconds to wait before a request is sent again.

        Args:
            attempt: How often it was sent, at least 1.
            retry_after: The seconds in the ``Retry-After`` header; the delay is never shorter.
            random: Returns numbers in [0, 1).
        """
        if retry_after is not None:
            return retry_after + random() * min(_RETRY_AFTER_JITTER * retry_after, _MAX_RETRY_AFTER_JITTER)
        # After 60 doublings any backoff exceeds its maximum; after about 1,000 the float would overflow.
        return random() * min(self.max_backoff, self.backoff * 2.0 ** min(attempt - 1, 60))


@attrs.frozen(kw_only=True)
class StoreReply:
    """The result of `StoreConnection.exchange`.

    Attributes:
        now: The time by the clock of the store, in seconds from any moment that is the same for all processes.
        epoch: A text that is different for each log; empty if the store has no log for the key, and none was begun.
        snapshot_at: The position of the stored snapshot: the number of entries that it includes.
        position: The position of the first entry of `entries`.
        entries: The time of each entry by the clock of the store, and its text.
        snapshot: The state at `position`, for a process that does not have the entries before it; None for others.
        is_appended: Whether the entry was appended; it is the last of `entries` then.
    """

    now: float
    epoch: str
    snapshot_at: int = 0
    position: int = 0
    entries: tuple[tuple[float, str], ...] = ()
    snapshot: str | None = None
    is_appended: bool = False


class StoreConnection(Protocol):
    """A connection to a `Store`, used by one client on one event loop."""

    async def exchange(self, key: str, *, epoch: str, position: int, entry: str, snapshot: str | None) -> StoreReply:
        """Append an entry to the log of a key and read the log, in one atomic step.

        - Without a log for the key, `snapshot` begins one under a new epoch, with the entry; without a snapshot, the reply
          has an empty epoch.
        - If `epoch` is empty, the caller joins: the entry is appended, and the reply has the stored snapshot, unless it is
          the caller's, and all entries since.
        - If `epoch` is that of the log and the entries since `position` are stored, the entry is appended, and the reply
          has these. A `snapshot` is the state at `position` then: if it is later than the stored one, it replaces that one,
          and the entries before the replaced one are removed. So those between the two snapshots remain for processes
          that are a little behind.
        - Otherwise the entry is not appended, and the reply has the stored snapshot and all entries since.

        A log that is not used for two hours may be deleted; CircleCI's longest published limit counts for one.

        Args:
            key: The key of the log.
            epoch: The epoch that the caller knows, or an empty text.
            position: The position after the last entry that the caller knows.
            entry: The entry.
            snapshot: A state, or None.

        Raises:
            Exception: The store cannot be used. Other processes may have got the entry nevertheless.
        """
        ...

    async def aclose(self) -> None:
        """Close the connection."""
        ...


class Store(Protocol):
    """Where processes with the same token share their rate limits, for example `circleci_v2.fleet.RedisStore`.

    It has one log per token and host, and needs no knowledge of rate limits.
    """

    def connect(self) -> StoreConnection:
        """Return a connection for one client; it is established by its first exchange, and closed with the client."""
        ...


@attrs.frozen(kw_only=True)
class RateLimitPolicy:
    """How the client keeps within CircleCI's rate limits.

    Attributes:
        enabled: Whether the client paces requests by the rate limit in the response headers or, without such headers,
            by the throughput that CircleCI accepts. If False, requests are sent immediately, and only a
            ``Retry-After`` delays others. Default: True.
        initial: How many requests of an operation may be in flight before its first response. Default: 5.
        reserve: How many requests of a rate limit are left to other users of the same token, and to calls with
            ``priority="interactive"``. Default: 1.
        store: Where processes with the same token share these limits, for example ``circleci_v2.fleet.RedisStore(url)``.
            All of them should have the same policy. Default: None, that is, each process learns the limits alone.

    Raises:
        ConfigurationError: `initial` is not above 0, `reserve` is negative, or there is a store although `enabled` is
            False.
    """

    enabled: bool = True
    initial: int = attrs.field(default=5, validator=_positive)
    reserve: int = attrs.field(default=1, validator=_not_negative)
    store: Store | None = None

    def __attrs_post_init__(self) -> None:
        if self.store is not None and not callable(getattr(self.store, "connect", None)):
            msg = f"store={self.store!r} is not a store: pass circleci_v2.fleet.RedisStore('redis://...') or the like"
            raise ArgumentTypeError(msg)
        if self.store is not None and not self.enabled:
            msg = f"store={self.store!r}: with enabled=False there is no budget to share; leave out one of the two"
            raise ConfigurationError(msg)


@attrs.frozen(kw_only=True)
class RateLimit:
    """The rate limit that the headers of a response describe.

    Attributes:
        family: The headers that describe it, for example ``x-ratelimit`` or ``ratelimit-minute``.
        limit: The number of requests that it allows when it is full.
        remaining: The number of them that are left.
        reset: Seconds until it is full again; None when the headers do not say.
        window: The interval that it counts in; None when the headers do not say.
    """

    family: str
    limit: int
    remaining: int
    reset: float | None = None
    window: Literal["second", "minute", "hour", "day"] | None = None


Priority = Literal["interactive", "bulk"]
"""``interactive`` calls go before ``bulk`` calls when not all can be sent."""

_priority: ContextVar[Priority] = ContextVar("circleci_v2_priority", default="interactive")

current_priority: Final[Callable[[], Priority]] = _priority.get
"""Return the priority of the running code: ``bulk`` inside `in_bulk`, otherwise ``interactive``."""


@contextmanager
def in_bulk() -> Generator[None, None, None]:
    """Give calls inside the block, and those of tasks that are started in it, the priority ``bulk``.

    Do not `yield` from an async generator inside the block: its consumer would run with that priority.
    """
    token = _priority.set("bulk")
    try:
        yield
    finally:
        _priority.reset(token)
