"""PolicyViolation."""

from __future__ import annotations

from attrs import define

from circleci_v2._wire.model import Model

__all__ = ["PolicyViolation"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class PolicyViolation(Model):
    """One rule that a configuration breaks."""

    reason: str
    """Explanation written by the author of the policy for the author of the configuration."""

    rule: str
    """Rule as named in the policy. It can occur several times in a decision, once for each violation."""
