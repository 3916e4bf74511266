"""Which of the names that went may have come back under another one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import SequenceMatcher
from typing import TypeVar

__all__ = ["likely_renames"]

T = TypeVar("T")

_ALIKE = 0.6
"""Names are alike from this similarity on: `created` and `created_at` are, `name` and `state` are not."""


def likely_renames(gone: Mapping[str, T], come: Mapping[str, T], same: Callable[[T, T], bool]) -> dict[str, str]:
    """Old name -> new name, for names that are alike and stand for the same kind of thing. A guess, for people to judge.

    Args:
        gone: What only the old document has.
        come: What only the new document has.
        same: Whether two of them are the same kind of thing.
    """
    pairs = [
        (similarity, old, new)
        for old in gone
        for new in come
        if same(gone[old], come[new]) and (similarity := SequenceMatcher(None, old, new).ratio()) >= _ALIKE
    ]
    found: dict[str, str] = {}
    for _, old, new in sorted(pairs, reverse=True):
        if old not in found and new not in found.values():
            found[old] = new
    return found
