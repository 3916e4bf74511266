"""Runs: under which number a job has what it left behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from circleci_v2.models import WorkflowJob

__all__ = ["artifact_job_number"]


def artifact_job_number(job: WorkflowJob) -> int | None:
    """The number that a job has its details, tests and artifacts under; None when it never ran."""
    # An approval may have a number, but nothing is found under it.
    return None if job.type == "approval" else job.job_number
