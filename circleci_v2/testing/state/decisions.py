"""PolicyDecision: what config policies say of a configuration."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Literal

import attrs

__all__ = ["DecidePolicies", "PolicyDecision"]


def _violations(pairs: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple((rule, reason) for rule, reason in pairs)


@attrs.frozen(kw_only=True)
class PolicyDecision:
    """What config policies say of a configuration; without any violation it passes.

    Attributes:
        hard_failures: Rule and reason of each violation that keeps a pipeline from running; a rule may occur more than
            once. Default: none.
        soft_failures: Rule and reason of each violation that is only logged. Default: none.
        error: Why the policies could not be evaluated. Default: they could.

    Raises:
        ValueError: There are an error and violations: what could not be evaluated has found none.
    """

    hard_failures: tuple[tuple[str, str], ...] = attrs.field(default=(), converter=_violations)
    soft_failures: tuple[tuple[str, str], ...] = attrs.field(default=(), converter=_violations)
    error: str | None = None

    def __attrs_post_init__(self) -> None:
        if self.error is not None and self.rules:
            msg = f"error={self.error!r} and violations of {sorted(self.rules)}: policies that fail to run find nothing"
            raise ValueError(msg)

    @property
    def status(self) -> Literal["PASS", "SOFT_FAIL", "HARD_FAIL", "ERROR"]:
        """The status that follows, as the API spells it."""
        if self.error is not None:
            return "ERROR"
        if self.hard_failures:
            return "HARD_FAIL"
        return "SOFT_FAIL" if self.soft_failures else "PASS"

    @property
    def rules(self) -> set[str]:
        """The rules that are broken."""
        return {rule for rule, _ in (*self.hard_failures, *self.soft_failures)}

    def render(self, enabled_rules: Iterable[str]) -> dict[str, Any]:
        """The decision as the API shows it; parts that say nothing are absent.

        Args:
            enabled_rules: The rules that the policies enable, beside those that are broken.
        """
        shown: dict[str, Any] = {
            "enabled_rules": sorted({*enabled_rules, *self.rules}),
            "hard_failures": [{"rule": rule, "reason": reason} for rule, reason in self.hard_failures],
            "soft_failures": [{"rule": rule, "reason": reason} for rule, reason in self.soft_failures],
            "reason": self.error,
        }
        return {"status": self.status, **{name: value for name, value in shown.items() if value}}


DecidePolicies = Callable[[str], PolicyDecision]
"""Says what the policies decide about a configuration, given as YAML text."""
