"""DecisionLog."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from attrs import define

from circleci_v2._wire.model import Model

if TYPE_CHECKING:
    from circleci_v2._generated.models.decision import Decision
    from circleci_v2._generated.models.decision_metadata import DecisionMetadata

__all__ = ["DecisionLog"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class DecisionLog(Model):
    """Audit entry of one evaluation of config policies."""

    id: UUID | None = None
    """UUID of the entry; pass it to `policies.get_decision_policy_bundle` for the policies used."""

    created_at: datetime | None = None
    """When the configuration was evaluated, in UTC."""

    decision: Decision | None = None
    """Outcome, with the broken rules."""

    metadata: DecisionMetadata | None = None
    """Metadata of the pipeline that the configuration was for; fields that do not apply to it are absent."""

    policies: dict[str, str] | None = None
    """Hash of each policy evaluated, by policy name. Comparing entries shows whether a policy changed in between;
    the algorithm is not documented."""

    time_taken_ms: int | None = None
    """Duration of the evaluation, in milliseconds."""
