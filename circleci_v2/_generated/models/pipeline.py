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


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class Pipeline(Model):
    """One run of the configuration of a project, started by a push, a schedule, the API or a person.

    It holds workflows, which hold jobs.
    """

    id: UUID
    """UUID, unique across CircleCI; most other operations ask for it."""

    number: int
    """Counts up from 1 within the project; part of the URL in the web app."""

    state: PipelineState
    """How far the configuration was processed, not how the work went: a pipeline with failed workflows is still
    `created`."""

    created_at: datetime
    """When CircleCI created the pipeline, in UTC; before any of its jobs ran."""

    errors: list[PipelineError]
    """Why the pipeline could not be set up; empty unless `state` is `errored`."""

    project_slug: str
    """Project it belongs to, ready to be passed on: `gh/acme/web` or the opaque `circleci/...`. Webhooks may spell
    the same project `github/...`."""

    trigger: PipelineTrigger
    """What started it, and on whose behalf."""

    trigger_parameters: dict[str, str | int | bool | dict[str, Any]] | None = None
    """Everything that came with the trigger, grouped by source, with values of mixed types. For GitHub App and
    GitLab projects the git data stands here; otherwise mostly null or absent."""

    updated_at: datetime | None = None
    """When the pipeline record last changed, in UTC; often equal to `created_at`, as progress of the workflows
    does not count. May be null."""

    vcs: PipelineVcs | None = None
    """Branch or tag, commit and repository. Null or absent for pipelines of GitHub App and GitLab projects, whose
    data is in `trigger_parameters`."""
