"""CheckoutSourceInput."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from circleci_v2._wire.model import Model

if TYPE_CHECKING:
    from circleci_v2._generated.models.repository_input import RepositoryInput
    from circleci_v2._generated.models.repository_provider import RepositoryProvider

__all__ = ["CheckoutSourceInput"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class CheckoutSourceInput(Model):
    """Repository to check out in the jobs of a new pipeline definition."""

    provider: RepositoryProvider
    """Integration through which CircleCI reaches the repository."""

    repo: RepositoryInput
    """Repository, identified by its ID at the code host."""
