"""UsageExportState."""

from __future__ import annotations

from circleci_v2._wire.types import OpenStrEnum

__all__ = ["UsageExportState"]


class UsageExportState(OpenStrEnum):
    """Progress of a usage export.

    `created`, `pending` (observed, but not documented) and `processing` mean that the export is not finished;
    `completed` and `failed` are final.
    """

    COMPLETED = "completed"
    CREATED = "created"
    FAILED = "failed"
    PENDING = "pending"
    PROCESSING = "processing"
