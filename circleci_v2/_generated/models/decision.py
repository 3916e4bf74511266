"""Decision."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from circleci_v2._wire.model import Model

if TYPE_CHECKING:
    from circleci_v2._generated.models.policy_violation import PolicyViolation

__all__ = ["Decision"]


@define(kw_only=True, weakref_slot=False)
class Decision(Model):
    """Decision"""

    status: str

    enabled_rules: list[str] | None = None

    hard_failures: list[PolicyViolation] | None = None

    reason: str | None = None

    soft_failures: list[PolicyViolation] | None = None
