"""What artifacts need of the client, and nothing more."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

from circleci_v2._files.downloading import Body
from circleci_v2.pagination import Paginator
from circleci_v2.slugs import ProjectSlug

if TYPE_CHECKING:
    from circleci_v2.models import Artifact, Pipeline, Workflow, WorkflowJob

__all__ = ["JobsClient", "PipelinesClient", "StreamClient", "WorkflowsClient"]


class _Jobs(Protocol):
    def list_artifacts(self, project_slug: ProjectSlug | str, job_number: int) -> Paginator[Artifact]: ...


class _Workflows(Protocol):
    def list_jobs(self, workflow_id: UUID | str) -> Paginator[WorkflowJob]: ...


class _Pipelines(Protocol):
    def list_for_project(
        self, project_slug: ProjectSlug | str, *, branch: str | None = None
    ) -> Paginator[Pipeline]: ...

    def list_workflows(self, pipeline_id: UUID | str) -> Paginator[Workflow]: ...


class StreamClient(Protocol):
    """Reads any address, with the token for the first host alone."""

    def stream(
        self, url: str, *, headers: Mapping[str, str], authenticate: bool
    ) -> AbstractAsyncContextManager[Body]: ...


class JobsClient(StreamClient, Protocol):
    """Lists the artifacts of a job, too."""

    @property
    def jobs(self) -> _Jobs: ...


class WorkflowsClient(JobsClient, Protocol):
    """Lists the jobs of a workflow, too."""

    @property
    def workflows(self) -> _Workflows: ...


class PipelinesClient(WorkflowsClient, Protocol):
    """Lists pipelines and their workflows, too."""

    @property
    def pipelines(self) -> _Pipelines: ...
