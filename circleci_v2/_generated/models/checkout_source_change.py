"""CheckoutSourceChange."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from circleci_v2._wire.model import Model

if TYPE_CHECKING:
    from circleci_v2._generated.models.repository_change import RepositoryChange

__all__ = ["CheckoutSourceChange"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class CheckoutSourceChange(Model):
    """Another repository for a pipeline definition to check out."""

    provider: str | None = None
    """Integration that provides the repository; `github_app` is the only value documented as accepted."""

    repo: RepositoryChange | None = None
    """Repository to clone from now on."""
