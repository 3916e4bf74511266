"""Trail: where in an answer the decoder stands, and whom it tells when the answer deviates."""

from __future__ import annotations

from collections.abc import Callable

import attrs

__all__ = ["Deviation", "Trail"]


@attrs.frozen
class Deviation:
    """One place where an answer is not what the API's document says.

    Attributes:
        path: Where in the body, as a JSON path such as ``$.items[3].status``.
        problem: What is wrong there, for example ``unknown value 'gitlab' of PipelineTriggerType``.
    """

    path: str
    problem: str

    @property
    def field(self) -> str:
        """The path with the places in lists left out: what is reported once, however many items deviate alike."""
        return "".join(part.split("]", 1)[-1] if i else part for i, part in enumerate(self.path.split("[")))

    def __str__(self) -> str:
        return f"{self.path}: {self.problem}"


class Trail:
    """A step of the way into an answer; a linked list, so that going one level deeper costs one small object."""

    __slots__ = ("_parent", "_report", "_step")

    def __init__(self, report: Callable[[Deviation], None], parent: Trail | None = None, step: str | int = "$") -> None:
        self._report = report
        self._parent = parent
        self._step = step

    def into(self, step: str | int) -> Trail:
        """The trail one level deeper, into a field or an item of a list."""
        return Trail(self._report, self, step)

    def deviates(self, step: str | int | None, problem: str) -> None:
        """Report a deviation, here or (with `step`) at a field or item of this place."""
        path = self._path() if step is None else self._path() + _written(step)
        self._report(Deviation(path, problem))

    def _path(self) -> str:
        return "$" if self._parent is None else self._parent._path() + _written(self._step)  # noqa: SLF001 - its own kind


def _written(step: str | int) -> str:
    return f"[{step}]" if isinstance(step, int) else f".{step}"
