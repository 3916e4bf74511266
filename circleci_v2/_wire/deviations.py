"""Deviations: where a response differs from its description in the API's document, and how that is reported.

Each is reported once per operation and field, as a warning and an event; in strict mode it is an error.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

import attrs

from circleci_v2.errors import DecodeError

__all__ = ["Deviation", "DeviationReporter", "JsonPath"]

_logger = logging.getLogger("circleci_v2")

_MAX_REMEMBERED = 10_000


@attrs.frozen
class Deviation:
    """One value of a response that is not as the API's document describes it.

    Attributes:
        path: Its location in the body, as a JSON path such as ``$.items[3].status``.
        problem: The difference, for example ``unknown value 'gitlab' of PipelineTriggerType``.
    """

    path: str
    problem: str

    @property
    def field(self) -> str:
        """The path without list indexes: reports are deduplicated by it, because the items of a list deviate alike."""
        return "".join(part.split("]", 1)[-1] if i else part for i, part in enumerate(self.path.split("[")))

    def __str__(self) -> str:
        return f"{self.path}: {self.problem}"


class JsonPath:
    """The path to a value inside a response; a linked list, so that one level deeper costs one small object.

    Args:
        report: Called with each deviation that is found below.
        parent: The path of the object or list that holds the value; None for the body itself.
        step: The key or index of the value in its parent.
    """

    __slots__ = ("_parent", "_report", "_step")

    def __init__(
        self, report: Callable[[Deviation], None], parent: JsonPath | None = None, step: str | int = "$"
    ) -> None:
        self._report = report
        self._parent = parent
        self._step = step

    def child(self, step: str | int) -> JsonPath:
        """The path one level deeper, to a field or an item of a list."""
        return JsonPath(self._report, self, step)

    def report(self, step: str | int | None, problem: str) -> None:
        """Report a deviation of this value or (with `step`) of one of its fields or items."""
        path = self._text() if step is None else self._text() + _step_text(step)
        self._report(Deviation(path, problem))

    def _text(self) -> str:
        if self._parent is None:
            return "$"
        return self._parent._text() + _step_text(self._step)  # noqa: SLF001 - the same class


def _step_text(step: str | int) -> str:
    return f"[{step}]" if isinstance(step, int) else f".{step}"


class DeviationReporter:
    """Reports each kind of deviation once, however many responses have it.

    Args:
        strict: Raise `DecodeError` instead of reporting.
        emit: Called with the operation id and the deviation, once for each kind.
        redact: Returns a text without secrets, because deviations quote what the server sent.
    """

    def __init__(
        self, *, strict: bool, emit: Callable[[str | None, Deviation], None], redact: Callable[[str], str]
    ) -> None:
        self._strict = strict
        self._emit = emit
        self._redact = redact
        self._seen: set[tuple[str | None, str, str]] = set()

    def report(self, operation_id: str | None, deviation: Deviation) -> None:
        """Report a deviation in a response of an operation.

        Raises:
            DecodeError: The mode is strict.
        """
        if self._strict:
            shown = self._redacted(deviation)
            msg = f"the response of {operation_id} deviates at {shown}"
            raise DecodeError(msg, operation_id=operation_id, path=shown.path)
        kind = (operation_id, deviation.field, deviation.problem)
        # Bounded, because a hostile server could invent field names without end.
        if kind in self._seen or len(self._seen) >= _MAX_REMEMBERED:
            return
        self._seen.add(kind)
        shown = self._redacted(deviation)
        _logger.warning("The response of %s deviates from its description at %s", operation_id, shown)
        self._emit(operation_id, shown)

    def _redacted(self, deviation: Deviation) -> Deviation:
        return Deviation(self._redact(deviation.path), self._redact(deviation.problem))
