"""PipelineConfig."""

from __future__ import annotations

from attrs import define, field

from circleci_v2._wire.model import Model

__all__ = ["PipelineConfig"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class PipelineConfig(Model):
    """Configuration of a pipeline as YAML texts, before and after compilation."""

    compiled: str
    """Configuration that CircleCI executed, with orbs, commands and parameters expanded; empty if the
    configuration did not compile."""

    source: str
    """Configuration as committed or, with dynamic configuration, as submitted by the setup workflow; empty if
    there is none."""

    compiled_setup_config: str | None = field(default=None, metadata={"key": "compiled-setup-config"})
    """Compiled form of the setup configuration; null, absent or empty without a setup phase, or when that phase
    failed."""

    setup_config: str | None = field(default=None, metadata={"key": "setup-config"})
    """Setup configuration as committed to the repository; absent or null for pipelines without dynamic
    configuration."""
