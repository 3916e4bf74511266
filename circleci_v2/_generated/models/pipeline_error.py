"""PipelineError."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from circleci_v2._wire.model import Model

if TYPE_CHECKING:
    from circleci_v2._generated.models.pipeline_error_type import PipelineErrorType

__all__ = ["PipelineError"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class PipelineError(Model):
    """One reason why a pipeline could not be set up."""

    type: PipelineErrorType
    """Part of the setup that failed."""

    message: str
    """Human-readable explanation, often with the position in the configuration; can span several lines."""
