"""OtelProtocol."""

from __future__ import annotations

from typing import TYPE_CHECKING

from circleci_v2._wire.types import OpenStrEnum

__all__ = ["OtelProtocol"]


class OtelProtocol(OpenStrEnum):
    """Protocol that sends spans to the collector: OTLP over gRPC (by convention port 4317) or OTLP over HTTP (port
    4318).
    """

    GRPC = "grpc"
    HTTP = "http"

    if TYPE_CHECKING:
        # Stands for all other values, so that a `match` that handles each published value is not taken for complete.
        _UNPUBLISHED = str()
