"""Observation: what a client tells about its calls, to the log and to ``on_event``."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import TypedDict

import attrs

from circleci_v2._http.logging import logger
from circleci_v2.events import (
    DeprecationEvent,
    Event,
    FailureEvent,
    RateLimitWaitEvent,
    RequestEvent,
    ResponseEvent,
    RetryEvent,
)
from circleci_v2.policies import RateLimit

__all__ = ["Observed", "Observer"]


@attrs.frozen(kw_only=True)
class Observed:
    """The attempt of a call that something is told about."""

    operation_id: str | None
    call: int
    attempt: int
    method: str
    url: str

    def __str__(self) -> str:
        name = f"{self.operation_id} " if self.operation_id else ""
        return f"#{self.call}.{self.attempt} {name}({self.method} {self.url})"


class Observer:
    """Tells the log and the user's function.

    Args:
        on_event: The user's function. What it raises is logged and goes no further: a call must not fail because
            nobody could be told of it.
    """

    def __init__(self, on_event: Callable[[Event], None] | None) -> None:
        self._on_event = on_event
        self._deprecated: set[str] = set()

    def is_heard(self) -> bool:
        """Whether anybody wants to know of every attempt; describing one costs, so that it is asked first."""
        return self._on_event is not None or logger.isEnabledFor(logging.INFO)

    def tell(self, event: Event) -> None:
        """Tell the user's function."""
        if self._on_event is None:
            return
        try:
            self._on_event(event)
        except Exception:  # noqa: BLE001 - whatever a stranger's function raises, it is logged with its traceback
            logger.exception("on_event raised when told of %s", type(event).__name__)

    def waited(self, seen: Observed, *, bucket: str, seconds: float) -> None:
        """An attempt was held back."""
        logger.debug("%s waited %.3f s for the rate limit of %s", seen, seconds, bucket)
        self.tell(RateLimitWaitEvent(**_whose(seen), bucket=bucket, waited=seconds))

    def sending(self, seen: Observed) -> None:
        """An attempt begins."""
        self.tell(RequestEvent(**_whose(seen), method=seen.method, url=seen.url))

    def answered(
        self,
        seen: Observed,
        *,
        status: int,
        elapsed: float,
        size: int,
        headers: Mapping[str, str],
        limit: RateLimit | None,
    ) -> None:
        """An attempt was answered."""
        if logger.isEnabledFor(logging.INFO):
            logger.info("%s: %d, %d bytes in %.3f s", seen, status, size, elapsed)
            logger.debug("%s: headers %s", seen, dict(headers))
        if self._on_event is not None:
            request_id = headers.get("x-request-id")
            self.tell(
                ResponseEvent(
                    **_whose(seen),
                    status_code=status,
                    elapsed=elapsed,
                    size=size,
                    request_id=request_id,
                    rate_limit=limit,
                )
            )

    def failed(self, seen: Observed, *, error: str, elapsed: float) -> None:
        """An attempt ended without an answer."""
        logger.info("%s: %s after %.3f s", seen, error, elapsed)
        if self._on_event is not None:
            self.tell(FailureEvent(**_whose(seen), error=error, elapsed=elapsed))

    def retrying(self, seen: Observed, *, reason: str, delay: float) -> None:
        """Another attempt follows."""
        logger.info("%s: %s, trying again in %.3f s", seen, reason, delay)
        self.tell(RetryEvent(**_whose(seen), reason=reason, delay=delay))

    def deprecated(self, seen: Observed, headers: Mapping[str, str]) -> None:
        """An answer says that its operation will end; told once for each."""
        key = seen.operation_id or f"{seen.method} {seen.url.partition('?')[0]}"
        if key in self._deprecated:
            return
        self._deprecated.add(key)
        since, sunset, link = headers.get("deprecation"), headers.get("sunset"), headers.get("link")
        end = f" and stops working on {sunset}" if sunset else ""
        logger.warning("CircleCI says that %s is deprecated%s (Deprecation: %s, Link: %s)", key, end, since, link)
        self.tell(DeprecationEvent(**_whose(seen), deprecation=since, sunset=sunset, link=link))


class _Whose(TypedDict):
    operation_id: str | None
    call: int
    attempt: int


def _whose(seen: Observed) -> _Whose:
    return {"operation_id": seen.operation_id, "call": seen.call, "attempt": seen.attempt}
