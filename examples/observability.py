"""OpenTelemetry spans and Prometheus metrics from `on_event`: pip install opentelemetry-sdk prometheus-client.

    async with CircleCI(on_event=Telemetry(tracer, registry)) as circleci: ...

Each attempt has its own span, as each is one HTTP request; the attempts of one call share the attribute ``circleci.call``.
"""

from __future__ import annotations

from opentelemetry.trace import Span, SpanKind, StatusCode, Tracer
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from circleci_v2.events import (
    DeprecationEvent,
    DeviationEvent,
    Event,
    FailureEvent,
    RateLimitWaitEvent,
    RequestEvent,
    ResponseEvent,
    RetryEvent,
)

NANOSECONDS = 1_000_000_000


class Telemetry:
    """A callback for ``CircleCI(on_event=...)``.

    Args:
        tracer: Creates the spans, for example ``trace.get_tracer("circleci")``.
        registry: Collects the metrics, for example ``prometheus_client.REGISTRY``.
    """

    def __init__(self, tracer: Tracer, registry: CollectorRegistry) -> None:
        self._tracer = tracer
        self._spans: dict[tuple[int, int], Span] = {}
        self._seconds = Histogram(
            "circleci_request_seconds", "Duration of an attempt", ("operation", "outcome"), registry=registry
        )
        self._retries = Counter("circleci_retries", "Attempts that were retried", ("reason",), registry=registry)
        self._waited = Counter(
            "circleci_rate_limit_wait_seconds", "Time spent waiting for rate limits", ("bucket",), registry=registry
        )
        self._remaining = Gauge(
            "circleci_rate_limit_remaining", "Requests left in a rate limit", ("family",), registry=registry
        )
        self._notices = Counter(
            "circleci_notices", "Deprecations and deviations", ("operation", "kind"), registry=registry
        )

    def __call__(self, event: Event) -> None:
        """Record an event."""
        operation = event.operation_id or "request"
        match event:
            case RequestEvent():
                self._start(event, operation)
            case ResponseEvent():
                self._seconds.labels(operation, str(event.status_code)).observe(event.elapsed)
                if event.rate_limit:
                    self._remaining.labels(event.rate_limit.family).set(event.rate_limit.remaining)
                self._finish(event, failed=event.status_code >= 400, status=event.status_code)
            case FailureEvent():
                self._seconds.labels(operation, "no response").observe(event.elapsed)
                self._finish(event, failed=True, error=event.error)
            case RetryEvent():
                self._retries.labels(event.reason).inc()
            case RateLimitWaitEvent():
                self._waited.labels(event.bucket).inc(event.waited)
            case DeprecationEvent():
                self._notices.labels(operation, "deprecated").inc()
            case DeviationEvent():
                self._notices.labels(operation, "deviates").inc()
            case _:
                pass  # an event type of a later version of the library

    def _start(self, event: RequestEvent, operation: str) -> None:
        self._spans[event.call, event.attempt] = self._tracer.start_span(
            f"CircleCI {operation}",
            kind=SpanKind.CLIENT,
            start_time=int(event.time * NANOSECONDS),
            attributes={
                "http.request.method": event.method,
                "url.full": event.url,
                "http.request.resend_count": event.attempt - 1,
                "circleci.operation": operation,
                "circleci.call": event.call,
            },
        )

    def _finish(self, event: Event, *, failed: bool, status: int | None = None, error: str | None = None) -> None:
        span = self._spans.pop((event.call, event.attempt))
        if status is not None:
            span.set_attribute("http.response.status_code", status)
        if error is not None:
            span.set_attribute("error.type", error.partition(":")[0])
        if failed:
            span.set_status(StatusCode.ERROR, error)
        span.end(int(event.time * NANOSECONDS))
