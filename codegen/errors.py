"""The one error of the spec tools: a document, or a table of ours, that cannot be used as it is."""

from __future__ import annotations

__all__ = ["SpecError"]


class SpecError(Exception):
    """What is wrong and where; the message names the place in the document or table."""
