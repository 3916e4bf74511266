"""JobParallelRun."""

from __future__ import annotations

from attrs import define

from circleci_v2._wire.model import Model

__all__ = ["JobParallelRun"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class JobParallelRun(Model):
    """One of the parallel runs of a job."""

    status: str
    """State of this run, as in `JobStatus`."""

    index: int
    """Index of the run, from 0; the same as `CIRCLE_NODE_INDEX` within it, and as `node_index` of its artifacts."""
