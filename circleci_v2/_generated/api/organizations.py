"""`circleci.organizations`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal
from uuid import UUID

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.encoding import path_segment, required
from circleci_v2._wire.namespace import Namespace, RawNamespace, raw
from circleci_v2.pagination import Paginator
from circleci_v2.slugs import OrgSlug, org_path

if TYPE_CHECKING:
    from circleci_v2._generated.models import (
        MessageResponse,
        Organization,
        OrganizationVcsType,
        UrlOrbAllowListChange,
        UrlOrbAllowListEntry,
        UrlOrbAuth,
    )

__all__ = ["Organizations", "OrganizationsWithRawResponse"]


class Organizations(Namespace):
    """Organizations, and their allow-lists of URL prefixes for orbs."""

    async def create(
        self, *, name: str, vcs_type: OrganizationVcsType | Literal["bitbucket", "circleci", "github"]
    ) -> Organization:
        """Create an organization, or connect one from GitHub or Bitbucket.

        With `vcs_type` `circleci` this creates a standalone organization, the kind that GitHub App and GitLab
        projects belong to; a name that is taken raises `ConflictError`. With `github` or `bitbucket` nothing is
        created at the host: CircleCI synchronizes the data of the organization of that name, of which the
        token's user must be an administrator.

        Args:
            name: Any name for `circleci`; for `github` and `bitbucket`, the name of the organization at the host.
            vcs_type: Whether to create a standalone organization (`circleci`) or to connect one of GitHub OAuth or
                Bitbucket Cloud.

        Returns:
            The organization, ready for `projects.create`.

        Raises:
            APIError: CircleCI rejected the request, or failed; see `circleci_v2.errors`.

        POST /organization (createOrganization),
        https://circleci.com/docs/api/v2/index.html#operation/createOrganization
        """
        return await self._call(
            OPERATIONS["createOrganization"],
            models.Organization,
            path="/organization",
            body={"name": required("name", name), "vcs_type": required("vcs_type", vcs_type)},
        )

    async def get(self, org_slug_or_id: OrgSlug | UUID | str) -> Organization:
        """Get an organization by slug or UUID.

        Translates between slug and UUID: `groups`, `usage` and some other namespaces accept only the UUID,
        `insights` the slug. To list organizations, call `user.collaborations`.

        Args:
            org_slug_or_id: The organization, by its slug (`gh/acme`) or by its UUID.

        Returns:
            The organization.

        Raises:
            APIError: CircleCI rejected the request, or failed; see `circleci_v2.errors`.

        GET /organization/{org-slug-or-id} (getOrganization),
        https://circleci.com/docs/api/v2/index.html#operation/getOrganization
        """
        return await self._call(
            OPERATIONS["getOrganization"], models.Organization, path=f"/organization/{org_path(org_slug_or_id)}"
        )

    async def delete(self, org_slug_or_id: OrgSlug | UUID | str) -> MessageResponse:
        """Delete an organization with all its projects and build data.

        The deletion cannot be undone: projects, build data and the connections to code hosts are lost for every
        member. CircleCI permits it to organization administrators only, and only on the Free plan (paid plans:
        `PermissionDeniedError`).

        The deletion continues after the response. A standalone organization stays visible for some hours; one
        of GitHub OAuth or Bitbucket Cloud remains listed, but empty.

        Args:
            org_slug_or_id: The organization, by its slug (`gh/acme`) or by its UUID.

        Returns:
            The deletion was accepted and continues in the background.

        Raises:
            APIError: CircleCI rejected the request, or failed; see `circleci_v2.errors`.

        DELETE /organization/{org-slug-or-id} (deleteOrganization),
        https://circleci.com/docs/api/v2/index.html#operation/deleteOrganization
        """
        return await self._call(
            OPERATIONS["deleteOrganization"], models.MessageResponse, path=f"/organization/{org_path(org_slug_or_id)}"
        )

    def list_url_orb_allow_list(self, org_slug_or_id: OrgSlug | UUID | str) -> Paginator[UrlOrbAllowListEntry]:
        """List the URL prefixes from which an organization may use orbs.

        URL orbs are orbs that a configuration includes by HTTPS address instead of by registry name; a
        reference that no entry matches stops the pipeline's configuration from compiling. Fetched orbs are
        cached for 5 minutes.

        An organization has at most 5 entries, so the list is not paginated: `items` contains all of them.

        Args:
            org_slug_or_id: The organization, by its slug (`gh/acme`) or by its UUID.

        Returns:
            A paginator: await it for the first page, iterate over it for all items.

        Raises:
            APIError: CircleCI rejected the request, or failed; see `circleci_v2.errors`.

        GET /organization/{org-slug-or-id}/url-orb-allow-list (listURLOrbAllowListEntries),
        https://circleci.com/docs/api/v2/index.html#operation/listURLOrbAllowListEntries
        """
        return self._paginate(
            OPERATIONS["listURLOrbAllowListEntries"],
            models.UrlOrbAllowListEntry,
            path=f"/organization/{org_path(org_slug_or_id)}/url-orb-allow-list",
        )

    async def create_url_orb_allow_list_entry(
        self,
        org_slug_or_id: OrgSlug | UUID | str,
        *,
        name: str,
        auth: UrlOrbAuth | Literal["bitbucket-oauth", "github-app", "github-oauth", "none"],
        prefix: str,
    ) -> UrlOrbAllowListChange:
        """Allow orbs from a URL prefix in an organization.

        Every project of the organization can use the prefix from then on. A broad prefix, such as
        `https://raw.githubusercontent.com/`, admits orbs of every repository there, including those of
        strangers. At most 5 entries are possible, and an entry cannot be edited: remove it with
        `organizations.remove_url_orb_allow_list_entry` and create a new one.

        Args:
            org_slug_or_id: The organization, by its slug (`gh/acme`) or by its UUID.
            name: Label for readers of the list, such as the reason for the entry.
            auth: Authentication that CircleCI uses to fetch orbs below the prefix; `none` for public ones.
            prefix: An HTTPS URL ending in `/`; orb references that begin with it are allowed.

        Returns:
            UUID of the new entry, and a message.

        Raises:
            APIError: CircleCI rejected the request, or failed; see `circleci_v2.errors`.

        POST /organization/{org-slug-or-id}/url-orb-allow-list (createURLOrbAllowListEntry),
        https://circleci.com/docs/api/v2/index.html#operation/createURLOrbAllowListEntry
        """
        return await self._call(
            OPERATIONS["createURLOrbAllowListEntry"],
            models.UrlOrbAllowListChange,
            path=f"/organization/{org_path(org_slug_or_id)}/url-orb-allow-list",
            body={"name": required("name", name), "auth": required("auth", auth), "prefix": required("prefix", prefix)},
        )

    async def remove_url_orb_allow_list_entry(
        self, org_slug_or_id: OrgSlug | UUID | str, allow_list_entry_id: UUID | str
    ) -> UrlOrbAllowListChange:
        """Remove a URL prefix from the orb allow-list.

        Configurations that refer to orbs below the prefix no longer compile, unless another entry also matches,
        so check first that no project needs it. A cached orb stays usable for up to 5 minutes.

        The response is 200 even if the entry did not exist, as reported: list the entries to be sure that the
        prefix is gone.

        Args:
            org_slug_or_id: The organization, by its slug (`gh/acme`) or by its UUID.
            allow_list_entry_id: UUID of the entry, from `organizations.list_url_orb_allow_list`.

        Returns:
            UUID of the removed entry, and a message.

        Raises:
            APIError: CircleCI rejected the request, or failed; see `circleci_v2.errors`.

        DELETE /organization/{org-slug-or-id}/url-orb-allow-list/{allow-list-entry-id} (removeURLOrbAllowListEntry),
        https://circleci.com/docs/api/v2/index.html#operation/removeURLOrbAllowListEntry
        """
        return await self._call(
            OPERATIONS["removeURLOrbAllowListEntry"],
            models.UrlOrbAllowListChange,
            path=f"/organization/{org_path(org_slug_or_id)}/url-orb-allow-list/{path_segment('allow_list_entry_id', allow_list_entry_id)}",
        )


class OrganizationsWithRawResponse(RawNamespace):
    """The methods of `Organizations`; each returns the `Response`, with the decoded value as ``parsed``."""

    create = raw(Organizations.create)
    get = raw(Organizations.get)
    delete = raw(Organizations.delete)
    list_url_orb_allow_list = raw(Organizations.list_url_orb_allow_list)
    create_url_orb_allow_list_entry = raw(Organizations.create_url_orb_allow_list_entry)
    remove_url_orb_allow_list_entry = raw(Organizations.remove_url_orb_allow_list_entry)
