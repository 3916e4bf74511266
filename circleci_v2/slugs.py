"""ProjectSlug and OrgSlug: the names of projects and organizations in URLs; and Target, which URLs of the web app name.

A slug is opaque. ``gh/acme/web`` happens to hold names and ``circleci/<organization id>/<project id>`` happens to hold
ids, but neither may be parsed for them: call `circleci.projects.get` instead. The classes validate the form of the text,
so that a typing error is reported where it is made, and not as a 404 from CircleCI.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import ClassVar, Final, Self
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import UUID

import attrs

from circleci_v2._wire.encoding import path_segment
from circleci_v2.errors import ConfigurationError, InvalidSlugError

__all__ = ["OrgSlug", "ProjectSlug", "Target", "org_path", "project_path"]

# Webhooks and older responses spell providers out, the API itself abbreviates them.
_CANONICAL_PROVIDERS: Final = {
    "gh": "gh",
    "github": "gh",
    "bb": "bb",
    "bitbucket": "bb",
    "circleci": "circleci",
}


class _Slug(str):
    """Validated text. A subclass of `str`, so that it works wherever a string does: in JSON, logs and dict keys."""

    __slots__ = ()

    _kind: ClassVar[str]
    _parts: ClassVar[tuple[str, ...]]
    _examples: ClassVar[str]

    def __new__(cls, value: str) -> Self:
        problem = cls._problem_of(value)
        if problem is not None:
            msg = f"{value!r} is not {cls._kind}: {problem}. Write it like {cls._examples}."
            raise InvalidSlugError(msg)
        return super().__new__(cls, value)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    @property
    def path(self) -> str:
        """The slug in a URL path: each segment percent-encoded, with a literal ``/`` between them.

        Some routes of CircleCI respond with 404 when the ``/`` itself is encoded as ``%2F``.
        """
        return "/".join(path_segment("slug", segment) for segment in self.split("/"))

    @property
    def canonical(self) -> Self:
        """The slug with its provider as the API spells it: ``gh``, ``bb`` or ``circleci``.

        Webhooks name a project ``github/acme/web`` where the API says ``gh/acme/web``. Use this as the key when one dict
        holds both; CircleCI accepts either in requests. The rest of the slug is unchanged.
        """
        provider, _, rest = self.partition("/")
        return type(self)(f"{_CANONICAL_PROVIDERS[provider.lower()]}/{rest}")

    def same_as(self, other: str) -> bool:
        """Return whether both name the same project or organization, with either spelling of the provider.

        ``==`` compares the text; this method compares `canonical`. Neither detects that ``gh/acme/web`` and a
        ``circleci/…`` slug are the same project, which only CircleCI knows.

        Args:
            other: A slug of the same kind.

        Raises:
            InvalidSlugError: `other` is not a slug of this kind.
        """
        return self.canonical == type(self)(other).canonical

    @classmethod
    def _problem_of(cls, value: object) -> str | None:
        if not isinstance(value, str):
            return f"it is of type {type(value).__name__}, not a string"
        for character in value:
            if character in "?#\\" or unicodedata.category(character) in {"Cc", "Cs"}:
                return f"it contains {character!r}, which no slug does"
        segments = value.split("/")
        if len(segments) != len(cls._parts):
            hint = "; write '/', the client encodes it" if "%2f" in value.lower() else ""
            return f"it has {len(segments)} part(s), not {len(cls._parts)} ({', '.join(cls._parts)}){hint}"
        for name, segment in zip(cls._parts, segments, strict=True):
            if segment in {"", ".", ".."} or segment != segment.strip():
                return f"its {name} is {segment!r}"
        if segments[0].lower() not in _CANONICAL_PROVIDERS:
            return f"its provider is {segments[0]!r}, not one of {', '.join(_CANONICAL_PROVIDERS)}"
        return None


class ProjectSlug(_Slug):
    """The name of a project in URLs, for example ``ProjectSlug("gh/acme/web")``.

    It is a string and equal to its text. Every method with a `ProjectSlug` parameter accepts the bare string as well;
    creating one early reports an invalid value where it comes from.

    The text is ``gh/…``, ``github/…``, ``bb/…`` or ``bitbucket/…`` with organization and repository; or, for projects
    from a GitHub App, GitLab or Bitbucket Data Center, the opaque ``circleci/…/…`` exactly as CircleCI shows it under
    Project Settings > Overview.

    Raises:
        InvalidSlugError: The text is not a project slug; the message says why and shows a valid one.
    """

    __slots__ = ()

    _kind = "a project slug"
    _parts = ("provider", "organization", "project")
    _examples = "'gh/acme/web', or 'circleci/<organization id>/<project id>'"


class OrgSlug(_Slug):
    """The name of an organization in URLs, for example ``OrgSlug("gh/acme")``.

    The text is ``gh/…``, ``github/…``, ``bb/…`` or ``bitbucket/…`` with the organization; or the opaque ``circleci/…``.

    Raises:
        InvalidSlugError: The text is not an organization slug; the message says why and shows a valid one.
    """

    __slots__ = ()

    _kind = "an organization slug"
    _parts = ("provider", "organization")
    _examples = "'gh/acme', or 'circleci/<organization id>'"


def project_path(value: ProjectSlug | str) -> str:
    """Convert a project slug to its form in a URL path.

    Raises:
        InvalidSlugError: The value is not a project slug.
    """
    return _project_path(value) if type(value) in {str, ProjectSlug} else ProjectSlug(value).path


@lru_cache(maxsize=1024)
def _project_path(text: str) -> str:
    # Cached because many calls use the same few slugs, and validating one costs as much as building the rest of a request.
    return ProjectSlug(text).path


def org_path(value: OrgSlug | UUID | str) -> str:
    """Convert an organization to its form in a URL path, for routes that accept its slug or its id.

    Args:
        value: A slug, or the organization's UUID, also as text.

    Raises:
        InvalidSlugError: The value is neither.
    """
    if isinstance(value, UUID):
        return str(value)
    if "/" not in str(value) and (organization_id := _uuid(str(value))):
        return str(organization_id)
    return OrgSlug(value).path


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


_ADVICE: Final = (
    "pass the URL of a pipeline, workflow or job in CircleCI's web app, the UUID of a pipeline or workflow, or a project "
    "slug such as gh/acme/web"
)
_SLUG_PARTS: Final = 3


@attrs.frozen(kw_only=True)
class Target:
    """What is to be reported on.

    Attributes:
        project: The project; None when only an id is known.
        branch: The branch of the project; None for all.
        pipeline_number: The pipeline.
        workflow_id: The workflow.
        job_number: The job.
        unknown_id: The id of a pipeline or of a workflow.
    """

    project: ProjectSlug | None = None
    branch: str | None = None
    pipeline_number: int | None = None
    workflow_id: UUID | None = None
    job_number: int | None = None
    unknown_id: UUID | None = None

    @property
    def is_project(self) -> bool:
        """Whether it is a project, or a branch of one, and nothing below."""
        return self == type(self)(project=self.project, branch=self.branch)

    @classmethod
    def parse(cls, text: UUID | str, branch: str | None = None) -> Self:
        """Parse a URL, a slug or a UUID.

        The host of a URL has no effect: requests go to the API of the client, wherever the URL points.

        Args:
            text: The text.
            branch: The branch, where `text` is a project.

        Raises:
            ConfigurationError: `text` is none of these, or `branch` is passed with something other than a project.
        """
        target = cls(unknown_id=text) if isinstance(text, UUID) else cls._of_text(text.strip())
        if branch is None:
            return target
        if not target.is_project:
            msg = f"branch={branch!r} selects a pipeline of a project, and {str(text)!r} is not a project: leave it out"
            raise ConfigurationError(msg)
        return attrs.evolve(target, branch=branch)

    @classmethod
    def _of_text(cls, text: str) -> Self:
        if (identifier := _uuid(text)) is not None:
            return cls(unknown_id=identifier)
        try:
            if "://" not in text:
                return cls(project=ProjectSlug(text))
            parts = urlsplit(text)
            segments = [unquote(segment) for segment in parts.path.split("/") if segment]
            target = cls._of_path(segments)
        except ValueError as error:  # also the errors of this module, and that of UUID
            msg = f"{text!r} names no pipeline, workflow or job ({error}): {_ADVICE}"
            raise ConfigurationError(msg) from error
        branches = parse_qs(parts.query).get("branch")
        if branches and target.is_project:
            return attrs.evolve(target, branch=branches[-1])
        return target

    @classmethod
    def _of_path(cls, segments: list[str]) -> Self:
        """Read a path of the web app.

        The forms are ``pipelines/<slug>/<number>/workflows/<id>/jobs/<number>`` and its beginnings, the older
        ``<slug>/<job number>`` and ``<slug>/tree/<branch>``, ``jobs/<slug>/<job number>``, and ``workflow-run/<id>``.

        Raises:
            ValueError: The path has another form.
        """
        if segments[:1] == ["workflow-run"]:
            return cls(workflow_id=UUID("".join(segments[1:2])))
        kind = segments[0] if segments[:1] in (["pipelines"], ["jobs"]) else None
        segments = segments[1:] if kind else segments
        project, rest = ProjectSlug("/".join(segments[:_SLUG_PARTS])), segments[_SLUG_PARTS:]
        if not rest:
            return cls(project=project)
        if rest[0] == "tree":
            return cls(project=project, branch="/".join(rest[1:]) or None)
        if kind != "pipelines":
            return cls(project=project, job_number=_number(rest[0]))
        following = dict(zip(rest[1::2], rest[2::2], strict=False))
        workflow, job = following.get("workflows"), following.get("jobs")
        return cls(
            project=project,
            pipeline_number=_number(rest[0]),
            workflow_id=None if workflow is None else UUID(workflow),
            job_number=None if job is None else _number(job),
        )


def _number(text: str) -> int:
    if not text.isascii() or not text.isdecimal():
        msg = f"{text!r} is not a number"
        raise ConfigurationError(msg)
    return int(text)
