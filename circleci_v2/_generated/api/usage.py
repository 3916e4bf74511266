"""`circleci.usage`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.encoding import path_segment, required
from circleci_v2._wire.namespace import Namespace, RawNamespace, raw

if TYPE_CHECKING:
    from circleci_v2._generated.models import UsageExportJob, UsageExportStatus

__all__ = ["Usage", "UsageWithRawResponse"]


class Usage(Namespace):
    """Usage exports: credits and run times of every job, as CSV files.

    At most 31 days in one export, 10 exports and 10 status requests an hour for each organization.
    """

    async def create_export(
        self, org_id: UUID | str, *, end: datetime, start: datetime, shared_org_ids: Sequence[UUID | str] | None = None
    ) -> UsageExportJob:
        """Start an export of an organization's usage and credits as CSV.

        The export has one row per job run, with project, pipeline, workflow, resource class and credits, and
        without personal data such as email addresses. It is built in the background: poll `usage.get_export`
        with the returned ID until it is `completed`. `CircleCI.export_usage` does all of this, including
        merging the files. Requires organization administrator permissions.

        Limits: 10 exports per hour and organization, 31 days between start and end, 100 MB of result, 4 hours
        of query time. Split long ranges into several exports. CircleCI states 13 months of data in one place
        and one year in another (see `start`). In the rows, `storage_credits` is 0 below the included amount of
        storage, and CPU and memory figures are missing for runs under 15 seconds.

        Args:
            org_id: UUID of the organization; organization slugs are not accepted.
            end: End of the range, inclusive, with a time zone; 31 days after `start` at most and not in the future.
            start: Start of the range, inclusive, with a time zone. CircleCI states 13 months of data, but limits this
                field to one year; CircleCI-Labs reports 366 days. Older starts may be rejected.
            shared_org_ids: UUIDs of further organizations, sharing the plan with this one, to report in the same export.
                Default: this organization alone.

        Returns:
            The export was accepted; its files follow later.

        Raises:
            BadRequestError: An argument is not valid.
            AuthenticationError: The token is missing or unknown.
            NotFoundError: It does not exist, or the token has no access to it.
            RateLimitError: Too many requests, and the wait for the next attempt would exceed the deadline.
            APIError: CircleCI rejected the request for another reason, or failed; see `circleci_v2.errors`.

        POST /organizations/{org_id}/usage_export_job (createUsageExport),
        https://circleci.com/docs/api/v2/index.html#operation/createUsageExport
        """
        return await self._call(
            OPERATIONS["createUsageExport"],
            models.UsageExportJob,
            path=f"/organizations/{path_segment('org_id', org_id)}/usage_export_job",
            body={"end": required("end", end), "start": required("start", start), "shared_org_ids": shared_org_ids},
        )

    async def get_export(self, org_id: UUID | str, usage_export_job_id: UUID | str) -> UsageExportStatus:
        """Check a usage export and get its download URLs.

        CircleCI documents a limit of 10 of these requests per hour and organization (an older document: 10 per
        minute), separate from that for `usage.create_export`, so do not poll more often than every six minutes.
        `completed` without URLs is final when the range contains no data, as measured; since the URLs have also
        been observed to arrive late, poll a few times more and then treat the export as empty.

        Each URL is pre-signed and valid for about 36 hours, and every request signs new ones; download the
        files without the API token. Files are gzip-compressed CSV, often several that have to be merged;
        `CircleCI.export_usage` handles both.

        Args:
            org_id: UUID of the organization for which the export was created; organization slugs are not accepted.
            usage_export_job_id: UUID of the export, from `usage.create_export`; CircleCI offers no list of exports, so keep it.

        Returns:
            State of the export, with its URLs once it is completed.

        Raises:
            BadRequestError: An argument is not valid.
            AuthenticationError: The token is missing or unknown.
            NotFoundError: It does not exist, or the token has no access to it.
            RateLimitError: Too many requests, and the wait for the next attempt would exceed the deadline.
            APIError: CircleCI rejected the request for another reason, or failed; see `circleci_v2.errors`.

        GET /organizations/{org_id}/usage_export_job/{usage_export_job_id} (getUsageExport),
        https://circleci.com/docs/api/v2/index.html#operation/getUsageExport
        """
        return await self._call(
            OPERATIONS["getUsageExport"],
            models.UsageExportStatus,
            path=f"/organizations/{path_segment('org_id', org_id)}/usage_export_job/{path_segment('usage_export_job_id', usage_export_job_id)}",
        )


class UsageWithRawResponse(RawNamespace):
    """The methods of `Usage`; each returns the `Response`, with the decoded value as ``parsed``."""

    create_export = raw(Usage.create_export)
    get_export = raw(Usage.get_export)
