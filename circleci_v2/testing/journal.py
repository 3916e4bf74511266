"""Journal: what was asked of the fake CircleCI and what it answered, for assertions."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any

import attrs

from circleci_v2.testing.messages import Answer, Call

__all__ = ["Entry", "Journal"]


@attrs.frozen(kw_only=True)
class Entry:
    """One call and its answer.

    Attributes:
        call: What was asked.
        answer: What was answered.
        at: When, in seconds since 1970 by the clock of the fake.
        complaints: What the call did that CircleCI's API does not describe.
    """

    call: Call
    answer: Answer
    at: float
    complaints: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.call.method} {self.call.path} -> {self.answer.status}"


class Journal:
    """Every call since the start or the last `clear`, the oldest first.

    Args:
        limit: How many calls are kept; older ones are forgotten. Default: 10,000.
    """

    def __init__(self, *, limit: int = 10_000) -> None:
        self._entries: deque[Entry] = deque(maxlen=limit)

    def __iter__(self) -> Iterator[Entry]:
        return iter(tuple(self._entries))

    def __len__(self) -> int:
        return len(self._entries)

    def __getitem__(self, position: int) -> Entry:
        return self._entries[position]

    def add(self, entry: Entry) -> None:
        """Write down one call."""
        self._entries.append(entry)

    def clear(self) -> None:
        """Forget everything."""
        self._entries.clear()

    def of(self, route: str) -> list[Entry]:
        """The calls of one path template, with or without the method in front.

        Args:
            route: For example ``/workflow/{id}/rerun`` or ``POST /workflow/{id}/rerun``.
        """
        return [entry for entry in self if route in {entry.call.route, f"{entry.call.method} {entry.call.route}"}]

    def bodies(self, route: str) -> list[Any]:
        """The JSON bodies of the calls of one path template."""
        return [entry.call.json() for entry in self.of(route)]

    @property
    def complaints(self) -> list[str]:
        """What the calls did that CircleCI's API does not describe."""
        return [f"{entry}: {complaint}" for entry in self for complaint in entry.complaints]
