"""AttributionActor."""

from __future__ import annotations

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
