"""FlakyTest."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from attrs import define, field

from circleci_v2._wire.model import Model

__all__ = ["FlakyTest"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class FlakyTest(Model):
    """A test that passed and failed on one commit, and a job in which this happened.

    The live API spells the keys in snake_case; both spellings are read.
    """

    classname: str | None
    """Class or suite of the test, as named in the test report; null when the report has none."""

    file: str | None
    """File of the test; null when the test report does not contain it."""

    job_name: str = field(metadata={"key": "job-name"})
    """Name of the job in which the test flaked."""

    job_number: int = field(metadata={"key": "job-number"})
    """Number of that job in its project, for `jobs.get_by_number` or `jobs.list_tests`."""

    pipeline_number: int = field(metadata={"key": "pipeline-number"})
    """Number of the pipeline in its project, for `pipelines.get_by_number`."""

    source: str | None
    """Test runner or report format behind the result, as CircleCI recognized it; null when unknown."""

    test_name: str = field(metadata={"key": "test-name"})
    """Name of the test; unique only together with `classname` and `file`."""

    times_flaked: int = field(metadata={"key": "times-flaked"})
    """Number of recorded flakes of the test."""

    workflow_created_at: datetime = field(metadata={"key": "workflow-created-at"})
    """When the workflow of the flake was created, in UTC."""

    workflow_id: UUID = field(metadata={"key": "workflow-id"})
    """UUID of the workflow of the flake, for `workflows.get`."""

    workflow_name: str = field(metadata={"key": "workflow-name"})
    """Name of the workflow in which the test flaked."""

    time_wasted: int | None = field(default=None, metadata={"key": "time-wasted"})
    """Time lost to the flakes, in a unit that CircleCI does not document; may be absent."""
