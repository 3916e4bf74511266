"""CheckoutSource."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from circleci_v2._wire.model import Model

if TYPE_CHECKING:
    from circleci_v2._generated.models.repository import Repository

__all__ = ["CheckoutSource"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class CheckoutSource(Model):
    """Repository that the jobs of a pipeline definition check out."""

    provider: str | None = None
    """Integration that provides the repository, for example `github_app`, `github_oauth` or `bitbucket_dc`."""

    repo: Repository | None = None
    """Repository to clone; absent when CircleCI has neither its ID nor its name."""
