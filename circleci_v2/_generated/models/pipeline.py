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

    It contains workflows, which contain jobs.
    """

    id: UUID
    """UUID, unique across CircleCI; required by most other operations."""

    number: int
    """Number within the project, counted from 1; part of the URL in the web app."""

    state: PipelineState
    """Processing state of the configuration, not the result of the workflows: a pipeline with failed workflows is
    still `created`."""

    created_at: datetime
    """When CircleCI created the pipeline, in UTC; before any of its jobs ran."""

    errors: list[PipelineError]
    """Reasons why the pipeline could not be set up; empty unless `state` is `errored`."""

    project_slug: str
    """Slug of the project, to pass to other operations: `gh/acme/web` or the opaque `circleci/...`. Webhooks may
    spell the same project `github/...`."""

    trigger: PipelineTrigger
    """Event that started the pipeline, and the user it runs for."""

    trigger_parameters: dict[str, str | int | bool | dict[str, Any]] | None = None
    """All data of the trigger, grouped by source, with values of mixed types. It contains the git data of GitHub
    App and GitLab projects; otherwise mostly null or absent."""

    updated_at: datetime | None = None
    """When the pipeline record last changed, in UTC; often equal to `created_at`, because progress of the
    workflows does not change it. May be null."""

    vcs: PipelineVcs | None = None
    """Branch or tag, commit and repository. Null or absent for pipelines of GitHub App and GitLab projects, whose
    data is in `trigger_parameters`."""
