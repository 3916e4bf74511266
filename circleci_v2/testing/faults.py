"""Faults: errors, delays, disconnects and rate limits that tests add to upcoming requests."""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.client import responses
from random import Random
from typing import Final, Literal, get_args

import attrs

from circleci_v2._validation import require_one_of
from circleci_v2.errors import ConfigurationError
from circleci_v2.testing.messages import FakeRequest, FakeResponse, FindRoutes

__all__ = ["Cut", "FakeRateLimit", "Faults", "HeaderFamily", "Transmission"]

_STATUSES: Final = range(200, 600)
_WITHOUT_BODY: Final = {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}

_Kind = Literal["bucket", "window"]

HeaderFamily = Literal["RateLimit", "X-RateLimit"]
"""The two families of rate-limit headers that CircleCI sends."""

Cut = Literal["before the response", "inside the body"]
"""The point at which a connection is lost."""

_RATE_LIMIT_RESPONSES: Final[Mapping[str, FakeResponse]] = {
    "message": FakeResponse.message("Rate limit exceeded.", HTTPStatus.TOO_MANY_REQUESTS),
    "empty object": FakeResponse.json({}, HTTPStatus.TOO_MANY_REQUESTS),
    "text": FakeResponse.text("Rate limited.", HTTPStatus.TOO_MANY_REQUESTS),
}


@attrs.frozen(kw_only=True)
class Transmission:
    """A response and how it is sent.

    Attributes:
        response: The response.
        delay: Seconds to wait before it is sent. Default: 0.
        cut: The point at which the connection is lost. Default: None, the response is sent completely.
    """

    response: FakeResponse
    delay: float = 0.0
    cut: Cut | None = None


class FakeRateLimit:
    """A token bucket or fixed window that limits requests, so that a limited client has to wait.

    Args:
        limit: The burst size of the bucket, or the number of requests per window.
        seconds: Seconds until an empty bucket is full, or the length of the window. Default: 1.
        kind: ``bucket`` refills continuously, ``window`` all at once at its end. Default: ``bucket``.
        headers: The families of rate-limit headers that responses contain; empty for none. Default: ``RateLimit``.
        retry_after: Whether 429 responses have a ``Retry-After`` header. Default: True.
        body: The body of 429 responses, one of the variants that CircleCI sends. Default: ``message``.
        timer: A monotonic clock, in seconds. Default: real time, plus the waits that clients of the fake skip (see
            `FakeCircleCI.transport`).

    Attributes:
        rejected: The number of requests rejected so far.

    Raises:
        ConfigurationError: `limit` is less than 1, `seconds` is not positive, or another argument is unknown.
    """

    def __init__(
        self,
        limit: int,
        *,
        seconds: float = 1.0,
        kind: _Kind = "bucket",
        headers: tuple[HeaderFamily, ...] = ("RateLimit",),
        retry_after: bool = True,
        body: Literal["message", "empty object", "text"] = "message",
        timer: Callable[[], float] | None = None,
    ) -> None:
        if limit < 1 or seconds <= 0:
            msg = f"limit={limit!r}, seconds={seconds!r}: allow at least one request, in a positive number of seconds"
            raise ConfigurationError(msg)
        require_one_of("kind", kind, get_args(_Kind))
        require_one_of("body", body, tuple(_RATE_LIMIT_RESPONSES))
        for family in headers:
            require_one_of("headers", family, get_args(HeaderFamily))
        self._limit = limit
        self._seconds = seconds
        self._kind = kind
        self._headers = headers
        self._retry_after = retry_after
        self._body = body
        self._has_timer = timer is not None
        self._timer = timer or time.monotonic
        self._remaining = float(limit)
        self._at = self._timer()
        self.rejected = 0

    def start(self, timer: Callable[[], float]) -> None:
        """Measure time with a given clock from now on, unless one was passed to the constructor."""
        if not self._has_timer:
            self._timer, self._at = timer, timer()

    def acquire(self) -> FakeResponse | None:
        """Count a request; return None if it is allowed, otherwise the 429 response."""
        self._refill()
        if self._remaining >= 1:
            self._remaining -= 1
            return None
        self.rejected += 1
        wait = {"retry-after": str(math.ceil(self._reset()))} if self._retry_after else {}
        return _RATE_LIMIT_RESPONSES[self._body].with_headers({**wait, **self.headers()})

    def headers(self) -> dict[str, str]:
        """Return the current rate-limit headers."""
        values = {"limit": self._limit, "remaining": int(self._remaining), "reset": math.ceil(self._reset())}
        return {f"{family.lower()}-{name}": str(value) for family in self._headers for name, value in values.items()}

    def _refill(self) -> None:
        now = self._timer()
        if self._kind == "bucket":
            self._remaining = min(self._limit, self._remaining + (now - self._at) * self._limit / self._seconds)
            self._at = now
        elif now - self._at >= self._seconds:
            self._remaining = self._limit
            self._at += (now - self._at) // self._seconds * self._seconds

    def _reset(self) -> float:
        """Return the seconds until one request is allowed (bucket), or until the window ends."""
        if self._kind == "bucket":
            return max(0.0, (1 - self._remaining) * self._seconds / self._limit)
        return max(0.0, self._seconds - (self._timer() - self._at))


def _error_response(status: int, message: str | None) -> FakeResponse:
    if status not in _STATUSES:
        msg = f"status={status!r}: use a status from {_STATUSES[0]} to {_STATUSES[-1]}"
        raise ConfigurationError(msg)
    phrase = responses.get(status, f"HTTP {status:d}")
    return FakeResponse(status) if status in _WITHOUT_BODY else FakeResponse.message(message or phrase, status)


@attrs.define
class _Fault:
    routes: frozenset[tuple[str, str]] | None
    times: int
    response: FakeResponse | None = None
    delay: float = 0.0
    cut: Cut | None = None

    def matches(self, request: FakeRequest) -> bool:
        return self.times > 0 and (self.routes is None or (request.method, request.route) in self.routes)


class Faults:
    """The faults of upcoming requests. Each fault applies to a number of matching requests and is then removed.

    The methods that add a fault have two arguments in common. ``route`` selects requests by operationId
    (``rerunWorkflow``), by the method of the client (``circleci.workflows.rerun``), or by HTTP method and path template
    (``POST /workflow/{id}/rerun``; a template alone stands for all its methods); the default is any request. ``times`` is
    the number of requests, by default 1. A route that does not exist and a smaller number are a `ConfigurationError`.

    Args:
        find_routes: Returns the methods and templates of the routes with a name; raises for an unknown name.
        timer: The clock of rate limits that have none, in seconds. Default: `time.monotonic`.

    Attributes:
        rate_limit: The rate limit in force, or None.
    """

    def __init__(self, find_routes: FindRoutes, *, timer: Callable[[], float] = time.monotonic) -> None:
        self._find_routes = find_routes
        self._timer = timer
        self._faults: deque[_Fault] = deque()
        # A served fake handles requests in the server's thread, concurrently with the test.
        self._lock = threading.Lock()
        self._latency = 0.0
        self._failing_share = 0.0
        self._failure = _error_response(HTTPStatus.SERVICE_UNAVAILABLE, message=None)
        self._random = Random(0)
        self.rate_limit: FakeRateLimit | None = None

    def fail_next(
        self,
        status: int = HTTPStatus.SERVICE_UNAVAILABLE,
        *,
        times: int = 1,
        route: str | None = None,
        message: str | None = None,
        headers: Mapping[str, str] | None = None,
        retry_after: float | None = None,
    ) -> None:
        """Respond to the next requests with an error, before they have any effect.

        Args:
            status: The HTTP status; non-standard codes such as Cloudflare's 520 are allowed. Default: 503.
            times: The number of requests. Default: 1.
            route: The route of the requests. Default: any.
            message: The error message in the body, if the status allows a body. Default: the reason phrase of the
                status, or ``HTTP <status>`` for a non-standard code.
            headers: Additional response headers. Default: none.
            retry_after: Seconds for a ``Retry-After`` header. Default: no such header.

        Raises:
            ConfigurationError: `status` is not between 200 and 599, `times` is less than 1, or there is no such route.
        """
        # Retry-After is a decimal integer (RFC 9110, section 10.2.3), so long waits must not use exponent notation.
        waiting = {} if retry_after is None else {"retry-after": f"{retry_after:.15g}"}
        response = _error_response(status, message)
        self._add(_Fault(self._routes(route), times, response=response.with_headers({**(headers or {}), **waiting})))

    def respond_next(self, response: FakeResponse, *, times: int = 1, route: str | None = None) -> None:
        """Respond to the next requests with a given response, before they have any effect.

        Args:
            response: The response.
            times: The number of requests. Default: 1.
            route: The route of the requests. Default: any.

        Raises:
            ConfigurationError: `times` is less than 1, or there is no such route.
        """
        self._add(_Fault(self._routes(route), times, response=response))

    def delay_next(self, seconds: float, *, times: int = 1, route: str | None = None) -> None:
        """Delay the responses of the next requests; the requests take effect immediately.

        A served fake, and one whose clock runs, delays in real time. In process, the delay moves the clock of the fake
        instead, and a request whose read timeout is shorter fails after that timeout.

        Args:
            seconds: The delay, in seconds.
            times: The number of requests. Default: 1.
            route: The route of the requests. Default: any.

        Raises:
            ConfigurationError: `times` is less than 1, or there is no such route.
        """
        self._add(_Fault(self._routes(route), times, delay=seconds))

    def cut_next(self, *, cut: Cut = "before the response", times: int = 1, route: str | None = None) -> None:
        """Close the connections of the next requests after they have taken effect.

        Args:
            cut: The point at which the connection is lost: ``before the response``, or ``inside the body``, after the
                first half of it. Default: ``before the response``.
            times: The number of requests. Default: 1.
            route: The route of the requests. Default: any.

        Raises:
            ConfigurationError: `cut` is unknown, `times` is less than 1, or there is no such route.
        """
        require_one_of("cut", cut, get_args(Cut))
        self._add(_Fault(self._routes(route), times, cut=cut))

    def delay_all(self, seconds: float) -> None:
        """Delay each response from now on, in addition to the delays of `delay_next`.

        Args:
            seconds: The delay, in seconds; 0 ends it.

        Raises:
            ConfigurationError: `seconds` is negative.
        """
        if seconds < 0:
            msg = f"seconds={seconds!r} is negative: pass the seconds by which each response is delayed"
            raise ConfigurationError(msg)
        self._latency = seconds

    def fail_share(self, share: float, *, status: int = HTTPStatus.SERVICE_UNAVAILABLE) -> None:
        """Respond to a share of all requests with an error, before they have any effect.

        Which requests fail looks random and is the same in every run.

        Args:
            share: The share of failing requests, from 0, which ends it, to 1.
            status: The HTTP status. Default: 503.

        Raises:
            ConfigurationError: `share` is not between 0 and 1, or `status` is not between 200 and 599.
        """
        if not 0 <= share <= 1:
            msg = f"share={share!r}: pass a number from 0 to 1, for example 0.05 for 5 of 100 requests"
            raise ConfigurationError(msg)
        self._failing_share, self._failure = share, _error_response(status, message=None)

    def limit_rate(self, limit: FakeRateLimit | None) -> None:
        """Reject requests above a rate limit with 429, and send its headers with all responses.

        Args:
            limit: The limit; None removes it.
        """
        if limit is not None:
            limit.start(self._timer)
        self.rate_limit = limit

    def clear(self) -> None:
        """Remove all faults, delays and the rate limit."""
        with self._lock:
            self._faults.clear()
        self.rate_limit = None
        self._latency = self._failing_share = 0.0

    def intercept(self, request: FakeRequest) -> FakeResponse | None:
        """Return the response that replaces the normal handling of a request, or None to handle it."""
        if self.rate_limit is not None and (rejection := self.rate_limit.acquire()) is not None:
            return rejection
        fault = self._take(request, with_response=True)
        if fault is not None:
            return fault.response
        return self._failure if self._failing_share and self._random.random() < self._failing_share else None

    def transmit(self, request: FakeRequest, response: FakeResponse) -> Transmission:
        """Add rate-limit headers, and the delay or disconnect of the next matching fault, to a response."""
        if self.rate_limit is not None:
            response = attrs.evolve(response, headers={**response.headers, **self.rate_limit.headers()})
        fault = self._take(request, with_response=False)
        if fault is None:
            return Transmission(response=response, delay=self._latency)
        return Transmission(response=response, delay=self._latency + fault.delay, cut=fault.cut)

    def _routes(self, route: str | None) -> frozenset[tuple[str, str]] | None:
        return None if route is None else self._find_routes(route)

    def _add(self, fault: _Fault) -> None:
        if fault.times < 1:
            msg = f"times={fault.times!r}: a fault applies to at least one request"
            raise ConfigurationError(msg)
        with self._lock:
            self._faults.append(fault)

    def _take(self, request: FakeRequest, *, with_response: bool) -> _Fault | None:
        with self._lock:
            for fault in self._faults:
                if (fault.response is not None) is with_response and fault.matches(request):
                    fault.times -= 1
                    if not fault.times:
                        self._faults.remove(fault)
                    return fault
        return None
