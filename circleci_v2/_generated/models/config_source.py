"""ConfigSource."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from circleci_v2._wire.model import Model

if TYPE_CHECKING:
    from circleci_v2._generated.models.repository import Repository

__all__ = ["ConfigSource"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class ConfigSource(Model):
    """Source of the configuration of a pipeline definition."""

    file_path: str | None = None
    """Path of the file from the root of the repository, for example `.circleci/config.yml`."""

    provider: str | None = None
    """Integration that provides the repository, for example `github_app`; `circleci` for configuration hosted by
    CircleCI."""

    repo: Repository | None = None
    """Repository that contains the file; absent for configuration hosted by CircleCI."""
