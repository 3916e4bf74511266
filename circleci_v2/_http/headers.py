"""The headers of requests, and those of responses about rate limits, waiting and deprecation.

Values in responses that make no sense are treated as absent.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from circleci_v2 import __version__
from circleci_v2._lazy import lazy_pattern
from circleci_v2._wire.request import Request
from circleci_v2.errors import ConfigurationError
from circleci_v2.policies import RateLimit

__all__ = [
    "CALL_HEADERS",
    "DOWNLOAD_HEADERS",
    "HEADERS_FOR_ANY_ORIGIN",
    "call_headers",
    "encode_header",
    "read_retry_after",
    "scan_headers",
]

_USER_AGENT: Final = (b"User-Agent", f"circleci-v2-python/{__version__}".encode())
_JSON: Final = "application/json"
CALL_HEADERS: Final = ((b"Accept", b"application/json"), (b"Accept-Encoding", b"gzip, deflate"), _USER_AGENT)
_CALL_HEADERS_WITH_BODY: Final = (*CALL_HEADERS, (b"Content-Type", _JSON.encode()))
DOWNLOAD_HEADERS: Final = ((b"Accept", b"*/*"), *CALL_HEADERS[1:])
HEADERS_FOR_ANY_ORIGIN: Final = frozenset(
    {
        *(b"accept", b"accept-charset", b"accept-encoding", b"accept-language", b"cache-control", b"content-type"),
        *(
            b"if-match",
            b"if-modified-since",
            b"if-none-match",
            b"if-range",
            b"if-unmodified-since",
            b"pragma",
            b"range",
        ),
        b"user-agent",
    }
)
"""The headers that hold no credentials. Any other may, whatever its name: ``X-Api-Key``, ``Private-Token``, ``Cookie``."""
_HEADER_NAME: Final = lazy_pattern(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
# RFC 9110, section 5.5; h11 and aiohttp reject the same characters, later and with errors of their own.
_FORBIDDEN_IN_VALUE: Final = lazy_pattern(r"[\x00\r\n]|[^\x00-\xff]")
_RATE_LIMIT: Final = lazy_pattern(
    r"((?:x-)?ratelimit)-(limit|remaining|reset)(?:-(second|minute|hour|day))?", re.IGNORECASE | re.ASCII
)
# Early drafts of the RateLimit header fields (draft-ietf-httpapi-ratelimit-headers-00 to -06) put a list of policies
# after the number: ``100, 100;w=60``.
_NUMBER: Final = lazy_pattern(r"\s*([0-9]{1,15})(\.[0-9]{1,9})?\s*(?:[,;].*)?", re.ASCII)
_SECONDS: Final = lazy_pattern(r"[0-9]{1,15}(\.[0-9]{1,9})?", re.ASCII)
# A larger "seconds until the reset" is the Unix time of the reset, as GitHub and others send it.
_MAX_RESET: Final = 366 * 86400.0


def call_headers(request: Request) -> tuple[tuple[bytes, bytes], ...]:
    """Return the headers of the request of a call, apart from those for its host, its token and its length."""
    media = request.content_type
    if request.accept is None and media in (None, _JSON):
        return CALL_HEADERS if media is None else _CALL_HEADERS_WITH_BODY
    accept = (b"Accept", request.accept.encode("ascii")) if request.accept else CALL_HEADERS[0]
    return (accept, *CALL_HEADERS[1:], *([(b"Content-Type", media.encode("ascii"))] if media else []))


def encode_header(name: str, value: str) -> tuple[bytes, bytes]:
    """Return a header as bytes.

    Raises:
        ConfigurationError: The name or the value cannot be sent.
    """
    if not _HEADER_NAME.fullmatch(name) or _FORBIDDEN_IN_VALUE.search(value):
        # The value may be a credential.
        msg = f"headers: {name!r} is not the name of a header, or its value is not text that a header can hold"
        raise ConfigurationError(msg)
    return name.encode("ascii"), value.encode("latin-1")


def scan_headers(headers: Iterable[tuple[bytes, bytes]]) -> tuple[RateLimit | None, bool]:
    """Read the rate limit and the deprecation notice from response headers, in one pass.

    CircleCI sends ``RateLimit-*``, ``X-RateLimit-*``, or both, with or without a suffix ``-Second``, ``-Minute``, ``-Hour``
    or ``-Day``. Of several rate limits, the lowest is the one that applies.

    Args:
        headers: Names and values as they were received; httpx takes longer to decode all of them than this function. Of
            several with the same name, the first one counts.

    Returns:
        The rate limit, or None when the headers hold no complete one; and whether there is a ``Deprecation`` (RFC 9745)
        or ``Sunset`` (RFC 8594) header.
    """
    found: dict[tuple[str, str | None], dict[str, float]] = {}
    is_deprecated = False
    for name, value in headers:
        key = name.lower()
        if key in {b"deprecation", b"sunset"}:
            is_deprecated = True
        elif b"ratelimit" in key:
            match = _RATE_LIMIT.fullmatch(key.decode("latin-1"))
            number = _NUMBER.fullmatch(value.decode("latin-1"))
            if match and number:
                fields = found.setdefault((match[1], match[3]), {})
                fields.setdefault(match[2], float(number[1] + (number[2] or "")))
    return (_lowest(found) if found else None), is_deprecated


def _lowest(found: dict[tuple[str, str | None], dict[str, float]]) -> RateLimit | None:
    limits = [
        _rate_limit(family, window, fields)
        for (family, window), fields in found.items()
        if "remaining" in fields and fields.get("limit", 0) >= 1
    ]
    return min(limits, key=lambda limit: (limit.limit, limit.remaining), default=None)


def _rate_limit(family: str, window: str | None, fields: dict[str, float]) -> RateLimit:
    reset = fields.get("reset")
    return RateLimit(
        family=f"{family}-{window}" if window else family,
        limit=int(fields["limit"]),
        remaining=min(int(fields["remaining"]), int(fields["limit"])),
        reset=reset if reset is not None and reset <= _MAX_RESET else None,
        window=window,  # type: ignore[arg-type]  # the pattern matches these words only
    )


def read_retry_after(value: str | None, *, now: datetime | None = None) -> float | None:
    """Return the seconds to wait according to a ``Retry-After`` header (RFC 9110, section 10.2.3).

    Args:
        value: The header: a number of seconds, or an HTTP date.
        now: The current time, to compare a date with. Default: the clock of this machine.

    Returns:
        Seconds, at least 0; None when there is no such header, or it makes no sense.
    """
    text = (value or "").strip()
    if _SECONDS.fullmatch(text):
        return float(text)
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if date.tzinfo is None:
        date = date.replace(tzinfo=UTC)
    try:
        return max(0.0, (date - (now or datetime.now(UTC))).total_seconds())
    except OverflowError:
        return None
