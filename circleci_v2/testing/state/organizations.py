"""User and Organization: who there is, and what belongs to an organization rather than to a project."""

from __future__ import annotations

from typing import Literal

import attrs

__all__ = ["Organization", "User"]

VcsType = Literal["github", "bitbucket", "circleci"]


@attrs.frozen(kw_only=True)
class User:
    """One person.

    Attributes:
        avatar_url: A picture; None as for those who have none.
    """

    id: str
    login: str
    name: str
    avatar_url: str | None = None


@attrs.define(kw_only=True, eq=False)
class Organization:
    """One organization."""

    id: str
    name: str
    slug: str
    vcs_type: VcsType
