"""WorkflowTestCounts."""

from __future__ import annotations

from attrs import define

from circleci_v2._wire.model import Model

__all__ = ["WorkflowTestCounts"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class WorkflowTestCounts(Model):
    """Number of tests of a workflow run, by outcome."""

    error: int
    """Tests that ended with an error before reaching a result, for example in their setup."""

    failure: int
    """Tests with failed assertions."""

    skipped: int
    """Tests that were not executed."""

    success: int
    """Tests that passed."""

    total: int
    """All tests reported, skipped ones included."""
