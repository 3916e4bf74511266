"""CircleciConfigSourceInput."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from circleci_v2._wire.model import Model

if TYPE_CHECKING:
    from circleci_v2._generated.models.circleci_provider import CircleciProvider

__all__ = ["CircleciConfigSourceInput"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class CircleciConfigSourceInput(Model):
    """Configuration hosted by CircleCI instead of a repository.

    Published in the API, but observed to be rejected with 400 for ordinary file paths.
    """

    file_path: str
    """Path of the hosted configuration; CircleCI does not document the possible paths."""

    provider: CircleciProvider
    """Always `circleci`, which distinguishes this source from a repository."""
