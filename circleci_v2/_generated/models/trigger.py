"""Trigger."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from attrs import define

from circleci_v2._wire.model import Model

if TYPE_CHECKING:
    from circleci_v2._generated.models.trigger_event_preset import TriggerEventPreset
    from circleci_v2._generated.models.trigger_event_source import TriggerEventSource

__all__ = ["Trigger"]


@define(kw_only=True, weakref_slot=False)
class Trigger(Model):
    """A rule that starts the pipeline of a definition when an event occurs."""

    id: UUID | None = None
    """UUID of the trigger, for `triggers.update` and `triggers.delete`."""

    checkout_ref: str | None = None
    """Branch or tag that is checked out; absent or empty where the event decides."""

    config_ref: str | None = None
    """Branch or tag that the configuration is read from; absent or empty where the event decides."""

    created_at: datetime | None = None
    """When the trigger was created, in UTC; seen missing in the answer of `triggers.create`."""

    disabled: bool | None = None
    """True while the trigger ignores its events. Absent means that it is active, as false does."""

    event_name: str | None = None
    """Label of the event; given for webhooks and schedules."""

    event_preset: TriggerEventPreset | None = None
    """Which events of a GitHub repository start a pipeline. With the GitHub App, pull requests from forks start
    nothing, and neither do deleted branches and tags. `all-pushes`: any push, to a branch or a tag.
    `only-build-prs`: an opened or reopened pull request and pushes to it, besides tags and the default branch.
    `only-open-prs`: a pull request is opened, drafts included. `non-draft-pr-opened`: the same without drafts.
    `only-ready-for-review-prs`: a draft is marked ready. `only-labeled-prs`: the label `run-ci` is added.
    `pr-comment-equals-run-ci`: someone comments just that command on a pull request.
    `only-build-pushes-to-non-draft-prs`: pushes to an open pull request that is no draft.
    `pushes-to-merge-queues`: pushes to the temporary `gh-readonly-queue/` branches of GitHub's merge queue."""

    event_source: TriggerEventSource | None = None
    """What sets a trigger off. Of `repo`, `schedule` and `webhook`, the one that belongs to `provider` is present."""

    parameters: dict[str, Any] | None = None
    """Pipeline parameters, by name, that each pipeline is started with; values are of any JSON type. Absent if
    there are none."""
