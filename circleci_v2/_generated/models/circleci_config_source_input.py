"""CircleciConfigSourceInput."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from circleci_v2._wire.model import Model

if TYPE_CHECKING:
    from circleci_v2._generated.models.circleci_provider import CircleciProvider

__all__ = ["CircleciConfigSourceInput"]


@define(kw_only=True, weakref_slot=False)
class CircleciConfigSourceInput(Model):
    """CircleciConfigSourceInput"""

    file_path: str

    provider: CircleciProvider
