"""DeployLabel."""

from __future__ import annotations

from attrs import define

from circleci_v2._wire.model import Model

__all__ = ["DeployLabel"]


@define(kw_only=True, weakref_slot=False)
class DeployLabel(Model):
    """DeployLabel"""

    key: str | None = None

    value: str | None = None
