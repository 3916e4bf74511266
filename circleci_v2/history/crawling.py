"""From a pipeline to its record: workflows, jobs, and what else is asked for, side by side."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeVar
from uuid import UUID

import anyio

from circleci_v2._jobs import artifact_job_number
from circleci_v2.errors import (
    APIError,
    AuthenticationError,
    CircleCIError,
    DecodeError,
    PaginationError,
    RateLimitError,
    ServerError,
)
from circleci_v2.history.cursors import Cursor
from circleci_v2.history.records import Failure, JobRecord, Part, PipelineRecord, WorkflowRecord
from circleci_v2.streams import external_cancellation_as_error

if TYPE_CHECKING:
    from circleci_v2._generated.namespaces import Namespaces
    from circleci_v2.models import Pipeline, Workflow, WorkflowJob

__all__ = ["PARTS_OF_JOBS", "Crawler", "is_refusal"]

PARTS_OF_JOBS: Final[tuple[Part, ...]] = ("details", "tests", "artifacts")
"""What takes a call for each job."""

T = TypeVar("T")
U = TypeVar("U")


def is_refusal(error: CircleCIError) -> bool:
    """Whether an error would come again if the same were asked again: what a record can carry without hiding an outage.

    True for a 404 and its like and for answers that cannot be read; False for a lost connection, a failing server, a
    rate limit and a token that is not accepted.
    """
    cause = error.__cause__ if isinstance(error, PaginationError) and error.__cause__ is not None else error
    if isinstance(cause, APIError):
        return not isinstance(cause, AuthenticationError | RateLimitError | ServerError) and cause.status_code != 408
    return isinstance(cause, DecodeError | PaginationError)


class Crawler:
    """Fetches what belongs to pipelines, with so many calls at a time over all of them.

    Args:
        circleci: The client.
        include: The parts to fetch besides the workflows.
        concurrency: How many calls may run at a time.
        carry: Whether a record carries an error; any other is raised.
    """

    def __init__(
        self,
        circleci: Namespaces,
        include: frozenset[Part],
        concurrency: int,
        carry: Callable[[CircleCIError], bool],
    ) -> None:
        self._circleci = circleci
        self._include = include
        self._parts_of_jobs: list[Part] = [part for part in PARTS_OF_JOBS if part in include]
        self._places = anyio.Semaphore(concurrency)
        self._carry = carry

    async def record(self, place: tuple[Pipeline, Cursor]) -> PipelineRecord:
        """The record of one pipeline.

        Raises:
            CircleCIError: A part failed in a way that the record must not carry.
        """
        pipeline, cursor = place
        failures: list[Failure] = []
        workflows = await self._part(
            "workflows", pipeline.id, failures, self._circleci.pipelines.list_workflows(pipeline.id).collect
        )
        records = await side_by_side(lambda workflow: self._workflow(workflow, failures), workflows or ())
        return PipelineRecord(pipeline=pipeline, workflows=records, failures=tuple(failures), cursor=cursor)

    async def _workflow(self, workflow: Workflow, failures: list[Failure]) -> WorkflowRecord:
        # Of pipelines that have expired, CircleCI shows workflows without an id.
        if "jobs" not in self._include or workflow.id is None:
            return WorkflowRecord(workflow=workflow)
        jobs = await self._part("jobs", workflow.id, failures, self._circleci.workflows.list_jobs(workflow.id).collect)
        if jobs is None:
            return WorkflowRecord(workflow=workflow)
        if self._parts_of_jobs:
            return WorkflowRecord(
                workflow=workflow, jobs=await side_by_side(lambda job: self._job(job, failures), jobs)
            )
        return WorkflowRecord(workflow=workflow, jobs=[JobRecord(job=job) for job in jobs])

    async def _job(self, job: WorkflowJob, failures: list[Failure]) -> JobRecord:
        number = artifact_job_number(job)
        if number is None:
            return JobRecord(job=job)
        slug = job.project_slug
        calls: dict[Part, Callable[[], Awaitable[Any]]] = {
            "details": lambda: self._circleci.jobs.get_by_number(slug, number),
            "tests": lambda: self._circleci.jobs.list_tests(slug, number).collect(),
            "artifacts": lambda: self._circleci.jobs.list_artifacts(slug, number).collect(),
        }

        async def fetch(part: Part) -> Any:
            return await self._part(part, job.id, failures, calls[part])

        parts = await side_by_side(fetch, self._parts_of_jobs)
        return JobRecord(job=job, **dict(zip(self._parts_of_jobs, parts, strict=True)))

    async def _part(self, part: Part, of: UUID, failures: list[Failure], fetch: Callable[[], Awaitable[T]]) -> T | None:
        try:
            async with self._places:
                return await fetch()
        except CircleCIError as error:
            if not self._carry(error):
                raise
            failures.append(Failure(part=part, of=of, error=error))
            return None


async def side_by_side(fn: Callable[[T], Awaitable[U]], items: Sequence[T]) -> list[U]:
    """The results for a few items, in their order; the first error cancels the others and is raised as it is."""
    if len(items) == 1:
        return [await fn(items[0])]
    results: dict[int, U] = {}
    failures: list[Exception] = []

    async def run(index: int) -> None:
        try:
            with external_cancellation_as_error():
                results[index] = await fn(items[index])
        except Exception as error:  # noqa: BLE001 - it is raised below, outside of the task group
            failures.append(error)
            tasks.cancel_scope.cancel()

    async with anyio.create_task_group() as tasks:
        for index in range(len(items)):
            tasks.start_soon(run, index)
    if failures:
        raise failures[0]
    return [results[index] for index in range(len(items))]
