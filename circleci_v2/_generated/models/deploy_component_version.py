"""DeployComponentVersion."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from attrs import define

from circleci_v2._wire.model import Model

__all__ = ["DeployComponentVersion"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class DeployComponentVersion(Model):
    """A version of a component as deployed to one environment."""

    name: str | None = None
    """Version as specified in the deploy marker (`--target-version`): a release number, a commit or any other
    text."""

    environment_id: UUID | None = None
    """UUID of the environment; `deploy.get_environment` returns its name."""

    is_live: bool | None = None
    """True while this version is running there. Two versions can be live concurrently during a progressive
    release."""

    job_id: UUID | None = None
    """UUID of the job that deployed it; observed as all zeros where no job was recorded."""

    job_number: int | None = None
    """Number of that job within its project, as used by `jobs.get_by_number`; absent where no job was recorded."""

    last_deployed_at: datetime | None = None
    """When this version was last deployed to this environment, in UTC."""

    namespace: str | None = None
    """Kubernetes namespace it runs in; `default` if the deploy marker names none."""

    pipeline_id: UUID | None = None
    """UUID of the pipeline that deployed it, for `pipelines.get`; observed as all zeros where none was recorded."""

    workflow_id: UUID | None = None
    """UUID of the workflow that deployed it, for `workflows.get`; observed as all zeros where none was recorded."""
