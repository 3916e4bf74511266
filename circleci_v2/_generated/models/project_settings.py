"""ProjectSettings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from circleci_v2._wire.model import Model

if TYPE_CHECKING:
    from circleci_v2._generated.models.advanced_project_settings import AdvancedProjectSettings

__all__ = ["ProjectSettings"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class ProjectSettings(Model):
    """The settings of a project.

    Sent to `projects.update_settings`, it holds only what should change.
    """

    advanced: AdvancedProjectSettings | None = None
    """The switches under Project Settings > Advanced, the one group of settings that the API offers."""
