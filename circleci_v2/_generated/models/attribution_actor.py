"""AttributionActor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from circleci_v2._wire.types import OpenStrEnum

__all__ = ["AttributionActor"]


class AttributionActor(OpenStrEnum):
    """User whose permissions scheduled pipelines run with.

    `current`: the owner of the token that made the call. `system`: CircleCI's own scheduling user, which is in
    no security group and so cannot use contexts restricted to one. With `system`, schedules never fire while
    the organization prevents unregistered user spend.
    """

    CURRENT = "current"
    SYSTEM = "system"

    if TYPE_CHECKING:
        # Stands for all other values, so that a `match` that handles each published value is not taken for complete.
        _UNPUBLISHED = str()
