"""What becomes of deviations: one warning per operation and field, one event, or in strict mode an error."""

from __future__ import annotations

import logging
from collections.abc import Callable

from circleci_v2._wire.trail import Deviation
from circleci_v2.errors import DecodeError

__all__ = ["DeviationReporter"]

_logger = logging.getLogger("circleci_v2")

_MOST_REMEMBERED = 10_000


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
