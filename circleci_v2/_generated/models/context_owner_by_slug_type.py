"""ContextOwnerBySlugType."""

from __future__ import annotations

from circleci_v2._wire.types import OpenStrEnum

__all__ = ["ContextOwnerBySlugType"]


class ContextOwnerBySlugType(OpenStrEnum):
    """Type of an owner identified by slug: only organizations have one."""

    ORGANIZATION = "organization"
