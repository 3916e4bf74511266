"""Response headers about rate limits, waiting and deprecation. Values that make no sense are treated as absent."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from circleci_v2.policies import RateLimit

__all__ = ["read_retry_after", "scan_headers"]

_RATE_LIMIT: Final = re.compile(
    r"((?:x-)?ratelimit)-(limit|remaining|reset)(?:-(second|minute|hour|day))?", re.IGNORECASE | re.ASCII
)
# Early drafts of the RateLimit header fields (draft-ietf-httpapi-ratelimit-headers-00 to -06) put a list of policies
# after the number: ``100, 100;w=60``.
_NUMBER: Final = re.compile(r"\s*([0-9]{1,15})(\.[0-9]{1,9})?\s*(?:[,;].*)?", re.ASCII)
_SECONDS: Final = re.compile(r"[0-9]{1,15}(\.[0-9]{1,9})?", re.ASCII)
# A larger "seconds until the reset" is the Unix time of the reset, as GitHub and others send it.
_MAX_RESET: Final = 366 * 86400.0


def scan_headers(headers: Iterable[tuple[str, str]]) -> tuple[RateLimit | None, bool]:
    """Read the rate limit and the deprecation notice from response headers, in one pass.

    CircleCI sends ``RateLimit-*``, ``X-RateLimit-*``, or both, with or without a suffix ``-Second``, ``-Minute``, ``-Hour``
    or ``-Day``. Of several rate limits, the lowest is the one that applies.

    Args:
        headers: Names and values.

    Returns:
        The rate limit, or None when the headers hold no complete one; and whether there is a ``Deprecation`` (RFC 9745)
        or ``Sunset`` (RFC 8594) header.
    """
    found: dict[tuple[str, str | None], dict[str, float]] = {}
    is_deprecated = False
    for name, value in headers:
        key = name.lower()
        if key in {"deprecation", "sunset"}:
            is_deprecated = True
        elif "ratelimit" in key:
            match, number = _RATE_LIMIT.fullmatch(key), _NUMBER.fullmatch(value)
            if match and number:
                found.setdefault((match[1], match[3]), {})[match[2]] = float(number[1] + (number[2] or ""))
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
