"""Promises: what an answer is bound to say, and sometimes does not."""

from __future__ import annotations

from typing import TypeVar

__all__ = ["perhaps"]

T = TypeVar("T")


def perhaps(promised: T) -> T | None:
    """The value of a field that its model promises, typed as what it may be: None where the live API sends null."""
    return promised
