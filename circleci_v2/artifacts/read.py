"""Read artifacts without storing them: find those of the newest run of a job, and stream one.

API v1.1 has one request for the newest run (``latest/artifacts``), and v2 does not.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Protocol, cast
from uuid import UUID

import attrs

from circleci_v2._download.resumable import (
    ResponseStream,
    StreamClient,
    Validator,
    content_length,
    first_byte,
    is_encoded,
    require_file,
)
from circleci_v2._validation import require_at_least_one
from circleci_v2._wire.types import maybe_null
from circleci_v2.artifacts.download import WorkflowsClient
from circleci_v2.artifacts.plan import artifact_job_number
from circleci_v2.errors import ArtifactError, NotFoundError
from circleci_v2.pagination import Paginator
from circleci_v2.slugs import ProjectSlug

if TYPE_CHECKING:
    from circleci_v2.models import Artifact, Pipeline, Workflow, WorkflowJob

    class StartedJob(WorkflowJob):
        """A `WorkflowJob` that has a number, for type checkers: jobs get one when they start."""

        job_number: int  # pyright: ignore[reportIncompatibleVariableOverride]


__all__ = ["ArtifactStream", "LatestArtifacts", "PipelinesClient", "latest_artifacts", "open_artifact"]


class _Pipelines(Protocol):
    def list_for_project(
        self, project_slug: ProjectSlug | str, *, branch: str | None = None
    ) -> Paginator[Pipeline]: ...

    def list_workflows(self, pipeline_id: UUID | str) -> Paginator[Workflow]: ...


class PipelinesClient(WorkflowsClient, Protocol):
    """The part of the client that finds the newest run of a job."""

    @property
    def pipelines(self) -> _Pipelines:
        """The operations on pipelines."""
        ...


@attrs.frozen(kw_only=True)
class LatestArtifacts:
    """The newest run of a job, and its artifacts.

    Attributes:
        pipeline: The pipeline of the run.
        workflow: The workflow of the run.
        job: The run itself. It has started, so that it has a `job_number`, to pass to `download_artifacts`.
        artifacts: Its artifacts, in CircleCI's order; may be empty.
    """

    pipeline: Pipeline
    workflow: Workflow
    job: StartedJob
    artifacts: tuple[Artifact, ...]


async def latest_artifacts(
    client: PipelinesClient,
    project_slug: ProjectSlug | str,
    *,
    job: str,
    workflow: str | None = None,
    branch: str | None = None,
    status: str | None = "success",
    search: int = 100,
) -> LatestArtifacts:
    """Find the newest run of a job, and list its artifacts.

    Pipelines are searched from the newest to the oldest, and the workflows of a pipeline likewise, so that a rerun is
    preferred to its original. Workflows that CircleCI lists but can no longer find are skipped.

    Args:
        client: The client.
        project_slug: The project, for example ``gh/acme/web``.
        job: The name of the job.
        workflow: The name of its workflow. Default: any.
        branch: The branch. Default: any.
        status: The status of the run, for example ``failed``; None for any run that ended. Default: ``success``.
        search: The number of pipelines to search at most. Default: 100.

    Returns:
        The run, and its artifacts.

    Raises:
        ArtifactError: None of these pipelines has such a run.
        ConfigurationError: `search` is below 1.
        NotFoundError: The project does not exist, or the token may not see it.
        APIError: CircleCI rejected a request.
    """
    require_at_least_one("search", search, "pipeline")
    searched = 0
    scope = ", which are all"
    async for pipeline in client.pipelines.list_for_project(project_slug, branch=branch):
        searched += 1
        if found := await _find_run(client, pipeline, workflow, job, status):
            found_workflow, run = found
            artifacts = await client.jobs.list_artifacts(project_slug, run.job_number).collect()
            return LatestArtifacts(pipeline=pipeline, workflow=found_workflow, job=run, artifacts=tuple(artifacts))
        if searched == search:
            scope = ": raise search= to go on"
            break
    wanted = {"workflow": workflow, "branch": branch, "status": status}
    details = "".join(f", {name} {value!r}" for name, value in wanted.items() if value is not None)
    msg = f"no run of job {job!r}{details} in the newest {searched} pipelines of {project_slug}{scope}"
    raise ArtifactError(msg)


async def _find_run(
    client: PipelinesClient, pipeline: Pipeline, workflow: str | None, job: str, status: str | None
) -> tuple[Workflow, StartedJob] | None:
    """Find the run of a job in the newest workflow of a pipeline that has one."""
    try:
        workflows = await client.pipelines.list_workflows(pipeline.id).collect()
    except NotFoundError as error:
        # CircleCI returns 404 for a while after a pipeline was created; on a later page, the token has expired.
        if error.items_seen:
            raise
        return None
    for candidate in sorted(workflows, key=lambda candidate: str(candidate.created_at), reverse=True):
        # Workflows of expired pipelines are listed without an id.
        if maybe_null(candidate.id) is None or workflow not in {None, candidate.name}:
            continue
        for run in await _jobs_of(client, candidate.id):
            if run.name == job and artifact_job_number(run) is not None and _has_status(run, status):
                return candidate, cast("StartedJob", run)
    return None


async def _jobs_of(client: PipelinesClient, workflow_id: UUID | str) -> list[WorkflowJob]:
    try:
        return await client.workflows.list_jobs(workflow_id).collect()
    except NotFoundError as error:
        # CircleCI lists workflows for longer than it keeps their jobs; on a later page, the token has expired.
        if error.items_seen:
            raise
        return []


def _has_status(run: WorkflowJob, status: str | None) -> bool:
    return run.stopped_at is not None if status is None else run.status == status


@attrs.frozen(kw_only=True)
class ArtifactStream:
    """An open artifact; iterate over it once for its bytes, in chunks.

    Attributes:
        start: The position of the first byte of the stream.
        size: The number of bytes in the stream; None when the server did not send it.
        version: Identifies this version of the file, to continue with it after a break; None when the server does not
            support that.
        headers: The headers of the response, case-insensitive, including ``content-type``.
        body: The response that the bytes are read from.
    """

    start: int
    size: int | None
    version: str | None
    headers: Mapping[str, str]
    body: ResponseStream = attrs.field(repr=False)

    def __aiter__(self) -> AsyncIterator[bytes]:
        return aiter(self.body)


@asynccontextmanager
async def open_artifact(
    client: StreamClient, artifact: Artifact | str, *, start: int = 0, version: str | None = None
) -> AsyncGenerator[ArtifactStream]:
    """Stream an artifact without storing it.

    ::

        async with circleci.open_artifact(artifact) as stream:
            async for chunk in stream:
                digest.update(chunk)

    A stream that breaks is not resumed, since the bytes already yielded cannot be taken back. Open the artifact again
    with `start` and `version`, or use `download_artifacts`, which resumes.

    Args:
        client: The client.
        artifact: The artifact as CircleCI lists it, or its URL. The token is sent to the hosts of CircleCI only; see
            `ConnectionOptions.token_hosts`.
        start: The position of the first byte to read. Default: 0.
        version: The `ArtifactStream.version` of the stream to continue. Default: any version.

    Yields:
        The open artifact.

    Raises:
        ArtifactError: The server does not support reading from `start`, or the file is another version.
        APIError: CircleCI or its storage rejected the request.
        APIConnectionError: The connection could not be made, or broke while reading.
        DecodeError: The server responded without a file, or with an encoding that the client cannot decode.
        InvalidURLError: The artifact has no valid URL, or one that must not receive the token.
    """
    # Decoding keeps values of other types than described, here null or a number.
    url = artifact if isinstance(artifact, str) else str(artifact.url or "")
    headers = {"Accept-Encoding": "identity"}
    if start:
        headers |= {"Range": f"bytes={start}-"} | ({} if version is None else {"If-Range": version})
    async with client.stream(url, headers=headers, authenticate=True, decode_content=True) as response:
        if start:
            _require_part(response, start, version)
        else:
            require_file(response)
        encoded = is_encoded(response)
        validator = None if encoded else Validator.of(response)
        yield ArtifactStream(
            start=start,
            size=None if encoded else content_length(response),
            version=None if validator is None else validator.value,
            headers=response.headers,
            body=response,
        )


def _require_part(response: ResponseStream, start: int, version: str | None) -> None:
    headers = response.headers
    if response.status_code != 206 or first_byte(response) != start or is_encoded(response):
        problem = "the server cannot read the artifact from there"
        if version is not None:
            problem += ", or the artifact has changed"
    elif version not in {None, headers.get("etag"), headers.get("last-modified")}:
        problem = "the artifact has changed"
    else:
        return
    msg = f"not continued at byte {start:,}: {problem}; read it from the beginning, with start=0"
    raise ArtifactError(msg)
