"""PolicyBundleDiff."""

from __future__ import annotations

from attrs import define

from circleci_v2._wire.model import Model

__all__ = ["PolicyBundleDiff"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class PolicyBundleDiff(Model):
    """Effect of an upload on the stored config policies."""

    created: list[str] | None = None
    """Names of policies that were not stored before."""

    deleted: list[str] | None = None
    """Names of stored policies that the upload does not contain."""

    modified: list[str] | None = None
    """Names of policies whose source differs."""
