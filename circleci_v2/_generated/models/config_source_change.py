"""ConfigSourceChange."""

from __future__ import annotations

from attrs import define

from circleci_v2._wire.model import Model

__all__ = ["ConfigSourceChange"]


@define(kw_only=True, weakref_slot=False)
class ConfigSourceChange(Model):
    """ConfigSourceChange"""

    file_path: str | None = None
