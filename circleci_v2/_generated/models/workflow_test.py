"""WorkflowTest."""

from __future__ import annotations

from attrs import define

from circleci_v2._wire.model import Model

__all__ = ["WorkflowTest"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class WorkflowTest(Model):
    """One test among the slowest or most often failing ones of a workflow."""

    classname: str | None
    """Class or suite of the test, as its report names it; null when the report has none."""

    failed_runs: int
    """How often the test failed in the runs looked at."""

    file: str | None
    """File the test is in; null when the test report does not say."""

    flaky: bool
    """Whether the test also counts as flaky; `insights.flaky_tests` has the details."""

    job_name: str
    """Name of the job that ran the test."""

    p95_duration: float | None
    """Seconds within which 95 percent of the test's executions finished; null when no duration was reported."""

    source: str | None
    """Test runner or report format behind the result, as CircleCI recognized it; null when unknown."""

    test_name: str
    """Name of the test; unique only together with `classname` and `file`."""

    total_runs: int
    """How often the test was executed in the runs looked at."""
