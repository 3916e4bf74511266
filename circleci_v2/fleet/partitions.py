"""Partition: the pipelines of one project in one window of time, the unit of a crawl that several processes share."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import quote

import attrs

from circleci_v2._validation import require_time_zone
from circleci_v2.errors import ArgumentTypeError, ConfigurationError
from circleci_v2.slugs import ProjectSlug

__all__ = ["Partition", "TimeWindow", "check_range", "directory_of", "distinct", "partitions", "path_of", "window_of"]

_NAME: Final = "%Y-%m-%dT%H%M%SZ"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
# Names of files have whole seconds, and CircleCI prints times of creation with milliseconds: see `Partition`.
_SHORTEST_WINDOW: Final = timedelta(hours=1)


@attrs.frozen(order=True)
class TimeWindow:
    """An interval of time that begins at a multiple of its length since 1970, in UTC.

    Windows of one length never overlap, so the same pipeline always belongs to the same one, whenever a crawl begins.

    Attributes:
        since: The beginning, inclusive.
        until: The end, exclusive.
    """

    since: datetime
    until: datetime

    @property
    def name(self) -> str:
        """The beginning as part of a file name, for example ``2026-01-01T000000Z``."""
        return self.since.strftime(_NAME)

    @staticmethod
    def start_of(name: str) -> datetime | None:
        """Return the beginning of the window with a name; None for another text."""
        try:
            return datetime.strptime(name, _NAME).replace(tzinfo=UTC)
        except ValueError:
            return None


def window_of(moment: datetime, every: timedelta) -> TimeWindow:
    """Return the window of a length that a time belongs to.

    Args:
        moment: The time.
        every: The length of a window.
    """
    since = _EPOCH + (moment - _EPOCH) // every * every
    return TimeWindow(since, since + every)


@attrs.frozen(kw_only=True, order=True)
class Partition:
    """The pipelines of one project that were created in a part of one window of time.

    Attributes:
        project_slug: The project, for example ``gh/acme/web``.
        window: The window, which determines the names of the files.
        since: Pipelines created at this time or later; the beginning of the window or later.
        until: Pipelines created before this time; the end of the window or earlier.
    """

    project_slug: str
    window: TimeWindow
    since: datetime
    until: datetime

    @property
    def path(self) -> str:
        """The path of its files; see `path_of`."""
        return path_of(self.project_slug, self.window)


def path_of(project_slug: str, window: TimeWindow) -> str:
    """Return the path of the files of a partition below the directory of their kind, without the extension.

    For example ``gh%2Facme%2Fweb/2026-01-01T000000Z``: one directory per project, one file per window.

    Args:
        project_slug: The project.
        window: The window.
    """
    return f"{directory_of(project_slug)}/{window.name}"


def directory_of(project_slug: str) -> str:
    """Return the name of the directory of a project, for example ``gh%2Facme%2Fweb``.

    The names of GitHub and Bitbucket ignore case, so that two spellings of a slug have the same directory, and two projects
    never share one on a file system that ignores case. The opaque parts of ``circleci/...`` slugs are kept.

    Args:
        project_slug: The project.
    """
    slug = ProjectSlug(project_slug).canonical
    return quote(slug if slug.startswith("circleci/") else slug.casefold(), safe="")


def distinct(projects: Iterable[ProjectSlug | str]) -> list[ProjectSlug]:
    """Return project slugs in their canonical form, each project once, in the order of their first spelling.

    Args:
        projects: The project slugs.

    Raises:
        InvalidSlugError: A project is not a project slug.
    """
    by_directory: dict[str, ProjectSlug] = {}
    for project in projects:
        slug = ProjectSlug(project).canonical
        by_directory.setdefault(directory_of(slug), slug)
    return list(by_directory.values())


def partitions(
    projects: Iterable[ProjectSlug | str],
    *,
    since: datetime,
    until: datetime,
    every: timedelta = timedelta(days=7),
) -> list[Partition]:
    """Divide the history of projects into partitions, newest first.

    CircleCI lists pipelines from the newest on and has no filter by time, so the partition of an old window also lists,
    without fetching their jobs, the pipelines created since. For a project with very many pipelines in many windows,
    choose a longer `every`; `mirror` lists each project once.

    Args:
        projects: The project slugs; one that is given twice counts once.
        since: The beginning of the history.
        until: The end of the history, exclusive.
        every: The length of a window, at least an hour. Default: 7 days.

    Raises:
        InvalidSlugError: A project is not a project slug.
        ConfigurationError: A time has no time zone, `since` is not before `until`, or `every` is too short.
    """
    check_range(since, until, every)
    slugs = distinct(projects)
    begin, end = since.astimezone(UTC), until.astimezone(UTC)
    found: list[Partition] = []
    window = window_of(end - timedelta(microseconds=1), every)
    while window.until > begin:
        bounds = max(begin, window.since), min(end, window.until)
        found += [Partition(project_slug=slug, window=window, since=bounds[0], until=bounds[1]) for slug in slugs]
        window = TimeWindow(window.since - every, window.since)
    return found


def check_range(since: datetime, until: datetime, every: timedelta) -> None:
    """Check the range of a crawl and the length of its windows.

    Raises:
        ConfigurationError: A time has no time zone, `since` is not before `until`, or `every` is too short.
    """
    require_time_zone("since", since)
    require_time_zone("until", until)
    if since >= until:
        msg = f"since={since} is not before until={until}: the range is empty."
        raise ConfigurationError(msg)
    check_every(every)


def check_every(every: timedelta) -> None:
    """Check the length of windows.

    Raises:
        ConfigurationError: It is not a timedelta of at least an hour, in whole seconds.
    """
    if not isinstance(every, timedelta):  # pyright: ignore[reportUnnecessaryIsInstance] - callers may be untyped
        msg = f"every={every!r}: pass a timedelta, such as timedelta(days=7)."
        raise ArgumentTypeError(msg)
    if every < _SHORTEST_WINDOW or every % timedelta(seconds=1):
        msg = f"every={every}: pass at least an hour, in whole seconds."
        raise ConfigurationError(msg)
