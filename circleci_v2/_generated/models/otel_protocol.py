"""OtelProtocol."""

from __future__ import annotations

from circleci_v2._wire.types import OpenStrEnum

__all__ = ["OtelProtocol"]


class OtelProtocol(OpenStrEnum):
    """Protocol that sends spans to the collector: OTLP over gRPC (by convention port 4317) or OTLP over HTTP (port
    4318).
    """

    GRPC = "grpc"
    HTTP = "http"
