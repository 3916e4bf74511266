"""RepositoryInput."""

from __future__ import annotations

from attrs import define

from circleci_v2._wire.model import Model

__all__ = ["RepositoryInput"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class RepositoryInput(Model):
    """Reference to a repository in a request."""

    external_id: str
    """Numeric ID of the repository at the host, as a string; not its name. For GitHub, `gh api repos/acme/web --jq
    .id` prints it."""
