"""Events: what a client does, passed to ``on_event`` as it happens.

A call of a method consists of one or more attempts. Each attempt begins with a `RequestEvent` and ends with a
`ResponseEvent` or a `FailureEvent`; a `RetryEvent` comes between two attempts. All events of one call have the same
``call``, which separates the events of concurrent calls.
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
    "ProjectLimitEvent",
    "RateLimitWaitEvent",
    "RequestEvent",
    "ResponseEvent",
    "RetryEvent",
    "StoreEvent",
]


@attrs.frozen(kw_only=True)
class Event:
    """The base class of all events.

    Attributes:
        operation_id: The operation as CircleCI's OpenAPI document names it, or None for `CircleCI.request`.
        call: The number of the call, counted from 1 for each client; 0 for events outside of a call.
        attempt: The number of the attempt within the call, counted from 1; 0 for events outside of an attempt.
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
        url: The URL; it never holds the token. That of a streamed request is without its query, which may sign it.
    """

    method: str
    url: str


@attrs.frozen(kw_only=True)
class ResponseEvent(Event):
    """A response arrived, whatever its status.

    Attributes:
        status_code: The HTTP status.
        elapsed: Seconds from the request to the last byte of the response; for a streamed response, to the first.
        size: The length of the decompressed body in bytes; 0 for a streamed response.
        request_id: The value of ``x-request-id``, to quote in a support ticket.
        rate_limit: The rate limit in the headers, or None.
    """

    status_code: int
    elapsed: float
    size: int
    request_id: str | None
    rate_limit: RateLimit | None


@attrs.frozen(kw_only=True)
class FailureEvent(Event):
    """An attempt ended without a complete response.

    Attributes:
        error: What happened, for example ``ReadTimeout: nothing was received for 60 s``.
        elapsed: Seconds from the request to the failure.
        error_class: The name of the class of the exception, for example ``ReadTimeout``.
    """

    error: str
    elapsed: float
    error_class: str


@attrs.frozen(kw_only=True)
class RetryEvent(Event):
    """The request will be sent again.

    Attributes:
        reason: Why, for example ``503`` or ``ConnectError``.
        delay: Seconds until then.
    """

    reason: str
    delay: float


@attrs.frozen(kw_only=True)
class RateLimitWaitEvent(Event):
    """A request that a rate limit delayed may be sent now.

    Attributes:
        bucket: The rate limit.
        waited: Seconds of the delay.
    """

    bucket: str
    waited: float


@attrs.frozen(kw_only=True)
class DeprecationEvent(Event):
    """CircleCI announced the end of an operation; emitted once per operation.

    Attributes:
        deprecation: The ``Deprecation`` header: since when the operation is deprecated.
        sunset: The ``Sunset`` header: when it stops working.
        link: The ``Link`` header: where to read more.
    """

    deprecation: str | None
    sunset: str | None
    link: str | None


@attrs.frozen(kw_only=True)
class DeviationEvent(Event):
    """A response differs from the API's document; emitted once per operation, field and problem.

    Attributes:
        path: The location in the body, as a JSON path such as ``$.items[3].status``.
        problem: How it differs.
    """

    path: str
    problem: str


@attrs.frozen(kw_only=True)
class ProjectLimitEvent(Event):
    """`org_history` met as many projects as CircleCI lists at most, so others may be missing; emitted once per iteration.

    Attributes:
        org_slug: The organization.
        projects: The number of projects.
    """

    org_slug: str
    projects: int


@attrs.frozen(kw_only=True)
class StoreEvent(Event):
    """The store of shared rate limits cannot be used any more, or can be used again; emitted once per change.

    While it cannot be used, the process keeps within the limits that it learns from its own requests.

    Attributes:
        available: Whether the store can be used.
        error: Why it cannot be used, for example ``ConnectionError: Connection refused``; None if it can.
    """

    available: bool
    error: str | None
