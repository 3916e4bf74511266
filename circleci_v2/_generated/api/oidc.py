"""`circleci.oidc`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.encoding import path_segment
from circleci_v2._wire.namespace import Namespace, RawNamespace, raw

if TYPE_CHECKING:
    from circleci_v2._generated.models import OidcClaims

__all__ = ["Oidc", "OidcWithRawResponse"]


class Oidc(Namespace):
    """OIDC custom claims: the audience and lifetime of the identity tokens that jobs receive."""

    async def get_organization_claims(self, org_id: UUID | str) -> OidcClaims:
        """Get the OIDC token claims customized for an organization.

        Returns the audience and lifetime that the OIDC tokens of the organization's jobs (such as
        `$CIRCLE_OIDC_TOKEN`) have instead of CircleCI's defaults. Claims that are not customized are absent.

        Projects can override both claims: `oidc.get_project_claims` returns the overrides of a project. OIDC
        tokens are available on CircleCI Cloud on every plan, and on CircleCI server 4.4 or later. Which of the
        tokens of a job custom claims apply to is documented incompletely (CircleCI's guide calls the default
        audience fixed and the lifetime one hour), so verify them on a real token.

        Args:
            org_id: UUID of the organization (`Organization.id`), not its slug; `organizations.get` resolves slugs.

        Returns:
            The organization's customized claims.

        Raises:
            BadRequestError: An argument is not valid.
            PermissionDeniedError: The owner of the token may not do this.
            APIError: CircleCI rejected the request for another reason, or failed; see `circleci_v2.errors`.

        GET /org/{orgID}/oidc-custom-claims (GetOrgClaims),
        https://circleci.com/docs/api/v2/index.html#operation/GetOrgClaims
        """
        return await self._call(
            OPERATIONS["GetOrgClaims"],
            models.OidcClaims,
            path=f"/org/{path_segment('org_id', org_id)}/oidc-custom-claims",
        )

    async def update_organization_claims(
        self, org_id: UUID | str, *, audience: Sequence[str] | None = None, ttl: str | None = None
    ) -> OidcClaims:
        """Customize the OIDC token claims of an organization.

        Sets the audience, the lifetime or both for tokens of every project that has no override of its own
        (`oidc.update_project_claims`). A claim left out keeps its value; to restore CircleCI's default use
        `oidc.delete_organization_claims`.

        Builds of forked pull requests receive tokens too if the project passes secrets to them. Cloud providers
        match tokens on the audience, so update their trust policies to accept the new value first; otherwise
        deployments lose access.

        Args:
            org_id: UUID of the organization (`Organization.id`), not its slug; `organizations.get` resolves slugs.
            audience: Values for the `aud` claim, usually the value that the receiving service expects, such as
                `sts.amazonaws.com`. Replaces the complete previous list. The order is not kept, and an empty list
                sets an explicit empty audience rather than the default.
            ttl: Lifetime of a token: up to seven whole numbers, each with a unit, for example `15m` or `1h30m`. The
                API document lists `ms`, `s`, `m`, `h`, `d` and `w`; the live API has been reported to reject `d`
                and `w` with 400.

        Returns:
            The organization's customized claims after the change.

        Raises:
            BadRequestError: An argument is not valid.
            PermissionDeniedError: The owner of the token may not do this.
            APIError: CircleCI rejected the request for another reason, or failed; see `circleci_v2.errors`.

        PATCH /org/{orgID}/oidc-custom-claims (PatchOrgClaims),
        https://circleci.com/docs/api/v2/index.html#operation/PatchOrgClaims
        """
        return await self._call(
            OPERATIONS["PatchOrgClaims"],
            models.OidcClaims,
            path=f"/org/{path_segment('org_id', org_id)}/oidc-custom-claims",
            body={"audience": audience, "ttl": ttl},
        )

    async def delete_organization_claims(self, org_id: UUID | str, *, claims: str) -> OidcClaims:
        """Reset OIDC token claims of an organization to the defaults.

        Removes the named customizations, after which tokens have CircleCI's defaults again: the organization's
        ID as audience and a lifetime of one hour. Overrides of single projects are not claims of the
        organization; `oidc.delete_project_claims` removes those.

        Trust policies that expect the customized audience reject tokens issued from then on.

        Args:
            org_id: UUID of the organization (`Organization.id`), not its slug; `organizations.get` resolves slugs.
            claims: Claims to reset, separated by commas: `audience`, `ttl` or `audience,ttl`. There is no default.

        Returns:
            The customized claims that remain.

        Raises:
            BadRequestError: An argument is not valid.
            PermissionDeniedError: The owner of the token may not do this.
            APIError: CircleCI rejected the request for another reason, or failed; see `circleci_v2.errors`.

        DELETE /org/{orgID}/oidc-custom-claims (DeleteOrgClaims),
        https://circleci.com/docs/api/v2/index.html#operation/DeleteOrgClaims
        """
        return await self._call(
            OPERATIONS["DeleteOrgClaims"],
            models.OidcClaims,
            path=f"/org/{path_segment('org_id', org_id)}/oidc-custom-claims",
            query={"claims": claims},
        )

    async def get_project_claims(self, org_id: UUID | str, project_id: UUID | str) -> OidcClaims:
        """Get the OIDC token claims customized for a project.

        Returns the claims set on the project itself. For a claim that is absent, the value of the organization
        applies (`oidc.get_organization_claims`), or CircleCI's default if the organization has none either.

        Args:
            org_id: UUID of the organization (`Organization.id`), not its slug; `organizations.get` resolves slugs.
            project_id: UUID of the project (`Project.id`); project slugs are not accepted, `projects.get` resolves them.

        Returns:
            The project's customized claims.

        Raises:
            BadRequestError: An argument is not valid.
            PermissionDeniedError: The owner of the token may not do this.
            APIError: CircleCI rejected the request for another reason, or failed; see `circleci_v2.errors`.

        GET /org/{orgID}/project/{projectID}/oidc-custom-claims (GetProjectClaims),
        https://circleci.com/docs/api/v2/index.html#operation/GetProjectClaims
        """
        return await self._call(
            OPERATIONS["GetProjectClaims"],
            models.OidcClaims,
            path=f"/org/{path_segment('org_id', org_id)}/project/{path_segment('project_id', project_id)}/oidc-custom-claims",
        )

    async def update_project_claims(
        self,
        org_id: UUID | str,
        project_id: UUID | str,
        *,
        audience: Sequence[str] | None = None,
        ttl: str | None = None,
    ) -> OidcClaims:
        """Customize the OIDC token claims of a project.

        Overrides the organization's claims (`oidc.update_organization_claims`) for the jobs of one project, for
        example to issue tokens with a shorter lifetime or a separate audience to a deployment project. A claim
        left out keeps its value.

        Update the trust policies of your cloud provider to accept a new audience before you change it here.

        Args:
            org_id: UUID of the organization (`Organization.id`), not its slug; `organizations.get` resolves slugs.
            project_id: UUID of the project (`Project.id`); project slugs are not accepted, `projects.get` resolves them.
            audience: Values for the `aud` claim, usually the value that the receiving service expects, such as
                `sts.amazonaws.com`. Replaces the complete previous list. The order is not kept, and an empty list
                sets an explicit empty audience rather than the default.
            ttl: Lifetime of a token: up to seven whole numbers, each with a unit, for example `15m` or `1h30m`. The
                API document lists `ms`, `s`, `m`, `h`, `d` and `w`; the live API has been reported to reject `d`
                and `w` with 400.

        Returns:
            The project's customized claims after the change.

        Raises:
            BadRequestError: An argument is not valid.
            PermissionDeniedError: The owner of the token may not do this.
            APIError: CircleCI rejected the request for another reason, or failed; see `circleci_v2.errors`.

        PATCH /org/{orgID}/project/{projectID}/oidc-custom-claims (PatchProjectClaims),
        https://circleci.com/docs/api/v2/index.html#operation/PatchProjectClaims
        """
        return await self._call(
            OPERATIONS["PatchProjectClaims"],
            models.OidcClaims,
            path=f"/org/{path_segment('org_id', org_id)}/project/{path_segment('project_id', project_id)}/oidc-custom-claims",
            body={"audience": audience, "ttl": ttl},
        )

    async def delete_project_claims(self, org_id: UUID | str, project_id: UUID | str, *, claims: str) -> OidcClaims:
        """Remove a project's own OIDC token claims.

        Removes the named overrides, so that the project falls back to the claims of its organization, or to
        CircleCI's defaults if the organization has customized nothing. The organization's claims are not
        changed (`oidc.delete_organization_claims` resets those).

        Args:
            org_id: UUID of the organization (`Organization.id`), not its slug; `organizations.get` resolves slugs.
            project_id: UUID of the project (`Project.id`); project slugs are not accepted, `projects.get` resolves them.
            claims: Claims to reset, separated by commas: `audience`, `ttl` or `audience,ttl`. There is no default.

        Returns:
            The project's customized claims that remain.

        Raises:
            BadRequestError: An argument is not valid.
            PermissionDeniedError: The owner of the token may not do this.
            APIError: CircleCI rejected the request for another reason, or failed; see `circleci_v2.errors`.

        DELETE /org/{orgID}/project/{projectID}/oidc-custom-claims (DeleteProjectClaims),
        https://circleci.com/docs/api/v2/index.html#operation/DeleteProjectClaims
        """
        return await self._call(
            OPERATIONS["DeleteProjectClaims"],
            models.OidcClaims,
            path=f"/org/{path_segment('org_id', org_id)}/project/{path_segment('project_id', project_id)}/oidc-custom-claims",
            query={"claims": claims},
        )


class OidcWithRawResponse(RawNamespace):
    """The methods of `Oidc`; each returns the `Response`, with the decoded value as ``parsed``."""

    get_organization_claims = raw(Oidc.get_organization_claims)
    update_organization_claims = raw(Oidc.update_organization_claims)
    delete_organization_claims = raw(Oidc.delete_organization_claims)
    get_project_claims = raw(Oidc.get_project_claims)
    update_project_claims = raw(Oidc.update_project_claims)
    delete_project_claims = raw(Oidc.delete_project_claims)
