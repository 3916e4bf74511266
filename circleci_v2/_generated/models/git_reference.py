"""GitReference."""

from __future__ import annotations

from attrs import define

from circleci_v2._wire.model import Model

__all__ = ["GitReference"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class GitReference(Model):
    """A branch or a tag in a repository; set exactly one of the two."""

    branch: str | None = None
    """Branch name, for example `main`; its newest commit is used. On GitHub also `pull/<number>/head` or
    `pull/<number>/merge`."""

    tag: str | None = None
    """Tag name, for example `v1.2.0`; the commit behind it is used."""
