"""`circleci.oidc`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from circleci_v2._generated.api.oidc import (
    delete_organization_claims,
    delete_project_claims,
    get_organization_claims,
    get_project_claims,
    update_organization_claims,
    update_project_claims,
)
from circleci_v2._wire.namespace import Namespace, RawNamespace, raw

if TYPE_CHECKING:
    from circleci_v2._generated.models import OidcClaims

__all__ = ["Oidc", "OidcWithRawResponse"]


class Oidc(Namespace):
    """OIDC custom claims: the audience and lifetime of the identity tokens that jobs receive."""

    async def get_organization_claims(self, org_id: UUID | str) -> OidcClaims:
        """GET /org/{orgID}/oidc-custom-claims

        Args:
            org_id:

        Raises:
            BadRequestError: CircleCI cannot make sense of an argument.
            PermissionDeniedError: The owner of the token may not do this.
            APIError: CircleCI refused or failed otherwise; see `circleci_v2.errors`.

        GET /org/{orgID}/oidc-custom-claims (GetOrgClaims),
        https://circleci.com/docs/api/v2/index.html#operation/GetOrgClaims
        """
        return await self._call(get_organization_claims.build(org_id), get_organization_claims.parse)

    async def update_organization_claims(
        self, org_id: UUID | str, *, audience: Sequence[str] | None = None, ttl: str | None = None
    ) -> OidcClaims:
        """PATCH /org/{orgID}/oidc-custom-claims

        Args:
            org_id:
            audience:
            ttl:

        Raises:
            BadRequestError: CircleCI cannot make sense of an argument.
            PermissionDeniedError: The owner of the token may not do this.
            APIError: CircleCI refused or failed otherwise; see `circleci_v2.errors`.

        PATCH /org/{orgID}/oidc-custom-claims (PatchOrgClaims),
        https://circleci.com/docs/api/v2/index.html#operation/PatchOrgClaims
        """
        return await self._call(
            update_organization_claims.build(org_id, audience=audience, ttl=ttl), update_organization_claims.parse
        )

    async def delete_organization_claims(self, org_id: UUID | str, *, claims: str) -> OidcClaims:
        """DELETE /org/{orgID}/oidc-custom-claims

        Args:
            org_id:
            claims:

        Raises:
            BadRequestError: CircleCI cannot make sense of an argument.
            PermissionDeniedError: The owner of the token may not do this.
            APIError: CircleCI refused or failed otherwise; see `circleci_v2.errors`.

        DELETE /org/{orgID}/oidc-custom-claims (DeleteOrgClaims),
        https://circleci.com/docs/api/v2/index.html#operation/DeleteOrgClaims
        """
        return await self._call(
            delete_organization_claims.build(org_id, claims=claims), delete_organization_claims.parse
        )

    async def get_project_claims(self, org_id: UUID | str, project_id: UUID | str) -> OidcClaims:
        """GET /org/{orgID}/project/{projectID}/oidc-custom-claims

        Args:
            org_id:
            project_id:

        Raises:
            BadRequestError: CircleCI cannot make sense of an argument.
            PermissionDeniedError: The owner of the token may not do this.
            APIError: CircleCI refused or failed otherwise; see `circleci_v2.errors`.

        GET /org/{orgID}/project/{projectID}/oidc-custom-claims (GetProjectClaims),
        https://circleci.com/docs/api/v2/index.html#operation/GetProjectClaims
        """
        return await self._call(get_project_claims.build(org_id, project_id), get_project_claims.parse)

    async def update_project_claims(
        self,
        org_id: UUID | str,
        project_id: UUID | str,
        *,
        audience: Sequence[str] | None = None,
        ttl: str | None = None,
    ) -> OidcClaims:
        """PATCH /org/{orgID}/project/{projectID}/oidc-custom-claims

        Args:
            org_id:
            project_id:
            audience:
            ttl:

        Raises:
            BadRequestError: CircleCI cannot make sense of an argument.
            PermissionDeniedError: The owner of the token may not do this.
            APIError: CircleCI refused or failed otherwise; see `circleci_v2.errors`.

        PATCH /org/{orgID}/project/{projectID}/oidc-custom-claims (PatchProjectClaims),
        https://circleci.com/docs/api/v2/index.html#operation/PatchProjectClaims
        """
        return await self._call(
            update_project_claims.build(org_id, project_id, audience=audience, ttl=ttl), update_project_claims.parse
        )

    async def delete_project_claims(self, org_id: UUID | str, project_id: UUID | str, *, claims: str) -> OidcClaims:
        """DELETE /org/{orgID}/project/{projectID}/oidc-custom-claims

        Args:
            org_id:
            project_id:
            claims:

        Raises:
            BadRequestError: CircleCI cannot make sense of an argument.
            PermissionDeniedError: The owner of the token may not do this.
            APIError: CircleCI refused or failed otherwise; see `circleci_v2.errors`.

        DELETE /org/{orgID}/project/{projectID}/oidc-custom-claims (DeleteProjectClaims),
        https://circleci.com/docs/api/v2/index.html#operation/DeleteProjectClaims
        """
        return await self._call(
            delete_project_claims.build(org_id, project_id, claims=claims), delete_project_claims.parse
        )


class OidcWithRawResponse(RawNamespace):
    """The methods of `Oidc`; each returns the `Response`, with what they return as ``parsed``."""

    get_organization_claims = raw(Oidc.get_organization_claims)
    update_organization_claims = raw(Oidc.update_organization_claims)
    delete_organization_claims = raw(Oidc.delete_organization_claims)
    get_project_claims = raw(Oidc.get_project_claims)
    update_project_claims = raw(Oidc.update_project_claims)
    delete_project_claims = raw(Oidc.delete_project_claims)
