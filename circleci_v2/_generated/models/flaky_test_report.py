"""FlakyTestReport."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define, field

from circleci_v2._wire.model import Model

if TYPE_CHECKING:
    from circleci_v2._generated.models.flaky_test import FlakyTest

__all__ = ["FlakyTestReport"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class FlakyTestReport(Model):
    """The tests of a project that currently count as flaky.

    The live API spells the keys in snake_case; both spellings are read.
    """

    flaky_tests: list[FlakyTest] = field(metadata={"key": "flaky-tests"})
    """Flakes recorded on any branch; a test is removed from the list two weeks after its last one. Count tests
    with `total_flaky_tests`, not with the length of this list."""

    total_flaky_tests: float = field(metadata={"key": "total-flaky-tests"})
    """Number of distinct flaky tests: a test that flaked many times counts once."""
