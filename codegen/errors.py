"""The errors that the spec tools raise."""

from __future__ import annotations

__all__ = ["SpecError", "UnsupportedError"]


class SpecError(Exception):
    """An OpenAPI document, or one of the YAML tables of this package, is unusable; the message names the location."""


class UnsupportedError(SpecError):
    """One operation cannot be generated; the package is generated without it, and a note says why.

    Args:
        message: The reason.
        way: How to call the operation all the same; None if the client cannot.
    """

    def __init__(self, message: str, *, way: str | None = "`request()`") -> None:
        super().__init__(message)
        self.way = way
