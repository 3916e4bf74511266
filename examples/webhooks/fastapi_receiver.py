"""Receive CircleCI webhooks with FastAPI: a route asks for the event, and gets none that CircleCI did not sign.

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


async def delivered(request: Request) -> WebhookEvent:
    """The event of a delivery; 401 for a forged one, 400 for one that cannot be read."""
    body = await request.body()
    try:
        verify(body, request.headers.get(SIGNATURE_HEADER), os.environ.get("CIRCLECI_WEBHOOK_SECRET", ""))
        return parse(body)
    except WebhookVerificationError as error:
        raise HTTPException(401, str(error)) from None
    except DecodeError as error:
        raise HTTPException(400, str(error)) from None


@app.post("/webhooks/circleci", status_code=204)
async def receive(event: Annotated[WebhookEvent, Depends(delivered)]) -> None:
    """Handle every event once, quickly or in a queue of your own: CircleCI repeats deliveries that are answered late."""
    with deliveries.claim(event.id) as is_new:
        if is_new and isinstance(event, WorkflowCompleted):
            logger.info("%s on %s: %s", event.workflow.name, event.pipeline.branch, event.workflow.status)
