"""PolicyViolation."""

from __future__ import annotations

from attrs import define

from circleci_v2._wire.model import Model

__all__ = ["PolicyViolation"]


@define(kw_only=True, weakref_slot=False)
class PolicyViolation(Model):
    """PolicyViolation"""

    reason: str

    rule: str
