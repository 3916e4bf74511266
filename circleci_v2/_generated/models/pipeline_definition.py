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
    """A pipeline of a project: the configuration to run on a repository.

    A run of it is a `Pipeline`.
    """

    id: UUID
    """UUID to pass as `definition_id` to `pipelines.run`, and to the calls for its triggers."""

    name: str | None = None
    """Name shown in the project's settings; not guaranteed to be unique."""

    checkout_source: CheckoutSource | None = None
    """Repository that the `checkout` step clones."""

    config_source: ConfigSource | None = None
    """Source of the configuration file."""

    created_at: datetime | None = None
    """When the definition was created, in UTC; observed to be missing for the one that CircleCI derives for GitHub
    OAuth and similar projects."""

    description: str | None = None
    """Note for maintainers of the project; absent or empty if there is none."""
