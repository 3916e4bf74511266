"""Receive CircleCI webhooks with FastAPI: a dependency verifies and parses the event of a route.

CIRCLECI_WEBHOOK_SECRET=... uvicorn fastapi_receiver:app
"""

from __future__ import annotations

import logging
import os
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Request

from circleci_v2.errors import DecodeError, WebhookVerificationError
from circleci_v2.webhooks import SIGNATURE_HEADER, Deduplicator, WebhookEvent, WorkflowCompleted, parse, verify

logger = logging.getLogger("receiver")
deliveries = Deduplicator()
app = FastAPI()


async def verified_event(request: Request) -> WebhookEvent:
    """Return the event of a delivery; respond with 401 to a forged one, with 400 to an unreadable one."""
    body = await request.body()
    try:
        verify(body, request.headers.get(SIGNATURE_HEADER), os.environ.get("CIRCLECI_WEBHOOK_SECRET", ""))
        return parse(body)
    except WebhookVerificationError as error:
        raise HTTPException(401, str(error)) from None
    except DecodeError as error:
        raise HTTPException(400, str(error)) from None


@app.post("/webhooks/circleci", status_code=204)
async def receive(event: Annotated[WebhookEvent, Depends(verified_event)]) -> None:
    """Handle each event once and quickly, or enqueue it: CircleCI repeats a delivery without a timely response."""
    with deliveries.claim(event.id) as is_new:
        if is_new and isinstance(event, WorkflowCompleted):
            logger.info("%s on %s: %s", event.workflow.name, event.pipeline.branch, event.workflow.status)
