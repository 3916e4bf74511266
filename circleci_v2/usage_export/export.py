"""Export the usage data of a range of time into one file, or iterate over its rows."""

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

from circleci_v2._download.atomic_file import AtomicFile, atomic_file
from circleci_v2._download.safe_directory import Directory, open_directory
from circleci_v2._download.threads import open_in_thread
from circleci_v2._validation import require_at_least_one, require_one_of
from circleci_v2.errors import ConfigurationError, UsageExportError
from circleci_v2.streams import Send, Stream
from circleci_v2.usage_export.jobs import ExportJobs, OnUsageExportProgress, UsageClient, downloaded_parts
from circleci_v2.usage_export.limits import POLLS_PER_HOUR, Timing, Window, require_available, split_range
from circleci_v2.usage_export.merge import Merged, Part, Write, merge_csv, merge_parquet, require_pyarrow
from circleci_v2.usage_export.rows import UsageRow, parse_rows

__all__ = ["UsageExport", "UsageFormat", "export_usage", "iter_usage_rows"]

UsageFormat: TypeAlias = Literal["csv", "parquet"]
"""The format of the exported file; ``parquet`` needs the extra of that name."""

T = TypeVar("T")


@attrs.frozen(kw_only=True)
class UsageExport:
    """A finished export.

    Attributes:
        file: The file.
        rows: The number of rows, without the header.
        columns: The names of its columns, as CircleCI writes them.
        size: Its size in bytes.
        empty_windows: The windows that CircleCI has no usage data for. All of them: the file has no rows.
        job_ids: The job of each window; CircleCI keeps their parts for a while.
    """

    file: Path
    rows: int
    columns: tuple[str, ...]
    size: int
    empty_windows: tuple[Window, ...]
    job_ids: tuple[str | None, ...]


async def export_usage(
    client: UsageClient,
    org_id: UUID | str,
    start: datetime,
    end: datetime,
    dest: str | os.PathLike[str],
    *,
    shared_org_ids: Sequence[UUID | str] = (),
    format: UsageFormat = "csv",  # noqa: A002 - the common name for it
    overwrite: Literal["error", "replace"] = "error",
    resume: Sequence[str | None] = (),
    concurrency: int = 4,
    polls_per_hour: int = POLLS_PER_HOUR,
    timeout: float = 5 * 3600.0,  # noqa: ASYNC109 - for each window, not for the call
    on_progress: OnUsageExportProgress | None = None,
    timing: Timing = Timing(),  # noqa: B008 - frozen
) -> UsageExport:
    """Export the usage data of an organization into one file.

    A range of more than 31 days is exported in several windows, whose rows follow one another in the file. CircleCI
    allows ten exports per hour and organization, so a longer range waits, and reports each wait before it begins. The
    file gets its name only when it is complete. A window without usage adds no rows; see `UsageExport.empty_windows`.

    Source: https://circleci.com/docs/api/v2/index.html#tag/Usage

    Args:
        client: The client.
        org_id: The id of the organization.
        start: The first moment, with a time zone; at most 366 days ago.
        end: The last moment, with a time zone; not in the future.
        dest: The file to write.
        shared_org_ids: Other organizations of the same plan to include. Default: none.
        format: ``csv``, or ``parquet`` with the extra ``parquet``. Default: ``csv``.
        overwrite: How to treat an existing `dest`: ``error`` fails before any request, ``replace`` replaces the file
            when the new one is complete. Default: ``error``.
        resume: The `job_ids` of an earlier attempt for the same range, from `UsageExportError` or `UsageExport`; jobs
            are created for those that are None. Default: none.
        concurrency: The number of parts to download at a time. Default: 4.
        polls_per_hour: The number of requests for the status of jobs in any hour. CircleCI's documentation says 10,
            and an older version 600. Default: 10.
        timeout: The seconds to wait for each window; CircleCI allows 4 hours for a query. Default: 18,000, which is 5
            hours.
        on_progress: Called with a `UsageExportProgress` for each step, and before each wait. The logger
            ``circleci_v2.usage_export`` gets the same messages at INFO.
        timing: The clocks and the sleep to wait with; for tests.

    Returns:
        The file, with its size in bytes and its number of rows.

    Raises:
        ConfigurationError: CircleCI does not export the range, or an option has an invalid value.
        UsageExportError: CircleCI rejected a request or failed to export, or parts are damaged or do not fit together;
            pass its `job_ids` as `resume` to continue.
        FileExistsError: `dest` exists, and `overwrite` is ``error``.
        OSError: `dest` cannot be written. Problems with `dest` are detected before any request; later errors, such as a
            full disk, have a note with the job ids.
    """
    path = Path(os.path.abspath(dest))  # noqa: ASYNC240, PTH100 - only reads the working directory
    merge = _merge_function(format)
    require_one_of("overwrite", overwrite, ("error", "replace"))
    jobs = _new_jobs(
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
    if overwrite == "error" and await to_thread.run_sync(os.path.lexists, path):
        msg = f"{path} exists: pass another name, or overwrite='replace'"
        raise FileExistsError(msg)
    with _noting_job_ids(jobs):
        return await _export(client, jobs, path, merge, replace=overwrite == "replace", concurrency=concurrency)


async def _export(
    client: UsageClient, jobs: ExportJobs, path: Path, merge: Merge, *, replace: bool, concurrency: int
) -> UsageExport:
    async with (
        open_in_thread(lambda resources: _open_parent(path, resources, replace=replace)) as root,
        downloaded_parts(client, jobs, path.parent, concurrency) as parts,
        atomic_file(root, [path.name], replace=replace) as file,
    ):
        merged = await _run_in_thread(jobs, lambda: merge(parts, file.write, path.parent))
    size = (await anyio.Path(path).stat()).st_size
    return UsageExport(
        file=path,
        rows=merged.rows,
        columns=merged.columns,
        size=size,
        empty_windows=tuple(window for index, window in enumerate(jobs.windows) if index in jobs.empty),
        job_ids=tuple(jobs.job_ids),
    )


def _open_parent(path: Path, resources: ExitStack, *, replace: bool) -> Directory:
    root = resources.enter_context(closing(open_directory(path.parent)))
    # Create a file once, so that problems with the destination are found now and not after hours of waiting.
    AtomicFile(root, [path.name], replace=replace).open().discard()
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
    polls_per_hour: int = POLLS_PER_HOUR,
    timeout: float = 5 * 3600.0,
    on_progress: OnUsageExportProgress | None = None,
    timing: Timing = Timing(),  # noqa: B008 - frozen
) -> Stream[UsageRow]:
    """Export the usage data of an organization, and iterate over its rows.

    The arguments are those of `export_usage`. All parts are downloaded into anonymous temporary files before the first
    row is yielded, so memory use does not grow with the export.

    ::

        async for row in circleci.iter_usage_rows(org_id, start, end):
            print(row.project_name, row.job_name, row.total_credits)

    Returns:
        A stream of rows, ordered as CircleCI exports them.

    Raises:
        ConfigurationError: CircleCI does not export the range, or an option has an invalid value.
        UsageExportError: While iterating: the export failed, or a row cannot be read; pass its `job_ids` as `resume` to
            continue.
        OSError: While iterating: a temporary file cannot be written; the error has a note with the job ids.
    """
    jobs = _new_jobs(
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
            _noting_job_ids(jobs),
            tempfile.TemporaryFile(dir=directory) as file,
            TextIOWrapper(file, "utf-8", newline="") as lines,
        ):
            async with downloaded_parts(client, jobs, directory, concurrency) as parts:
                await _run_in_thread(jobs, lambda: merge_csv(parts, file.write, check=from_thread.check_cancelled))
            lines.seek(0)
            rows = parse_rows(lines)
            while batch := await _run_in_thread(jobs, lambda: list(islice(rows, _BATCH))):
                await send(batch)

    return Stream(produce)


# A switch of threads takes about as long as reading ten rows, which is negligible for a thousand.
_BATCH = 1000


def _new_jobs(
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
    now = timing.now()
    windows = split_range(start, end, now=now)
    if resume and len(resume) != len(windows):
        msg = f"resume has {len(resume)} job ids for {len(windows)} windows: pass the same start and end as before"
        raise ConfigurationError(msg)
    job_ids = list(resume) or [None] * len(windows)
    require_available(windows, job_ids, now=now)
    require_at_least_one("polls_per_hour", polls_per_hour, "poll")
    require_at_least_one("concurrency", concurrency, "download")
    return ExportJobs(
        client=client,
        org_id=str(org_id),
        shared_org_ids=shared_org_ids,
        windows=windows,
        job_ids=job_ids,
        timing=timing,
        timeout=timeout,
        polls_per_hour=polls_per_hour,
        on_progress=on_progress,
    )


@contextmanager
def _noting_job_ids(jobs: ExportJobs) -> Generator[None]:
    """Add a note with the job ids to errors of the file system, such as a full disk."""
    try:
        yield
    except OSError as error:
        if any(jobs.job_ids):
            error.add_note(f"The export can be resumed with {tuple(jobs.job_ids)}")
        raise


async def _run_in_thread(jobs: ExportJobs, work: Callable[[], T]) -> T:
    """Run a function in a worker thread, and add the job ids to its errors."""
    try:
        return await to_thread.run_sync(work)
    except UsageExportError as error:
        raise jobs.error(str(error)) from error


Merge: TypeAlias = Callable[[Sequence[Part], Write, Path], Merged]


def _merge_function(format: UsageFormat) -> Merge:  # noqa: A002 - as its caller's
    require_one_of("format", format, get_args(UsageFormat))
    if format == "csv":
        return _merge_csv
    require_pyarrow()
    return _merge_parquet


def _merge_csv(parts: Sequence[Part], write: Write, _directory: Path) -> Merged:
    return merge_csv(parts, write, check=from_thread.check_cancelled)


def _merge_parquet(parts: Sequence[Part], write: Write, directory: Path) -> Merged:
    return merge_parquet(parts, write, directory=directory, check=from_thread.check_cancelled)
