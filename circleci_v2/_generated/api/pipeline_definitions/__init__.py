"""`circleci.pipeline_definitions`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from circleci_v2._generated.api.pipeline_definitions import create, delete, get, list_, update
from circleci_v2._wire.namespace import Namespace, RawNamespace, raw
from circleci_v2.pagination import Paginator

if TYPE_CHECKING:
    from circleci_v2._generated.models import (
        CheckoutSourceChange,
        CheckoutSourceInput,
        CircleciConfigSourceInput,
        ConfigSourceChange,
        MessageResponse,
        PipelineDefinition,
        RepositoryConfigSourceInput,
    )

__all__ = ["PipelineDefinitions", "PipelineDefinitionsWithRawResponse"]


class PipelineDefinitions(Namespace):
    """Pipeline definitions: which configuration a project runs, and what it checks out."""

    def list(self, project_id: str) -> Paginator[PipelineDefinition]:
        """GET /projects/{project_id}/pipeline-definitions

        Await it for the first page, iterate over it for every item.

        Args:
            project_id:

        Raises:
            BadRequestError: CircleCI cannot make sense of an argument.
            AuthenticationError: The token is missing or not known.
            NotFoundError: It does not exist, or the token may not see it.
            APIError: CircleCI refused or failed otherwise; see `circleci_v2.errors`.

        GET /projects/{project_id}/pipeline-definitions (listPipelineDefinitions),
        https://circleci.com/docs/api/v2/index.html#operation/listPipelineDefinitions
        """
        return self._paginate(list_.build(project_id), list_.parse)

    async def create(
        self,
        project_id: str,
        *,
        name: str,
        checkout_source: CheckoutSourceInput | Mapping[str, Any],
        config_source: RepositoryConfigSourceInput | Mapping[str, Any] | CircleciConfigSourceInput,
        description: str | None = None,
    ) -> PipelineDefinition:
        """POST /projects/{project_id}/pipeline-definitions

        Args:
            project_id:
            name:
            checkout_source:
            config_source:
            description:

        Raises:
            BadRequestError: CircleCI cannot make sense of an argument.
            AuthenticationError: The token is missing or not known.
            NotFoundError: It does not exist, or the token may not see it.
            APIError: CircleCI refused or failed otherwise; see `circleci_v2.errors`.

        POST /projects/{project_id}/pipeline-definitions (createPipelineDefinition),
        https://circleci.com/docs/api/v2/index.html#operation/createPipelineDefinition
        """
        return await self._call(
            create.build(
                project_id,
                name=name,
                checkout_source=checkout_source,
                config_source=config_source,
                description=description,
            ),
            create.parse,
        )

    async def get(self, project_id: str, pipeline_definition_id: str) -> PipelineDefinition:
        """GET /projects/{project_id}/pipeline-definitions/{pipeline_definition_id}

        Args:
            project_id:
            pipeline_definition_id:

        Raises:
            BadRequestError: CircleCI cannot make sense of an argument.
            AuthenticationError: The token is missing or not known.
            NotFoundError: It does not exist, or the token may not see it.
            APIError: CircleCI refused or failed otherwise; see `circleci_v2.errors`.

        GET /projects/{project_id}/pipeline-definitions/{pipeline_definition_id} (getPipelineDefinition),
        https://circleci.com/docs/api/v2/index.html#operation/getPipelineDefinition
        """
        return await self._call(get.build(project_id, pipeline_definition_id), get.parse)

    async def update(
        self,
        project_id: str,
        pipeline_definition_id: str,
        *,
        name: str | None = None,
        checkout_source: CheckoutSourceChange | Mapping[str, Any] | None = None,
        config_source: ConfigSourceChange | Mapping[str, Any] | None = None,
        description: str | None = None,
    ) -> PipelineDefinition:
        """PATCH /projects/{project_id}/pipeline-definitions/{pipeline_definition_id}

        Args:
            project_id:
            pipeline_definition_id:
            name:
            checkout_source:
            config_source:
            description:

        Raises:
            BadRequestError: CircleCI cannot make sense of an argument.
            AuthenticationError: The token is missing or not known.
            NotFoundError: It does not exist, or the token may not see it.
            APIError: CircleCI refused or failed otherwise; see `circleci_v2.errors`.

        PATCH /projects/{project_id}/pipeline-definitions/{pipeline_definition_id} (updatePipelineDefinition),
        https://circleci.com/docs/api/v2/index.html#operation/updatePipelineDefinition
        """
        return await self._call(
            update.build(
                project_id,
                pipeline_definition_id,
                name=name,
                checkout_source=checkout_source,
                config_source=config_source,
                description=description,
            ),
            update.parse,
        )

    async def delete(self, project_id: str, pipeline_definition_id: str) -> MessageResponse:
        """DELETE /projects/{project_id}/pipeline-definitions/{pipeline_definition_id}

        Args:
            project_id:
            pipeline_definition_id:

        Raises:
            BadRequestError: CircleCI cannot make sense of an argument.
            AuthenticationError: The token is missing or not known.
            NotFoundError: It does not exist, or the token may not see it.
            APIError: CircleCI refused or failed otherwise; see `circleci_v2.errors`.

        DELETE /projects/{project_id}/pipeline-definitions/{pipeline_definition_id} (deletePipelineDefinition),
        https://circleci.com/docs/api/v2/index.html#operation/deletePipelineDefinition
        """
        return await self._call(delete.build(project_id, pipeline_definition_id), delete.parse)


class PipelineDefinitionsWithRawResponse(RawNamespace):
    """The methods of `PipelineDefinitions`; each returns the `Response`, with what they return as ``parsed``."""

    list = raw(PipelineDefinitions.list)
    create = raw(PipelineDefinitions.create)
    get = raw(PipelineDefinitions.get)
    update = raw(PipelineDefinitions.update)
    delete = raw(PipelineDefinitions.delete)
