"""DecisionSettings."""

from __future__ import annotations

from attrs import define

from circleci_v2._wire.model import Model

__all__ = ["DecisionSettings"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class DecisionSettings(Model):
    """Setting that enforces config policies."""

    enabled: bool | None = None
    """True while stored policies are evaluated for each pipeline that is triggered. An update without it is
    rejected, so never leave it out."""
