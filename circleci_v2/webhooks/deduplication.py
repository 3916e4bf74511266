"""Deduplicator: handle each event once, although CircleCI may deliver it several times."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Generator
from contextlib import contextmanager

from circleci_v2.errors import ConfigurationError

__all__ = ["Deduplicator"]


class Deduplicator:
    """Remembers the ids of the events that were handled, up to ``capacity`` of them.

    CircleCI repeats a delivery when the response was not 2xx or did not arrive in time, so that a slow receiver sees the
    same event twice. The ids are kept in the memory of this process: several processes need a shared store, for example
    a unique key in a database. Thread-safe.

    Args:
        capacity: The number of ids to remember; the oldest is forgotten first. An id takes about 200 bytes. Default:
            10,000.

    Raises:
        ConfigurationError: The capacity is below 1.
    """

    def __init__(self, *, capacity: int = 10_000) -> None:
        if capacity < 1:
            msg = f"capacity={capacity!r} remembers nothing: pass at least 1"
            raise ConfigurationError(msg)
        self._capacity = capacity
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._seen)

    def __contains__(self, event_id: object) -> bool:
        return event_id in self._seen

    @contextmanager
    def claim(self, event_id: str | None) -> Generator[bool]:
        """Claim an event for the block: yields True when it is new, False when it was or is being handled.

        When the block raises, the id is forgotten, so that the delivery which CircleCI repeats after an error response
        is handled, not dropped. A delivery that is repeated earlier, because the response took too long, is not new and
        may be the last one: hand long work that may fail to a queue. An event without an id is always new.

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
        """Let the event be handled again; does nothing when its id is not known."""
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
