"""GET /otel/exporters: listOtelExporters."""

from __future__ import annotations

from uuid import UUID

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request
from circleci_v2.pagination import Page

OPERATION = OPERATIONS["listOtelExporters"]


def build(*, org_id: UUID | str) -> Request:
    """Describe the request."""
    return Request.to(
        OPERATION,
        "/otel/exporters",
        query={
            "org-id": org_id,
        },
    )


def parse(answer: Payload) -> Page[models.OtelExporter]:
    """Decode the answer."""
    return answer.page(models.OtelExporter)
