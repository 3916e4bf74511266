"""Logging: the logger ``circleci_v2``, events for ``on_event``, and a filter that redacts tokens from log records.

The filter is installed on this package's loggers and on those of the HTTP libraries below it, because one of them logs
the headers it sends. A filter on a logger does not see records of that logger's children, so every logger that is
written to is listed. Loggers of anything else, `asyncio` and the application's own included, are left alone.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from typing import Final, TypedDict
from weakref import WeakKeyDictionary

import attrs

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

__all__ = ["AttemptInfo", "Instrumentation", "RedactingFilter", "log_to_stderr", "logger", "redact", "register_secret"]

logger: Final = logging.getLogger("circleci_v2")

_REDACTED: Final = "[hidden]"
# The name of a credential header and the separator, in any notation that headers are printed in; the value follows.
_CREDENTIAL: Final = re.compile(
    r"""((?:circle-token|(?:proxy-)?authorization)['"]?\s*[:=,]\s*(?:b?['"])?(?:(?:bearer|basic)\s+)?)[^\s'",)}&]+""",
    re.IGNORECASE,
)
_PERSONAL_TOKEN: Final = re.compile(r"\bCCI(?:PAT|PRJ)_\w+")
_PACKAGE_LOGGERS: Final = (
    *("circleci_v2", "circleci_v2.history", "circleci_v2.testing", "circleci_v2.usage_export", "circleci_v2.waiting"),
)
_LIBRARY_LOGGERS: Final = (
    "httpx",
    "httpcore.connection",
    "httpcore.http11",
    "httpcore.http2",
    "httpcore.proxy",
    "httpcore.socks",
    "hpack.hpack",
    "hpack.table",
    "aiohttp.client",
)

_secrets: Final[WeakKeyDictionary[object, frozenset[str]]] = WeakKeyDictionary()
"""Secrets by the object that holds them, so that both are forgotten together."""


def register_secret(holder: object, *secrets: str) -> None:
    """Redact texts from the logs for as long as `holder` exists.

    Args:
        holder: The object that keeps the secrets.
        secrets: The texts; their form inside a `repr` is redacted, too.
    """
    _secrets[holder] = frozenset(form for secret in secrets for form in (secret, repr(secret)[1:-1]))
    for name in (*_PACKAGE_LOGGERS, *_LIBRARY_LOGGERS):
        # Adding a filter that a logger has already is a no-op.
        logging.getLogger(name).addFilter(_FILTER)


def redact(text: str) -> str:
    """Return the text without any token."""
    # The longest first, because one may be part of another.
    for secret in sorted({secret for secrets in list(_secrets.values()) for secret in secrets}, key=len, reverse=True):
        text = text.replace(secret, _REDACTED)
    text = _CREDENTIAL.sub(lambda match: match[1] + _REDACTED, text)
    return _PERSONAL_TOKEN.sub(_REDACTED, text)


class RedactingFilter(logging.Filter):
    """Redacts tokens from the message, the traceback and the stack of a log record."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record where necessary; no record is suppressed."""
        message = record.getMessage()
        redacted = redact(message)
        if redacted != message:
            record.msg, record.args = redacted, ()
        if record.exc_info and not record.exc_text:
            # `logging.Formatter` caches the formatted traceback here, and uses it when it is set.
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            redacted_traceback = redact(record.exc_text)
            if redacted_traceback != record.exc_text:
                # Formatters that ignore `exc_text` would format the exception itself.
                record.exc_info = None
            record.exc_text = redacted_traceback
        if record.stack_info:
            record.stack_info = redact(record.stack_info)
        return True


_FILTER: Final = RedactingFilter()
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
            logger.debug("%s: headers %s", info, dict(headers))
        if self._on_event is not None:
            event = ResponseEvent(
                **_identity(info),
                status_code=status_code,
                elapsed=elapsed,
                size=size,
                request_id=headers.get("x-request-id"),
                rate_limit=rate_limit,
            )
            self.emit(event)

    def attempt_failed(self, info: AttemptInfo, *, error: str, elapsed: float) -> None:
        """Report an attempt that ended without a complete response."""
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
        since, sunset, link = headers.get("deprecation"), headers.get("sunset"), headers.get("link")
        end = f" and stops working on {sunset}" if sunset else ""
        logger.warning("CircleCI says that %s is deprecated%s (Deprecation: %s, Link: %s)", key, end, since, link)
        self.emit(DeprecationEvent(**_identity(info), deprecation=since, sunset=sunset, link=link))


class _Identity(TypedDict):
    operation_id: str | None
    call: int
    attempt: int


def _identity(info: AttemptInfo) -> _Identity:
    return {"operation_id": info.operation_id, "call": info.call, "attempt": info.attempt}
