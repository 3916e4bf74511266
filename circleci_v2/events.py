"""Events: what a client does, told to ``on_event`` as it happens."""

from __future__ import annotations

import attrs

__all__ = ["DeviationEvent", "Event"]


@attrs.frozen(kw_only=True)
class Event:
    """Something that a client did or met.

    Attributes:
        operation_id: The operation, or None for `CircleCI.request`.
    """

    operation_id: str | None


@attrs.frozen(kw_only=True)
class DeviationEvent(Event):
    """An answer is not what the API's document says; told once for each operation, field and problem.

    Attributes:
        path: Where in the body, as a JSON path such as ``$.items[3].status``.
        problem: What is wrong there.
    """

    path: str
    problem: str
