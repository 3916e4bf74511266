"""The example of telemetry, with real spans and metrics, against the fake."""

from __future__ import annotations

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client import CollectorRegistry

from circleci_v2 import CircleCI, NotFoundError, RetryPolicy
from circleci_v2.testing import FakeCircleCI
from examples.observability import Telemetry

pytestmark = pytest.mark.anyio


async def test_attempts_become_spans_and_metrics():
    exporter, registry = InMemorySpanExporter(), CollectorRegistry()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    telemetry = Telemetry(provider.get_tracer("test"), registry)
    fake = FakeCircleCI()
    fake.faults.fail_next(503)
    retry = RetryPolicy(backoff=0.001)
    async with CircleCI(fake.token, transport=fake.transport(), retry=retry, on_event=telemetry) as circleci:
        await circleci.user.me()
        with pytest.raises(NotFoundError):
            await circleci.projects.get("gh/acme/nothing")
    provider.shutdown()

    spans = exporter.get_finished_spans()
    assert [span.name for span in spans] == ["CircleCI getCurrentUser"] * 2 + ["CircleCI getProjectBySlug"]
    assert [span.attributes["http.response.status_code"] for span in spans if span.attributes] == [503, 200, 404]
    assert [span.status.is_ok for span in spans] == [False, True, False]
    assert all(span.end_time and span.start_time and span.end_time >= span.start_time for span in spans)
    assert registry.get_sample_value("circleci_retries_total", {"reason": "503"}) == 1
    labels = {"operation": "getCurrentUser", "outcome": "200"}
    assert registry.get_sample_value("circleci_request_seconds_count", labels) == 1
