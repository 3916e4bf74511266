"""JobOrganization."""

from __future__ import annotations

from attrs import define

from circleci_v2._wire.model import Model

__all__ = ["JobOrganization"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class JobOrganization(Model):
    """Organization that owns the project of a job."""

    name: str
    """Name of the organization, not its slug."""
