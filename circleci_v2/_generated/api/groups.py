"""`circleci.groups`."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.encoding import path_segment, required
from circleci_v2._wire.namespace import Namespace, RawNamespace, raw
from circleci_v2.pagination import Paginator

if TYPE_CHECKING:
    from circleci_v2._generated.models import Group, MessageResponse

__all__ = ["Groups", "GroupsWithRawResponse"]


class Groups(Namespace):
    """Groups: sets of members of an organization."""

    def list(self, org_id: UUID | str, *, limit: int | None = None, page_token: str | None = None) -> Paginator[Group]:
        """List the groups of an organization.

        Groups assign roles to several members together, in organizations of type `circleci` only; others raise
        `PermissionDeniedError`. Their members are managed in the web app; the API does not list them.

        The live API has been measured to ignore `limit` and `page_token`: it returns all groups, up to the
        maximum of 100, on one page.

        Args:
            org_id: UUID of the organization (`Organization.id`); resolve a slug with `organizations.get`.
            limit: Number of groups per page. Default: chosen by CircleCI; ignored by the live API.
            page_token: Token of the page to get: `next_page_token` of the previous page. Default: the first page.

        Returns:
            A paginator over groups: await it for the first page, iterate over it for all items.

        Raises:
            PermissionDeniedError: The owner of the token may not do this.
            NotFoundError: It does not exist, or the token has no access to it.
            APIError: CircleCI rejected the request for another reason, or failed; see `circleci_v2.errors`.

        GET /organizations/{org_id}/groups (getOrganizationGroups),
        https://circleci.com/docs/api/v2/index.html#operation/getOrganizationGroups
        """
        return self._paginate(
            OPERATIONS["getOrganizationGroups"],
            models.Group,
            path=f"/organizations/{path_segment('org_id', org_id)}/groups",
            query={"limit": limit, "page-token": page_token},
        )

    async def create(self, org_id: UUID | str, *, name: str, description: str | None = None) -> Group:
        """Create a group without members in an organization.

        Available in organizations of type `circleci` only. Members and roles are assigned in the web app
        afterwards. Only organization administrators may create groups.

        A name that is taken raises `ConflictError`. So does the 101st group of an organization, as measured;
        the API document does not state this limit.

        Args:
            org_id: UUID of the organization (`Organization.id`); resolve a slug with `organizations.get`.
            name: Unique among the groups of the organization.
            description: Purpose of the group, shown in the web app. Default: none.

        Returns:
            The new group.

        Raises:
            BadRequestError: An argument is not valid.
            AuthenticationError: The token is missing or unknown.
            PermissionDeniedError: The owner of the token may not do this.
            NotFoundError: It does not exist, or the token has no access to it.
            ConflictError: It conflicts with the current state, for example a name that is already in use.
            APIError: CircleCI rejected the request for another reason, or failed; see `circleci_v2.errors`.

        POST /organizations/{org_id}/groups (createOrganizationGroup),
        https://circleci.com/docs/api/v2/index.html#operation/createOrganizationGroup
        """
        return await self._call(
            OPERATIONS["createOrganizationGroup"],
            models.Group,
            path=f"/organizations/{path_segment('org_id', org_id)}/groups",
            body={"name": required("name", name), "description": description},
        )

    async def get(self, org_id: UUID | str, group_id: UUID | str) -> Group:
        """Get a group by UUID.

        Returns name and description of a group; members are not included. Available in organizations of type
        `circleci` only.

        Args:
            org_id: UUID of the organization (`Organization.id`); resolve a slug with `organizations.get`.
            group_id: UUID of the group, from `groups.list`. A group that does not exist raises `PermissionDeniedError`
                (403), as measured.

        Returns:
            The group, without its members.

        Raises:
            PermissionDeniedError: The owner of the token may not do this.
            NotFoundError: It does not exist, or the token has no access to it.
            APIError: CircleCI rejected the request for another reason, or failed; see `circleci_v2.errors`.

        GET /organizations/{org_id}/groups/{group_id} (getGroup),
        https://circleci.com/docs/api/v2/index.html#operation/getGroup
        """
        return await self._call(
            OPERATIONS["getGroup"],
            models.Group,
            path=f"/organizations/{path_segment('org_id', org_id)}/groups/{path_segment('group_id', group_id)}",
        )

    async def delete(self, org_id: UUID | str, group_id: UUID | str) -> MessageResponse:
        """Delete a group and the roles that it assigns to its members.

        The members stay in the organization but lose every role they hold only through this group. A deleted
        group cannot be restored.

        Args:
            org_id: UUID of the organization (`Organization.id`); resolve a slug with `organizations.get`.
            group_id: UUID of the group, from `groups.list`. A group that does not exist raises `PermissionDeniedError`
                (403), as measured.

        Returns:
            A message that confirms the deletion.

        Raises:
            AuthenticationError: The token is missing or unknown.
            PermissionDeniedError: The owner of the token may not do this.
            NotFoundError: It does not exist, or the token has no access to it.
            APIError: CircleCI rejected the request for another reason, or failed; see `circleci_v2.errors`.

        DELETE /organizations/{org_id}/groups/{group_id} (deleteGroup),
        https://circleci.com/docs/api/v2/index.html#operation/deleteGroup
        """
        return await self._call(
            OPERATIONS["deleteGroup"],
            models.MessageResponse,
            path=f"/organizations/{path_segment('org_id', org_id)}/groups/{path_segment('group_id', group_id)}",
        )


class GroupsWithRawResponse(RawNamespace):
    """The methods of `Groups`; each returns the `Response`, with the decoded value as ``parsed``."""

    list = raw(Groups.list)
    create = raw(Groups.create)
    get = raw(Groups.get)
    delete = raw(Groups.delete)
