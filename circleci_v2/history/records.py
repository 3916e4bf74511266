"""The records that a crawl yields: a pipeline with its workflows and jobs, nested or as flat rows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

import attrs

from circleci_v2._wire.types import maybe_datetime, maybe_null
from circleci_v2.errors import CircleCIError, ConfigurationError
from circleci_v2.history.listing import Cursor

if TYPE_CHECKING:
    from circleci_v2.models import Artifact, JobDetails, JobTest, Pipeline, Workflow, WorkflowJob

__all__ = ["Failure", "JobRecord", "Part", "PipelineRecord", "RecordsOf", "WorkflowRecord"]

Part = Literal["workflows", "jobs", "tests", "artifacts", "details"]
"""A part that can be fetched for a pipeline, a workflow or a job."""

RecordsOf = Literal["pipelines", "workflows", "jobs", "tests", "artifacts"]
"""The subject of each row of `PipelineRecord.to_records`."""


@attrs.frozen(kw_only=True)
class Failure:
    """A part that could not be fetched, for a reason that does not end the crawl.

    Attributes:
        part: The part that was requested.
        of: The UUID of the pipeline, workflow or job that the part belongs to.
        error: The error of the call.
    """

    part: Part
    of: UUID
    error: CircleCIError


@attrs.frozen(kw_only=True)
class JobRecord:
    """A job of a workflow.

    Attributes:
        job: The job.
        details: Where and how it ran. None when not requested or not available, as for approvals and jobs not started.
        tests: Its test results; None in the same cases.
        artifacts: Its artifacts; None in the same cases.
    """

    job: WorkflowJob
    details: JobDetails | None = None
    tests: list[JobTest] | None = None
    artifacts: list[Artifact] | None = None


@attrs.frozen(kw_only=True)
class WorkflowRecord:
    """A workflow of a pipeline.

    Attributes:
        workflow: The workflow.
        jobs: Its jobs; None when not requested or not available, as for workflows that have expired.
    """

    workflow: Workflow
    jobs: list[JobRecord] | None = None


@attrs.frozen(kw_only=True)
class PipelineRecord:
    """A pipeline with the parts that were requested.

    Attributes:
        pipeline: The pipeline.
        workflows: Its workflows, in CircleCI's order.
        failures: The parts that could not be fetched; empty when the record is complete.
    """

    pipeline: Pipeline
    workflows: list[WorkflowRecord]
    failures: tuple[Failure, ...] = ()
    _cursor: Cursor = attrs.field(alias="cursor", repr=False, eq=False)

    @property
    def cursor(self) -> str:
        """The position after this record: pass it as ``cursor=`` with the same slug and branch to resume there.

        Save it together with the record, in one transaction or in one line of a file; then a crawl that is killed and
        resumed loses nothing and repeats nothing.
        """
        return str(self._cursor)

    @property
    def listed_at(self) -> datetime | None:
        """When the pipeline was created; if CircleCI sent no valid time, that of the pipeline listed before it.

        None if no pipeline before it had one either.
        """
        return self._cursor.created_at

    def to_dict(self) -> dict[str, Any]:
        """Convert the record to nested JSON, as CircleCI sent it, with `cursor`: a line of JSON Lines to resume from."""
        return {
            "pipeline": self.pipeline.to_dict(),
            "workflows": [_workflow_dict(record) for record in self.workflows],
            "failures": [
                {"part": failure.part, "of": str(failure.of), "error": str(failure.error)} for failure in self.failures
            ],
            "cursor": self.cursor,
        }

    def to_records(self, of: RecordsOf = "jobs") -> list[dict[str, Any]]:
        """Convert the record to flat dicts of JSON types with equal keys, for JSON Lines, a DataFrame or DuckDB.

        ::

            duckdb.from_df(pandas.DataFrame(row for record in records for row in record.to_records("jobs")))

        Args:
            of: The subject of each dict, which also has the columns of the pipeline, workflow and job that the subject
                belongs to. A pipeline without jobs has no job rows. Default: ``jobs``.

        Raises:
            ConfigurationError: `of` is none of these.
        """
        pipeline = _pipeline_columns(self.pipeline)
        match of:
            case "pipelines":
                return [pipeline]
            case "workflows":
                return [pipeline | _workflow_columns(record.workflow) for record in self.workflows]
            case "jobs":
                return [row for row, _ in self._jobs(pipeline)]
            case "tests":
                return [row | _test_columns(test) for row, job in self._jobs(pipeline) for test in job.tests or ()]
            case "artifacts":
                return [
                    row
                    | {"artifact_path": artifact.path, "node_index": artifact.node_index, "artifact_url": artifact.url}
                    for row, job in self._jobs(pipeline)
                    for artifact in job.artifacts or ()
                ]
        msg = f"to_records({of!r}): pass 'pipelines', 'workflows', 'jobs', 'tests' or 'artifacts'."
        raise ConfigurationError(msg)

    def _jobs(self, pipeline: dict[str, Any]) -> Iterator[tuple[dict[str, Any], JobRecord]]:
        for workflow in self.workflows:
            columns = pipeline | _workflow_columns(workflow.workflow)
            for job in workflow.jobs or ():
                yield columns | _job_columns(job.job), job


def _workflow_dict(record: WorkflowRecord) -> dict[str, Any]:
    jobs = None if record.jobs is None else [_job_dict(job) for job in record.jobs]
    return {"workflow": record.workflow.to_dict(), "jobs": jobs}


def _job_dict(record: JobRecord) -> dict[str, Any]:
    return {
        "job": record.job.to_dict(),
        "details": None if record.details is None else record.details.to_dict(),
        "tests": None if record.tests is None else [test.to_dict() for test in record.tests],
        "artifacts": None if record.artifacts is None else [artifact.to_dict() for artifact in record.artifacts],
    }


def _pipeline_columns(pipeline: Pipeline) -> dict[str, Any]:
    trigger, vcs = maybe_null(pipeline.trigger), pipeline.vcs
    actor = maybe_null(trigger.actor) if trigger else None
    return {
        "project_slug": pipeline.project_slug,
        "pipeline_id": _text(pipeline.id),
        "pipeline_number": pipeline.number,
        "pipeline_state": _text(pipeline.state),
        "pipeline_created_at": _time(pipeline.created_at),
        "trigger_type": _text(trigger.type) if trigger else None,
        "trigger_actor": actor.login if actor else None,
        "branch": vcs.branch if vcs else None,
        "tag": vcs.tag if vcs else None,
        "revision": vcs.revision if vcs else None,
    }


def _workflow_columns(workflow: Workflow) -> dict[str, Any]:
    return {
        "workflow_id": _text(workflow.id),
        "workflow_name": workflow.name,
        "workflow_status": _text(workflow.status),
        "workflow_created_at": _time(workflow.created_at),
        "workflow_stopped_at": _time(workflow.stopped_at),
        "workflow_seconds": _seconds(workflow.created_at, workflow.stopped_at),
    }


def _job_columns(job: WorkflowJob) -> dict[str, Any]:
    return {
        "job_id": _text(job.id),
        "job_name": job.name,
        "job_number": job.job_number,
        "job_type": _text(job.type),
        "job_status": _text(job.status),
        "job_started_at": _time(job.started_at),
        "job_stopped_at": _time(job.stopped_at),
        "job_seconds": _seconds(job.started_at, job.stopped_at),
    }


def _test_columns(test: JobTest) -> dict[str, Any]:
    return {
        "test_name": test.name,
        "test_classname": test.classname,
        "test_file": test.file,
        "test_result": test.result,
        "test_seconds": test.run_time,
        "test_message": test.message,
    }


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _time(value: object) -> Any:
    # A value that is not a time is kept as it came.
    return value.isoformat() if isinstance(value, datetime) else value


def _seconds(start: object, stop: object) -> float | None:
    began_at, ended_at = maybe_datetime(start), maybe_datetime(stop)
    return None if began_at is None or ended_at is None else (ended_at - began_at).total_seconds()
