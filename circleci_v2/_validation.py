"""Validate options before any work is done, with messages that name the option, its value and the allowed values."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from circleci_v2.errors import ArgumentTypeError, ConfigurationError

__all__ = ["did_you_mean", "missing_package_error", "require_at_least_one", "require_one_of", "require_time_zone"]


def did_you_mean(value: str, choices: Iterable[str]) -> str:
    """Return the end of an error message that names the choice nearest to a value; empty if none is similar."""
    from difflib import get_close_matches  # noqa: PLC0415 - only for the message of an error

    by_key = {choice.lower(): choice for choice in choices}
    found = get_close_matches(value.lower(), by_key, n=1)
    return f"; did you mean {by_key[found[0]]!r}?" if found else ""


def missing_package_error(needed_by: str, package: str | None, requirement: str) -> ConfigurationError:
    """Return the error for a package that is not installed; the command in it works in every shell, zsh included.

    Args:
        needed_by: The setting or module that needs the package.
        package: The name of the package or of a module in it, as the failed import states it.
        requirement: The requirement that installs it: an extra of ours, or of another distribution.
    """
    msg = f"{needed_by} needs {(package or requirement).partition('.')[0]}, which is not installed: pip install '{requirement}'"
    return ConfigurationError(msg)


def require_one_of(name: str, value: str, choices: tuple[str, ...]) -> None:
    """Raise ConfigurationError unless the value is one of the choices."""
    if value not in choices:
        msg = f"{name}={value!r}: pass one of {', '.join(map(repr, choices))}{did_you_mean(str(value), choices) or '.'}"
        raise ConfigurationError(msg)


def require_at_least_one(name: str, value: int, what: str) -> None:
    """Raise ConfigurationError when the value is below 1; `what` names one of the things that it counts."""
    if value < 1:
        msg = f"{name}={value}: at least 1 {what} must be allowed."
        raise ConfigurationError(msg)


def require_time_zone(name: str, moment: object) -> None:
    """Raise ConfigurationError for a datetime without a time zone, which is ambiguous, and for any other value."""
    if not isinstance(moment, datetime):
        msg = f"{name}={moment!r} is not a datetime: pass one like datetime(2026, 1, 31, tzinfo=timezone.utc)"
        raise ArgumentTypeError(msg)
    if moment.tzinfo is None:
        msg = f"{name}={moment!r} has no time zone: add one, for example with tzinfo=timezone.utc"
        raise ConfigurationError(msg)
