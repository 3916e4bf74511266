"""CircleciProvider."""

from __future__ import annotations

from typing import TYPE_CHECKING

from circleci_v2._wire.types import OpenStrEnum

__all__ = ["CircleciProvider"]


class CircleciProvider(OpenStrEnum):
    """Marks configuration that CircleCI hosts itself; `circleci` is the only value."""

    CIRCLECI = "circleci"

    if TYPE_CHECKING:
        # Stands for all other values, so that a `match` that handles each published value is not taken for complete.
        _UNPUBLISHED = str()
