"""DecisionVcs."""

from __future__ import annotations

from attrs import define

from circleci_v2._wire.model import Model

__all__ = ["DecisionVcs"]


@define(kw_only=True, weakref_slot=False)
class DecisionVcs(Model):
    """DecisionVcs"""

    branch: str | None = None

    origin_repository_url: str | None = None

    release_tag: str | None = None

    target_repository_url: str | None = None
