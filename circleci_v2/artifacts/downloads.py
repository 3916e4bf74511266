"""Downloads: the artifacts of a job or of a workflow, as files."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING
from uuid import UUID

from circleci_v2._files.incoming import Overwrite
from circleci_v2._jobs import artifact_job_number
from circleci_v2.artifacts._client import JobsClient, WorkflowsClient
from circleci_v2.artifacts.planning import JobArtifacts, Match
from circleci_v2.artifacts.storing import ArtifactDownload, OnArtifactError, OnArtifactProgress, Options, store
from circleci_v2.bulk import map_concurrently
from circleci_v2.errors import ArtifactError, NotFoundError
from circleci_v2.slugs import ProjectSlug

if TYPE_CHECKING:
    from circleci_v2.models import WorkflowJob

__all__ = ["download_artifacts", "download_workflow_artifacts"]


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

    Each file appears under its name only when it is complete and on disk; a download that is cut is resumed where the
    server allows it. Nothing is written outside of `dest`, whatever paths the job chose and whatever links `dest`
    holds. The token is sent to the host that CircleCI names for the artifact, and to none that it redirects to.

    Args:
        client: The client.
        project_slug: The project, for example ``gh/acme/web``.
        job_number: The number of the job.
        dest: The directory to write to, made when missing.
        match: Only artifacts whose path matches this shell pattern, or one of these; ``*`` matches ``/``, too.
            Default: all.
        node_index: Only artifacts of this node of a parallel job. Default: all.
        by_node: Whether to put a directory for each node before the path: ``0/report.xml``, ``1/report.xml``.
            Default: when several nodes ran, unless one is chosen by `node_index`.
        concurrency: How many artifacts to download at a time. Default: 8.
        overwrite: What to do when a file exists: ``"error"`` refuses the artifact, ``"skip"`` leaves the file, so that
            a download can be taken up again, ``"replace"`` puts the new file in its place. Default: ``"error"``.
        on_error: What a refused or failed artifact does. ``"finish"``: all others are downloaded, then one
            `ArtifactError` tells of all that failed. ``"raise"``: the first one ends the download, at once when a path
            is refused. ``"collect"``: it is among `ArtifactDownload.failures`, and nothing is raised. Default:
            ``"finish"``.
        on_progress: Called with each piece that arrives. Default: nobody is told.

    Returns:
        What was written, with sizes.

    Raises:
        ArtifactError: An artifact was refused or could not be stored; see `on_error`.
        NotFoundError: There is no such job, or the token may not see it.
        APIError: CircleCI refused the list of artifacts.
        ConfigurationError: An option has a value that is not known.
        OSError: `dest` cannot be made or written to.
    """
    options = Options(
        match=match,
        node_index=node_index,
        by_node=by_node,
        concurrency=concurrency,
        overwrite=overwrite,
        on_error=on_error,
        on_progress=on_progress,
    )
    artifacts = await client.jobs.list_artifacts(project_slug, job_number).collect()
    return await store(client, [JobArtifacts(artifacts=artifacts)], dest, options)


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

    Jobs of the same name are told apart by their number. Everything else is as in `download_artifacts`.

    Args:
        client: The client.
        workflow_id: The workflow.
        dest: The directory to write to, made when missing.
        match: Only artifacts whose path, without the name of the job, matches this shell pattern, or one of these.
            Default: all.
        node_index: Only artifacts of this node of parallel jobs. Default: all.
        by_node: Whether to put a directory for each node before the path. Default: job by job, when several nodes ran.
        concurrency: How many artifacts to download at a time. Default: 8.
        overwrite: What to do when a file exists: ``"error"``, ``"skip"`` or ``"replace"``. Default: ``"error"``.
        on_error: What a refused or failed artifact does, and a job that CircleCI lists but does not find: ``"finish"``,
            ``"raise"`` or ``"collect"``. Default: ``"finish"``.
        on_progress: Called with each piece that arrives. Default: nobody is told.

    Returns:
        What was written, with sizes.

    Raises:
        ArtifactError: An artifact was refused or could not be stored, or a job was not found; see `on_error`.
        NotFoundError: There is no such workflow, or the token may not see it.
        APIError: CircleCI refused a list of jobs or of artifacts.
        ConfigurationError: An option has a value that is not known.
        OSError: `dest` cannot be made or written to.
    """
    options = Options(
        match=match,
        node_index=node_index,
        by_node=by_node,
        concurrency=concurrency,
        overwrite=overwrite,
        on_error=on_error,
        on_progress=on_progress,
    )
    jobs = await client.workflows.list_jobs(workflow_id).collect()
    return await store(client, await _list_artifacts(client, jobs, concurrency), dest, options)


async def _list_artifacts(client: JobsClient, jobs: Iterable[WorkflowJob], concurrency: int) -> list[JobArtifacts]:
    numbered = [(job, number) for job in jobs if (number := artifact_job_number(job)) is not None]
    names = Counter(job.name for job, _ in numbered)

    async def of_job(numbered_job: tuple[WorkflowJob, int]) -> JobArtifacts:
        job, number = numbered_job
        try:
            artifacts = await client.jobs.list_artifacts(job.project_slug, number).collect()
        except NotFoundError as error:
            return JobArtifacts(artifacts=(), failure=_gone(job, number, error))
        return JobArtifacts(artifacts=artifacts, directory=job.name if names[job.name] == 1 else f"{job.name}-{number}")

    async with map_concurrently(of_job, numbered, concurrency=concurrency, ordered=True) as outcomes:
        return [outcome.result async for outcome in outcomes]


def _gone(job: WorkflowJob, number: int, error: NotFoundError) -> ArtifactError:
    failure = ArtifactError(f"artifacts of job {job.name!r} ({number}) are not stored: {error}")
    failure.__cause__ = error
    return failure
