"""`circleci.policies`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from circleci_v2._generated.api.policies import (
    create_policy_bundle,
    get_decision,
    get_decision_policy_bundle,
    get_decision_settings,
    get_policy,
    get_policy_bundle,
    list_decisions,
    make_decision,
    update_decision_settings,
)
from circleci_v2._wire.namespace import Namespace, RawNamespace, raw
from circleci_v2.pagination import Paginator

if TYPE_CHECKING:
    from circleci_v2._generated.models import Decision, DecisionLog, DecisionSettings, Policy, PolicyBundleDiff

__all__ = ["Policies", "PoliciesWithRawResponse"]


class Policies(Namespace):
    """Config policies: the rules an organization has for its configuration, and the decisions made by them."""

    def list_decisions(
        self,
        owner_id: str,
        *,
        context: str = "config",
        after: datetime | None = None,
        before: datetime | None = None,
        branch: str | None = None,
        build_number: str | None = None,
        project_id: str | None = None,
        status: str | None = None,
        offset: int | None = None,
    ) -> Paginator[DecisionLog]:
        """GET /owner/{ownerID}/context/{context}/decision

        Await it for the first page, iterate over it for every item.

        Args:
            owner_id:
            context:
            after:
            before:
            branch:
            build_number:
            project_id:
            status:
            offset:

        Raises:
            BadRequestError: CircleCI cannot make sense of an argument.
            AuthenticationError: The token is missing or not known.
            PermissionDeniedError: The owner of the token may not do this.
            APIError: CircleCI refused or failed otherwise; see `circleci_v2.errors`.

        GET /owner/{ownerID}/context/{context}/decision (GetDecisionLogs),
        https://circleci.com/docs/api/v2/index.html#operation/GetDecisionLogs
        """
        return self._paginate(
            list_decisions.build(
                owner_id,
                context=context,
                after=after,
                before=before,
                branch=branch,
                build_number=build_number,
                project_id=project_id,
                status=status,
                offset=offset,
            ),
            list_decisions.parse,
            cursor="offset",
        )

    async def make_decision(
        self, owner_id: str, *, input: str, context: str = "config", metadata: Mapping[str, Any] | None = None
    ) -> Decision:
        """POST /owner/{ownerID}/context/{context}/decision

        Args:
            owner_id:
            input:
            context:
            metadata:

        Raises:
            BadRequestError: CircleCI cannot make sense of an argument.
            AuthenticationError: The token is missing or not known.
            APIError: CircleCI refused or failed otherwise; see `circleci_v2.errors`.

        POST /owner/{ownerID}/context/{context}/decision (MakeDecision),
        https://circleci.com/docs/api/v2/index.html#operation/MakeDecision
        """
        return await self._call(
            make_decision.build(owner_id, input=input, context=context, metadata=metadata), make_decision.parse
        )

    async def get_decision_settings(self, owner_id: str, *, context: str = "config") -> DecisionSettings:
        """GET /owner/{ownerID}/context/{context}/decision/settings

        Args:
            owner_id:
            context:

        Raises:
            BadRequestError: CircleCI cannot make sense of an argument.
            AuthenticationError: The token is missing or not known.
            PermissionDeniedError: The owner of the token may not do this.
            APIError: CircleCI refused or failed otherwise; see `circleci_v2.errors`.

        GET /owner/{ownerID}/context/{context}/decision/settings (GetDecisionSettings),
        https://circleci.com/docs/api/v2/index.html#operation/GetDecisionSettings
        """
        return await self._call(get_decision_settings.build(owner_id, context=context), get_decision_settings.parse)

    async def update_decision_settings(
        self, owner_id: str, *, context: str = "config", enabled: bool | None = None
    ) -> DecisionSettings:
        """PATCH /owner/{ownerID}/context/{context}/decision/settings

        Args:
            owner_id:
            context:
            enabled:

        Raises:
            BadRequestError: CircleCI cannot make sense of an argument.
            AuthenticationError: The token is missing or not known.
            PermissionDeniedError: The owner of the token may not do this.
            APIError: CircleCI refused or failed otherwise; see `circleci_v2.errors`.

        PATCH /owner/{ownerID}/context/{context}/decision/settings (SetDecisionSettings),
        https://circleci.com/docs/api/v2/index.html#operation/SetDecisionSettings
        """
        return await self._call(
            update_decision_settings.build(owner_id, context=context, enabled=enabled), update_decision_settings.parse
        )

    async def get_decision(self, owner_id: str, decision_id: str, *, context: str = "config") -> DecisionLog:
        """GET /owner/{ownerID}/context/{context}/decision/{decisionID}

        Args:
            owner_id:
            decision_id:
            context:

        Raises:
            BadRequestError: CircleCI cannot make sense of an argument.
            AuthenticationError: The token is missing or not known.
            PermissionDeniedError: The owner of the token may not do this.
            NotFoundError: It does not exist, or the token may not see it.
            APIError: CircleCI refused or failed otherwise; see `circleci_v2.errors`.

        GET /owner/{ownerID}/context/{context}/decision/{decisionID} (GetDecisionLog),
        https://circleci.com/docs/api/v2/index.html#operation/GetDecisionLog
        """
        return await self._call(get_decision.build(owner_id, decision_id, context=context), get_decision.parse)

    async def get_decision_policy_bundle(
        self, owner_id: str, decision_id: str, *, context: str = "config"
    ) -> dict[str, Any]:
        """GET /owner/{ownerID}/context/{context}/decision/{decisionID}/policy-bundle

        Args:
            owner_id:
            decision_id:
            context:

        Raises:
            BadRequestError: CircleCI cannot make sense of an argument.
            AuthenticationError: The token is missing or not known.
            PermissionDeniedError: The owner of the token may not do this.
            NotFoundError: It does not exist, or the token may not see it.
            APIError: CircleCI refused or failed otherwise; see `circleci_v2.errors`.

        GET /owner/{ownerID}/context/{context}/decision/{decisionID}/policy-bundle (GetDecisionLogPolicyBundle),
        https://circleci.com/docs/api/v2/index.html#operation/GetDecisionLogPolicyBundle
        """
        return await self._call(
            get_decision_policy_bundle.build(owner_id, decision_id, context=context), get_decision_policy_bundle.parse
        )

    async def get_policy_bundle(self, owner_id: str, *, context: str = "config") -> dict[str, Any]:
        """GET /owner/{ownerID}/context/{context}/policy-bundle

        Args:
            owner_id:
            context:

        Raises:
            BadRequestError: CircleCI cannot make sense of an argument.
            AuthenticationError: The token is missing or not known.
            PermissionDeniedError: The owner of the token may not do this.
            APIError: CircleCI refused or failed otherwise; see `circleci_v2.errors`.

        GET /owner/{ownerID}/context/{context}/policy-bundle (GetPolicyBundle),
        https://circleci.com/docs/api/v2/index.html#operation/GetPolicyBundle
        """
        return await self._call(get_policy_bundle.build(owner_id, context=context), get_policy_bundle.parse)

    async def create_policy_bundle(
        self,
        owner_id: str,
        *,
        context: str = "config",
        dry: bool | None = None,
        policies: Mapping[str, str] | None = None,
    ) -> PolicyBundleDiff:
        """POST /owner/{ownerID}/context/{context}/policy-bundle

        Args:
            owner_id:
            context:
            dry:
            policies:

        Raises:
            BadRequestError: CircleCI cannot make sense of an argument.
            AuthenticationError: The token is missing or not known.
            PermissionDeniedError: The owner of the token may not do this.
            APIError: CircleCI refused or failed otherwise; see `circleci_v2.errors`.

        POST /owner/{ownerID}/context/{context}/policy-bundle (CreatePolicyBundle),
        https://circleci.com/docs/api/v2/index.html#operation/CreatePolicyBundle
        """
        return await self._call(
            create_policy_bundle.build(owner_id, context=context, dry=dry, policies=policies),
            create_policy_bundle.parse,
        )

    async def get_policy(self, owner_id: str, policy_name: str, *, context: str = "config") -> Policy:
        """GET /owner/{ownerID}/context/{context}/policy-bundle/{policyName}

        Args:
            owner_id:
            policy_name:
            context:

        Raises:
            BadRequestError: CircleCI cannot make sense of an argument.
            AuthenticationError: The token is missing or not known.
            PermissionDeniedError: The owner of the token may not do this.
            NotFoundError: It does not exist, or the token may not see it.
            APIError: CircleCI refused or failed otherwise; see `circleci_v2.errors`.

        GET /owner/{ownerID}/context/{context}/policy-bundle/{policyName} (GetPolicyDocument),
        https://circleci.com/docs/api/v2/index.html#operation/GetPolicyDocument
        """
        return await self._call(get_policy.build(owner_id, policy_name, context=context), get_policy.parse)


class PoliciesWithRawResponse(RawNamespace):
    """The methods of `Policies`; each returns the `Response`, with what they return as ``parsed``."""

    list_decisions = raw(Policies.list_decisions)
    make_decision = raw(Policies.make_decision)
    get_decision_settings = raw(Policies.get_decision_settings)
    update_decision_settings = raw(Policies.update_decision_settings)
    get_decision = raw(Policies.get_decision)
    get_decision_policy_bundle = raw(Policies.get_decision_policy_bundle)
    get_policy_bundle = raw(Policies.get_policy_bundle)
    create_policy_bundle = raw(Policies.create_policy_bundle)
    get_policy = raw(Policies.get_policy)
