"""CheckoutSource."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from circleci_v2._wire.model import Model

if TYPE_CHECKING:
    from circleci_v2._generated.models.repository import Repository

__all__ = ["CheckoutSource"]


@define(kw_only=True, weakref_slot=False)
class CheckoutSource(Model):
    """CheckoutSource"""

    provider: str | None = None

    repo: Repository | None = None
