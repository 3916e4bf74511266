"""Recognise moved operations, and guess which removed names have become new names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import SequenceMatcher
from typing import TypeVar

from codegen.diff.surface import Method

__all__ = ["likely_renames", "moved_operations"]

T = TypeVar("T")

_MINIMUM_SIMILARITY = 0.6
"""Chosen so that `created` and `created_at` are similar, while `name` and `state` are not."""


def moved_operations(old: Mapping[str, Method], new: Mapping[str, Method]) -> dict[str, str]:
    """Return old key -> new key of the operations that have another path under the same operationId and HTTP method.

    An operationId alone does not identify an operation, because CircleCI sometimes assigns it to another one. It counts only
    if the old path was removed and the new path is new.
    """
    removed = {method.id: key for key, method in old.items() if key not in new}
    added = {method.id: key for key, method in new.items() if key not in old}
    same_verb = {i for i in removed.keys() & added.keys() if removed[i].split(" ")[0] == added[i].split(" ")[0]}
    return {removed[i]: added[i] for i in sorted(same_verb)}


def likely_renames(removed: Mapping[str, T], added: Mapping[str, T], same: Callable[[T, T], bool]) -> dict[str, str]:
    """Guess old name -> new name, for similar names of the same kind; a person has to confirm the result.

    Args:
        removed: Entries that only the old document has.
        added: Entries that only the new document has.
        same: Whether two entries are of the same kind.
    """
    pairs = [
        (similarity, old, new)
        for old in removed
        for new in added
        if same(removed[old], added[new])
        and (similarity := SequenceMatcher(None, old, new).ratio()) >= _MINIMUM_SIMILARITY
    ]
    found: dict[str, str] = {}
    for _, old, new in sorted(pairs, reverse=True):
        if old not in found and new not in found.values():
            found[old] = new
    return found
