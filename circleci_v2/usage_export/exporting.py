"""Exporting: from a range of time to one file of usage data."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import datetime
from io import TextIOWrapper
from itertools import islice
from pathlib import Path
from typing import Literal, TypeAlias, TypeVar, get_args
from uuid import UUID

import anyio
import attrs
from anyio import from_thread, to_thread

from circleci_v2._files.directories import Directory, open_directory
from circleci_v2._files.incoming import IncomingFile
from circleci_v2._files.opening import opened
from circleci_v2._files.receiving import incoming_file
from circleci_v2._validation import require_at_least_one, require_one_of
from circleci_v2.errors import ConfigurationError, UsageExportError
from circleci_v2.streams import Send, Stream
from circleci_v2.usage_export._client import UsageClient
from circleci_v2.usage_export.collecting import collected_parts
from circleci_v2.usage_export.jobs import ExportJobs
from circleci_v2.usage_export.merging import Merged, Part, merge
from circleci_v2.usage_export.parquet import require_pyarrow, write_parquet
from circleci_v2.usage_export.progress import OnUsageExportProgress
from circleci_v2.usage_export.quota import Timing
from circleci_v2.usage_export.rows import UsageRow, parse_rows
from circleci_v2.usage_export.windows import split

__all__ = ["UsageExport", "UsageFormat", "export_usage", "iter_usage_rows"]

UsageFormat: TypeAlias = Literal["csv", "parquet"]

T = TypeVar("T")


@attrs.frozen(kw_only=True)
class UsageExport:
    """A finished export.

    Attributes:
        file: Where it is.
        rows: How many rows it has, the header not counted.
        columns: The names of its columns, as CircleCI writes them.
        size: Its size in bytes.
        job_ids: The job of each window of time; CircleCI keeps their parts for a while.
    """

    file: Path
    rows: int
    columns: tuple[str, ...]
    size: int
    job_ids: tuple[str | None, ...]


async def export_usage(
    client: UsageClient,
    org_id: UUID | str,
    start: datetime,
    end: datetime,
    dest: str | os.PathLike[str],
    *,
    shared_org_ids: Sequence[UUID | str] = (),
    format: UsageFormat = "csv",  # noqa: A002 - the word for it
    overwrite: Literal["error", "replace"] = "error",
    resume: Sequence[str | None] = (),
    concurrency: int = 4,
    polls_per_hour: int = 10,
    timeout: float = 5 * 3600.0,  # noqa: ASYNC109 - for each window, not for the call
    on_progress: OnUsageExportProgress | None = None,
    timing: Timing = Timing(),  # noqa: B008 - frozen
) -> UsageExport:
    """Export the usage data of an organization into one file.

    A range of more than 31 days is exported in several windows, whose rows follow one another in the file. CircleCI
    lets an organization create ten exports per hour: a longer range waits, and tells so before. The file appears under
    its name only when it is complete.

    Args:
        client: The client.
        org_id: The id of the organization.
        start: The first moment, with a time zone; at most 13 months ago.
        end: The last moment, with a time zone; not in the future.
        dest: The file to write.
        shared_org_ids: Further organizations of the same plan to include. Default: none.
        format: ``csv``, or ``parquet`` with the extra ``parquet``. Default: ``csv``.
        overwrite: What to do when `dest` exists: ``error`` refuses before anything is asked for, ``replace`` puts the
            new file in its place. Default: ``error``.
        resume: The `job_ids` of an earlier try for the same range, from `UsageExportError` or `UsageExport`; what is
            None is made anew.
        concurrency: How many parts to download at a time. Default: 4.
        polls_per_hour: How often to ask for the state of jobs, in any hour. CircleCI's documents say 10, older ones
            600. Default: 10.
        timeout: Seconds to wait for each window; CircleCI gives a query 4 hours. Default: 18,000, which is 5 hours.
        on_progress: Called with what happens, waits before they begin. The logger ``circleci_v2.usage_export`` is told
            the same at INFO.
        timing: The clocks and the sleep to wait with.

    Returns:
        What was written.

    Raises:
        ConfigurationError: CircleCI has no data for the range, or an option makes no sense.
        UsageExportError: CircleCI refused a request or failed to export, or parts are damaged or do not fit together;
            `job_ids` says what to resume with.
        FileExistsError: `dest` exists, and `overwrite` is ``error``.
        OSError: The file system refuses; what it refuses in `dest` is told before anything is asked for, and what it
            refuses later has a note with the `job_ids`.
    """
    place = Path(os.path.abspath(dest))  # noqa: ASYNC240, PTH100 - reads nothing but the working directory
    write = _writer(format)
    require_one_of("overwrite", overwrite, ("error", "replace"))
    jobs = _plan(
        client,
        org_id,
        start,
        end,
        shared_org_ids=shared_org_ids,
        resume=resume,
        concurrency=concurrency,
        polls_per_hour=polls_per_hour,
        timeout=timeout,
        on_progress=on_progress,
        timing=timing,
    )
    if overwrite == "error" and await to_thread.run_sync(os.path.lexists, place):
        msg = f"{place} exists: pass another name, or overwrite='replace'"
        raise FileExistsError(msg)
    with _noting(jobs):
        return await _export(client, jobs, place, write, replace=overwrite == "replace", concurrency=concurrency)


async def _export(
    client: UsageClient, jobs: ExportJobs, place: Path, write: Writer, *, replace: bool, concurrency: int
) -> UsageExport:
    async with (
        opened(lambda left_open: _open(place, left_open, replace=replace)) as root,
        collected_parts(client, jobs, place.parent, concurrency) as parts,
        incoming_file(root, [place.name], replace=replace) as incoming,
    ):
        merged = await _in_thread(jobs, lambda: write(parts, incoming.write, place.parent))
    size = (await anyio.Path(place).stat()).st_size
    return UsageExport(file=place, rows=merged.rows, columns=merged.columns, size=size, job_ids=tuple(jobs.job_ids))


def _open(place: Path, left_open: ExitStack, *, replace: bool) -> Directory:
    root = left_open.enter_context(closing(open_directory(place.parent)))
    # What would refuse the file does so now, not after hours of waiting.
    IncomingFile(root, [place.name], replace=replace).open().discard()
    return root


def iter_usage_rows(
    client: UsageClient,
    org_id: UUID | str,
    start: datetime,
    end: datetime,
    *,
    shared_org_ids: Sequence[UUID | str] = (),
    resume: Sequence[str | None] = (),
    concurrency: int = 4,
    polls_per_hour: int = 10,
    timeout: float = 5 * 3600.0,
    on_progress: OnUsageExportProgress | None = None,
    timing: Timing = Timing(),  # noqa: B008 - frozen
) -> Stream[UsageRow]:
    """Export the usage data of an organization, and read it row by row.

    The arguments are those of `export_usage`. All parts are downloaded before the first row comes, into files that
    have no name; memory stays small.

    ::

        async for row in circleci.iter_usage_rows(org_id, start, end):
            print(row.project_name, row.job_name, row.total_credits)

    Raises:
        ConfigurationError: CircleCI has no data for the range, or an option makes no sense.
        UsageExportError: While iterating: the export failed, or a row cannot be read; `job_ids` says what to resume
            with.
        OSError: While iterating: the file system refuses, with a note of the `job_ids`.
    """
    jobs = _plan(
        client,
        org_id,
        start,
        end,
        shared_org_ids=shared_org_ids,
        resume=resume,
        concurrency=concurrency,
        polls_per_hour=polls_per_hour,
        timeout=timeout,
        on_progress=on_progress,
        timing=timing,
    )

    async def produce(send: Send[UsageRow]) -> None:
        directory = Path(tempfile.gettempdir())
        with (
            _noting(jobs),
            tempfile.TemporaryFile(dir=directory) as file,
            TextIOWrapper(file, "utf-8", newline="") as lines,
        ):
            async with collected_parts(client, jobs, directory, concurrency) as parts:
                await _in_thread(jobs, lambda: merge(parts, file.write, check=from_thread.check_cancelled))
            lines.seek(0)
            rows = parse_rows(lines)
            while batch := await _in_thread(jobs, lambda: list(islice(rows, _BATCH))):
                await send(batch)

    return Stream(produce)


# A change of threads costs about as much as reading ten rows.
_BATCH = 1000


def _plan(
    client: UsageClient,
    org_id: UUID | str,
    start: datetime,
    end: datetime,
    *,
    shared_org_ids: Sequence[UUID | str],
    resume: Sequence[str | None],
    concurrency: int,
    polls_per_hour: int,
    timeout: float,
    on_progress: OnUsageExportProgress | None,
    timing: Timing,
) -> ExportJobs:
    windows = split(start, end, now=timing.now())
    if resume and len(resume) != len(windows):
        msg = f"resume has {len(resume)} job ids for {len(windows)} windows: pass the same start and end as before"
        raise ConfigurationError(msg)
    require_at_least_one("polls_per_hour", polls_per_hour, "look at the state of jobs")
    require_at_least_one("concurrency", concurrency, "download")
    return ExportJobs(
        client=client,
        org_id=str(org_id),
        shared_org_ids=shared_org_ids,
        windows=windows,
        job_ids=list(resume) or [None] * len(windows),
        timing=timing,
        timeout=timeout,
        polls_per_hour=polls_per_hour,
        on_progress=on_progress,
    )


@contextmanager
def _noting(jobs: ExportJobs) -> Generator[None]:
    """Errors of the file system, such as a full disk, stay what they are, and note what to resume with."""
    try:
        yield
    except OSError as error:
        if any(jobs.job_ids):
            error.add_note(f"The export can be resumed with {tuple(jobs.job_ids)}")
        raise


async def _in_thread(jobs: ExportJobs, work: Callable[[], T]) -> T:
    """Do the work in a thread; its errors tell what to resume with."""
    try:
        return await to_thread.run_sync(work)
    except UsageExportError as error:
        raise jobs.error(str(error)) from error


Writer: TypeAlias = Callable[[Sequence[Part], Callable[[bytes], object], Path], Merged]


def _writer(format: UsageFormat) -> Writer:  # noqa: A002 - as its caller's
    require_one_of("format", format, get_args(UsageFormat))
    if format == "csv":
        return _write_csv
    require_pyarrow()
    return _write_parquet


def _write_csv(parts: Sequence[Part], write: Callable[[bytes], object], _directory: Path) -> Merged:
    return merge(parts, write, check=from_thread.check_cancelled)


def _write_parquet(parts: Sequence[Part], write: Callable[[bytes], object], directory: Path) -> Merged:
    with tempfile.TemporaryFile(dir=directory) as file:
        merged = merge(parts, file.write, check=from_thread.check_cancelled)
        file.seek(0)
        write_parquet(file, merged.columns, write, check=from_thread.check_cancelled)
    return merged
