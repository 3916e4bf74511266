"""PipelineDefinition."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from attrs import define

from circleci_v2._wire.model import Model

if TYPE_CHECKING:
    from circleci_v2._generated.models.checkout_source import CheckoutSource
    from circleci_v2._generated.models.config_source import ConfigSource

__all__ = ["PipelineDefinition"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class PipelineDefinition(Model):
    """One pipeline of a project: which configuration to run on which repository.

    A run of it is a `Pipeline`.
    """

    id: UUID | None = None
    """UUID to pass as `definition_id` to `pipelines.run`, and to the calls for its triggers."""

    name: str | None = None
    """Name shown in the project's settings; nothing guarantees that it is unique."""

    checkout_source: CheckoutSource | None = None
    """Repository that the `checkout` step clones."""

    config_source: ConfigSource | None = None
    """Where the configuration file is read from."""

    created_at: datetime | None = None
    """When the definition was created, in UTC; seen missing for the one that CircleCI derives for GitHub OAuth and
    similar projects."""

    description: str | None = None
    """Note for the people who maintain the project; absent or empty if there is none."""
