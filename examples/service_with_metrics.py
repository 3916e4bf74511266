"""A web service that explains failures, with metrics: pip install fastapi uvicorn prometheus_client.

CIRCLE_TOKEN=… uvicorn --factory examples.service_with_metrics:create_app
curl localhost:8000/why/gh/acme/web?branch=main
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from fastapi import FastAPI, HTTPException
from fastapi.responses import PlainTextResponse
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

from circleci_v2 import CircleCI, ConfigurationError, NotFoundError
from circleci_v2.events import Event, FailureEvent, ResponseEvent


def create_app(circleci: CircleCI | None = None) -> FastAPI:
    """Create the service; tests pass a client, which it closes."""
    registry = CollectorRegistry()
    seconds = Histogram("circleci_request_seconds", "Duration of requests", ("operation", "status"), registry=registry)
    failures = Counter("circleci_request_failures", "Attempts without a response", ("error",), registry=registry)

    def measure(event: Event) -> None:
        match event:
            case ResponseEvent():
                seconds.labels(event.operation_id or "other", event.status_code).observe(event.elapsed)
            case FailureEvent():
                failures.labels(event.error_class).inc()
            case _:
                pass

    client = circleci or CircleCI(on_event=measure)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
        async with client:
            yield

    app = FastAPI(lifespan=lifespan)

    @app.get("/why/{project_slug:path}", response_class=PlainTextResponse)
    async def why(project_slug: str, branch: str | None = None) -> str:
        try:
            return (await client.failure_report(project_slug, branch=branch)).to_markdown()
        except (ConfigurationError, NotFoundError) as error:
            raise HTTPException(404, str(error)) from error

    @app.get("/metrics", response_class=PlainTextResponse)
    async def metrics() -> str:
        return generate_latest(registry).decode()

    app.state.measure = measure
    return app
