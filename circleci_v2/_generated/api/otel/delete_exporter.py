"""DELETE /otel/exporters/{otel_exporter_id}: deleteOtelExporter."""

from __future__ import annotations

from uuid import UUID

from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.encoding import path_segment
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request

OPERATION = OPERATIONS["deleteOtelExporter"]


def build(otel_exporter_id: UUID | str) -> Request:
    """Describe the request."""
    return Request.to(
        OPERATION,
        f"/otel/exporters/{path_segment('otel_exporter_id', otel_exporter_id)}",
    )


def parse(answer: Payload) -> None:
    """Decode the answer."""
    answer.nothing()
