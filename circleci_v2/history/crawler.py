"""Crawler: fetches the workflows and jobs of pipelines concurrently and assembles `PipelineRecord`s."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeVar
from uuid import UUID

import anyio

from circleci_v2._wire.types import maybe_null
from circleci_v2.artifacts.plan import artifact_job_number
from circleci_v2.errors import (
    APIError,
    AuthenticationError,
    CircleCIError,
    DecodeError,
    PaginationError,
    RateLimitError,
    ServerError,
)
from circleci_v2.history.listing import Cursor
from circleci_v2.history.records import Failure, JobRecord, Part, PipelineRecord, WorkflowRecord
from circleci_v2.streams import external_cancellation_as_error

if TYPE_CHECKING:
    from circleci_v2.models import Pipeline, Workflow, WorkflowJob
    from circleci_v2.namespaces import Namespaces

__all__ = ["PARTS_OF_JOBS", "Crawler", "is_permanent_error"]

PARTS_OF_JOBS: Final[tuple[Part, ...]] = ("details", "tests", "artifacts")
"""The parts that are fetched with one call per job."""

T = TypeVar("T")
U = TypeVar("U")


def is_permanent_error(error: CircleCIError) -> bool:
    """Return whether repeating the call would fail again, so that tolerating the error cannot hide an outage.

    Args:
        error: The error of one call.

    Returns:
        True for a 404 and other 4xx statuses, and for responses and lists that cannot be read. False for a lost connection, a
        5xx status, a timeout, a rate limit and a rejected token.
    """
    if isinstance(error, APIError):
        return not isinstance(error, AuthenticationError | RateLimitError | ServerError) and error.status_code != 408
    return isinstance(error, DecodeError | PaginationError)


class Crawler:
    """Fetches the parts of pipelines, with a bounded number of calls over all pipelines together.

    Args:
        circleci: The client.
        include: The parts to fetch besides the workflows.
        concurrency: The maximum number of concurrent calls.
        tolerate: Returns whether an error becomes a `Failure` of the record; every other error is raised.
    """

    def __init__(
        self,
        circleci: Namespaces,
        include: frozenset[Part],
        concurrency: int,
        tolerate: Callable[[CircleCIError], bool],
    ) -> None:
        self._circleci = circleci
        self._include = include
        self._parts_of_jobs: list[Part] = [part for part in PARTS_OF_JOBS if part in include]
        self._semaphore = anyio.Semaphore(concurrency)
        self._tolerate = tolerate

    async def fetch_record(self, listed: tuple[Pipeline, Cursor]) -> PipelineRecord:
        """Fetch everything that belongs to one pipeline.

        Args:
            listed: The pipeline and the cursor after it, as `Listing` yields them.

        Raises:
            CircleCIError: A part failed, and `tolerate` rejected the error.
        """
        pipeline, cursor = listed
        failures: list[Failure] = []
        workflows = await self._fetch_part(
            "workflows", pipeline.id, failures, self._circleci.pipelines.list_workflows(pipeline.id).collect
        )
        records = await map_in_order(lambda workflow: self._fetch_workflow(workflow, failures), workflows or ())
        return PipelineRecord(pipeline=pipeline, workflows=records, failures=tuple(failures), cursor=cursor)

    async def _fetch_workflow(self, workflow: Workflow, failures: list[Failure]) -> WorkflowRecord:
        # Workflows of expired pipelines have no id.
        if "jobs" not in self._include or maybe_null(workflow.id) is None:
            return WorkflowRecord(workflow=workflow)
        list_jobs = self._circleci.workflows.list_jobs(workflow.id).collect
        jobs = await self._fetch_part("jobs", workflow.id, failures, list_jobs)
        if jobs is None:
            return WorkflowRecord(workflow=workflow)
        if self._parts_of_jobs:
            records = await map_in_order(lambda job: self._fetch_job(job, failures), jobs)
        else:
            records = [JobRecord(job=job) for job in jobs]
        return WorkflowRecord(workflow=workflow, jobs=records)

    async def _fetch_job(self, job: WorkflowJob, failures: list[Failure]) -> JobRecord:
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
            return await self._fetch_part(part, job.id, failures, calls[part])

        results = await map_in_order(fetch, self._parts_of_jobs)
        return JobRecord(job=job, **dict(zip(self._parts_of_jobs, results, strict=True)))

    async def _fetch_part(
        self, part: Part, of: UUID, failures: list[Failure], fetch: Callable[[], Awaitable[T]]
    ) -> T | None:
        """Fetch one part; a tolerated error is added to `failures` and None is returned."""
        try:
            async with self._semaphore:
                return await fetch()
        except CircleCIError as error:
            if not self._tolerate(error):
                raise
            failures.append(Failure(part=part, of=of, error=error))
            return None


async def map_in_order(fn: Callable[[T], Awaitable[U]], items: Sequence[T]) -> list[U]:
    """Call `fn` for all items concurrently and return the results in order of the items.

    The first error cancels the other calls and is raised unchanged, not inside an exception group.
    """
    if len(items) == 1:
        return [await fn(items[0])]
    results: dict[int, U] = {}
    errors: list[Exception] = []

    async def call(index: int) -> None:
        try:
            with external_cancellation_as_error():
                results[index] = await fn(items[index])
        except Exception as error:  # noqa: BLE001 - it is raised below, outside of the task group
            errors.append(error)
            tasks.cancel_scope.cancel()

    async with anyio.create_task_group() as tasks:
        for index in range(len(items)):
            tasks.start_soon(call, index)
    if errors:
        raise errors[0]
    return [results[index] for index in range(len(items))]
