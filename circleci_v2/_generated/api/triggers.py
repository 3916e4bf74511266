"""`circleci.triggers`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.encoding import path_segment, required
from circleci_v2._wire.namespace import Namespace, RawNamespace, raw
from circleci_v2.pagination import Paginator

if TYPE_CHECKING:
    from circleci_v2._generated.models import (
        MessageResponse,
        Trigger,
        TriggerEventPreset,
        TriggerEventSourceChange,
        TriggerEventSourceInput,
    )

__all__ = ["Triggers", "TriggersWithRawResponse"]


class Triggers(Namespace):
    """Triggers: the event sources that start a pipeline definition."""

    def list(self, project_id: UUID | str, pipeline_definition_id: UUID | str) -> Paginator[Trigger]:
        """List the triggers of a pipeline definition.

        Returns all event sources that start a pipeline in one response: repository events, schedules and
        inbound webhooks. Schedules created with `schedules.create` are listed by `schedules.list`. To cover a
        project, call it for each entry of `pipeline_definitions.list`.

        Documented for GitHub App and Bitbucket Data Center definitions. Not available on CircleCI server.

        Args:
            project_id: UUID of the project (`Project.id`); project slugs are not accepted, `projects.get` resolves them.
            pipeline_definition_id: UUID of the pipeline definition, from `pipeline_definitions.list`; not the ID of a pipeline.

        Returns:
            A paginator: await it for the first page, iterate over it for all items.

        Raises:
            BadRequestError: An argument is not valid.
            AuthenticationError: The token is missing or unknown.
            NotFoundError: It does not exist, or the token has no access to it.
            APIError: CircleCI rejected the request for another reason, or failed; see `circleci_v2.errors`.

        GET /projects/{project_id}/pipeline-definitions/{pipeline_definition_id}/triggers (listPipelineDefinitionTriggers),
        https://circleci.com/docs/api/v2/index.html#operation/listPipelineDefinitionTriggers
        """
        return self._paginate(
            OPERATIONS["listPipelineDefinitionTriggers"],
            models.Trigger,
            path=f"/projects/{path_segment('project_id', project_id)}/pipeline-definitions/{path_segment('pipeline_definition_id', pipeline_definition_id)}/triggers",
        )

    async def create(
        self,
        project_id: UUID | str,
        pipeline_definition_id: UUID | str,
        *,
        event_source: TriggerEventSourceInput | Mapping[str, Any],
        checkout_ref: str | None = None,
        config_ref: str | None = None,
        disabled: bool | None = None,
        event_name: str | None = None,
        event_preset: TriggerEventPreset
        | Literal[
            "all-pushes",
            "default-branch-pushes",
            "non-draft-pr-opened",
            "only-build-prs",
            "only-build-pushes-to-non-draft-prs",
            "only-labeled-prs",
            "only-merged-or-closed-prs",
            "only-merged-prs",
            "only-open-prs",
            "only-ready-for-review-prs",
            "only-tags",
            "pr-comment-equals-run-ci",
            "pushes-to-merge-queues",
        ]
        | None = None,
        parameters: Mapping[str, Any] | None = None,
    ) -> Trigger:
        """Add a trigger to a pipeline definition.

        Starts the pipeline on repository events, by cron schedule or when a webhook URL is called; the required
        and allowed arguments depend on `TriggerEventSourceInput.provider`. A trigger has one event preset:
        several kinds of events need several triggers.

        Store `TriggerWebhook.url` from the result, because later reads redact its secret. Schedules fire with a
        random delay and do not exist for GitLab and Bitbucket Data Center. Documented for GitHub App
        definitions; schedules of GitHub OAuth and Bitbucket Cloud projects are created with `schedules.create`.

        Args:
            project_id: UUID of the project (`Project.id`); project slugs are not accepted, `projects.get` resolves them.
            pipeline_definition_id: UUID of the pipeline definition, from `pipeline_definitions.list`; not the ID of a pipeline.
            event_source: Event source that fires the trigger; cannot be replaced later.
            checkout_ref: Branch or tag to check out. Required for `webhook` and `schedule`; for GitHub events pass it only if
                they come from another repository than the code, otherwise the request is rejected.
            config_ref: Branch or tag to read the configuration from. Required for `webhook` and `schedule`; for GitHub
                events pass it only if they come from another repository than the configuration.
            disabled: True to create the trigger switched off. Default: false. Not available for GitHub OAuth.
            event_name: Label of the event, for example `nightly`. Required for `webhook` and `schedule`; leave it out for
                GitHub events.
            event_preset: GitHub events that start the pipeline; always pass one for repository events, because the effect of
                leaving it out is not documented. GitHub OAuth requires one and accepts only `all-pushes` or
                `only-build-prs`; leave it out for `webhook` and `schedule`.
            parameters: Pipeline parameters, by name, for the pipelines it starts. Observed to be accepted only for
                `schedule`. Not for secrets: CircleCI does not protect parameter values.

        Returns:
            The new trigger; for a webhook, with the only full copy of its URL.

        Raises:
            BadRequestError: An argument is not valid.
            AuthenticationError: The token is missing or unknown.
            NotFoundError: It does not exist, or the token has no access to it.
            APIError: CircleCI rejected the request for another reason, or failed; see `circleci_v2.errors`.

        POST /projects/{project_id}/pipeline-definitions/{pipeline_definition_id}/triggers (createTrigger),
        https://circleci.com/docs/api/v2/index.html#operation/createTrigger
        """
        return await self._call(
            OPERATIONS["createTrigger"],
            models.Trigger,
            path=f"/projects/{path_segment('project_id', project_id)}/pipeline-definitions/{path_segment('pipeline_definition_id', pipeline_definition_id)}/triggers",
            body={
                "event_source": required("event_source", event_source),
                "checkout_ref": checkout_ref,
                "config_ref": config_ref,
                "disabled": disabled,
                "event_name": event_name,
                "event_preset": event_preset,
                "parameters": parameters,
            },
        )

    async def get(self, project_id: UUID | str, trigger_id: UUID | str) -> Trigger:
        """Get a trigger.

        Supports triggers on GitHub App, Bitbucket Data Center and webhook events. The result does not include
        the pipeline definition that the trigger belongs to, so store that ID too, or search with
        `triggers.list`.

        The secret in a webhook URL reads `**REDACTED**` here; only `triggers.create` returns it.

        Args:
            project_id: UUID of the project (`Project.id`); project slugs are not accepted, `projects.get` resolves them.
            trigger_id: UUID of the trigger, from `triggers.list`.

        Returns:
            The trigger.

        Raises:
            BadRequestError: An argument is not valid.
            AuthenticationError: The token is missing or unknown.
            NotFoundError: It does not exist, or the token has no access to it.
            APIError: CircleCI rejected the request for another reason, or failed; see `circleci_v2.errors`.

        GET /projects/{project_id}/triggers/{trigger_id} (getTrigger),
        https://circleci.com/docs/api/v2/index.html#operation/getTrigger
        """
        return await self._call(
            OPERATIONS["getTrigger"],
            models.Trigger,
            path=f"/projects/{path_segment('project_id', project_id)}/triggers/{path_segment('trigger_id', trigger_id)}",
        )

    async def update(
        self,
        project_id: UUID | str,
        trigger_id: UUID | str,
        *,
        checkout_ref: str | None = None,
        config_ref: str | None = None,
        disabled: bool | None = None,
        event_name: str | None = None,
        event_preset: TriggerEventPreset
        | Literal[
            "all-pushes",
            "default-branch-pushes",
            "non-draft-pr-opened",
            "only-build-prs",
            "only-build-pushes-to-non-draft-prs",
            "only-labeled-prs",
            "only-merged-or-closed-prs",
            "only-merged-prs",
            "only-open-prs",
            "only-ready-for-review-prs",
            "only-tags",
            "pr-comment-equals-run-ci",
            "pushes-to-merge-queues",
        ]
        | None = None,
        event_source: TriggerEventSourceChange | Mapping[str, Any] | None = None,
        parameters: Mapping[str, Any] | None = None,
    ) -> Trigger:
        """Change a trigger.

        Changes when a trigger fires and which pipelines it runs; fields that are left out keep their value. The
        kind of event source, the repository and the pipeline definition cannot be changed: create another
        trigger with `triggers.create`, which for a webhook means a new URL.

        Documented for triggers on GitHub App, Bitbucket Data Center and webhook events.

        Args:
            project_id: UUID of the project (`Project.id`); project slugs are not accepted, `projects.get` resolves them.
            trigger_id: UUID of the trigger, from `triggers.list`.
            checkout_ref: Another branch or tag to check out.
            config_ref: Another branch or tag to read the configuration from.
            disabled: True to pause the trigger, false to resume it. CircleCI documents it for webhook triggers only.
            event_name: New label of the event; for webhook triggers.
            event_preset: Another choice of GitHub events; for triggers on repository events.
            event_source: New details of the webhook or the schedule; the kind of source cannot be changed.
            parameters: Pipeline parameters, by name, for the pipelines it starts. No documented value clears parameters
                that are set; recreate the trigger for that. Not for secrets: CircleCI does not protect parameter
                values.

        Returns:
            The trigger after the change; the secret of a webhook URL is redacted.

        Raises:
            BadRequestError: An argument is not valid.
            AuthenticationError: The token is missing or unknown.
            NotFoundError: It does not exist, or the token has no access to it.
            APIError: CircleCI rejected the request for another reason, or failed; see `circleci_v2.errors`.

        PATCH /projects/{project_id}/triggers/{trigger_id} (updateTrigger),
        https://circleci.com/docs/api/v2/index.html#operation/updateTrigger
        """
        return await self._call(
            OPERATIONS["updateTrigger"],
            models.Trigger,
            path=f"/projects/{path_segment('project_id', project_id)}/triggers/{path_segment('trigger_id', trigger_id)}",
            body={
                "checkout_ref": checkout_ref,
                "config_ref": config_ref,
                "disabled": disabled,
                "event_name": event_name,
                "event_preset": event_preset,
                "event_source": event_source,
                "parameters": parameters,
            },
        )

    async def delete(self, project_id: UUID | str, trigger_id: UUID | str) -> MessageResponse:
        """Delete a trigger.

        Its events start no more pipelines, and the URL of a webhook trigger is lost permanently. To pause a
        trigger that supports it, set `disabled` with `triggers.update`.

        Documented for triggers on GitHub App, Bitbucket Data Center and webhook events.

        Args:
            project_id: UUID of the project (`Project.id`); project slugs are not accepted, `projects.get` resolves them.
            trigger_id: UUID of the trigger, from `triggers.list`.

        Returns:
            Confirmation of the deletion.

        Raises:
            BadRequestError: An argument is not valid.
            AuthenticationError: The token is missing or unknown.
            NotFoundError: It does not exist, or the token has no access to it.
            APIError: CircleCI rejected the request for another reason, or failed; see `circleci_v2.errors`.

        DELETE /projects/{project_id}/triggers/{trigger_id} (deleteTrigger),
        https://circleci.com/docs/api/v2/index.html#operation/deleteTrigger
        """
        return await self._call(
            OPERATIONS["deleteTrigger"],
            models.MessageResponse,
            path=f"/projects/{path_segment('project_id', project_id)}/triggers/{path_segment('trigger_id', trigger_id)}",
        )


class TriggersWithRawResponse(RawNamespace):
    """The methods of `Triggers`; each returns the `Response`, with the decoded value as ``parsed``."""

    list = raw(Triggers.list)
    create = raw(Triggers.create)
    get = raw(Triggers.get)
    update = raw(Triggers.update)
    delete = raw(Triggers.delete)
