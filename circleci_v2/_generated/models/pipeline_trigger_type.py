"""PipelineTriggerType."""

from __future__ import annotations

from typing import TYPE_CHECKING

from circleci_v2._wire.types import OpenStrEnum

__all__ = ["PipelineTriggerType"]


class PipelineTriggerType(OpenStrEnum):
    """Kind of event that started a pipeline.

    `webhook`: a push or another event of the code host. `api`: a call such as `pipelines.run`.
    `scheduled_pipeline`, `schedule`: a schedule. `explicit`: presumably a manual start (not documented).
    `gitlab`, `Decoupled Ingestion System` and `unknown` are observed where the code host is connected through
    the newer integrations (GitHub App, GitLab).
    """

    DECOUPLED_INGESTION_SYSTEM = "Decoupled Ingestion System"
    API = "api"
    EXPLICIT = "explicit"
    GITLAB = "gitlab"
    SCHEDULE = "schedule"
    SCHEDULED_PIPELINE = "scheduled_pipeline"
    UNKNOWN = "unknown"
    WEBHOOK = "webhook"

    if TYPE_CHECKING:
        # Stands for all other values, so that a `match` that handles each published value is not taken for complete.
        _UNPUBLISHED = str()
