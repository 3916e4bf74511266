"""What usage exports need of the client, and nothing more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import TYPE_CHECKING, Protocol, Self
from uuid import UUID

from circleci_v2._files.downloading import Body

if TYPE_CHECKING:
    from circleci_v2.models import UsageExportJob, UsageExportStatus

__all__ = ["ExportClient", "UsageClient"]


class _Usage(Protocol):
    async def create_export(
        self, org_id: str, *, end: datetime, start: datetime, shared_org_ids: Sequence[UUID | str] | None = None
    ) -> UsageExportJob: ...

    async def get_export(self, org_id: str, usage_export_job_id: UUID | str) -> UsageExportStatus: ...


class ExportClient(Protocol):
    """What making exports needs of the client."""

    @property
    def usage(self) -> _Usage: ...

    def with_options(self, *, max_retries: int) -> Self: ...


class UsageClient(ExportClient, Protocol):
    """Makes exports, and reads the addresses of their parts."""

    def stream(
        self, url: str, *, headers: Mapping[str, str], authenticate: bool
    ) -> AbstractAsyncContextManager[Body]: ...
