"""JobExecutor."""

from __future__ import annotations

from attrs import define

from circleci_v2._wire.model import Model

__all__ = ["JobExecutor"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class JobExecutor(Model):
    """Executor of a job."""

    resource_class: str
    """Size of the machine, such as `medium` or `large`, which determines the credits per minute; `namespace/name`
    for self-hosted runners."""

    type: str | None = None
    """Kind of executor, such as `docker`, `machine` or `macos`; can be absent."""
