"""`circleci.rollbacks`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.encoding import path_segment, required
from circleci_v2._wire.namespace import Namespace, RawNamespace, raw

if TYPE_CHECKING:
    from circleci_v2._generated.models import Rollback

__all__ = ["Rollbacks", "RollbacksWithRawResponse"]


class Rollbacks(Namespace):
    """Rollbacks: return a component to an earlier version."""

    async def create(
        self,
        project_id: UUID | str,
        *,
        component_name: str,
        current_version: str,
        environment_name: str,
        target_version: str,
        namespace: str | None = None,
        parameters: Mapping[str, Any] | None = None,
        reason: str | None = None,
    ) -> Rollback:
        """Roll a component back to another version.

        Starts the project's rollback pipeline, which has to be set up beforehand together with deploy markers;
        rollback pipelines require code in GitHub and the CircleCI GitHub App. Take the names from
        `deploy.list_components` and `deploy.list_environments`, and the versions from
        `deploy.list_component_versions`.

        The response is sent before anything is redeployed: with `rollback_type` `PIPELINE`, follow the pipeline
        `Rollback.id` with `pipelines.get`. A 409 means that `current_version` is no longer live because another
        version was deployed meanwhile; read the versions again before you retry.

        Args:
            project_id: UUID of the project (`Project.id`); project slugs are not accepted, `projects.get` resolves them.
            component_name: Name of the component, not its ID (`DeployComponent.name`).
            current_version: Version that is expected to be live. CircleCI checks it and aborts the rollback if another one was
                deployed in the meantime.
            environment_name: Name of the environment, not its ID (`DeployEnvironment.name`).
            target_version: Version to return to (`DeployComponentVersion.name`).
            namespace: Kubernetes namespace that the component runs in. Leave it out for deployments without namespaces.
            parameters: Extra pipeline parameters, by name, for the rollback pipeline, which must declare them. Default:
                none.
            reason: Reason for the rollback, for the record. Default: none.

        Returns:
            The request was accepted; the rollback proceeds in the background.

        Raises:
            BadRequestError: An argument is not valid.
            NotFoundError: It does not exist, or the token has no access to it.
            ConflictError: It conflicts with the current state, for example a name that is already in use.
            APIError: CircleCI rejected the request for another reason, or failed; see `circleci_v2.errors`.

        POST /projects/{project_id}/rollback (rollbackProject),
        https://circleci.com/docs/api/v2/index.html#operation/rollbackProject
        """
        return await self._call(
            OPERATIONS["rollbackProject"],
            models.Rollback,
            path=f"/projects/{path_segment('project_id', project_id)}/rollback",
            body={
                "component_name": required("component_name", component_name),
                "current_version": required("current_version", current_version),
                "environment_name": required("environment_name", environment_name),
                "target_version": required("target_version", target_version),
                "namespace": namespace,
                "parameters": parameters,
                "reason": reason,
            },
        )


class RollbacksWithRawResponse(RawNamespace):
    """The methods of `Rollbacks`; each returns the `Response`, with the decoded value as ``parsed``."""

    create = raw(Rollbacks.create)
