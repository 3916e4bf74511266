"""The expected results, and how those of a run differ from them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import attrs

from tests.other_clients.scenario import MODES

__all__ = ["REASONS", "Call", "Expected", "compare", "count_served", "read_expected"]

REASONS: Final = {
    "client": "a defect of the client: it would fail with CircleCI as well",
    "v1.1": "a call of API v1.1, of which the fake implements only a few",
    "private": "a call of CircleCI's private API, or of an operation that no document describes, which the fake lacks",
    "document": "a request or response as published, which CircleCI refuses or spells differently",
    "fake": "the fake differs from CircleCI",
}
"""Why a call may fail. The fake does not have to serve calls that fail for another reason than the last one."""

REQUIRED_SHARE: Final = 0.95
"""The share of the calls that the fake has to serve which have to succeed in each mode."""


@attrs.frozen
class Call:
    """The result of one call.

    Attributes:
        name: The name, unique among the calls of the driver.
        error: The error message; None for a call that succeeded.
    """

    name: str
    error: str | None


@attrs.frozen
class Failure:
    """A failure that is expected.

    Attributes:
        reason: One of `REASONS`.
        because: The explanation.
        modes: The modes in which the call fails.
    """

    reason: str = attrs.field(validator=attrs.validators.in_(REASONS))
    because: str
    modes: tuple[str, ...] = attrs.field(
        default=MODES, converter=tuple, validator=attrs.validators.deep_iterable(attrs.validators.in_(MODES))
    )


@attrs.frozen
class Expected:
    """The expected results of one client.

    Attributes:
        client: The name of the client.
        kind: ``pip`` or ``npm``.
        packages: What is installed, in the latest version; the first one is the client.
        version: The version whose results the table contains.
        driver: The file name of the driver.
        options: Command-line options of the driver.
        calls: The number of calls that the driver makes.
        failures: The calls that fail; all others succeed.
    """

    client: str
    kind: str = attrs.field(validator=attrs.validators.in_(("pip", "npm")))
    packages: list[str]
    version: str
    driver: str
    calls: int
    failures: dict[str, Failure]
    options: tuple[str, ...] = attrs.field(default=(), converter=tuple)


def read_expected(path: Path) -> list[Expected]:
    """Read the table of expected results."""
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    return [_expected(name, fields) for name, fields in table.items()]


def _expected(client: str, fields: Mapping[str, Any]) -> Expected:
    failures: dict[str, Failure] = {}
    for group in fields.get("failures", ()):
        described = {name: value for name, value in group.items() if name != "calls"}
        failures |= {name: Failure(**described) for name in group["calls"]}
    return Expected(client, **{**fields, "failures": failures})


def compare(expected: Expected, mode: str, calls: Sequence[Call]) -> list[str]:
    """Return the differences between the results of a run and the expected ones, as sentences."""
    differences = [
        f"{call.name} failed: {call.error}"
        for call in calls
        if call.error is not None and not _fails(expected, mode, call.name)
    ]
    differences += [
        f"{call.name} succeeded: remove it from the table"
        for call in calls
        if call.error is None and _fails(expected, mode, call.name)
    ]
    names = {call.name for call in calls}
    differences += [f"{name} is in the table and was not called" for name in expected.failures if name not in names]
    if len(names) != expected.calls:
        differences.append(f"{len(names)} calls were made instead of {expected.calls}")
    return differences


def _fails(expected: Expected, mode: str, name: str) -> bool:
    failure = expected.failures.get(name)
    return failure is not None and mode in failure.modes


def count_served(expected: Expected, mode: str, calls: Sequence[Call]) -> tuple[int, int]:
    """Return how many calls succeeded of those that the fake has to serve, and how many those are."""
    counted = [
        call for call in calls if not _fails(expected, mode, call.name) or expected.failures[call.name].reason == "fake"
    ]
    return sum(call.error is None for call in counted), len(counted)
