"""How values get from the tasks that make them to the tasks that read them, none lost and none twice."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from types import TracebackType
from typing import Generic, TypeVar

import anyio
import anyio.lowlevel
import attrs

__all__ = ["Channel", "Turns"]

T = TypeVar("T")


class Turns:
    """``async with turns``: one task at a time is in the block, the others wait their turn.

    Unlike a lock of anyio's it needs no event loop, and next to no time, while nobody else is there.
    """

    def __init__(self) -> None:
        self._taken = False
        self._waiting: deque[anyio.Event] = deque()

    async def __aenter__(self) -> None:
        while self._taken:
            await self._wait()
        self._taken = True

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._taken = False
        self._call_next()

    async def _wait(self) -> None:
        called = anyio.Event()
        self._waiting.append(called)
        try:
            await called.wait()
        except BaseException:
            if called.is_set():
                # Cancelled between the call and the turn: it is for the next one.
                self._call_next()
            else:
                self._waiting.remove(called)
            raise

    def _call_next(self) -> None:
        if self._waiting:
            self._waiting.popleft().set()


@attrs.define(eq=False)
class _HandOver(Generic[T]):
    """Values that wait for a reader; `accepted` is set once their sender need not wait with them."""

    values: list[T]
    accepted: anyio.Event | None = None

    def accept(self) -> None:
        if self.accepted is not None:
            self.accepted.set()


class Channel(Generic[T]):
    """What was handed over and not yet read.

    A stream of anyio's gives values to a reader that waits for them, and they are lost when asyncio cancels its task
    before it wakes up. Here a reader is only told to look, and what it does not take stays for the next one.

    Args:
        buffer: How many hand-overs may wait for a reader before the next sender waits too.
    """

    def __init__(self, buffer: int) -> None:
        self._buffer = buffer
        self._hand_overs: deque[_HandOver[T]] = deque()
        self._values: deque[T] = deque()
        self._turns = Turns()
        self._reader: anyio.Event | None = None
        self._ended = False

    async def send(self, values: Iterable[T]) -> None:
        """Hand values over; waits while neither a reader waits for them nor the buffer has room.

        Raises:
            BrokenResourceError: The channel has ended.
        """
        await anyio.lowlevel.checkpoint()
        if self._ended:
            raise anyio.BrokenResourceError
        if self._reader is not None:
            self._values.extend(values)
            self._tell_reader()
            return
        hand_over = _HandOver(list(values))
        self._hand_overs.append(hand_over)
        if len(self._hand_overs) > self._buffer:
            await self._acceptance(hand_over)

    async def receive(self) -> T:
        """The next value. Each goes to one reader.

        Raises:
            EndOfStream: No value will come any more.
        """
        if not self._values:
            async with self._turns:
                await self._fill()
                return self._values.popleft()
        return self._values.popleft()

    def end(self) -> None:
        """Nothing is sent any more; what was handed over can still be read."""
        self._ended = True
        self._tell_reader()

    def abandon(self) -> None:
        """Nothing is read any more."""
        for hand_over in self._hand_overs:
            hand_over.accept()
        self._hand_overs.clear()
        self.end()

    async def _fill(self) -> None:
        while not self._values:
            await anyio.lowlevel.checkpoint()
            if self._hand_overs:
                self._take()
            elif self._ended:
                raise anyio.EndOfStream
            else:
                await self._more()

    def _take(self) -> None:
        hand_over = self._hand_overs.popleft()
        hand_over.accept()
        self._values += hand_over.values
        if 0 < self._buffer <= len(self._hand_overs):
            self._hand_overs[self._buffer - 1].accept()

    async def _acceptance(self, hand_over: _HandOver[T]) -> None:
        hand_over.accepted = accepted = anyio.Event()
        try:
            await accepted.wait()
        finally:
            if not accepted.is_set():
                self._hand_overs.remove(hand_over)

    async def _more(self) -> None:
        self._reader = reader = anyio.Event()
        try:
            await reader.wait()
        finally:
            self._reader = None

    def _tell_reader(self) -> None:
        if self._reader is not None:
            self._reader.set()
            self._reader = None
