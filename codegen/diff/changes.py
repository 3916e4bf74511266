"""Changes between two documents, and their grades."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from enum import IntEnum

import attrs

__all__ = ["Change", "Diff", "Grade", "worst"]


class Grade(IntEnum):
    """The effect of a change on code that was written against the package of the old document; greater is worse."""

    DESCRIPTION_ONLY = 0
    """Only documentation changed."""
    SAFE = 1
    """All such code keeps working."""
    BREAKS_AT_RUN_TIME = 2
    """Such code still runs, but may receive values or errors that were not possible before; so may released packages."""
    BREAKS_CALLERS = 3
    """Such code no longer runs, or no longer passes a type checker, with the package of the new document."""

    def __str__(self) -> str:
        return self.name.lower().replace("_", " ")


def worst(*grades: Grade) -> Grade:
    """Return the worst of several grades, `Grade.SAFE` if there are none."""
    return max(grades, default=Grade.SAFE)


@attrs.frozen(kw_only=True)
class Change:
    """A difference between two documents, in terms of the package.

    Attributes:
        grade: The effect on callers.
        kind: A machine-readable kind: ``argument-removed``, ``field-type`` and so on.
        subject: The Python name that changed: ``pipelines.list``, ``Workflow.stopped_at``.
        message: The rest of the sentence about the subject, without a full stop.
        operation: Method and path, if an operation changed.
        used_by: The methods that send or return the model or enum, if a model or enum changed.
        layers: The hand-written parts of the package that rely on the operation.
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
        old: The source of the old document.
        new: The source of the new document.
        changes: The differences.
        notes: Notes for the maintainer from normalising the new document, such as default names.
        problems: Why no package can be generated from a document before overlay.yaml is corrected.
    """

    old: str
    new: str
    changes: Sequence[Change]
    notes: Sequence[str] = ()
    problems: Sequence[str] = ()

    @property
    def worst(self) -> Grade | None:
        """The worst grade of all changes; None if there are no changes."""
        return max((change.grade for change in self.changes), default=None)

    @property
    def counts(self) -> dict[Grade, int]:
        """The number of changes of each grade, the worst grade first."""
        counted = Counter(change.grade for change in self.changes)
        return {grade: counted[grade] for grade in sorted(Grade, reverse=True)}

    def without_descriptions(self) -> Diff:
        """Return the diff without changes of descriptions, which always differ between CircleCI's document and ours."""
        return attrs.evolve(self, changes=[c for c in self.changes if c.grade is not Grade.DESCRIPTION_ONLY])
