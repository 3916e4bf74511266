"""DecisionMetadata."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from attrs import define

from circleci_v2._wire.model import Model

if TYPE_CHECKING:
    from circleci_v2._generated.models.decision_vcs import DecisionVcs

__all__ = ["DecisionMetadata"]


@define(kw_only=True, weakref_slot=False)
class DecisionMetadata(Model):
    """DecisionMetadata"""

    build_number: int | None = None

    project_id: UUID | None = None

    ssh_rerun: bool | None = None

    vcs: DecisionVcs | None = None
