"""Pipeline."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from attrs import define

from circleci_v2._wire.model import Model

if TYPE_CHECKING:
    from circleci_v2._generated.models.pipeline_error import PipelineError
    from circleci_v2._generated.models.pipeline_state import PipelineState
    from circleci_v2._generated.models.pipeline_trigger import PipelineTrigger
    from circleci_v2._generated.models.pipeline_vcs import PipelineVcs

__all__ = ["Pipeline"]


@define(kw_only=True, weakref_slot=False)
class Pipeline(Model):
    """One run of the configuration of a project, started by a push, a schedule, the API or a person.

    It holds workflows, which hold jobs."""

    id: UUID
    """UUID, unique across CircleCI; most other operations ask for it."""

    number: int
    """Counts up from 1 within the project; part of the URL in the web app."""

    state: PipelineState
    """How far CircleCI got with the configuration of a pipeline. `pending`: waiting to be processed.
    `setup-pending`: the setup configuration waits to be processed. `setup`: the setup workflow may run, a
    continuation is awaited. `created`: processed, workflows exist or are about to. `errored`: given up, see
    `Pipeline.errors`. The last two are final."""

    created_at: datetime
    """When CircleCI created the pipeline, in UTC; before any of its jobs ran."""

    errors: list[PipelineError]
    """Why the pipeline could not be set up; empty unless `state` is `errored`."""

    project_slug: str
    """Project it belongs to, ready to be passed on: `gh/acme/web` or the opaque `circleci/...`. Webhooks may spell
    the same project `github/...`."""

    trigger: PipelineTrigger
    """What started a pipeline."""

    trigger_parameters: dict[str, str | int | bool | dict[str, Any]] | None = None
    """Everything that came with the trigger, grouped by source, with values of mixed types. For GitHub App and
    GitLab projects the git data stands here; otherwise mostly null or absent."""

    updated_at: datetime | None = None
    """When the pipeline record last changed, in UTC; often equal to `created_at`, as progress of the workflows
    does not count. May be null."""

    vcs: PipelineVcs | None = None
    """Branch or tag, commit and repository. Null or absent for pipelines of GitHub App and GitLab projects, whose
    data is in `trigger_parameters`."""
