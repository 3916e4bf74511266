"""`circleci.pipeline_definitions`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.encoding import path_segment, required
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
    """Pipeline definitions: the configuration that a project runs, and the repository that it checks out."""

    def list(self, project_id: UUID | str) -> Paginator[PipelineDefinition]:
        """List the pipeline definitions of a project.

        A pipeline definition pairs a configuration file with the repository to check out; pass its ID to
        `pipelines.run` as `definition_id`. The list is not paginated.

        For GitHub OAuth and Bitbucket Cloud nothing is stored: CircleCI lists a definition that it derives from
        the project and that cannot be changed. GitLab definitions are listed, but `pipeline_definitions.get`
        fails for them. Not available on CircleCI server.

        Args:
            project_id: UUID of the project (`Project.id`); project slugs are not accepted, `projects.get` resolves them.

        Returns:
            A paginator: await it for the first page, iterate over it for all items.

        Raises:
            BadRequestError: An argument is not valid.
            AuthenticationError: The token is missing or unknown.
            NotFoundError: It does not exist, or the token has no access to it.
            APIError: CircleCI rejected the request for another reason, or failed; see `circleci_v2.errors`.

        GET /projects/{project_id}/pipeline-definitions (listPipelineDefinitions),
        https://circleci.com/docs/api/v2/index.html#operation/listPipelineDefinitions
        """
        return self._paginate(
            OPERATIONS["listPipelineDefinitions"],
            models.PipelineDefinition,
            path=f"/projects/{path_segment('project_id', project_id)}/pipeline-definitions",
        )

    async def create(
        self,
        project_id: UUID | str,
        *,
        name: str,
        checkout_source: CheckoutSourceInput | Mapping[str, Any],
        config_source: RepositoryConfigSourceInput | CircleciConfigSourceInput | Mapping[str, Any],
        description: str | None = None,
    ) -> PipelineDefinition:
        """Add a pipeline definition to a project.

        Adds another pipeline to a project, with its own configuration file or even its own configuration
        repository. Documented for configuration that CircleCI reads through its GitHub App; measured to raise
        `BadRequestError` in projects that have only GitHub OAuth or GitLab.

        A new definition starts no pipelines by itself. Attach a trigger with `triggers.create`, or run it on
        demand with `pipelines.run`.

        Args:
            project_id: UUID of the project (`Project.id`); project slugs are not accepted, `projects.get` resolves them.
            name: Name shown in the project's settings, for example `nightly`.
            checkout_source: Repository that the `checkout` step clones; may differ from the one holding the configuration.
            config_source: Source of the configuration file. Choose it carefully, because only the file path can be changed
                later.
            description: Note for maintainers of the project. Default: none.

        Returns:
            The new pipeline definition.

        Raises:
            BadRequestError: An argument is not valid.
            AuthenticationError: The token is missing or unknown.
            NotFoundError: It does not exist, or the token has no access to it.
            APIError: CircleCI rejected the request for another reason, or failed; see `circleci_v2.errors`.

        POST /projects/{project_id}/pipeline-definitions (createPipelineDefinition),
        https://circleci.com/docs/api/v2/index.html#operation/createPipelineDefinition
        """
        return await self._call(
            OPERATIONS["createPipelineDefinition"],
            models.PipelineDefinition,
            path=f"/projects/{path_segment('project_id', project_id)}/pipeline-definitions",
            body={
                "name": required("name", name),
                "checkout_source": required("checkout_source", checkout_source),
                "config_source": required("config_source", config_source),
                "description": description,
            },
        )

    async def get(self, project_id: UUID | str, pipeline_definition_id: UUID | str) -> PipelineDefinition:
        """Get a pipeline definition.

        Documented for GitHub App and Bitbucket Data Center definitions. For a definition that was deleted or
        belongs to another project, a 400 (`Failed to get pipeline definition.`) instead of 404 has been
        observed, and likewise for existing GitLab definitions; to find out whether a definition exists, look
        for its ID in `pipeline_definitions.list`.

        Args:
            project_id: UUID of the project (`Project.id`); project slugs are not accepted, `projects.get` resolves them.
            pipeline_definition_id: UUID of the pipeline definition, from `pipeline_definitions.list`; not the ID of a pipeline.

        Returns:
            The pipeline definition.

        Raises:
            BadRequestError: An argument is not valid.
            AuthenticationError: The token is missing or unknown.
            NotFoundError: It does not exist, or the token has no access to it.
            APIError: CircleCI rejected the request for another reason, or failed; see `circleci_v2.errors`.

        GET /projects/{project_id}/pipeline-definitions/{pipeline_definition_id} (getPipelineDefinition),
        https://circleci.com/docs/api/v2/index.html#operation/getPipelineDefinition
        """
        return await self._call(
            OPERATIONS["getPipelineDefinition"],
            models.PipelineDefinition,
            path=f"/projects/{path_segment('project_id', project_id)}/pipeline-definitions/{path_segment('pipeline_definition_id', pipeline_definition_id)}",
        )

    async def update(
        self,
        project_id: UUID | str,
        pipeline_definition_id: UUID | str,
        *,
        name: str | None = None,
        checkout_source: CheckoutSourceChange | Mapping[str, Any] | None = None,
        config_source: ConfigSourceChange | Mapping[str, Any] | None = None,
        description: str | None = None,
    ) -> PipelineDefinition:
        """Change a pipeline definition.

        Renames the definition, sets another configuration file, or changes the repository to check out; fields
        that are left out keep their value. The repository of the configuration cannot be changed: to use
        another one, add a definition with `pipeline_definitions.create` and recreate the triggers there.

        Supports GitHub App and Bitbucket Data Center definitions only. A definition that no longer exists
        raises `BadRequestError`, as measured.

        Args:
            project_id: UUID of the project (`Project.id`); project slugs are not accepted, `projects.get` resolves them.
            pipeline_definition_id: UUID of the pipeline definition, from `pipeline_definitions.list`; not the ID of a pipeline.
            name: New name.
            checkout_source: Another repository for the `checkout` step to clone.
            config_source: Another configuration file, in the same repository as before.
            description: New note; replaces the old one.

        Returns:
            The pipeline definition after the change.

        Raises:
            BadRequestError: An argument is not valid.
            AuthenticationError: The token is missing or unknown.
            NotFoundError: It does not exist, or the token has no access to it.
            APIError: CircleCI rejected the request for another reason, or failed; see `circleci_v2.errors`.

        PATCH /projects/{project_id}/pipeline-definitions/{pipeline_definition_id} (updatePipelineDefinition),
        https://circleci.com/docs/api/v2/index.html#operation/updatePipelineDefinition
        """
        return await self._call(
            OPERATIONS["updatePipelineDefinition"],
            models.PipelineDefinition,
            path=f"/projects/{path_segment('project_id', project_id)}/pipeline-definitions/{path_segment('pipeline_definition_id', pipeline_definition_id)}",
            body={
                "name": name,
                "checkout_source": checkout_source,
                "config_source": config_source,
                "description": description,
            },
        )

    async def delete(self, project_id: UUID | str, pipeline_definition_id: UUID | str) -> MessageResponse:
        """Delete a pipeline definition.

        The deletion cannot be undone: a recreated definition has another ID, so every caller that starts this
        one with `pipelines.run` needs an update. Review the attached triggers with `triggers.list` first; to
        pause a pipeline, disable its triggers with `triggers.update` where they support it.

        Supports GitHub App and Bitbucket Data Center definitions only. Deleting a definition again succeeds
        too, as measured.

        Args:
            project_id: UUID of the project (`Project.id`); project slugs are not accepted, `projects.get` resolves them.
            pipeline_definition_id: UUID of the pipeline definition, from `pipeline_definitions.list`; not the ID of a pipeline.

        Returns:
            Confirmation of the deletion.

        Raises:
            BadRequestError: An argument is not valid.
            AuthenticationError: The token is missing or unknown.
            NotFoundError: It does not exist, or the token has no access to it.
            APIError: CircleCI rejected the request for another reason, or failed; see `circleci_v2.errors`.

        DELETE /projects/{project_id}/pipeline-definitions/{pipeline_definition_id} (deletePipelineDefinition),
        https://circleci.com/docs/api/v2/index.html#operation/deletePipelineDefinition
        """
        return await self._call(
            OPERATIONS["deletePipelineDefinition"],
            models.MessageResponse,
            path=f"/projects/{path_segment('project_id', project_id)}/pipeline-definitions/{path_segment('pipeline_definition_id', pipeline_definition_id)}",
        )


class PipelineDefinitionsWithRawResponse(RawNamespace):
    """The methods of `PipelineDefinitions`; each returns the `Response`, with the decoded value as ``parsed``."""

    list = raw(PipelineDefinitions.list)
    create = raw(PipelineDefinitions.create)
    get = raw(PipelineDefinitions.get)
    update = raw(PipelineDefinitions.update)
    delete = raw(PipelineDefinitions.delete)
