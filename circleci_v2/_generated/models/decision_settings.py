"""DecisionSettings."""

from __future__ import annotations

from attrs import define

from circleci_v2._wire.model import Model

__all__ = ["DecisionSettings"]


@define(kw_only=True, weakref_slot=False)
class DecisionSettings(Model):
    """DecisionSettings"""

    enabled: bool | None = None
