"""`circleci.triggers`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from circleci_v2._generated.api.triggers import create, delete, get, list_, update
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
    """Triggers: what makes a pipeline definition run."""

    def list(self, project_id: str, pipeline_definition_id: str) -> Paginator[Trigger]:
        """GET /projects/{project_id}/pipeline-definitions/{pipeline_definition_id}/triggers

        Await it for the first page, iterate over it for every item.

        Args:
            project_id:
            pipeline_definition_id:

        Raises:
            BadRequestError: CircleCI cannot make sense of an argument.
            AuthenticationError: The token is missing or not known.
            NotFoundError: It does not exist, or the token may not see it.
            APIError: CircleCI refused or failed otherwise; see `circleci_v2.errors`.

        GET /projects/{project_id}/pipeline-definitions/{pipeline_definition_id}/triggers (listPipelineDefinitionTriggers),
        https://circleci.com/docs/api/v2/index.html#operation/listPipelineDefinitionTriggers
        """
        return self._paginate(list_.build(project_id, pipeline_definition_id), list_.parse)

    async def create(
        self,
        project_id: str,
        pipeline_definition_id: str,
        *,
        event_source: TriggerEventSourceInput | Mapping[str, Any],
        checkout_ref: str | None = None,
        config_ref: str | None = None,
        disabled: bool | None = None,
        event_name: str | None = None,
        event_preset: TriggerEventPreset | str | None = None,
        parameters: Mapping[str, Any] | None = None,
    ) -> Trigger:
        """POST /projects/{project_id}/pipeline-definitions/{pipeline_definition_id}/triggers

        Args:
            project_id:
            pipeline_definition_id:
            event_source:
            checkout_ref:
            config_ref:
            disabled:
            event_name:
            event_preset:
            parameters:

        Raises:
            BadRequestError: CircleCI cannot make sense of an argument.
            AuthenticationError: The token is missing or not known.
            NotFoundError: It does not exist, or the token may not see it.
            APIError: CircleCI refused or failed otherwise; see `circleci_v2.errors`.

        POST /projects/{project_id}/pipeline-definitions/{pipeline_definition_id}/triggers (createTrigger),
        https://circleci.com/docs/api/v2/index.html#operation/createTrigger
        """
        return await self._call(
            create.build(
                project_id,
                pipeline_definition_id,
                event_source=event_source,
                checkout_ref=checkout_ref,
                config_ref=config_ref,
                disabled=disabled,
                event_name=event_name,
                event_preset=event_preset,
                parameters=parameters,
            ),
            create.parse,
        )

    async def get(self, project_id: str, trigger_id: str) -> Trigger:
        """GET /projects/{project_id}/triggers/{trigger_id}

        Args:
            project_id:
            trigger_id:

        Raises:
            BadRequestError: CircleCI cannot make sense of an argument.
            AuthenticationError: The token is missing or not known.
            NotFoundError: It does not exist, or the token may not see it.
            APIError: CircleCI refused or failed otherwise; see `circleci_v2.errors`.

        GET /projects/{project_id}/triggers/{trigger_id} (getTrigger),
        https://circleci.com/docs/api/v2/index.html#operation/getTrigger
        """
        return await self._call(get.build(project_id, trigger_id), get.parse)

    async def update(
        self,
        project_id: str,
        trigger_id: str,
        *,
        checkout_ref: str | None = None,
        config_ref: str | None = None,
        disabled: bool | None = None,
        event_name: str | None = None,
        event_preset: TriggerEventPreset | str | None = None,
        event_source: TriggerEventSourceChange | Mapping[str, Any] | None = None,
        parameters: Mapping[str, Any] | None = None,
    ) -> Trigger:
        """PATCH /projects/{project_id}/triggers/{trigger_id}

        Args:
            project_id:
            trigger_id:
            checkout_ref:
            config_ref:
            disabled:
            event_name:
            event_preset:
            event_source:
            parameters:

        Raises:
            BadRequestError: CircleCI cannot make sense of an argument.
            AuthenticationError: The token is missing or not known.
            NotFoundError: It does not exist, or the token may not see it.
            APIError: CircleCI refused or failed otherwise; see `circleci_v2.errors`.

        PATCH /projects/{project_id}/triggers/{trigger_id} (updateTrigger),
        https://circleci.com/docs/api/v2/index.html#operation/updateTrigger
        """
        return await self._call(
            update.build(
                project_id,
                trigger_id,
                checkout_ref=checkout_ref,
                config_ref=config_ref,
                disabled=disabled,
                event_name=event_name,
                event_preset=event_preset,
                event_source=event_source,
                parameters=parameters,
            ),
            update.parse,
        )

    async def delete(self, project_id: str, trigger_id: str) -> MessageResponse:
        """DELETE /projects/{project_id}/triggers/{trigger_id}

        Args:
            project_id:
            trigger_id:

        Raises:
            BadRequestError: CircleCI cannot make sense of an argument.
            AuthenticationError: The token is missing or not known.
            NotFoundError: It does not exist, or the token may not see it.
            APIError: CircleCI refused or failed otherwise; see `circleci_v2.errors`.

        DELETE /projects/{project_id}/triggers/{trigger_id} (deleteTrigger),
        https://circleci.com/docs/api/v2/index.html#operation/deleteTrigger
        """
        return await self._call(delete.build(project_id, trigger_id), delete.parse)


class TriggersWithRawResponse(RawNamespace):
    """The methods of `Triggers`; each returns the `Response`, with what they return as ``parsed``."""

    list = raw(Triggers.list)
    create = raw(Triggers.create)
    get = raw(Triggers.get)
    update = raw(Triggers.update)
    delete = raw(Triggers.delete)
