"""DecisionVcs."""

from __future__ import annotations

from attrs import define

from circleci_v2._wire.model import Model

__all__ = ["DecisionVcs"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class DecisionVcs(Model):
    """Git data that config policies can read as `data.meta.vcs`."""

    branch: str | None = None
    """Branch of the pipeline, for example `main`; absent or empty for a tag."""

    origin_repository_url: str | None = None
    """Repository that the commit comes from; differs from `target_repository_url` for pull requests from forks."""

    release_tag: str | None = None
    """Tag of the pipeline; absent or empty for a branch."""

    target_repository_url: str | None = None
    """Repository that the pipeline builds for."""
