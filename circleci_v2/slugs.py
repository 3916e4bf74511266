"""ProjectSlug and OrgSlug: how CircleCI names projects and organizations in addresses.

A slug is opaque. ``gh/acme/web`` happens to hold names and ``circleci/<organization id>/<project id>`` happens to hold
ids, but neither may be taken apart to learn them: ask `circleci.projects.get` instead. What is checked here is only
that the text can be a slug at all, so that a typing error is told at once, and not as a 404 by CircleCI.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import ClassVar, Final, Self
from uuid import UUID

from circleci_v2._wire.encoding import path_segment
from circleci_v2.errors import InvalidSlugError

__all__ = ["OrgSlug", "ProjectSlug", "org_path", "project_path"]

# Webhooks and older answers spell providers out, the API itself abbreviates them.
_CANONICAL_PROVIDERS: Final = {
    "gh": "gh",
    "github": "gh",
    "bb": "bb",
    "bitbucket": "bb",
    "circleci": "circleci",
}


class _Slug(str):
    """Text that was checked once. A string, so that it goes wherever one is expected: JSON, logs, keys of a dict."""

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
        """The slug as a part of an address: each segment percent-encoded, with a literal ``/`` between them.

        CircleCI answers 404 on some routes when the ``/`` itself is encoded as ``%2F``.
        """
        return "/".join(path_segment("slug", segment) for segment in self.split("/"))

    @property
    def canonical(self) -> Self:
        """The slug with its provider as the API spells it: ``gh``, ``bb`` or ``circleci``.

        Webhooks name a project ``github/acme/web`` where the API says ``gh/acme/web``. Use this as the key when both
        meet in one dict; send either, CircleCI accepts both. Everything after the provider is kept as it is.
        """
        provider, _, rest = self.partition("/")
        return type(self)(f"{_CANONICAL_PROVIDERS[provider.lower()]}/{rest}")

    def same_as(self, other: str) -> bool:
        """Whether both name the same thing, however they spell the provider.

        ``==`` compares the text and nothing else. This compares `canonical`; it cannot know that ``gh/acme/web`` and a
        ``circleci/…`` slug are one project, because only CircleCI knows that.

        Args:
            other: A slug of the same kind.

        Raises:
            InvalidSlugError: `other` is not such a slug.
        """
        return self.canonical == type(self)(other).canonical

    @classmethod
    def _problem_of(cls, value: object) -> str | None:
        if not isinstance(value, str):
            return f"it is of type {type(value).__name__}, not a string"
        for character in value:
            if character in "?#\\" or unicodedata.category(character) in {"Cc", "Cs"}:
                return f"it holds {character!r}, which no slug does"
        segments = value.split("/")
        if len(segments) != len(cls._parts):
            hint = "; write '/', it is encoded when it is sent" if "%2f" in value.lower() else ""
            return f"it has {len(segments)} part(s) where {len(cls._parts)} ({', '.join(cls._parts)}) are needed{hint}"
        for name, segment in zip(cls._parts, segments, strict=True):
            if segment in {"", ".", ".."} or segment != segment.strip():
                return f"its {name} is {segment!r}"
        if segments[0].lower() not in _CANONICAL_PROVIDERS:
            return f"its provider is {segments[0]!r}, not one of {', '.join(_CANONICAL_PROVIDERS)}"
        return None


class ProjectSlug(_Slug):
    """The name of a project in addresses, for example ``ProjectSlug("gh/acme/web")``.

    It is a string, equal to its text, and every method that takes a `ProjectSlug` takes the bare string as well; making
    one early tells a wrong value where it comes from.

    Its text is ``gh/…``, ``github/…``, ``bb/…`` or ``bitbucket/…`` with organization and repository; or the opaque
    ``circleci/…/…`` of projects that come from a GitHub App, GitLab or Bitbucket Data Center, whole as CircleCI shows it
    under Project Settings > Overview.

    Args:
        value: The text.

    Raises:
        InvalidSlugError: The text cannot be a project slug; the message says why and how one looks.
    """

    __slots__ = ()

    _kind = "a project slug"
    _parts = ("provider", "organization", "project")
    _examples = "'gh/acme/web', or 'circleci/<organization id>/<project id>'"


class OrgSlug(_Slug):
    """The name of an organization in addresses, for example ``OrgSlug("gh/acme")``.

    Its text is ``gh/…``, ``github/…``, ``bb/…`` or ``bitbucket/…`` with the organization; or the opaque ``circleci/…``.

    Args:
        value: The text.

    Raises:
        InvalidSlugError: The text cannot be an organization slug; the message says why and how one looks.
    """

    __slots__ = ()

    _kind = "an organization slug"
    _parts = ("provider", "organization")
    _examples = "'gh/acme', or 'circleci/<organization id>'"


def project_path(value: ProjectSlug | str) -> str:
    """A project slug as a part of an address.

    Raises:
        InvalidSlugError: The value is not a project slug.
    """
    return _project_path(value) if type(value) in {str, ProjectSlug} else ProjectSlug(value).path


@lru_cache(maxsize=1024)
def _project_path(text: str) -> str:
    # Few slugs are used in many calls, and each costs as much to check as the rest of a request does to describe.
    return ProjectSlug(text).path


def org_path(value: OrgSlug | UUID | str) -> str:
    """An organization as a part of an address, where the API takes its slug or its id.

    Args:
        value: A slug, or the organization's UUID, also as text.

    Raises:
        InvalidSlugError: The value is neither.
    """
    if isinstance(value, UUID):
        return str(value)
    if "/" not in value and (organization_id := _uuid(value)):
        return str(organization_id)
    return OrgSlug(value).path


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
