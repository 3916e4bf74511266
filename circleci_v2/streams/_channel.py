"""A cancellation-safe channel between the tasks that produce values and the tasks that consume them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Generic, TypeVar

import anyio
import anyio.lowlevel
import attrs

__all__ = ["Channel"]

T = TypeVar("T")


@attrs.define(eq=False)
class _Batch(Generic[T]):
    """Values of one `Channel.send` that no reader has taken yet; `accepted` is set once their sender may go on."""

    values: list[T]
    accepted: anyio.Event | None = None

    def accept(self) -> None:
        if self.accepted is not None:
            self.accepted.set()


class Channel(Generic[T]):
    """A queue of batches with backpressure, read value by value.

    An anyio memory object stream assigns a value to a waiting reader and loses it when asyncio cancels that reader's
    task before it wakes up. This channel only wakes the reader: a value that a cancelled reader did not take stays for
    the next one.

    Args:
        buffer: How many batches may wait for a reader before `send` blocks.
    """

    def __init__(self, buffer: int) -> None:
        self._buffer = buffer
        self._batches: deque[_Batch[T]] = deque()
        self._values: deque[T] = deque()
        # Only one reader waits for a batch; the others queue here, so that each batch wakes one task and not all.
        self._lock = anyio.Lock(fast_acquire=True)
        self._reader: anyio.Event | None = None
        self._closed = False

    async def send(self, values: Iterable[T]) -> None:
        """Send a batch; block while no reader waits for it and the buffer is full.

        Args:
            values: The values of the batch. A send that is cancelled while it blocks takes them back.

        Raises:
            BrokenResourceError: The channel is closed.
        """
        await anyio.lowlevel.checkpoint()
        if self._closed:
            raise anyio.BrokenResourceError
        if self._reader is not None:
            self._values.extend(values)
            self._wake_reader()
            return
        batch = _Batch(list(values))
        self._batches.append(batch)
        if len(self._batches) > self._buffer:
            await self._wait_until_accepted(batch)

    async def receive(self) -> T:
        """Return the next value. Each value goes to one reader.

        Raises:
            EndOfStream: The channel is closed and empty.
        """
        if not self._values:
            async with self._lock:
                await self._fill()
                return self._values.popleft()
        return self._values.popleft()

    def close_send(self) -> None:
        """Reject further values; those sent before can still be read."""
        self._closed = True
        self._wake_reader()

    def close_receive(self) -> None:
        """Discard the batches that wait for a reader, release their senders and reject further values."""
        for batch in self._batches:
            batch.accept()
        self._batches.clear()
        self.close_send()

    async def _fill(self) -> None:
        while not self._values:
            await anyio.lowlevel.checkpoint()
            if self._batches:
                self._take_batch()
            elif self._closed:
                raise anyio.EndOfStream
            else:
                await self._wait_for_batch()

    def _take_batch(self) -> None:
        batch = self._batches.popleft()
        batch.accept()
        self._values += batch.values
        if 0 < self._buffer <= len(self._batches):
            # The last batch that now fits into the buffer no longer blocks its sender.
            self._batches[self._buffer - 1].accept()

    async def _wait_until_accepted(self, batch: _Batch[T]) -> None:
        batch.accepted = accepted = anyio.Event()
        try:
            await accepted.wait()
        finally:
            if not accepted.is_set():
                self._batches.remove(batch)

    async def _wait_for_batch(self) -> None:
        self._reader = reader = anyio.Event()
        try:
            await reader.wait()
        finally:
            self._reader = None

    def _wake_reader(self) -> None:
        if self._reader is not None:
            self._reader.set()
            self._reader = None
