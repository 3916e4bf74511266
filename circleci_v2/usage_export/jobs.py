"""Create export jobs at CircleCI, wait for them, and download their parts.

CircleCI allows ten creations per hour and organization. For polls, its documentation says ten per hour in one place and
ten per minute in an older one, so the default is the stricter limit. Every wait is announced before it begins.

A job whose window holds no usage ends as ``completed`` without parts, measured by CircleCI's Terraform provider. The same
response was seen before the parts of other jobs were listed, so it is trusted only after further polls.
"""

from __future__ import annotations

import logging
import tempfile
from collections import defaultdict, deque
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager, nullcontext
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal, Protocol, Self, TypeAlias
from uuid import UUID

import anyio
import attrs
from anyio import to_thread

from circleci_v2._download.resumable import DOWNLOAD_ERRORS, StreamClient, download
from circleci_v2._download.threads import BufferedSink
from circleci_v2._http.logging import redact_message
from circleci_v2._http.rate_limit.fixed_window import bypass
from circleci_v2._wire.types import maybe_null
from circleci_v2.bulk import map_concurrently
from circleci_v2.errors import (
    APIConnectionError,
    APIError,
    DecodeError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    ServerError,
    UsageExportError,
)
from circleci_v2.usage_export.limits import (
    DELAYS_WITHOUT_PARTS,
    EXPORTS_PER_HOUR,
    HOUR,
    MAX_JOBS_PER_WINDOW,
    MAX_POLLS_NOT_FOUND,
    MAX_RENEWALS,
    POLLS_PER_HOUR,
    HourlyQuota,
    Timing,
    Window,
    poll_delays,
)
from circleci_v2.usage_export.merge import Part

if TYPE_CHECKING:
    from circleci_v2.models import UsageExportJob, UsageExportStatus

__all__ = [
    "ExportJobs",
    "OnUsageExportProgress",
    "UsageClient",
    "UsageExportEvent",
    "UsageExportProgress",
    "downloaded_parts",
]

_logger = logging.getLogger("circleci_v2.usage_export")


class _Usage(Protocol):
    async def create_export(
        self, org_id: str, *, end: datetime, start: datetime, shared_org_ids: Sequence[UUID | str] | None = None
    ) -> UsageExportJob: ...

    async def get_export(self, org_id: str, usage_export_job_id: UUID | str) -> UsageExportStatus: ...


class UsageClient(StreamClient, Protocol):
    """The part of the client that an export needs."""

    @property
    def usage(self) -> _Usage:
        """The operations on usage exports."""
        ...

    def with_options(self, *, max_retries: int) -> Self:
        """Return a copy of the client with another number of retries."""
        ...


UsageExportEvent: TypeAlias = Literal["created", "waiting", "state", "empty", "failed"]
"""The steps of an export that `UsageExportProgress` reports."""


@attrs.frozen(kw_only=True)
class UsageExportProgress:
    """A step of an export, which may take hours.

    Attributes:
        event: ``created``: CircleCI accepted a window. ``waiting``: the export waits for `seconds`. ``state``: CircleCI
            reported the state of a job. ``empty``: CircleCI has no usage data for a window. ``failed``: a job failed and
            is created again.
        message: A description of the step for people.
        window: The window that the step belongs to.
        job_id: CircleCI's job for that window.
        seconds: The duration of a wait; 0 for other events.
    """

    event: UsageExportEvent
    message: str
    window: Window
    job_id: str | None = None
    seconds: float = 0.0


OnUsageExportProgress: TypeAlias = Callable[[UsageExportProgress], object]
"""Called with each step of an export; the result is ignored."""


@attrs.define(kw_only=True)
class ExportJobs:
    """The jobs of one export, one for each window.

    Attributes:
        job_ids: The job of each window; None where none has been created yet.
        empty: The positions of the windows that CircleCI has no usage data for.
    """

    client: UsageClient
    org_id: str
    shared_org_ids: Sequence[UUID | str]
    windows: Sequence[Window]
    job_ids: list[str | None]
    timing: Timing
    timeout: float
    polls_per_hour: int
    on_progress: OnUsageExportProgress | None
    empty: set[int] = attrs.field(factory=set[int])
    _quota: HourlyQuota = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self._quota = HourlyQuota({"create": EXPORTS_PER_HOUR, "poll": self.polls_per_hour}, self.timing)

    async def create(self, index: int) -> str:
        """Create the export job of a window, and return its id.

        Raises:
            UsageExportError: CircleCI rejected the request, or its outcome is unknown.
        """
        window = self.windows[index]
        # Retried here and not by the client, so that waits are announced.
        client = self.client.with_options(max_retries=0)
        while True:
            await self._quota.acquire(
                "create", lambda delay: self._announce(delay, window, "until CircleCI allows another export")
            )
            try:
                with self._client_limit(EXPORTS_PER_HOUR, EXPORTS_PER_HOUR):
                    job = await client.usage.create_export(
                        self.org_id, start=window.start, end=window.end, shared_org_ids=self.shared_org_ids or None
                    )
            except RateLimitError as error:
                await self._pause(error.retry_after or HOUR / EXPORTS_PER_HOUR, window, "because of a rate limit")
                continue
            except (APIError, APIConnectionError, DecodeError) as error:
                raise self.error(f"the export of {window} cannot be created: {error}") from error
            if maybe_null(job.usage_export_job_id) is None:
                raise self.error(f"CircleCI accepted the export of {window}, but the response has no job id")
            job_id = str(job.usage_export_job_id)
            self.job_ids[index] = job_id
            self._report("created", f"export of {window} is job {job_id}", window, job_id)
            return job_id

    def _client_limit(self, per_hour: int, published: int) -> AbstractContextManager[None]:
        """Bypass the client's limit of calls per hour when this export has another clock, or was allowed more calls.

        Otherwise virtual waits would never satisfy the limit, which counts by the client's clock.
        """
        return nullcontext() if self.timing == Timing() and per_hour <= published else bypass()

    async def part_urls(self, index: int) -> list[str]:
        """Wait for the export of a window, and return the URLs of its parts; create the job again when it failed.

        Returns:
            The URLs; none when CircleCI has no usage data for the window.

        Raises:
            UsageExportError: The job failed repeatedly or is not ready in time, or CircleCI rejected a request.
        """
        window = self.windows[index]
        reason = ""
        for _ in range(MAX_JOBS_PER_WINDOW):
            if reason:
                self._report("failed", f"{reason}; creating it again", window)
            job_id = self.job_ids[index] or await self.create(index)
            status = await self._wait_until_finished(job_id, window)
            if status.state != "failed":
                if not status.download_urls:
                    self.empty.add(index)
                    self._report("empty", f"CircleCI has no usage data for {window}", window, job_id)
                return _urls(status)
            self.job_ids[index] = None
            reason = f"job {job_id} of {window} failed: {status.error_reason or 'no reason reported by CircleCI'}"
        raise self.error(f"{reason}; it was created {MAX_JOBS_PER_WINDOW} times")

    async def renewed_part_urls(self, index: int, before: Sequence[str]) -> list[str]:
        """Return newly signed URLs of a window's parts, in the order of `before`.

        Raises:
            UsageExportError: The parts are not the same as before, or CircleCI rejected a request.
        """
        job_id, window = str(self.job_ids[index]), self.windows[index]
        urls = _urls(await self._wait_until_finished(job_id, window))
        if sorted(map(_unsigned, urls)) != sorted(map(_unsigned, before)):
            raise self.error(f"job {job_id} of {window} has other parts now: {len(urls)}, and had {len(before)}")
        renewed = defaultdict[str, deque[str]](deque)
        for url in urls:
            renewed[_unsigned(url)].append(url)
        return [renewed[_unsigned(url)].popleft() for url in before]

    async def _wait_until_finished(self, job_id: str, window: Window) -> UsageExportStatus:
        """Poll a job until it has failed, is completed and has parts, or stays completed without parts."""
        deadline = self.timing.monotonic() + self.timeout
        without_parts, not_found = iter(DELAYS_WITHOUT_PARTS), 0
        for poll_delay in poll_delays():
            delay = poll_delay
            try:
                status = await self._poll(job_id, window, deadline)
            except NotFoundError as error:
                not_found += 1
                if not_found == MAX_POLLS_NOT_FOUND:
                    msg = f"job {job_id} of {window} is not found: pass None instead of it in resume= ({error})"
                    raise self.error(msg) from error
                status = None
            if status is not None:
                self._report("state", f"job {job_id} of {window} is {status.state}", window, job_id)
                if status.state == "failed" or (status.state == "completed" and status.download_urls):
                    return status
                if status.state == "completed":
                    next_delay = next(without_parts, None)
                    if next_delay is None:
                        return status
                    delay = next_delay
            if self.timing.monotonic() + delay > deadline:
                break
            await self._pause(delay, window, f"for job {job_id}")
        raise self.error(
            f"job {job_id} of {window} is not ready after {self.timeout:,.0f} s: continue later with resume="
        )

    async def _poll(self, job_id: str, window: Window, deadline: float) -> UsageExportStatus | None:
        """Request the status of a job; None after a transient error."""
        await self._quota.acquire("poll", lambda delay: self._announce(delay, window, "until another poll is allowed"))
        try:
            with self._client_limit(self.polls_per_hour, POLLS_PER_HOUR):
                return await self.client.with_options(max_retries=0).usage.get_export(self.org_id, job_id)
        except RateLimitError as error:
            left = max(0.0, deadline - self.timing.monotonic())
            await self._pause(min(error.retry_after or 60.0, left), window, "because of a rate limit")
        except NotFoundError:
            raise
        except (ServerError, APIConnectionError) as error:
            _logger.warning("job %s: %s", job_id, error)
        except (APIError, DecodeError) as error:
            raise self.error(f"the status of job {job_id} of {window} cannot be read: {error}") from error
        return None

    def error(self, message: str) -> UsageExportError:
        """Return an error with the job ids to resume with."""
        # Messages quote what CircleCI and its storage say.
        return UsageExportError(redact_message(message), job_ids=self.job_ids)

    async def _pause(self, seconds: float, window: Window, why: str) -> None:
        self._announce(seconds, window, why)
        await self.timing.sleep(seconds)

    def _announce(self, seconds: float, window: Window, why: str) -> None:
        self._report("waiting", f"waiting {seconds:,.0f} s {why} ({window})", window, seconds=seconds)

    def _report(
        self, event: UsageExportEvent, message: str, window: Window, job_id: str | None = None, *, seconds: float = 0.0
    ) -> None:
        _logger.info(message)
        if self.on_progress is not None:
            progress = UsageExportProgress(event=event, message=message, window=window, job_id=job_id, seconds=seconds)
            self.on_progress(progress)


def _urls(status: UsageExportStatus) -> list[str]:
    # Decoding keeps values of other types than described, here null or a number; downloading such a part fails.
    return [str(url or "") for url in status.download_urls or []]


def _unsigned(url: str) -> str:
    return url.partition("?")[0]


@asynccontextmanager
async def downloaded_parts(
    client: UsageClient, jobs: ExportJobs, directory: Path, concurrency: int
) -> AsyncGenerator[list[Part]]:
    """Download the parts of all windows into anonymous temporary files, which exist until the end of the block.

    Args:
        client: Downloads the parts.
        jobs: Creates and polls the jobs.
        directory: The directory of the temporary files; on the file system of the result, which must have enough space.
        concurrency: The number of parts to download at a time.

    Yields:
        The parts, in the order of the windows.

    Raises:
        UsageExportError: CircleCI failed to export a window, or a part cannot be downloaded.
    """
    with ExitStack() as files:
        downloader = _PartDownloader(client, jobs, directory, concurrency, files)
        windows = range(len(jobs.windows))
        async with map_concurrently(downloader.window, windows, concurrency=len(windows), ordered=True) as outcomes:
            parts = [part async for outcome in outcomes for part in outcome.result]
        yield parts


class _PartDownloader:
    def __init__(
        self, client: UsageClient, jobs: ExportJobs, directory: Path, concurrency: int, files: ExitStack
    ) -> None:
        self._client = client
        self._jobs = jobs
        self._directory = directory
        self._files = files
        self._urls: dict[int, list[str]] = {}
        # anyio's locks are fair, so tasks acquire them in the order of the windows.
        self._create_lock = anyio.Lock()
        self._poll_lock = anyio.Lock()
        # Separate from polling, since a part that waits for its new URL occupies a download slot.
        self._renew_lock = anyio.Lock()
        self._download_slots = anyio.Semaphore(concurrency)

    async def window(self, index: int) -> list[Part]:
        """Download the parts of one window."""
        async with self._create_lock:
            if self._jobs.job_ids[index] is None:
                await self._jobs.create(index)
        # Poll one window at a time: polls are limited, and while a window is not ready, later ones rarely are.
        async with self._poll_lock:
            self._urls[index] = await self._jobs.part_urls(index)
        parts = [(index, number) for number in range(len(self._urls[index]))]
        async with map_concurrently(self._part, parts, concurrency=max(1, len(parts)), ordered=True) as outcomes:
            return [outcome.result async for outcome in outcomes]

    async def _part(self, position: tuple[int, int]) -> Part:
        index, number = position
        name = f"part {number + 1} of {self._jobs.windows[index]}"
        async with self._download_slots:
            file = await to_thread.run_sync(self._open)
            sink = BufferedSink(_TemporaryPart(file))
            try:
                await self._download(index, number, sink)
            except DOWNLOAD_ERRORS as error:
                raise self._jobs.error(f"{name} cannot be downloaded: {error}") from error
            await sink.flush()
        return Part(name, file)

    async def _download(self, index: int, number: int, sink: BufferedSink) -> None:
        for renewals_left in reversed(range(MAX_RENEWALS + 1)):
            url = self._urls[index][number]
            try:
                # The URL is presigned, so the storage does not need the token.
                await download(self._client, url, sink, authenticate=False)
            except PermissionDeniedError:
                if not renewals_left:
                    raise
                await self._renew(index, expired=url)
            else:
                return

    async def _renew(self, index: int, *, expired: str) -> None:
        """Request newly signed URLs for a window, unless another of its parts has just done so."""
        async with self._renew_lock:
            if expired in self._urls[index]:
                self._urls[index] = await self._jobs.renewed_part_urls(index, self._urls[index])

    def _open(self) -> BinaryIO:
        return self._files.enter_context(tempfile.TemporaryFile(dir=self._directory))


@attrs.frozen
class _TemporaryPart:
    """Adapts a temporary file to `RestartableFile`."""

    file: BinaryIO

    def write(self, data: bytes | bytearray) -> object:
        return self.file.write(data)

    def restart(self) -> None:
        self.file.seek(0)
        self.file.truncate()
