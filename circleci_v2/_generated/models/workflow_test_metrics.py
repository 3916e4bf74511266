"""WorkflowTestMetrics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from circleci_v2._wire.model import Model

if TYPE_CHECKING:
    from circleci_v2._generated.models.workflow_test import WorkflowTest
    from circleci_v2._generated.models.workflow_test_run import WorkflowTestRun

__all__ = ["WorkflowTestMetrics"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class WorkflowTestMetrics(Model):
    """Metrics of the tests of a workflow in its latest runs: 10 according to the API document, 100 according to
    CircleCI's guide.
    """

    average_test_count: int
    """Tests executed per run on average, rounded to a whole number."""

    most_failed_tests: list[WorkflowTest]
    """Tests that fail most often, the worst ones only."""

    most_failed_tests_extra: int
    """Tests left out of `most_failed_tests` although they fail just as often."""

    slowest_tests: list[WorkflowTest]
    """Tests with the longest durations, the slowest ones only."""

    slowest_tests_extra: int
    """Tests left out of `slowest_tests` although they take just as long."""

    test_runs: list[WorkflowTestRun]
    """Counts by outcome for each evaluated workflow run."""

    total_test_runs: int
    """Number of runs with test results that the figures are based on."""
