"""ContextOwnerBySlugType."""

from __future__ import annotations

from circleci_v2._wire.types import OpenStrEnum

__all__ = ["ContextOwnerBySlugType"]


class ContextOwnerBySlugType(OpenStrEnum):
    """Kind of owner that a slug names: only organizations have one."""

    ORGANIZATION = "organization"
