"""ConfigSourceChange."""

from __future__ import annotations

from attrs import define

from circleci_v2._wire.model import Model

__all__ = ["ConfigSourceChange"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class ConfigSourceChange(Model):
    """Another configuration file for a pipeline definition.

    Provider and repository cannot be changed.
    """

    file_path: str | None = None
    """New path from the root of the repository, for example `.circleci/nightly.yml`."""
