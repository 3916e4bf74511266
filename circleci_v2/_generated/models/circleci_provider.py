"""CircleciProvider."""

from __future__ import annotations

from circleci_v2._wire.types import OpenStrEnum

__all__ = ["CircleciProvider"]


class CircleciProvider(OpenStrEnum):
    """Marks configuration that CircleCI hosts itself; `circleci` is the only value."""

    CIRCLECI = "circleci"
