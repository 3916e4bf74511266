"""OrgHistory: the history of an organization, and whether CircleCI may have left out projects of it."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Final, Protocol, runtime_checkable

from circleci_v2.events import Event, ProjectLimitEvent
from circleci_v2.history.records import PipelineRecord
from circleci_v2.streams import Send, Stream

if TYPE_CHECKING:
    from circleci_v2.history.listing import OnPage
    from circleci_v2.models import Pipeline
    from circleci_v2.namespaces import Namespaces
    from circleci_v2.slugs import OrgSlug

__all__ = ["PROJECT_LIMIT", "OrgHistory", "ProjectLimit"]

_logger: Final = logging.getLogger("circleci_v2.history")

PROJECT_LIMIT: Final = 250
"""The number of projects whose pipelines CircleCI lists at most: "the most recently built 250 projects you follow", as
its API document describes the operation listPipelines."""


class OrgHistory(Stream[PipelineRecord]):
    """The records of `org_history`, and whether projects may be missing from them."""

    def __init__(self, produce: Callable[[Send[PipelineRecord]], Awaitable[None]], limit: ProjectLimit) -> None:
        super().__init__(produce)
        self._limit = limit

    @property
    def project_limit_reached(self) -> bool:
        """Whether an iteration of this stream has met pipelines of 250 projects, so that those of others may be missing.

        False means that nothing is missing of the time read so far: a project built in that time would be listed. An
        iteration that begins at a cursor counts the projects from there on.
        """
        return self._limit.reached


class ProjectLimit:
    """Counts the projects in a list of pipelines, and reports when they are as many as CircleCI lists at most.

    Args:
        circleci: The client.
        org_slug: The organization.

    Attributes:
        reached: Whether one of the counters has reached the limit.
    """

    def __init__(self, circleci: Namespaces, org_slug: OrgSlug) -> None:
        self._circleci = circleci
        self._org_slug = org_slug.canonical
        self.reached = False

    def new_counter(self) -> OnPage:
        """Return a function that counts the projects of one iteration, page by page."""
        projects: set[str] = set()

        def count(page: Sequence[Pipeline]) -> None:
            before = len(projects)
            projects.update(pipeline.project_slug for pipeline in page)
            if before < PROJECT_LIMIT <= len(projects):
                self._report()

        return count

    def _report(self) -> None:
        self.reached = True
        _logger.warning(
            "CircleCI lists the pipelines of %d projects of %s at most: those of other projects may be missing.",
            PROJECT_LIMIT,
            self._org_slug,
        )
        if isinstance(self._circleci, _EmitsEvents):
            self._circleci.emit(
                ProjectLimitEvent(operation_id="listPipelines", org_slug=self._org_slug, projects=PROJECT_LIMIT)
            )


@runtime_checkable
class _EmitsEvents(Protocol):
    """A client with ``on_event``; the clients of tests need not have it."""

    def emit(self, event: Event) -> None: ...
