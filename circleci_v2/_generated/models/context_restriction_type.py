"""ContextRestrictionType."""

from __future__ import annotations

from typing import TYPE_CHECKING

from circleci_v2._wire.types import OpenStrEnum

__all__ = ["ContextRestrictionType"]


class ContextRestrictionType(OpenStrEnum):
    """Condition of a restriction.

    `project`: the pipeline belongs to the project; `group`: the person who runs or approves the workflow is in
    the group; `expression`: a rule over pipeline values is true, where an error or an unset value counts as
    false.
    """

    EXPRESSION = "expression"
    GROUP = "group"
    PROJECT = "project"

    if TYPE_CHECKING:
        # Stands for all other values, so that a `match` that handles each published value is not taken for complete.
        _UNPUBLISHED = str()
