"""DeployLabel."""

from __future__ import annotations

from attrs import define

from circleci_v2._wire.model import Model

__all__ = ["DeployLabel"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class DeployLabel(Model):
    """A key with a value, attached to an environment or a component."""

    key: str | None = None
    """Key of the label, for example `team`."""

    value: str | None = None
    """Value of the label, for example `payments`."""
