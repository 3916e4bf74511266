"""The errors that the spec tools raise."""

from __future__ import annotations

__all__ = ["SpecError", "UnsupportedError"]


class SpecError(Exception):
    """An OpenAPI document, or one of the YAML tables of this package, is unusable; the message names the location."""


class UnsupportedError(SpecError):
    """One operation cannot be generated; the package is generated without it, and a note says why."""
