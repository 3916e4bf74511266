"""Receive CircleCI webhooks with aiohttp.

CIRCLECI_WEBHOOK_SECRET=... python aiohttp_receiver.py
"""

from __future__ import annotations

import logging
import os

from aiohttp import web

from circleci_v2.errors import DecodeError, WebhookVerificationError
from circleci_v2.webhooks import SIGNATURE_HEADER, Deduplicator, JobCompleted, WebhookEvent, parse, verify

logger = logging.getLogger("receiver")
deliveries = Deduplicator()


async def receive(request: web.Request) -> web.Response:
    """Respond with 401 to a forged delivery and 400 to an unreadable one; handle every other event once."""
    body = await request.read()
    try:
        verify(body, request.headers.get(SIGNATURE_HEADER), os.environ.get("CIRCLECI_WEBHOOK_SECRET", ""))
        event = parse(body)
    except WebhookVerificationError:
        return web.Response(status=401)
    except DecodeError:
        return web.Response(status=400)
    with deliveries.claim(event.id) as is_new:
        if is_new:
            await handle(event)
    return web.Response(status=204)


async def handle(event: WebhookEvent) -> None:
    """Handle an event quickly, or enqueue it: CircleCI repeats a delivery without a timely response."""
    if isinstance(event, JobCompleted) and event.job.status == "failed":
        logger.warning("job %s of %s failed: %s", event.job.number, event.project.slug, event.workflow.url)


def application() -> web.Application:
    """Create the application, to serve or to mount."""
    app = web.Application()
    app.router.add_post("/webhooks/circleci", receive)
    return app


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    web.run_app(application(), host="127.0.0.1", port=8080)
