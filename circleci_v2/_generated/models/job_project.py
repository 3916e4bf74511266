"""JobProject."""

from __future__ import annotations

from uuid import UUID

from attrs import define

from circleci_v2._wire.model import Model

__all__ = ["JobProject"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class JobProject(Model):
    """Project a job belongs to."""

    id: UUID
    """UUID of the project."""

    name: str
    """Name of the project, in most cases that of its repository."""

    slug: str
    """Slug to pass to other operations, `gh/acme/web` or `circleci/...`; never parse it."""

    external_url: str
    """Repository at the code host."""
