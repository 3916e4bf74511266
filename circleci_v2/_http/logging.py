"""Logging and redaction: the logger ``circleci_v2``, events for ``on_event``, and no secret in either.

Neither log records nor errors and events show a token or the signature of a presigned URL. A filter redacts the records
of this package's loggers and of those of the HTTP libraries below it, because one of them logs the headers it sends and
another those it receives. A filter on a logger does not see records of that logger's children, so every logger that is
written to is listed. Loggers of anything else, `asyncio` and the application's own included, are left alone.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypedDict
from urllib.parse import quote
from weakref import WeakKeyDictionary

from circleci_v2._lazy import LazyModule, lazy_pattern
from circleci_v2._wire.json import is_array, is_object
from circleci_v2.errors import ConfigurationError
from circleci_v2.policies import RateLimit

if TYPE_CHECKING:
    from circleci_v2 import events
    from circleci_v2.events import Event
else:
    # The classes are needed only by clients with `on_event`.
    events = LazyModule("circleci_v2.events")

__all__ = [
    "AttemptInfo",
    "Instrumentation",
    "RedactingFilter",
    "log_to_stderr",
    "logger",
    "redact",
    "redact_json",
    "redact_logs",
    "redact_message",
    "register_secret",
    "url_without_query",
]

logger: Final = logging.getLogger("circleci_v2")

_STDERR: Final = logging.StreamHandler()
_STDERR.setFormatter(logging.Formatter("%(asctime)s %(name)s %(levelname)s %(message)s"))

_REDACTED: Final = "[hidden]"
# The name of a credential header and the separator, in any notation that headers are printed in; the value follows.
_CREDENTIAL: Final = lazy_pattern(
    r"""((?:circle-token|(?:proxy-)?authorization)['"]?\s*[:=,]\s*(?:b?['"])?(?:(?:bearer|basic)\s+)?)[^\s'",)}&]+""",
    re.IGNORECASE,
)
_PERSONAL_TOKEN: Final = lazy_pattern(r"\bCCI(?:PAT|PRJ)_\w+")
# The parameters of presigned URLs that sign them or name the key, of S3, Google Cloud Storage, CloudFront and Azure, and
# common names of tokens; the value follows. Not `page-token`, which is no secret.
_SIGNATURE: Final = lazy_pattern(
    r"""([?&;](?:x-(?:amz|goog)-[\w-]+|signature|sig|policy|key-pair-id|awsaccesskeyid|googleaccessid|credential"""
    r"""|(?:access|auth|security|session)?[-_]?token|(?:api|access)[-_]?key|secret|password)=)[^&\s'"<>)]+""",
    re.IGNORECASE,
)
# S3 repeats what it was sent in the body of an error about a signature.
_SIGNATURE_IN_XML: Final = lazy_pattern(
    r"(<(?:SignatureProvided|StringToSign|StringToSignBytes|CanonicalRequest|CanonicalRequestBytes|AWSAccessKeyId)>)[^<]+"
)
# hpack logs the request line of HTTP/2.
_HTTP2_QUERY: Final = lazy_pattern(r"""(:path'?,?\s*b?['"][^?'"]*\?)[^'"]+""")
# As `html.escape`, whose module takes as long to import as this one.
_HTML_ESCAPES: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;"})
_USER_INFO: Final = lazy_pattern(r"//[^/]*@")
# A message may hold a shorter text by chance: tests call their token "token".
_SHORTEST_IN_MESSAGES: Final = 6
_PACKAGE_LOGGERS: Final = (
    *(
        "circleci_v2",
        "circleci_v2.fleet",
        "circleci_v2.history",
        "circleci_v2.testing",
        "circleci_v2.usage_export",
        "circleci_v2.waiting",
    ),
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


def redact_logs() -> None:
    """Install the filter on every logger that this package or the HTTP libraries below it write to."""
    for name in (*_PACKAGE_LOGGERS, *_LIBRARY_LOGGERS):
        # Adding a filter that a logger has already is a no-op.
        logging.getLogger(name).addFilter(_FILTER)


def register_secret(holder: object, *secrets: str) -> None:
    """Redact texts from logs and errors for as long as `holder` exists.

    Args:
        holder: The object that keeps the secrets.
        secrets: The texts. The forms that they have in a `repr`, in JSON, in HTML and in a URL are redacted, too.
    """
    _secrets[holder] = frozenset(form for secret in secrets for form in _forms(secret))


def _forms(secret: str) -> tuple[str, ...]:
    return (
        secret,
        repr(secret)[1:-1],
        json.dumps(secret)[1:-1],
        secret.translate(_HTML_ESCAPES),
        quote(secret),
        quote(secret, safe=""),
    )


def redact(text: str) -> str:
    """Return a text for a log without any token, any header that holds one, and the signatures of URLs."""
    text = _without(_known_secrets(1), text)
    text = _CREDENTIAL.sub(_hide_value, text)
    return _without_patterns(_HTTP2_QUERY.sub(_hide_value, text))


def redact_message(text: str) -> str:
    """Return a text for an error or an event, which may quote a server, without tokens and the signatures of URLs."""
    return _without_patterns(_without(_known_secrets(_SHORTEST_IN_MESSAGES), text))


def url_without_query(url: str) -> str:
    """Return a URL without the parts that may hold secrets: its query, its fragment, and the user and password."""
    return _USER_INFO.sub("//", re.split("[?#]", url, maxsplit=1)[0])


def redact_json(value: Any) -> Any:
    """Return decoded JSON with all of its texts redacted as by `redact_message`."""
    secrets = _known_secrets(_SHORTEST_IN_MESSAGES)

    def redacted(value: Any) -> Any:
        if isinstance(value, str):
            return _without_patterns(_without(secrets, value))
        if is_object(value):
            return {redacted(name): redacted(item) for name, item in value.items()}
        return [redacted(item) for item in value] if is_array(value) else value

    return redacted(value)


def _known_secrets(shortest: int) -> list[str]:
    """Return the registered secrets of at least that length, the longest first, because one may be part of another."""
    secrets = {secret for secrets in list(_secrets.values()) for secret in secrets if len(secret) >= shortest}
    return sorted(secrets, key=len, reverse=True)


def _without(secrets: Iterable[str], text: str) -> str:
    for secret in secrets:
        text = text.replace(secret, _REDACTED)
    return text


def _without_patterns(text: str) -> str:
    text = _PERSONAL_TOKEN.sub(_REDACTED, text)
    return _SIGNATURE_IN_XML.sub(_hide_value, _SIGNATURE.sub(_hide_value, text))


def _hide_value(match: re.Match[str]) -> str:
    return f"{match[1]}{_REDACTED}"


class RedactingFilter(logging.Filter):
    """Redacts tokens and signatures from the message, the traceback and the stack of a log record."""

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


class AttemptInfo:
    """Identifies one attempt of a call, in log lines, events and errors."""

    __slots__ = ("attempt", "call", "method", "operation_id", "url")

    def __init__(self, *, operation_id: str | None, call: int, attempt: int, method: str, url: str) -> None:
        self.operation_id = operation_id
        self.call = call
        self.attempt = attempt
        self.method = method
        self.url = url

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
        if waited and logger.isEnabledFor(logging.DEBUG):
            extra = _extra(info, seconds=waited)
            logger.debug("%s waited %.3f s for the rate limit of %s", info, waited, bucket, extra=extra)
        if self._on_event is not None:
            if waited:
                self.emit(events.RateLimitWaitEvent(**_identity(info), bucket=bucket, waited=waited))
            self.emit(events.RequestEvent(**_identity(info), method=info.method, url=info.url))

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
            extra = _extra(info, status=status_code, seconds=elapsed, request_id=headers.get("x-request-id"))
            logger.info("%s: %d, %d bytes in %.3f s", info, status_code, size, elapsed, extra=extra)
            logger.debug("%s: headers %s", info, _shown_headers(headers))
        if self._on_event is not None:
            event = events.ResponseEvent(
                **_identity(info),
                status_code=status_code,
                elapsed=elapsed,
                size=size,
                request_id=_redacted(headers.get("x-request-id")),
                rate_limit=rate_limit,
            )
            self.emit(event)

    def attempt_failed(self, info: AttemptInfo, *, kind: str, message: str, elapsed: float) -> None:
        """Report an attempt that ended without a complete response.

        Args:
            info: The attempt.
            kind: The name of the class of the exception.
            message: Its message.
            elapsed: Seconds from the request to the failure.
        """
        error = redact_message(f"{kind}: {message}")
        logger.info("%s: %s after %.3f s", info, error, elapsed, extra=_extra(info, seconds=elapsed, error=kind))
        if self._on_event is not None:
            event = events.FailureEvent(**_identity(info), error=error, error_class=kind, elapsed=elapsed)
            self.emit(event)

    def retry_scheduled(self, info: AttemptInfo, *, reason: str, delay: float) -> None:
        """Report that another attempt follows."""
        extra = _extra(info, seconds=delay, error=reason)
        logger.info("%s: %s, trying again in %.3f s", info, reason, delay, extra=extra)
        if self._on_event is not None:
            self.emit(events.RetryEvent(**_identity(info), reason=reason, delay=delay))

    def store_changed(self, error: Exception | None) -> None:
        """Report that the store of shared rate limits cannot be used, or can be used again.

        Args:
            error: Why it cannot be used; None if it can.
        """
        text = None if error is None else redact_message(f"{type(error).__name__}: {error}")
        if text is None:
            logger.warning("the store of shared rate limits is back: this process shares its limits again")
        else:
            logger.warning("the store of shared rate limits is away, each process goes on alone: %s", text)
        self.emit(events.StoreEvent(operation_id=None, available=text is None, error=text))

    def deprecated(self, info: AttemptInfo, headers: Mapping[str, str]) -> None:
        """Report the announced end of an operation, once per operation."""
        key = info.operation_id or f"{info.method} {info.url.partition('?')[0]}"
        if key in self._deprecated:
            return
        self._deprecated.add(key)
        since, sunset, link = (_redacted(headers.get(name)) for name in ("deprecation", "sunset", "link"))
        end = f" and stops working on {sunset}" if sunset else ""
        logger.warning("CircleCI says that %s is deprecated%s (Deprecation: %s, Link: %s)", key, end, since, link)
        if self._on_event is not None:
            self.emit(events.DeprecationEvent(**_identity(info), deprecation=since, sunset=sunset, link=link))


def _extra(
    info: AttemptInfo,
    *,
    seconds: float,
    status: int | None = None,
    request_id: str | None = None,
    error: str | None = None,
) -> dict[str, Any]:
    """Return the attributes of a log record, for loggers that write JSON; all records have the same ones."""
    return {
        "operation": info.operation_id,
        "call": info.call,
        "attempt": info.attempt,
        "method": info.method,
        "url": redact(info.url),
        "status": status,
        "seconds": seconds,
        "request_id": _redacted(request_id),
        "error": error,
    }


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
