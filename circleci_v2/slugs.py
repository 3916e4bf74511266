"""ProjectSlug and OrgSlug: the names of projects and organizations in URLs.

A slug is opaque. ``gh/acme/web`` happens to hold names and ``circleci/<organization id>/<project id>`` happens to hold
ids, but neither may be parsed for them: call `circleci.projects.get` instead. The classes validate the form of the text,
so that a typing error is reported where it is made, and not as a 404 from CircleCI.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import ClassVar, Final, Self
from uuid import UUID

from circleci_v2._wire.encoding import path_segment
from circleci_v2.errors import InvalidSlugError

__all__ = ["OrgSlug", "ProjectSlug", "org_path", "project_path"]

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
