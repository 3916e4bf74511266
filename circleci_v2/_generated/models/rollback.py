"""Rollback."""

from __future__ import annotations

from uuid import UUID

from attrs import define

from circleci_v2._wire.model import Model

__all__ = ["Rollback"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class Rollback(Model):
    """A rollback that CircleCI has started."""

    id: UUID | None = None
    """UUID of the rollback pipeline, usable with `pipelines.get` when `rollback_type` is `PIPELINE`; otherwise
    UUID of the command that performs the rollback."""

    rollback_type: str | None = None
    """How the rollback is performed; `PIPELINE` means a run of the rollback pipeline."""
