"""InsightsBranches."""

from __future__ import annotations

from uuid import UUID

from attrs import define

from circleci_v2._wire.model import Model

__all__ = ["InsightsBranches"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class InsightsBranches(Model):
    """The branches of a project for which Insights has data."""

    branches: list[str]
    """Names of the branches, 5,000 at most; no more can be fetched."""

    org_id: UUID
    """UUID of the organization that owns the project."""

    project_id: UUID
    """UUID of the project; `projects.get` returns the same one as `id`."""
