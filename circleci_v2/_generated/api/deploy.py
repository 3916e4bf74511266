"""`circleci.deploy`."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.encoding import path_segment
from circleci_v2._wire.namespace import Namespace, RawNamespace, raw
from circleci_v2.pagination import Paginator

if TYPE_CHECKING:
    from circleci_v2._generated.models import DeployComponent, DeployComponentVersion, DeployEnvironment

__all__ = ["Deploy", "DeployWithRawResponse"]


class Deploy(Namespace):
    """Deploys: environments, components and the versions that run in them."""

    def list_environments(
        self, *, org_id: UUID | str, page_size: int | None = None, page_token: str | None = None
    ) -> Paginator[DeployEnvironment]:
        """List the deploy environments of an organization.

        Environments are the deployment targets that deploy markers report to, such as `production`; CircleCI
        adds one automatically when a job names an unknown environment in `circleci run release plan` or `log`.
        Use this list to find IDs for `deploy.list_component_versions` and names for `rollbacks.create`. Not
        available on CircleCI server.

        Args:
            org_id: UUID of the organization whose deploys are returned; organization slugs are not accepted.
            page_size: Maximum number of items on a page. Documented as required, but requests without it succeed, as
                measured; CircleCI publishes neither an upper limit nor a usual value.
            page_token: Token of the page to get: `next_page_token` of the previous page. Default: the first page.

        Returns:
            A paginator over environments: await it for the first page, iterate over it for all items.

        Raises:
            BadRequestError: An argument is not valid.
            NotFoundError: It does not exist, or the token has no access to it.
            APIError: CircleCI rejected the request for another reason, or failed; see `circleci_v2.errors`.

        GET /deploy/environments (listEnvironments),
        https://circleci.com/docs/api/v2/index.html#operation/listEnvironments
        """
        return self._paginate(
            OPERATIONS["listEnvironments"],
            models.DeployEnvironment,
            path="/deploy/environments",
            query={"org-id": org_id, "page-size": page_size, "page-token": page_token},
        )

    async def get_environment(self, environment_id: UUID | str) -> DeployEnvironment:
        """Get a deploy environment.

        Resolves `DeployComponentVersion.environment_id` to a name and its labels. Deployed versions are not
        included: call `deploy.list_component_versions` for each component.

        Args:
            environment_id: UUID of the environment, from `deploy.list_environments`.

        Returns:
            The environment.

        Raises:
            BadRequestError: An argument is not valid.
            NotFoundError: It does not exist, or the token has no access to it.
            APIError: CircleCI rejected the request for another reason, or failed; see `circleci_v2.errors`.

        GET /deploy/environments/{environment_id} (getEnvironment),
        https://circleci.com/docs/api/v2/index.html#operation/getEnvironment
        """
        return await self._call(
            OPERATIONS["getEnvironment"],
            models.DeployEnvironment,
            path=f"/deploy/environments/{path_segment('environment_id', environment_id)}",
        )

    def list_components(
        self,
        *,
        org_id: UUID | str,
        project_id: UUID | str | None = None,
        page_size: int | None = None,
        page_token: str | None = None,
    ) -> Paginator[DeployComponent]:
        """List the deployable components of an organization.

        Components are the units that deploy markers report as deployed, such as a service; a project may have
        several, and gets one named after the project when its jobs name none. `deploy.list_component_versions`
        lists which version runs in which environment. Not available on CircleCI server.

        Args:
            org_id: UUID of the organization whose deploys are returned; organization slugs are not accepted.
            project_id: Only components of this project, by its UUID. Default: all projects of the organization.
            page_size: Maximum number of items on a page. Documented as required, but requests without it succeed, as
                measured; CircleCI publishes neither an upper limit nor a usual value.
            page_token: Token of the page to get: `next_page_token` of the previous page. Default: the first page.

        Returns:
            A paginator over components: await it for the first page, iterate over it for all items.

        Raises:
            BadRequestError: An argument is not valid.
            NotFoundError: It does not exist, or the token has no access to it.
            APIError: CircleCI rejected the request for another reason, or failed; see `circleci_v2.errors`.

        GET /deploy/components (listComponents),
        https://circleci.com/docs/api/v2/index.html#operation/listComponents
        """
        return self._paginate(
            OPERATIONS["listComponents"],
            models.DeployComponent,
            path="/deploy/components",
            query={"org-id": org_id, "project-id": project_id, "page-size": page_size, "page-token": page_token},
        )

    async def get_component(self, component_id: UUID | str) -> DeployComponent:
        """Get a deployable component.

        Returns the project that a component belongs to and the number of its releases.
        `deploy.list_component_versions` lists its versions and the environments in which each one is live.

        Args:
            component_id: UUID of the component, from `deploy.list_components`.

        Returns:
            The component.

        Raises:
            BadRequestError: An argument is not valid.
            NotFoundError: It does not exist, or the token has no access to it.
            APIError: CircleCI rejected the request for another reason, or failed; see `circleci_v2.errors`.

        GET /deploy/components/{component_id} (getComponent),
        https://circleci.com/docs/api/v2/index.html#operation/getComponent
        """
        return await self._call(
            OPERATIONS["getComponent"],
            models.DeployComponent,
            path=f"/deploy/components/{path_segment('component_id', component_id)}",
        )

    def list_component_versions(
        self, component_id: UUID | str, *, environment_id: UUID | str | None = None, page_token: str | None = None
    ) -> Paginator[DeployComponentVersion]:
        """List the deployed versions of a component.

        Each entry is a version in one environment and namespace, with the job that deployed it. Filter the
        entries by `is_live` for the current versions, or use an earlier entry as the target of
        `rollbacks.create`.

        Args:
            component_id: UUID of the component, from `deploy.list_components`.
            environment_id: Only versions deployed to this environment, by its UUID. Default: all environments.
            page_token: Token of the page to get: `next_page_token` of the previous page. Default: the first page.

        Returns:
            A paginator over versions: await it for the first page, iterate over it for all items.

        Raises:
            BadRequestError: An argument is not valid.
            NotFoundError: It does not exist, or the token has no access to it.
            APIError: CircleCI rejected the request for another reason, or failed; see `circleci_v2.errors`.

        GET /deploy/components/{component_id}/versions (listComponentVersions),
        https://circleci.com/docs/api/v2/index.html#operation/listComponentVersions
        """
        return self._paginate(
            OPERATIONS["listComponentVersions"],
            models.DeployComponentVersion,
            path=f"/deploy/components/{path_segment('component_id', component_id)}/versions",
            query={"environment-id": environment_id, "page-token": page_token},
        )


class DeployWithRawResponse(RawNamespace):
    """The methods of `Deploy`; each returns the `Response`, with the decoded value as ``parsed``."""

    list_environments = raw(Deploy.list_environments)
    get_environment = raw(Deploy.get_environment)
    list_components = raw(Deploy.list_components)
    get_component = raw(Deploy.get_component)
    list_component_versions = raw(Deploy.list_component_versions)
