"""Jobs: exports that CircleCI makes, asked for and waited for within its narrow limits.

Ten creations per hour and organization; for asking about the state, one document says ten per hour and an older one ten
per minute, so the stricter is kept unless told otherwise. A wait is always announced before it begins.
"""

from __future__ import annotations

import logging
from collections import defaultdict, deque
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING
from uuid import UUID

import attrs

from circleci_v2._http.rate_limit.fixed_window import PUBLISHED_LIMITS, bypass
from circleci_v2._wire.types import maybe_null
from circleci_v2.errors import (
    APIConnectionError,
    APIError,
    DecodeError,
    NotFoundError,
    RateLimitError,
    ServerError,
    UsageExportError,
)
from circleci_v2.usage_export._client import ExportClient
from circleci_v2.usage_export.progress import OnUsageExportProgress, UsageExportEvent, UsageExportProgress
from circleci_v2.usage_export.quota import HOUR, Quota, Timing, poll_delays
from circleci_v2.usage_export.windows import Window

if TYPE_CHECKING:
    from circleci_v2.models import UsageExportStatus

__all__ = ["ExportJobs"]

_logger = logging.getLogger("circleci_v2.usage_export")

CREATIONS_PER_HOUR = PUBLISHED_LIMITS["createUsageExport"].calls
# A failed job is made anew so many times; failures at CircleCI's side usually pass.
TRIES_PER_WINDOW = 3
# "completed" without addresses means "not quite yet", but not for ever.
COMPLETED_WITHOUT_PARTS = 5
# A job that is new may not be known everywhere yet; ten looks take half an hour.
LOOKS_FOR_JOB = 10


@attrs.define(kw_only=True)
class ExportJobs:
    """The jobs of one export, one for each window.

    Attributes:
        job_ids: The job of each window; None where there is none yet.
    """

    client: ExportClient
    org_id: str
    shared_org_ids: Sequence[UUID | str]
    windows: Sequence[Window]
    job_ids: list[str | None]
    timing: Timing
    timeout: float
    polls_per_hour: int
    on_progress: OnUsageExportProgress | None
    _creations: Quota = attrs.field(init=False)
    _polls: Quota = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self._creations = Quota(CREATIONS_PER_HOUR, self.timing)
        self._polls = Quota(self.polls_per_hour, self.timing)

    async def create(self, index: int) -> str:
        """Have CircleCI make the export of a window.

        Raises:
            UsageExportError: CircleCI refused, or it is not known whether it did.
        """
        window = self.windows[index]
        # Repetitions are made here, where their waits are announced.
        client = self.client.with_options(max_retries=0)
        while True:
            await self._creations.take(lambda delay: self._announce(delay, window, "until another job may be created"))
            try:
                with self._own_hours():
                    job = await client.usage.create_export(
                        self.org_id, start=window.start, end=window.end, shared_org_ids=self.shared_org_ids or None
                    )
            except RateLimitError as error:
                await self._pause(error.retry_after or HOUR / CREATIONS_PER_HOUR, window, "because CircleCI asks to")
                continue
            except (APIError, APIConnectionError, DecodeError) as error:
                raise self.error(f"the export of {window} cannot be created: {error}") from error
            if maybe_null(job.usage_export_job_id) is None:
                raise self.error(f"CircleCI took the export of {window} on, but does not say which job makes it")
            job_id = str(job.usage_export_job_id)
            self.job_ids[index] = job_id
            self._tell("created", f"export of {window} is job {job_id}", window, job_id)
            return job_id

    def _own_hours(self) -> AbstractContextManager[None]:
        """Creations are counted here; the client counts those of all exports, but by the hours of its own clock."""
        return nullcontext() if self.timing == Timing() else bypass()

    async def parts(self, index: int) -> list[str]:
        """Wait for the export of a window, and return the addresses of its parts.

        Raises:
            UsageExportError: CircleCI failed to make it, takes too long, or refused to tell of it.
        """
        window = self.windows[index]
        reason = ""
        for _ in range(TRIES_PER_WINDOW):
            if reason:
                self._tell("failed", f"{reason}; it is made anew", window)
            job_id = self.job_ids[index] or await self.create(index)
            status = await self._settled(job_id, window)
            if status.state != "failed":
                return _addresses(status)
            self.job_ids[index] = None
            reason = f"job {job_id} of {window} failed: {status.error_reason or 'CircleCI gives no reason'}"
        raise self.error(f"{reason}; it was made {TRIES_PER_WINDOW} times")

    async def parts_again(self, index: int, before: Sequence[str]) -> list[str]:
        """The addresses of a window's parts as CircleCI signs them now, in the order in which it listed them before.

        Raises:
            UsageExportError: CircleCI tells of other parts than before, or refused to tell.
        """
        job_id, window = str(self.job_ids[index]), self.windows[index]
        urls = _addresses(await self._settled(job_id, window))
        if sorted(map(_unsigned, urls)) != sorted(map(_unsigned, before)):
            raise self.error(f"job {job_id} of {window} has other parts now: {len(urls)}, and had {len(before)}")
        anew = defaultdict[str, deque[str]](deque)
        for url in urls:
            anew[_unsigned(url)].append(url)
        return [anew[_unsigned(url)].popleft() for url in before]

    async def _settled(self, job_id: str, window: Window) -> UsageExportStatus:
        """What CircleCI says about a job when it has failed, or has parts."""
        deadline = self.timing.monotonic() + self.timeout
        without_parts = not_found = 0
        for delay in poll_delays():
            try:
                status = await self._status(job_id, window, deadline)
            except NotFoundError as error:
                not_found += 1
                if not_found == LOOKS_FOR_JOB:
                    msg = f"job {job_id} of {window} is not found: resume with None in its place ({error})"
                    raise self.error(msg) from error
                status = None
            if status is not None:
                self._tell("state", f"job {job_id} of {window} is {status.state}", window, job_id)
                if status.state == "failed" or (status.state == "completed" and status.download_urls):
                    return status
                without_parts += status.state == "completed"
            if without_parts > COMPLETED_WITHOUT_PARTS:
                raise self.error(f"job {job_id} of {window} is completed but has no parts, perhaps for want of usage")
            if self.timing.monotonic() + delay > deadline:
                break
            await self._pause(delay, window, f"for job {job_id}")
        raise self.error(
            f"job {job_id} of {window} is not ready after {self.timeout:,.0f} s; its id can be resumed with"
        )

    async def _status(self, job_id: str, window: Window, deadline: float) -> UsageExportStatus | None:
        """What CircleCI says about a job; None when it cannot say now."""
        await self._polls.take(lambda delay: self._announce(delay, window, "until the state may be asked for"))
        try:
            return await self.client.with_options(max_retries=0).usage.get_export(self.org_id, job_id)
        except RateLimitError as error:
            left = max(0.0, deadline - self.timing.monotonic())
            await self._pause(min(error.retry_after or 60.0, left), window, "because CircleCI asks to")
        except NotFoundError:
            raise
        except (ServerError, APIConnectionError) as error:
            _logger.warning("job %s: %s", job_id, error)
        except (APIError, DecodeError) as error:
            raise self.error(f"the state of job {job_id} of {window} cannot be asked for: {error}") from error
        return None

    def error(self, message: str) -> UsageExportError:
        """An error that tells which jobs to resume with."""
        return UsageExportError(message, job_ids=self.job_ids)

    async def _pause(self, seconds: float, window: Window, why: str) -> None:
        self._announce(seconds, window, why)
        await self.timing.sleep(seconds)

    def _announce(self, seconds: float, window: Window, why: str) -> None:
        self._tell("waiting", f"waiting {seconds:,.0f} s {why} ({window})", window, seconds=seconds)

    def _tell(
        self, event: UsageExportEvent, message: str, window: Window, job_id: str | None = None, *, seconds: float = 0.0
    ) -> None:
        _logger.info(message)
        if self.on_progress is not None:
            progress = UsageExportProgress(event=event, message=message, window=window, job_id=job_id, seconds=seconds)
            self.on_progress(progress)


def _addresses(status: UsageExportStatus) -> list[str]:
    # Whatever CircleCI lists is kept, null and numbers included: a part that cannot be downloaded is told of as such.
    return [str(url or "") for url in status.download_urls or []]


def _unsigned(url: str) -> str:
    return url.partition("?")[0]
