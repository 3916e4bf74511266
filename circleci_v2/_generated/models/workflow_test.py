"""WorkflowTest."""

from __future__ import annotations

from attrs import define

from circleci_v2._wire.model import Model

__all__ = ["WorkflowTest"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class WorkflowTest(Model):
    """One test among the slowest or most often failing ones of a workflow."""

    classname: str | None
    """Class or suite of the test, as named in the test report; null when the report has none."""

    failed_runs: int
    """Number of failures of the test in the evaluated runs."""

    file: str | None
    """File of the test; null when the test report does not contain it."""

    flaky: bool
    """Whether the test also counts as flaky; `insights.flaky_tests` has the details."""

    job_name: str
    """Name of the job that ran the test."""

    p95_duration: float | None
    """95th percentile of the durations of the test, in seconds; null when no duration was reported."""

    source: str | None
    """Test runner or report format behind the result, as CircleCI recognized it; null when unknown."""

    test_name: str
    """Name of the test; unique only together with `classname` and `file`."""

    total_runs: int
    """Number of executions of the test in the evaluated runs."""
