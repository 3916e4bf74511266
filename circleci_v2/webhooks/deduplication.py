"""Deduplicator: handle each delivery once, though CircleCI may send it several times."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Generator
from contextlib import contextmanager

__all__ = ["Deduplicator"]


class Deduplicator:
    """Remembers the ids of the deliveries that were handled, the newest ``capacity`` of them.

    CircleCI sends a delivery again when the answer was not 2xx or did not arrive in time, so that a slow receiver sees
    the same event twice. The memory is that of this process: several processes need a store that they share, for
    example a unique key in a database. Safe to use from several threads.

    Args:
        capacity: How many ids to remember; the oldest is forgotten first. An id takes about 200 bytes. Default: 10,000.

    Raises:
        ValueError: The capacity is below 1.
    """

    def __init__(self, *, capacity: int = 10_000) -> None:
        if capacity < 1:
            msg = f"capacity={capacity!r} remembers nothing: give at least 1"
            raise ValueError(msg)
        self._capacity = capacity
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._seen)

    def __contains__(self, event_id: object) -> bool:
        return event_id in self._seen

    @contextmanager
    def claim(self, event_id: str | None) -> Generator[bool]:
        """Take a delivery on: True when it is new, False when it was handled or is being handled.

        When the block raises, the id is forgotten, so that the delivery that CircleCI repeats after an error answer is
        handled, not dropped. One that is repeated before that, because the answer took too long, is not new, and may be
        the last: leave what takes long and may fail to a queue. A delivery without an id cannot be told from others and
        is always new.

        Args:
            event_id: The id of the event.
        """
        is_new = self._remember(event_id)
        try:
            yield is_new
        except BaseException:
            if is_new:
                self.forget(event_id)
            raise

    def forget(self, event_id: str | None) -> None:
        """Let the delivery be handled again; nothing happens when it was never seen."""
        if event_id is not None:
            with self._lock:
                self._seen.pop(event_id, None)

    def _remember(self, event_id: str | None) -> bool:
        if event_id is None:
            return True
        with self._lock:
            if event_id in self._seen:
                return False
            self._seen[event_id] = None
            if len(self._seen) > self._capacity:
                self._seen.popitem(last=False)
            return True
