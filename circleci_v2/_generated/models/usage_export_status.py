"""UsageExportStatus."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from attrs import define

from circleci_v2._wire.model import Model

if TYPE_CHECKING:
    from circleci_v2._generated.models.usage_export_state import UsageExportState

__all__ = ["UsageExportStatus"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class UsageExportStatus(Model):
    """Progress of a usage export, and the URLs of its files."""

    state: UsageExportState
    """Progress of the export; only `completed` and `failed` are final."""

    usage_export_job_id: UUID
    """UUID of the requested export."""

    download_urls: list[str] | None = None
    """Pre-signed URLs, valid for about 36 hours, of gzip-compressed CSV files that together form the export; fetch
    all of them and send no token. Null, empty or absent until ready; also after `completed` if the range
    contains no data."""

    error_reason: str | None = None
    """Reason why the export failed, as text; null or absent unless `state` is `failed`."""
