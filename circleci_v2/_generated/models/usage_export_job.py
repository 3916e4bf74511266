"""UsageExportJob."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from attrs import define

from circleci_v2._wire.model import Model

if TYPE_CHECKING:
    from circleci_v2._generated.models.usage_export_state import UsageExportState

__all__ = ["UsageExportJob"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class UsageExportJob(Model):
    """A usage export as accepted by CircleCI.

    Store its ID: exports cannot be listed.
    """

    state: UsageExportState
    """Progress at the time of creation, hence normally `created`."""

    end: datetime
    """End of the exported range, in UTC, as interpreted by CircleCI."""

    start: datetime
    """Start of the exported range, in UTC, as interpreted by CircleCI."""

    usage_export_job_id: UUID
    """UUID, to poll the export with `usage.get_export`."""

    download_urls: list[str] | None = None
    """Usually null or empty at this point; get the URLs with `usage.get_export`."""
