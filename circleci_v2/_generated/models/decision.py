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
    """Verdict of config policies on one configuration."""

    status: str
    """`PASS`: no rule broken. `SOFT_FAIL`: only soft rules broken; the pipeline runs. `HARD_FAIL`: a hard rule
    broken; the pipeline does not run. `ERROR`: no verdict, see `reason`."""

    enabled_rules: list[str] | None = None
    """Names of the rules that counted for this configuration, broken or not."""

    hard_failures: list[PolicyViolation] | None = None
    """Violations that keep the pipeline from running; absent or empty without any."""

    reason: str | None = None
    """What went wrong in the evaluation; present only when `status` is `ERROR`."""

    soft_failures: list[PolicyViolation] | None = None
    """Violations that are logged and otherwise tolerated; absent or empty without any."""
