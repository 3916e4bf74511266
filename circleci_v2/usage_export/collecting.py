"""Collecting: the parts of all windows, downloaded side by side into files that have no name."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncGenerator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import BinaryIO

import anyio
import attrs
from anyio import to_thread

from circleci_v2._files.downloading import UNREADABLE, download
from circleci_v2._files.receiving import FileSink
from circleci_v2.bulk import map_concurrently
from circleci_v2.errors import PermissionDeniedError
from circleci_v2.usage_export._client import UsageClient
from circleci_v2.usage_export.jobs import ExportJobs
from circleci_v2.usage_export.merging import Part

__all__ = ["collected_parts"]

# Signed addresses hold for a while, which may pass until it is a part's turn to be downloaded.
_RENEWALS = 3


@asynccontextmanager
async def collected_parts(
    client: UsageClient, jobs: ExportJobs, directory: Path, concurrency: int
) -> AsyncGenerator[list[Part]]:
    """The parts of all windows, in the order of the windows, as long as the block lasts.

    Args:
        client: Reads the parts.
        jobs: Makes them.
        directory: Where to keep them; the file system of the result has the room.
        concurrency: How many to download at a time.

    Raises:
        UsageExportError: CircleCI failed to export a window, or a part cannot be read.
    """
    with ExitStack() as files:
        collector = _Collector(client, jobs, directory, concurrency, files)
        windows = range(len(jobs.windows))
        async with map_concurrently(collector.window, windows, concurrency=len(windows), ordered=True) as outcomes:
            parts = [part async for outcome in outcomes for part in outcome.result]
        yield parts


class _Collector:
    def __init__(
        self, client: UsageClient, jobs: ExportJobs, directory: Path, concurrency: int, files: ExitStack
    ) -> None:
        self._client = client
        self._jobs = jobs
        self._directory = directory
        self._files = files
        self._addresses: dict[int, list[str]] = {}
        # Locks are passed on in the order of asking, which is the order of the windows.
        self._creating = anyio.Lock()
        self._polling = anyio.Lock()
        # Another lock, since a part that waits for its address keeps others from being downloaded.
        self._renewing = anyio.Lock()
        self._downloading = anyio.Semaphore(concurrency)

    async def window(self, index: int) -> list[Part]:
        """The parts of one window."""
        async with self._creating:
            if self._jobs.job_ids[index] is None:
                await self._jobs.create(index)
        # One window is asked about at a time: while it is not ready, later ones seldom are, and looks are rationed.
        async with self._polling:
            self._addresses[index] = await self._jobs.parts(index)
        places = [(index, number) for number in range(len(self._addresses[index]))]
        async with map_concurrently(self._part, places, concurrency=len(places), ordered=True) as outcomes:
            return [outcome.result async for outcome in outcomes]

    async def _part(self, place: tuple[int, int]) -> Part:
        index, number = place
        name = f"part {number + 1} of {self._jobs.windows[index]}"
        async with self._downloading:
            file = await to_thread.run_sync(self._open)
            sink = FileSink(_Spool(file))
            try:
                await self._download(index, number, sink)
            except UNREADABLE as error:
                raise self._jobs.error(f"{name} cannot be downloaded: {error}") from error
            await sink.flush()
        return Part(name, file)

    async def _download(self, index: int, number: int, sink: FileSink) -> None:
        for _ in range(_RENEWALS):
            url = self._addresses[index][number]
            try:
                return await self._read(url, sink)
            except PermissionDeniedError:
                await self._renew(index, expired=url)
        return await self._read(self._addresses[index][number], sink)

    async def _read(self, url: str, sink: FileSink) -> None:
        # The address is signed; a token would be told to another host for nothing.
        await download(self._client.stream, url, sink, authenticate=False)

    async def _renew(self, index: int, *, expired: str) -> None:
        """Have CircleCI sign the addresses of a window anew, unless it just did for another of its parts."""
        async with self._renewing:
            if expired in self._addresses[index]:
                self._addresses[index] = await self._jobs.parts_again(index, self._addresses[index])

    def _open(self) -> BinaryIO:
        return self._files.enter_context(tempfile.TemporaryFile(dir=self._directory))


@attrs.frozen
class _Spool:
    """A temporary file as what a download is written to."""

    file: BinaryIO

    def write(self, data: bytes | bytearray) -> object:
        return self.file.write(data)

    def restart(self) -> None:
        self.file.seek(0)
        self.file.truncate()
