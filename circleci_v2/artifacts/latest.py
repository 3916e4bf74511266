"""Latest: the artifacts of the newest run of a job, which API v1.1 answered in one request and v2 does not."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import attrs

from circleci_v2._jobs import artifact_job_number
from circleci_v2._validation import require_at_least_one
from circleci_v2.artifacts._client import PipelinesClient
from circleci_v2.errors import ArtifactError, NotFoundError
from circleci_v2.slugs import ProjectSlug

if TYPE_CHECKING:
    from circleci_v2.models import Artifact, Pipeline, Workflow, WorkflowJob

__all__ = ["LatestArtifacts", "latest_artifacts"]


@attrs.frozen(kw_only=True)
class LatestArtifacts:
    """The newest run of a job, and what it stored.

    Attributes:
        pipeline: The pipeline of the run.
        workflow: The workflow of the run.
        job: The run itself; `job.job_number` is what `download_artifacts` takes.
        artifacts: What it stored, in CircleCI's order; may be empty.
    """

    pipeline: Pipeline
    workflow: Workflow
    job: WorkflowJob
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

    Pipelines are looked through from the newest on. Of several workflows of a pipeline, for example after a rerun, the
    newest counts. Workflows that are not to be found any more are passed over.

    Args:
        client: The client.
        project_slug: The project, for example ``gh/acme/web``.
        job: The name of the job.
        workflow: The name of its workflow. Default: any.
        branch: The branch. Default: any.
        status: The status of the run, for example ``failed``. None: any run that ended. Default: ``success``.
        search: How many pipelines to look through before giving up. Default: 100.

    Raises:
        ArtifactError: None of these pipelines has such a run.
        ConfigurationError: `search` is below 1.
        NotFoundError: There is no such project, or the token may not see it.
        APIError: CircleCI refused a request.
    """
    require_at_least_one("search", search, "pipeline")
    searched = 0
    more = ", which are all"
    async for pipeline in client.pipelines.list_for_project(project_slug, branch=branch):
        searched += 1
        if found := await _find_run(client, pipeline, workflow, job, status):
            found_workflow, run, job_number = found
            artifacts = await client.jobs.list_artifacts(project_slug, job_number).collect()
            return LatestArtifacts(pipeline=pipeline, workflow=found_workflow, job=run, artifacts=tuple(artifacts))
        if searched == search:
            more = ": raise search= to go on"
            break
    wanted = {"workflow": workflow, "branch": branch, "status": status}
    details = "".join(f", {name} {value!r}" for name, value in wanted.items() if value is not None)
    msg = f"no run of job {job!r}{details} in the newest {searched} pipelines of {project_slug}{more}"
    raise ArtifactError(msg)


async def _find_run(
    client: PipelinesClient, pipeline: Pipeline, workflow: str | None, job: str, status: str | None
) -> tuple[Workflow, WorkflowJob, int] | None:
    """The run of a job in the newest workflow of a pipeline that has one."""
    try:
        workflows = await client.pipelines.list_workflows(pipeline.id).collect()
    except NotFoundError:
        # CircleCI answers so for a while after a pipeline was created.
        return None
    for candidate in sorted(workflows, key=lambda candidate: str(candidate.created_at), reverse=True):
        # Workflows of expired pipelines have no id any more.
        if candidate.id is None or workflow not in {None, candidate.name}:
            continue
        for run in await _jobs_of(client, candidate.id):
            number = artifact_job_number(run)
            if run.name == job and number is not None and _has_status(run, status):
                return candidate, run, number
    return None


async def _jobs_of(client: PipelinesClient, workflow_id: UUID | str) -> list[WorkflowJob]:
    try:
        return await client.workflows.list_jobs(workflow_id).collect()
    except NotFoundError:
        # Workflows may be listed longer than their jobs are kept.
        return []


def _has_status(run: WorkflowJob, status: str | None) -> bool:
    return run.stopped_at is not None if status is None else run.status == status
