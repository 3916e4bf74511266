"""WorkflowTestCounts."""

from __future__ import annotations

from attrs import define

from circleci_v2._wire.model import Model

__all__ = ["WorkflowTestCounts"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class WorkflowTestCounts(Model):
    """How many tests of a workflow run had which outcome."""

    error: int
    """Tests that broke before they could decide, for example in their setup."""

    failure: int
    """Tests whose assertions did not hold."""

    skipped: int
    """Tests that were not executed."""

    success: int
    """Tests that passed."""

    total: int
    """All tests reported, skipped ones included."""
