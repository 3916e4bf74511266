"""DecisionMetadata."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from attrs import define

from circleci_v2._wire.model import Model

if TYPE_CHECKING:
    from circleci_v2._generated.models.decision_vcs import DecisionVcs

__all__ = ["DecisionMetadata"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class DecisionMetadata(Model):
    """Metadata of a pipeline that config policies can read as `data.meta`."""

    build_number: int | None = None
    """Build number that the decision was recorded under; an integer here, although the filter of
    `policies.list_decisions` is text."""

    project_id: UUID | None = None
    """UUID of the project whose configuration was evaluated."""

    ssh_rerun: bool | None = None
    """True when a job was being rerun with SSH access."""

    vcs: DecisionVcs | None = None
    """Git data of the pipeline; absent for pipelines that have none."""
