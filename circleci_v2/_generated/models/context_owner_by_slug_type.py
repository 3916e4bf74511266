"""ContextOwnerBySlugType."""

from __future__ import annotations

from typing import TYPE_CHECKING

from circleci_v2._wire.types import OpenStrEnum

__all__ = ["ContextOwnerBySlugType"]


class ContextOwnerBySlugType(OpenStrEnum):
    """Type of an owner identified by slug: only organizations have one."""

    ORGANIZATION = "organization"

    if TYPE_CHECKING:
        # Stands for all other values, so that a `match` that handles each published value is not taken for complete.
        _UNPUBLISHED = str()
