"""JobContext."""

from __future__ import annotations

from attrs import define

from circleci_v2._wire.model import Model

__all__ = ["JobContext"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class JobContext(Model):
    """A context that a job uses."""

    name: str
    """Name of the context in its organization; values of its variables are never shown."""
