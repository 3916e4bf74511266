"""Priority: where the calls that a piece of code makes stand in line."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Literal

__all__ = ["Priority", "current_priority", "in_bulk"]

Priority = Literal["interactive", "bulk"]
"""``bulk`` lets every ``interactive`` call go first."""

_priority: ContextVar[Priority] = ContextVar("circleci_v2_priority", default="interactive")


def current_priority() -> Priority:
    """The priority of the code that asks."""
    return _priority.get()


@contextmanager
def in_bulk() -> Generator[None, None, None]:
    """Make the calls inside the block, and those of tasks that begin in it, bulk calls.

    The block may hold no `yield` of an async generator, since that would let the priority out.
    """
    before = _priority.set("bulk")
    try:
        yield
    finally:
        _priority.reset(before)
