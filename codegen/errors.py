"""The error that every spec tool raises."""

from __future__ import annotations

__all__ = ["SpecError"]


class SpecError(Exception):
    """An OpenAPI document, or one of the YAML tables of this package, is unusable; the message names the location."""
