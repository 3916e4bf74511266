"""Receive CircleCI webhooks with Starlette.

CIRCLECI_WEBHOOK_SECRET=... uvicorn starlette_receiver:app
"""

from __future__ import annotations

import logging
import os

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from circleci_v2.errors import DecodeError, WebhookVerificationError
from circleci_v2.webhooks import SIGNATURE_HEADER, Deduplicator, WebhookEvent, WorkflowCompleted, parse, verify

logger = logging.getLogger("receiver")
deliveries = Deduplicator()


async def receive(request: Request) -> Response:
    """Respond with 401 to a forged delivery and 400 to an unreadable one; handle every other event once."""
    body = await request.body()
    try:
        verify(body, request.headers.get(SIGNATURE_HEADER), os.environ.get("CIRCLECI_WEBHOOK_SECRET", ""))
        event = parse(body)
    except WebhookVerificationError:
        return Response(status_code=401)
    except DecodeError:
        return Response(status_code=400)
    with deliveries.claim(event.id) as is_new:
        if is_new:
            await handle(event)
    return Response(status_code=204)


async def handle(event: WebhookEvent) -> None:
    """Handle an event quickly, or enqueue it: CircleCI repeats a delivery without a timely response."""
    if isinstance(event, WorkflowCompleted):
        logger.info("%s on %s: %s", event.workflow.name, event.pipeline.branch, event.workflow.status)


app = Starlette(routes=[Route("/webhooks/circleci", receive, methods=["POST"])])
