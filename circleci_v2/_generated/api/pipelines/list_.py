"""GET /pipeline: listPipelines."""

from __future__ import annotations

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request
from circleci_v2.pagination import Page

OPERATION = OPERATIONS["listPipelines"]


def build(*, mine: bool | None = None, org_slug: str | None = None, page_token: str | None = None) -> Request:
    """Describe the request."""
    return Request.to(
        OPERATION,
        "/pipeline",
        query={
            "mine": mine,
            "org-slug": org_slug,
            "page-token": page_token,
        },
    )


def parse(answer: Payload) -> Page[models.Pipeline]:
    """Decode the answer."""
    return answer.page(models.Pipeline)
