"""CircleciProvider."""

from __future__ import annotations

from circleci_v2._wire.enums import OpenStrEnum

__all__ = ["CircleciProvider"]


class CircleciProvider(OpenStrEnum):
    """CircleciProvider"""

    CIRCLECI = "circleci"
