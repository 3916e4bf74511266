"""organization_projects: the projects of an organization, from every list of CircleCI that has some of them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol, TypeAlias, get_args
from uuid import UUID

import attrs

from circleci_v2._unpublished import UnpublishedClient, list_followed, list_followed_v1
from circleci_v2._validation import require_at_least_one, require_one_of
from circleci_v2._wire.types import maybe_null
from circleci_v2.errors import CircleCIError, ConfigurationError, InvalidSlugError, NotFoundError
from circleci_v2.history.listing import DateRange
from circleci_v2.slugs import OrgSlug, ProjectSlug
from circleci_v2.streams import Send, Stream

if TYPE_CHECKING:
    from circleci_v2.namespaces import Insights, Pipelines, Projects

__all__ = [
    "PROJECT_LIMIT",
    "OrganizationProject",
    "ProjectSource",
    "ProjectsToCrawl",
    "organization_projects",
    "slugs_of",
]

ProjectSource = Literal["insights", "pipelines", "followed", "followed-v1"]
"""A list of CircleCI that has projects.

``insights`` has those with runs in the last 90 days, and ``pipelines`` those of recent pipelines, of the 250 most recently
built projects that the owner of the token follows; both are part of API v2. ``followed-v1`` (API v1.1) and ``followed`` (the
route of CircleCI's MCP server) have those that the owner of the token follows, and are outside of CircleCI's OpenAPI
document.
"""

PROJECT_LIMIT: Final = 250
"""The number of projects whose pipelines CircleCI lists at most: "the most recently built 250 projects you follow", as
its API document describes the operation listPipelines."""

_Key: TypeAlias = tuple[object, ...]
_Found: TypeAlias = tuple[str | None, ProjectSlug | None, UUID | None]
"""The name, slug and id of a project, as far as a source knows them."""


class ProjectsClient(UnpublishedClient, Protocol):
    """The part of the client that lists projects."""

    @property
    def insights(self) -> Insights:
        """The operations on insights."""
        ...

    @property
    def pipelines(self) -> Pipelines:
        """The operations on pipelines."""
        ...

    @property
    def projects(self) -> Projects:
        """The operations on projects."""
        ...


@attrs.frozen(kw_only=True)
class OrganizationProject:
    """A project of an organization, and the lists that it was found in.

    No list is complete, so a project may exist that none of them has.

    Attributes:
        name: The name.
        slug: The slug; None for a project of a ``circleci/...`` organization that only Insights knows, which has names only.
        id: The UUID; None when none of the lists has it.
        sources: The lists that have it.
    """

    name: str
    slug: ProjectSlug | None = None
    id: UUID | None = None
    sources: tuple[ProjectSource, ...]


ProjectsToCrawl: TypeAlias = (
    AsyncIterable[OrganizationProject | ProjectSlug | str] | Iterable[OrganizationProject | ProjectSlug | str]
)
"""Project slugs, or the results of `organization_projects`."""


async def slugs_of(projects: ProjectsToCrawl) -> AsyncGenerator[ProjectSlug]:
    """Iterate the slugs of projects, each as soon as it is known.

    Args:
        projects: The projects.

    Raises:
        InvalidSlugError: A text is not a project slug.
        ConfigurationError: A project has no slug.
    """
    if isinstance(projects, AsyncIterable):
        async for project in projects:
            yield _slug_of(project)
    else:
        for project in projects:
            yield _slug_of(project)


def _slug_of(project: OrganizationProject | ProjectSlug | str) -> ProjectSlug:
    slug = project.slug if isinstance(project, OrganizationProject) else project
    if slug is None:
        msg = f"projects: the slug of {project!r} is unknown; add 'followed' to the sources of organization_projects"
        raise ConfigurationError(msg)
    return ProjectSlug(slug)


def organization_projects(
    circleci: ProjectsClient,
    org_slug: OrgSlug | str,
    *,
    sources: Iterable[ProjectSource] = ("insights", "pipelines"),
    search: int = 1_000,
    since: datetime | None = None,
) -> Stream[OrganizationProject]:
    """Iterate the projects of an organization, sorted by name: the union of several lists of CircleCI.

    CircleCI has no list of the projects of an organization, and none of these lists is complete: `ProjectSource` says what
    each of them has. A project is yielded once, with all the lists that have it.

    A list that cannot be read is an error, which is raised after the projects of the others.

    Args:
        circleci: The client.
        org_slug: The organization, for example ``gh/acme``.
        sources: The lists to read. Default: ``insights`` and ``pipelines``, which are part of API v2.
        search: The maximum number of recent pipelines to read. Default: 1,000.
        since: Read no pipelines that were created before this time. Default: only `search` bounds them.

    Returns:
        A stream of projects; no request is sent before the first one is read.

    Raises:
        InvalidSlugError: `org_slug` is not an organization slug.
        ConfigurationError: A source is none of these, `search` is below 1, or `since` has no time zone.
        CircleCIError: While iterating: one of the lists could not be read.
    """
    slug = OrgSlug(org_slug).canonical
    # A bare string would be iterated letter by letter; it is treated as one source.
    chosen: list[Any] = [sources] if isinstance(sources, str) else [*dict.fromkeys(sources)]
    for source in chosen:
        require_one_of("sources", source, get_args(ProjectSource))
    require_at_least_one("search", search, "pipeline")
    dates = DateRange(since=since)

    async def produce(send: Send[OrganizationProject]) -> None:
        found = _Union(slug)
        errors: list[CircleCIError] = []
        for source in chosen:
            try:
                for name, project, identifier in await _Lists(circleci, slug, search, dates).read(source):
                    found.add(source, name, project, identifier)
            except CircleCIError as error:
                error.add_note(f"The source {source!r} of the projects of {slug} could not be read.")
                errors.append(error)
        await send(found.projects())
        if errors:
            raise errors[0]

    return Stream(produce)


class _Union:
    """The projects of several lists, each once."""

    def __init__(self, organization: OrgSlug) -> None:
        self._organization = organization
        self._by_key: dict[_Key, OrganizationProject] = {}

    def add(self, source: ProjectSource, name: str | None, slug: ProjectSlug | None, identifier: UUID | None) -> None:
        if slug is None and name is not None and not self._organization.startswith("circleci/"):
            slug = ProjectSlug(f"{self._organization}/{name}")
        name = name or (str(slug).rpartition("/")[2] if slug else "")
        key: _Key = (name,) if slug is None else _slug_key(slug)
        if (name,) in self._by_key:
            # A list with slugs identifies a project that another list knows by its name.
            known = self._by_key.pop((name,))
        else:
            same_name = (known for known in self._by_key.values() if slug is None and known.name == name)
            known = self._by_key.get(key) or next(same_name, None) or OrganizationProject(name=name, sources=())
        merged = attrs.evolve(
            known,
            slug=known.slug or slug,
            id=known.id or identifier,
            sources=known.sources if source in known.sources else (*known.sources, source),
        )
        self._by_key[key if merged.slug is None else _slug_key(merged.slug)] = merged

    def projects(self) -> list[OrganizationProject]:
        return sorted(self._by_key.values(), key=lambda project: (project.name.casefold(), str(project.slug)))


class _Lists:
    """Reads the lists of one organization."""

    def __init__(self, circleci: ProjectsClient, organization: OrgSlug, search: int, dates: DateRange) -> None:
        self._circleci = circleci
        self._organization = organization
        self._key = _slug_key(organization)
        self._search = search
        self._dates = dates

    async def read(self, source: ProjectSource) -> list[_Found]:
        match source:
            case "insights":
                return await self._insights()
            case "pipelines":
                return await self._pipelines()
            case "followed-v1":
                return [*filter(None, map(self._of_v1, await list_followed_v1(self._circleci)))]
            case "followed":
                return [*filter(None, map(self._of_private, await list_followed(self._circleci)))]

    async def _insights(self) -> list[_Found]:
        summary = await self._circleci.insights.organization_summary(self._organization)
        names = [*(summary.all_projects or ()), *(project.project_name for project in summary.org_project_data)]
        return [(name, None, None) for name in dict.fromkeys(names)]

    async def _pipelines(self) -> list[_Found]:
        slugs: dict[ProjectSlug, None] = {}
        read = 0
        async for pipeline in self._circleci.pipelines.list(org_slug=self._organization):
            if not self._dates.begins_before(pipeline):
                break
            slugs[ProjectSlug(pipeline.project_slug).canonical] = None
            read += 1
            if read == self._search or len(slugs) == PROJECT_LIMIT:
                break
        if not self._organization.startswith("circleci/"):
            return [(None, slug, None) for slug in slugs]
        # These slugs consist of ids, and Insights has names only.
        return [await self._named(slug) for slug in slugs]

    async def _named(self, slug: ProjectSlug) -> _Found:
        try:
            project = await self._circleci.projects.get(slug)
        except NotFoundError:
            return None, slug, None  # deleted since its last pipeline
        return project.name, slug, maybe_null(project.id)

    def _of_v1(self, project: dict[str, Any]) -> _Found | None:
        vcs_type, url = project.get("vcs_type"), str(project.get("vcs_url", ""))
        if vcs_type == "circleci":
            text = "/".join(["circleci", *url.split("/")[-2:]])
        else:
            text = f"{vcs_type}/{project.get('username')}/{project.get('reponame')}"
        return self._checked(text, project.get("reponame"), None)

    def _of_private(self, project: dict[str, Any]) -> _Found | None:
        return self._checked(project.get("slug"), project.get("name"), project.get("id"))

    def _checked(self, text: Any, name: Any, identifier: Any) -> _Found | None:
        """Return a project of this organization; None for that of another, and for one without a valid slug."""
        try:
            slug = ProjectSlug(text).canonical
        except InvalidSlugError:
            return None
        if _slug_key(slug)[:2] != self._key:
            return None
        return name if isinstance(name, str) else None, slug, _identifier(str(identifier))


def _slug_key(slug: ProjectSlug | OrgSlug) -> _Key:
    """Return what two slugs have in common if they name the same.

    Names of organizations and repositories ignore case at GitHub and Bitbucket. The ids of a ``circleci/...`` slug are
    UUIDs, as text or in base 58.
    """
    provider, *parts = slug.canonical.split("/")
    if provider == "circleci":
        return (provider, *(_identifier(part) or part for part in parts))
    return (provider, *(part.casefold() for part in parts))


_BASE58: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BASE58_LENGTHS: Final = (21, 22)


def _identifier(text: str) -> UUID | None:
    """Return the UUID that a text is, also in base 58; None if it is none."""
    try:
        return UUID(text)
    except ValueError:
        pass
    if len(text) not in _BASE58_LENGTHS or not set(text) <= set(_BASE58):
        return None
    number = 0
    for character in text:
        number = number * len(_BASE58) + _BASE58.index(character)
    return UUID(int=number) if number < 1 << 128 else None
