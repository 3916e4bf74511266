"""Download the artifacts of a job or of a workflow into files."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

import attrs
from anyio import to_thread

from circleci_v2._download.atomic_file import Overwrite, StaleParts, atomic_file_sink, is_case_insensitive
from circleci_v2._download.resumable import DOWNLOAD_ERRORS, StreamClient, download
from circleci_v2._download.safe_directory import Directory, open_directory
from circleci_v2._download.threads import open_in_thread
from circleci_v2.artifacts.plan import (
    ArtifactProgress,
    DownloadOptions,
    DownloadPlan,
    JobArtifacts,
    Match,
    OnArtifactError,
    OnArtifactProgress,
    PlannedFile,
    artifact_error,
    artifact_job_number,
    make_plan,
)
from circleci_v2.bulk import OnError, map_concurrently
from circleci_v2.errors import ArtifactError, NotFoundError
from circleci_v2.pagination import Paginator
from circleci_v2.slugs import ProjectSlug

if TYPE_CHECKING:
    from circleci_v2.models import Artifact, WorkflowJob

__all__ = [
    "ArtifactDownload",
    "DownloadedArtifact",
    "JobsClient",
    "WorkflowsClient",
    "download_artifacts",
    "download_workflow_artifacts",
]


class _Jobs(Protocol):
    def list_artifacts(self, project_slug: ProjectSlug | str, job_number: int) -> Paginator[Artifact]: ...


class _Workflows(Protocol):
    def list_jobs(self, workflow_id: UUID | str) -> Paginator[WorkflowJob]: ...


class JobsClient(StreamClient, Protocol):
    """The part of the client that downloads the artifacts of a job."""

    @property
    def jobs(self) -> _Jobs:
        """The operations on jobs."""
        ...


class WorkflowsClient(JobsClient, Protocol):
    """The part of the client that downloads the artifacts of a workflow."""

    @property
    def workflows(self) -> _Workflows:
        """The operations on workflows."""
        ...


@attrs.frozen(kw_only=True)
class DownloadedArtifact:
    """A stored artifact.

    Attributes:
        path: Its path as CircleCI lists it.
        node_index: The node of the job that stored it.
        file: The file on disk.
        size: Its size in bytes.
        skipped: Whether the file existed before and was kept.
    """

    path: str
    node_index: int
    file: Path
    size: int
    skipped: bool = False


@attrs.frozen(kw_only=True)
class ArtifactDownload:
    """The result of a download.

    Attributes:
        files: The stored artifacts, in CircleCI's order.
        failures: The errors of the others; always empty unless ``on_error="collect"``.
    """

    files: tuple[DownloadedArtifact, ...]
    failures: tuple[ArtifactError, ...] = ()

    @property
    def size(self) -> int:
        """The number of bytes written; skipped files do not count."""
        return sum(file.size for file in self.files if not file.skipped)


async def download_artifacts(
    client: JobsClient,
    project_slug: ProjectSlug | str,
    job_number: int,
    dest: str | os.PathLike[str],
    *,
    match: Match | None = None,
    node_index: int | None = None,
    by_node: bool | None = None,
    concurrency: int = 8,
    overwrite: Overwrite = "error",
    on_error: OnArtifactError = "finish",
    on_progress: OnArtifactProgress | None = None,
) -> ArtifactDownload:
    """Download the artifacts of a job.

    Each file gets its name only when it is complete and on disk; a download that breaks is resumed if the server
    supports it and shows that the file is still the same. Nothing is written outside of `dest`, whatever paths the job
    chose and whatever links `dest` contains. Hidden ``.circleci-*.part`` files, which a killed process leaves, are
    removed by the next download into the same directories; those of running processes are locked, and stay.

    The token is sent to the host of ``base_url``, CircleCI's artifact hosts and `ConnectionOptions.token_hosts` only, not
    to hosts that they redirect to. An artifact that is listed on another host fails.

    Args:
        client: The client.
        project_slug: The project, for example ``gh/acme/web``.
        job_number: The number of the job.
        dest: The directory to write to, created when missing.
        match: Download only artifacts whose path matches this shell pattern, or one of these; ``*`` also matches
            ``/``. Default: all.
        node_index: Download only artifacts of this node of a parallel job. Default: all.
        by_node: Whether to put the files of each node into a directory of its own: ``0/report.xml``, ``1/report.xml``.
            Default: when several nodes stored artifacts and `node_index` does not choose one.
        concurrency: The number of artifacts to download at a time. Default: 8.
        overwrite: How to treat a file that exists: ``"error"`` fails the artifact, ``"skip"`` keeps the file, so that a
            download can be continued, ``"replace"`` replaces the file. Default: ``"error"``.
        on_error: When to report a failed artifact. ``"finish"``: after all others are downloaded, in one
            `ArtifactError`. ``"raise"``: the first failure ends the download, before it starts if a path is rejected.
            ``"collect"``: in `ArtifactDownload.failures`, without raising. Default: ``"finish"``.
        on_progress: Called with an `ArtifactProgress` for each chunk that arrives.

    Returns:
        The stored files, with their sizes in bytes.

    Raises:
        ArtifactError: An artifact was rejected or could not be stored; see `on_error`.
        NotFoundError: The job does not exist, or the token may not see it.
        APIError: CircleCI rejected the request for the list of artifacts.
        ConfigurationError: An option has an invalid value.
        OSError: `dest` cannot be created or written to.
    """
    options = DownloadOptions(
        match=match,
        node_index=node_index,
        by_node=by_node,
        concurrency=concurrency,
        overwrite=overwrite,
        on_error=on_error,
        on_progress=on_progress,
    )
    artifacts = await client.jobs.list_artifacts(project_slug, job_number).collect()
    return await _store(client, [JobArtifacts(artifacts=artifacts)], dest, options)


async def download_workflow_artifacts(
    client: WorkflowsClient,
    workflow_id: UUID | str,
    dest: str | os.PathLike[str],
    *,
    match: Match | None = None,
    node_index: int | None = None,
    by_node: bool | None = None,
    concurrency: int = 8,
    overwrite: Overwrite = "error",
    on_error: OnArtifactError = "finish",
    on_progress: OnArtifactProgress | None = None,
) -> ArtifactDownload:
    """Download the artifacts of every job of a workflow, each job's into a directory of its name.

    Jobs of the same name get directories named ``<job name>-<job number>``. Everything else works as in
    `download_artifacts`.

    Args:
        client: The client.
        workflow_id: The workflow.
        dest: The directory to write to, created when missing.
        match: Download only artifacts whose path, without the name of the job, matches this shell pattern, or one of
            these. Default: all.
        node_index: Download only artifacts of this node of parallel jobs. Default: all.
        by_node: Whether to put the files of each node into a directory of its own. Default: for each job of which
            several nodes stored artifacts.
        concurrency: The number of artifacts to download at a time. Default: 8.
        overwrite: How to treat a file that exists: ``"error"``, ``"skip"`` or ``"replace"``. Default: ``"error"``.
        on_error: When to report a failed artifact, or a job whose artifacts cannot be found: ``"finish"``, ``"raise"``
            or ``"collect"``. Default: ``"finish"``.
        on_progress: Called with an `ArtifactProgress` for each chunk that arrives.

    Returns:
        The stored files, with their sizes in bytes.

    Raises:
        ArtifactError: An artifact was rejected or could not be stored, or a job was not found; see `on_error`.
        NotFoundError: The workflow does not exist, or the token may not see it.
        APIError: CircleCI rejected the request for a list of jobs or of artifacts.
        ConfigurationError: An option has an invalid value.
        OSError: `dest` cannot be created or written to.
    """
    options = DownloadOptions(
        match=match,
        node_index=node_index,
        by_node=by_node,
        concurrency=concurrency,
        overwrite=overwrite,
        on_error=on_error,
        on_progress=on_progress,
    )
    jobs = await client.workflows.list_jobs(workflow_id).collect()
    return await _store(client, await _list_artifacts(client, jobs, concurrency), dest, options)


async def _list_artifacts(client: JobsClient, jobs: Iterable[WorkflowJob], concurrency: int) -> list[JobArtifacts]:
    numbered = [(job, number) for job in jobs if (number := artifact_job_number(job)) is not None]
    names = Counter(job.name for job, _ in numbered)

    async def of_job(numbered_job: tuple[WorkflowJob, int]) -> JobArtifacts:
        job, number = numbered_job
        try:
            artifacts = await client.jobs.list_artifacts(job.project_slug, number).collect()
        except NotFoundError as error:
            failure = ArtifactError(f"artifacts of job {job.name!r} ({number}) are not stored: {error}")
            failure.__cause__ = error
            return JobArtifacts(artifacts=(), failure=failure)
        return JobArtifacts(artifacts=artifacts, directory=job.name if names[job.name] == 1 else f"{job.name}-{number}")

    async with map_concurrently(of_job, numbered, concurrency=concurrency, ordered=True) as outcomes:
        return [outcome.result async for outcome in outcomes]


async def _store(
    client: StreamClient, jobs: Iterable[JobArtifacts], dest: str | os.PathLike[str], options: DownloadOptions
) -> ArtifactDownload:
    """Download the wanted artifacts of some jobs.

    Raises:
        ArtifactError: An artifact was rejected or could not be stored, and the options do not collect errors.
    """
    destination = Path(os.path.abspath(dest))  # noqa: ASYNC240, PTH100 - only reads the working directory
    async with open_in_thread(lambda resources: _open(destination, resources)) as (root, case_insensitive):
        plan = make_plan(jobs, options, root=str(destination), case_insensitive=case_insensitive)
        return await _Download(client, destination, root, plan, options).run()


def _open(destination: Path, resources: ExitStack) -> tuple[Directory, bool]:
    root = resources.enter_context(closing(open_directory(destination)))
    return root, is_case_insensitive(root)


@attrs.define
class _Download:
    """Carries out a plan."""

    client: StreamClient
    destination: Path
    root: Directory
    plan: DownloadPlan
    options: DownloadOptions
    stale: StaleParts = attrs.field(factory=StaleParts)
    done: int = 0
    callback_error: OSError | None = None

    async def run(self) -> ArtifactDownload:
        if self.plan.rejected and self.options.on_error == "raise":
            raise self.plan.rejected[0]
        stored: dict[int, DownloadedArtifact] = {}
        failures = list(self.plan.rejected)
        on_error: OnError = "raise" if self.options.on_error == "raise" else "collect"
        async with map_concurrently(
            self._store, self.plan.files, concurrency=self.options.concurrency, on_error=on_error
        ) as outcomes:
            async for outcome in outcomes:
                if isinstance(outcome.error, ArtifactError):
                    failures.append(outcome.error)
                else:
                    stored[outcome.index] = outcome.result
        if failures and self.options.on_error == "finish":
            raise _summary(failures, len(stored))
        return ArtifactDownload(files=tuple(stored[index] for index in sorted(stored)), failures=tuple(failures))

    async def _store(self, planned: PlannedFile) -> DownloadedArtifact:
        try:
            size, skipped = await self._receive(planned)
        except OSError as error:
            if error is self.callback_error:
                raise
            raise artifact_error(planned.path, f"{_problem_of(error)} ({'/'.join(planned.parts)})") from error
        except DOWNLOAD_ERRORS as error:
            raise artifact_error(planned.path, str(error)) from error
        finally:
            self.done += 1
        self._report(planned, size, size, stored=True)
        return DownloadedArtifact(
            path=planned.path,
            node_index=planned.node_index,
            file=self.destination.joinpath(*planned.parts),
            size=size,
            skipped=skipped,
        )

    async def _receive(self, planned: PlannedFile) -> tuple[int, bool]:
        """Return the size of the file, and whether it existed before and was kept."""
        try:
            async with atomic_file_sink(
                self.root,
                planned.parts,
                replace=self.options.overwrite == "replace",
                stale=self.stale,
                on_bytes=lambda received, size: self._report(planned, received, size),
            ) as sink:
                return await download(self.client, planned.url, sink, authenticate=True), False
        except FileExistsError as error:
            if self.options.overwrite != "skip" or error is self.callback_error:
                raise
        existing = self.destination.joinpath(*planned.parts)
        return (await to_thread.run_sync(existing.lstat)).st_size, True

    def _report(self, planned: PlannedFile, received: int, size: int | None, *, stored: bool = False) -> None:
        if self.options.on_progress is None:
            return
        progress = ArtifactProgress(
            path=planned.path,
            received=received,
            size=size,
            stored=stored,
            files_done=self.done,
            files=len(self.plan.files),
        )
        try:
            self.options.on_progress(progress)
        except OSError as error:
            # For example a closed terminal: remember the error, so that it is not taken for one of the artifact.
            self.callback_error = error
            raise


def _problem_of(error: OSError) -> str:
    if isinstance(error, FileExistsError):
        return "the file exists: pass overwrite='skip' or 'replace'"
    return error.strerror or str(error)


def _summary(failures: list[ArtifactError], stored: int) -> ArtifactError:
    if len(failures) == 1:
        return failures[0]
    shown = [str(failure) for failure in failures[:3]]
    more = [f"and {len(failures) - 3} more, in .failures"] if len(failures) > 3 else []
    msg = f"{len(failures)} artifacts are not stored, {stored} are: {'; '.join([*shown, *more])}"
    return ArtifactError(msg, failures=failures)
