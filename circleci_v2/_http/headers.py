"""What the headers of an answer say about rate limits and waiting. Nothing they say is believed before it makes sense."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from circleci_v2.policies import RateLimit

__all__ = ["is_deprecated", "read_rate_limit", "read_retry_after"]

_RATE_LIMIT: Final = re.compile(
    r"((?:x-)?ratelimit)-(limit|remaining|reset)(?:-(second|minute|hour|day))?", re.IGNORECASE | re.ASCII
)
# Some servers send a list of policies after the number, as the IETF's draft had it: ``100, 100;w=60``.
_NUMBER: Final = re.compile(r"\s*([0-9]{1,15})(\.[0-9]{1,9})?\s*(?:[,;].*)?", re.ASCII)
_SECONDS: Final = re.compile(r"[0-9]{1,15}(\.[0-9]{1,9})?", re.ASCII)
# GitHub and others send the time of the reset where CircleCI sends the seconds until then.
_LONGEST_RESET: Final = 366 * 86400.0


def read_rate_limit(headers: Iterable[tuple[str, str]]) -> RateLimit | None:
    """The tightest budget of those that the headers tell; None when they tell none.

    CircleCI sends ``RateLimit-*``, ``X-RateLimit-*``, or both, with or without ``-Second``, ``-Minute``, ``-Hour`` or
    ``-Day``. The lower limit is the one in force. What is no number is as good as absent.
    """
    found: dict[tuple[str, str | None], dict[str, float]] = {}
    for name, value in headers:
        # Most headers of most answers end here.
        if "ratelimit" not in name and "ratelimit" not in name.lower():
            continue
        match = _RATE_LIMIT.fullmatch(name)
        number = _NUMBER.fullmatch(value)
        if match and number:
            family, part, window = match[1].lower(), match[2].lower(), match[3]
            fields = found.setdefault((family, window.lower() if window else None), {})
            fields[part] = float(number[1] + (number[2] or ""))
    budgets = [_budget(family, window, fields) for (family, window), fields in found.items() if _is_whole(fields)]
    return min(budgets, key=lambda budget: (budget.limit, budget.remaining), default=None)


def _is_whole(fields: dict[str, float]) -> bool:
    return "remaining" in fields and fields.get("limit", 0) >= 1


def _budget(family: str, window: str | None, fields: dict[str, float]) -> RateLimit:
    reset = fields.get("reset")
    return RateLimit(
        family=f"{family}-{window}" if window else family,
        limit=int(fields["limit"]),
        remaining=min(int(fields["remaining"]), int(fields["limit"])),
        reset=reset if reset is not None and reset <= _LONGEST_RESET else None,
        window=window,  # type: ignore[arg-type]  # the pattern matches these words only
    )


def is_deprecated(headers: Mapping[str, str]) -> bool:
    """Whether an answer says that its operation is deprecated (RFC 9745) or will end (RFC 8594)."""
    return "deprecation" in headers or "sunset" in headers


def read_retry_after(value: str | None, *, now: datetime | None = None) -> float | None:
    """Seconds that a ``Retry-After`` header asks to wait.

    Args:
        value: The header: seconds, or the date of HTTP.
        now: The present, for a date. Default: the clock of this machine.

    Returns:
        Seconds from 0 up; None when there is no such header, or it makes no sense.
    """
    text = (value or "").strip()
    if _SECONDS.fullmatch(text):
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    try:
        return max(0.0, (moment - (now or datetime.now(UTC))).total_seconds())
    except OverflowError:
        return None
