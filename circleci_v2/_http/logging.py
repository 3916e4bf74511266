"""Logging: the logger ``circleci_v2``, and events for ``on_event``."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Final, TypedDict

import attrs

from circleci_v2._http.redaction import redact_message, url_without_query
from circleci_v2.errors import ConfigurationError
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

__all__ = ["AttemptInfo", "Instrumentation", "log_to_stderr", "logger"]

logger: Final = logging.getLogger("circleci_v2")

_STDERR: Final = logging.StreamHandler()
_STDERR.setFormatter(logging.Formatter("%(asctime)s %(name)s %(levelname)s %(message)s"))


def log_to_stderr(level: str) -> None:
    """Log to standard error, as ``CIRCLECI_V2_LOG`` requests.

    Args:
        level: ``info`` for a line per attempt; ``debug`` for the response headers as well.

    Raises:
        ConfigurationError: `level` is neither.
    """
    if level not in {"info", "debug"}:
        msg = f"CIRCLECI_V2_LOG={level!r}: set it to 'info' or 'debug', or unset it"
        raise ConfigurationError(msg)
    logger.setLevel(level.upper())
    logger.addHandler(_STDERR)


@attrs.frozen(kw_only=True)
class AttemptInfo:
    """Identifies one attempt of a call, in log lines, events and errors."""

    operation_id: str | None
    call: int
    attempt: int
    method: str
    url: str

    def __str__(self) -> str:
        name = f"{self.operation_id} " if self.operation_id else ""
        return f"#{self.call}.{self.attempt} {name}({self.method} {self.url})"


class Instrumentation:
    """Reports attempts to the log and to ``on_event``.

    Args:
        on_event: The user's function. An exception that it raises is logged and swallowed: reporting must not fail a
            call.
    """

    def __init__(self, on_event: Callable[[Event], None] | None) -> None:
        self._on_event = on_event
        self._deprecated: set[str] = set()

    def emit(self, event: Event) -> None:
        """Pass an event to the user's function."""
        if self._on_event is None:
            return
        try:
            self._on_event(event)
        except Exception:
            logger.exception("on_event raised for a %s", type(event).__name__)

    def attempt_started(self, info: AttemptInfo, *, bucket: str, waited: float) -> None:
        """Report that a request is about to be sent.

        Args:
            info: The attempt.
            bucket: The rate-limit bucket it counts against.
            waited: Seconds that the rate limit delayed it.
        """
        if waited:
            logger.debug("%s waited %.3f s for the rate limit of %s", info, waited, bucket)
            self.emit(RateLimitWaitEvent(**_identity(info), bucket=bucket, waited=waited))
        self.emit(RequestEvent(**_identity(info), method=info.method, url=info.url))

    def response_received(
        self,
        info: AttemptInfo,
        *,
        status_code: int,
        elapsed: float,
        size: int,
        headers: Mapping[str, str],
        rate_limit: RateLimit | None,
    ) -> None:
        """Report a response, whatever its status."""
        if logger.isEnabledFor(logging.INFO):
            logger.info("%s: %d, %d bytes in %.3f s", info, status_code, size, elapsed)
            logger.debug("%s: headers %s", info, _shown_headers(headers))
        if self._on_event is not None:
            event = ResponseEvent(
                **_identity(info),
                status_code=status_code,
                elapsed=elapsed,
                size=size,
                request_id=_redacted(headers.get("x-request-id")),
                rate_limit=rate_limit,
            )
            self.emit(event)

    def attempt_failed(self, info: AttemptInfo, *, error: str, elapsed: float) -> None:
        """Report an attempt that ended without a complete response."""
        error = redact_message(error)
        logger.info("%s: %s after %.3f s", info, error, elapsed)
        if self._on_event is not None:
            self.emit(FailureEvent(**_identity(info), error=error, elapsed=elapsed))

    def retry_scheduled(self, info: AttemptInfo, *, reason: str, delay: float) -> None:
        """Report that another attempt follows."""
        logger.info("%s: %s, trying again in %.3f s", info, reason, delay)
        self.emit(RetryEvent(**_identity(info), reason=reason, delay=delay))

    def deprecated(self, info: AttemptInfo, headers: Mapping[str, str]) -> None:
        """Report the announced end of an operation, once per operation."""
        key = info.operation_id or f"{info.method} {info.url.partition('?')[0]}"
        if key in self._deprecated:
            return
        self._deprecated.add(key)
        since, sunset, link = (_redacted(headers.get(name)) for name in ("deprecation", "sunset", "link"))
        end = f" and stops working on {sunset}" if sunset else ""
        logger.warning("CircleCI says that %s is deprecated%s (Deprecation: %s, Link: %s)", key, end, since, link)
        self.emit(DeprecationEvent(**_identity(info), deprecation=since, sunset=sunset, link=link))


def _redacted(value: str | None) -> str | None:
    return None if value is None else redact_message(value)


def _shown_headers(headers: Mapping[str, str]) -> dict[str, str]:
    # The target of a redirect is mostly a presigned URL.
    return {name: url_without_query(value) if name == "location" else value for name, value in headers.items()}


class _Identity(TypedDict):
    operation_id: str | None
    call: int
    attempt: int


def _identity(info: AttemptInfo) -> _Identity:
    return {"operation_id": info.operation_id, "call": info.call, "attempt": info.attempt}
