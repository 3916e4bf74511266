"""UsageExportState."""

from __future__ import annotations

from typing import TYPE_CHECKING

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

    if TYPE_CHECKING:
        # Stands for all other values, so that a `match` that handles each published value is not taken for complete.
        _UNPUBLISHED = str()
