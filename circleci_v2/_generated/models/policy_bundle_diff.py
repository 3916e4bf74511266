"""PolicyBundleDiff."""

from __future__ import annotations

from attrs import define

from circleci_v2._wire.model import Model

__all__ = ["PolicyBundleDiff"]


@define(kw_only=True, weakref_slot=False)
class PolicyBundleDiff(Model):
    """PolicyBundleDiff"""

    created: list[str] | None = None

    deleted: list[str] | None = None

    modified: list[str] | None = None
