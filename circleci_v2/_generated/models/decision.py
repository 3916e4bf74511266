"""Decision."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from circleci_v2._wire.model import Model

if TYPE_CHECKING:
    from circleci_v2._generated.models.policy_violation import PolicyViolation

__all__ = ["Decision"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class Decision(Model):
    """Decision of config policies on one configuration."""

    status: str
    """`PASS`: no rule broken. `SOFT_FAIL`: only soft rules broken; the pipeline runs. `HARD_FAIL`: a hard rule
    broken; the pipeline does not run. `ERROR`: no decision, see `reason`."""

    enabled_rules: list[str] | None = None
    """Names of the rules that applied to this configuration, broken or not."""

    hard_failures: list[PolicyViolation] | None = None
    """Violations that prevent the pipeline from running; absent or empty if there are none."""

    reason: str | None = None
    """Error of the evaluation; present only when `status` is `ERROR`."""

    soft_failures: list[PolicyViolation] | None = None
    """Violations that are logged and otherwise tolerated; absent or empty if there are none."""
