"""POST /otel/exporters: createOtelExporter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from uuid import UUID

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.encoding import given
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request

if TYPE_CHECKING:
    from circleci_v2._generated.models import OtelProtocol

OPERATION = OPERATIONS["createOtelExporter"]


def build(
    *,
    endpoint: str,
    org_id: UUID | str,
    protocol: OtelProtocol | str,
    headers: Mapping[str, str] | None = None,
    insecure: bool | None = None,
) -> Request:
    """Describe the request."""
    return Request.to(
        OPERATION,
        "/otel/exporters",
        json={
            "endpoint": endpoint,
            "org_id": org_id,
            "protocol": protocol,
            **given(
                {
                    "headers": headers,
                    "insecure": insecure,
                },
            ),
        },
    )


def parse(answer: Payload) -> models.OtelExporter:
    """Decode the answer."""
    return answer.decode(models.OtelExporter)
