"""Deviations: where a response differs from its description, and what becomes of that.

One warning per operation and field, one event, or in strict mode an error.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

import attrs

from circleci_v2.errors import DecodeError

__all__ = ["Deviation", "DeviationReporter", "JsonPath"]

_logger = logging.getLogger("circleci_v2")

_MOST_REMEMBERED = 10_000


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


class JsonPath:
    """A step of the way into an answer; a linked list, so that going one level deeper costs one small object."""

    __slots__ = ("_parent", "_report", "_step")

    def __init__(
        self, report: Callable[[Deviation], None], parent: JsonPath | None = None, step: str | int = "$"
    ) -> None:
        self._report = report
        self._parent = parent
        self._step = step

    def child(self, step: str | int) -> JsonPath:
        """The path one level deeper, into a field or an item of a list."""
        return JsonPath(self._report, self, step)

    def report(self, step: str | int | None, problem: str) -> None:
        """Report a deviation, here or (with `step`) at a field or item of this place."""
        path = self._path() if step is None else self._path() + _written(step)
        self._report(Deviation(path, problem))

    def _path(self) -> str:
        return "$" if self._parent is None else self._parent._path() + _written(self._step)  # noqa: SLF001 - its own kind


def _written(step: str | int) -> str:
    return f"[{step}]" if isinstance(step, int) else f".{step}"


class DeviationReporter:
    """Tells of each way in which answers deviate once, however many answers do.

    Args:
        strict: Raise instead of telling.
        tell: Called with the operation id and the deviation, once for each.
    """

    def __init__(self, *, strict: bool, tell: Callable[[str | None, Deviation], None]) -> None:
        self._strict = strict
        self._tell = tell
        self._seen: set[tuple[str | None, str, str]] = set()

    def for_operation(self, operation_id: str | None) -> Callable[[Deviation], None]:
        """What to call with each deviation in one answer of an operation."""

        def report(deviation: Deviation) -> None:
            if self._strict:
                msg = f"the answer of {operation_id} deviates at {deviation}"
                raise DecodeError(msg, operation_id=operation_id, path=deviation.path)
            identity = (operation_id, deviation.field, deviation.problem)
            # A hostile server could make up fields without end; what comes after so many of them is not told.
            if identity in self._seen or len(self._seen) >= _MOST_REMEMBERED:
                return
            self._seen.add(identity)
            _logger.warning("The answer of %s deviates from its description at %s", operation_id, deviation)
            self._tell(operation_id, deviation)

        return report
