"""Changes and their grades."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from enum import IntEnum

import attrs

__all__ = ["Change", "Diff", "Grade", "worst"]


class Grade(IntEnum):
    """What a change means to those who use the package; the greater, the worse.

    The measure is code that was written against the package of the old document.
    """

    DESCRIPTION_ONLY = 0
    """Only words changed."""
    SAFE = 1
    """All such code goes on working."""
    BREAKS_AT_RUN_TIME = 2
    """Such code still runs, but meets values, or refusals, that it did not meet before; released packages do as well."""
    BREAKS_CALLERS = 3
    """Such code no longer runs, or no longer passes a type checker, once the package is generated anew."""

    def __str__(self) -> str:
        return self.name.lower().replace("_", " ")


def worst(*grades: Grade) -> Grade:
    """The worst of some grades; safe, where there are none."""
    return max(grades, default=Grade.SAFE)


@attrs.frozen(kw_only=True)
class Change:
    """One difference between two documents, in terms of the package.

    Attributes:
        grade: What it means to callers.
        kind: What sort of change it is, for programs: ``argument-removed``, ``field-type`` and so on.
        subject: What changed, in Python: ``pipelines.list``, ``Workflow.stopped_at``.
        message: The change as a sentence without its full stop.
        operation: Method and path of the operation, where it is one that changed.
        used_by: Methods that send or answer with the model or enum, where it is one that changed.
        layers: Hand-written rooms of the package that rely on the operation.
    """

    grade: Grade
    kind: str
    subject: str
    message: str
    operation: str | None = None
    used_by: Sequence[str] = ()
    layers: Sequence[str] = ()


@attrs.frozen(kw_only=True)
class Diff:
    """All differences between two documents, the worst first.

    Attributes:
        old: Where the old document is from.
        new: Where the new document is from.
        changes: The differences.
        notes: What a person should know of how the new document was read: what has no name of ours, and so on.
    """

    old: str
    new: str
    changes: Sequence[Change]
    notes: Sequence[str] = ()

    @property
    def worst(self) -> Grade | None:
        """The worst grade among the changes; None where there are none."""
        return max((change.grade for change in self.changes), default=None)

    @property
    def counts(self) -> dict[Grade, int]:
        """How many changes have each grade, the worst grade first."""
        counted = Counter(change.grade for change in self.changes)
        return {grade: counted[grade] for grade in sorted(Grade, reverse=True)}

    def without_words(self) -> Diff:
        """The same without changes of words: between the vendor's document and ours, the words always differ."""
        return attrs.evolve(self, changes=[c for c in self.changes if c.grade is not Grade.DESCRIPTION_ONLY])
