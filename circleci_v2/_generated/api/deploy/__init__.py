"""`circleci.deploy`."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from circleci_v2._generated.api.deploy import (
    get_component,
    get_environment,
    list_component_versions,
    list_components,
    list_environments,
)
from circleci_v2._wire.namespace import Namespace, RawNamespace, raw
from circleci_v2.pagination import Paginator

if TYPE_CHECKING:
    from circleci_v2._generated.models import DeployComponent, DeployComponentVersion, DeployEnvironment

__all__ = ["Deploy", "DeployWithRawResponse"]


class Deploy(Namespace):
    """Deploys: environments, components and the versions that run in them."""

    def list_environments(
        self, *, org_id: UUID | str, page_size: int, page_token: str | None = None
    ) -> Paginator[DeployEnvironment]:
        """GET /deploy/environments

        Await it for the first page, iterate over it for every item.

        Args:
            org_id:
            page_size:
            page_token:

        Raises:
            BadRequestError: CircleCI cannot make sense of an argument.
            NotFoundError: It does not exist, or the token may not see it.
            APIError: CircleCI refused or failed otherwise; see `circleci_v2.errors`.

        GET /deploy/environments (listEnvironments),
        https://circleci.com/docs/api/v2/index.html#operation/listEnvironments
        """
        return self._paginate(
            list_environments.build(org_id=org_id, page_size=page_size, page_token=page_token), list_environments.parse
        )

    async def get_environment(self, environment_id: UUID | str) -> DeployEnvironment:
        """GET /deploy/environments/{environment_id}

        Args:
            environment_id:

        Raises:
            BadRequestError: CircleCI cannot make sense of an argument.
            NotFoundError: It does not exist, or the token may not see it.
            APIError: CircleCI refused or failed otherwise; see `circleci_v2.errors`.

        GET /deploy/environments/{environment_id} (getEnvironment),
        https://circleci.com/docs/api/v2/index.html#operation/getEnvironment
        """
        return await self._call(get_environment.build(environment_id), get_environment.parse)

    def list_components(
        self, *, org_id: UUID | str, page_size: int, project_id: UUID | str | None = None, page_token: str | None = None
    ) -> Paginator[DeployComponent]:
        """GET /deploy/components

        Await it for the first page, iterate over it for every item.

        Args:
            org_id:
            page_size:
            project_id:
            page_token:

        Raises:
            BadRequestError: CircleCI cannot make sense of an argument.
            NotFoundError: It does not exist, or the token may not see it.
            APIError: CircleCI refused or failed otherwise; see `circleci_v2.errors`.

        GET /deploy/components (listComponents),
        https://circleci.com/docs/api/v2/index.html#operation/listComponents
        """
        return self._paginate(
            list_components.build(org_id=org_id, page_size=page_size, project_id=project_id, page_token=page_token),
            list_components.parse,
        )

    async def get_component(self, component_id: str) -> DeployComponent:
        """GET /deploy/components/{component_id}

        Args:
            component_id:

        Raises:
            BadRequestError: CircleCI cannot make sense of an argument.
            NotFoundError: It does not exist, or the token may not see it.
            APIError: CircleCI refused or failed otherwise; see `circleci_v2.errors`.

        GET /deploy/components/{component_id} (getComponent),
        https://circleci.com/docs/api/v2/index.html#operation/getComponent
        """
        return await self._call(get_component.build(component_id), get_component.parse)

    def list_component_versions(
        self, component_id: str, *, environment_id: UUID | str | None = None, page_token: str | None = None
    ) -> Paginator[DeployComponentVersion]:
        """GET /deploy/components/{component_id}/versions

        Await it for the first page, iterate over it for every item.

        Args:
            component_id:
            environment_id:
            page_token:

        Raises:
            BadRequestError: CircleCI cannot make sense of an argument.
            NotFoundError: It does not exist, or the token may not see it.
            APIError: CircleCI refused or failed otherwise; see `circleci_v2.errors`.

        GET /deploy/components/{component_id}/versions (listComponentVersions),
        https://circleci.com/docs/api/v2/index.html#operation/listComponentVersions
        """
        return self._paginate(
            list_component_versions.build(component_id, environment_id=environment_id, page_token=page_token),
            list_component_versions.parse,
        )


class DeployWithRawResponse(RawNamespace):
    """The methods of `Deploy`; each returns the `Response`, with what they return as ``parsed``."""

    list_environments = raw(Deploy.list_environments)
    get_environment = raw(Deploy.get_environment)
    list_components = raw(Deploy.list_components)
    get_component = raw(Deploy.get_component)
    list_component_versions = raw(Deploy.list_component_versions)
