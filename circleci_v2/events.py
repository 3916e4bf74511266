"""Events: what a client does, told to ``on_event`` as it happens.

One call of a method is told as one or more attempts. Each attempt begins with a `RequestEvent` and ends with a
`ResponseEvent` or a `FailureEvent`; a `RetryEvent` stands between two of them. All events of one call carry the same
``call``, so that the events of calls that run at the same time can be told apart.
"""

from __future__ import annotations

import time as _time

import attrs

from circleci_v2.policies import RateLimit

__all__ = [
    "DeprecationEvent",
    "DeviationEvent",
    "Event",
    "FailureEvent",
    "RateLimitWaitEvent",
    "RequestEvent",
    "ResponseEvent",
    "RetryEvent",
]


@attrs.frozen(kw_only=True)
class Event:
    """Something that a client did or met.

    Attributes:
        operation_id: The operation as CircleCI's OpenAPI document names it, or None for `CircleCI.request`.
        call: The number of the call, counted from 1 for each client; 0 where the event belongs to no call.
        attempt: Which attempt of the call it was, from 1 up; 0 where the event belongs to no attempt.
        time: When it happened, in seconds since the epoch.
    """

    operation_id: str | None
    call: int = 0
    attempt: int = 0
    time: float = attrs.field(factory=_time.time)


@attrs.frozen(kw_only=True)
class RequestEvent(Event):
    """A request is about to be sent.

    Attributes:
        method: The HTTP method.
        url: The address; it never holds the token.
    """

    method: str
    url: str


@attrs.frozen(kw_only=True)
class ResponseEvent(Event):
    """An answer arrived, whatever its status.

    Attributes:
        status_code: The HTTP status.
        elapsed: Seconds from the request to the last byte of the answer; for a streamed answer, to its first.
        size: Bytes of the decompressed body; 0 for a streamed answer.
        request_id: The value of ``x-request-id``, to quote in a support ticket.
        rate_limit: The budget that the headers tell.
    """

    status_code: int
    elapsed: float
    size: int
    request_id: str | None
    rate_limit: RateLimit | None


@attrs.frozen(kw_only=True)
class FailureEvent(Event):
    """An attempt ended without a whole answer.

    Attributes:
        error: What happened, for example ``ReadTimeout: nothing was received for 60 s``.
        elapsed: Seconds from the request to the failure.
    """

    error: str
    elapsed: float


@attrs.frozen(kw_only=True)
class RetryEvent(Event):
    """The request is going to be sent again.

    Attributes:
        reason: Why, for example ``503`` or ``ConnectError``.
        delay: Seconds to wait before.
    """

    reason: str
    delay: float


@attrs.frozen(kw_only=True)
class RateLimitWaitEvent(Event):
    """A request was held back for the sake of a rate limit, and may now be sent.

    Attributes:
        bucket: The budget that it waited for.
        waited: Seconds that it waited.
    """

    bucket: str
    waited: float


@attrs.frozen(kw_only=True)
class DeprecationEvent(Event):
    """CircleCI announces the end of an operation; told once for each operation.

    Attributes:
        deprecation: The ``Deprecation`` header: since when it is deprecated.
        sunset: The ``Sunset`` header: when it stops working.
        link: The ``Link`` header: where to read more.
    """

    deprecation: str | None
    sunset: str | None
    link: str | None


@attrs.frozen(kw_only=True)
class DeviationEvent(Event):
    """An answer is not what the API's document says; told once for each operation, field and problem.

    Attributes:
        path: Where in the body, as a JSON path such as ``$.items[3].status``.
        problem: What is wrong there.
    """

    path: str
    problem: str
