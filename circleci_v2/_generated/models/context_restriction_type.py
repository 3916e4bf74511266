"""ContextRestrictionType."""

from __future__ import annotations

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
