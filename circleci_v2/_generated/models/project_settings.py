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

    In a request to `projects.update_settings`, it contains only the settings to change.
    """

    advanced: AdvancedProjectSettings | None = None
    """The settings under Project Settings > Advanced, the only group of settings in the API."""
