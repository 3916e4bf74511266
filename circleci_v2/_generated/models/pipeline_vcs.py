"""PipelineVcs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from circleci_v2._wire.model import Model

if TYPE_CHECKING:
    from circleci_v2._generated.models.pipeline_commit import PipelineCommit

__all__ = ["PipelineVcs"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class PipelineVcs(Model):
    """Commit and repository that a pipeline builds.

    Either `branch` or `tag` is set.
    """

    provider_name: str
    """Code host, for example `GitHub` or `Bitbucket`; compare it case-insensitively, because the spelling varies."""

    branch: str | None = None
    """Branch the pipeline was triggered for; null for tags. Pull requests from forks have a name that begins with
    `pull/`."""

    commit: PipelineCommit | None = None
    """Message of the commit; null or absent if CircleCI did not look it up, as for many pipelines started through
    the API."""

    origin_repository_url: str | None = None
    """Repository the code comes from. Differs from `target_repository_url` only for pull requests from a fork,
    where it is the fork."""

    review_id: str | None = None
    """Number of the pull request, as text; null or absent if there is none."""

    review_url: str | None = None
    """Page of the pull request at the code host; null or absent if there is none."""

    revision: str | None = None
    """Full hash of the commit."""

    tag: str | None = None
    """Git tag the pipeline was triggered for; null or absent for branches."""

    target_repository_url: str | None = None
    """Repository of the project, into which a pull request would be merged."""
