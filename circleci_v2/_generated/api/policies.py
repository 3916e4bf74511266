"""`circleci.policies`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.encoding import path_segment, required
from circleci_v2._wire.namespace import Namespace, RawNamespace, raw
from circleci_v2.pagination import Paginator

if TYPE_CHECKING:
    from circleci_v2._generated.models import Decision, DecisionLog, DecisionSettings, Policy, PolicyBundleDiff

__all__ = ["Policies", "PoliciesWithRawResponse"]


class Policies(Namespace):
    """Config policies: an organization's rules for its configuration, and the decisions based on them."""

    def list_decisions(
        self,
        owner_id: UUID | str,
        *,
        context: str = "config",
        after: datetime | None = None,
        before: datetime | None = None,
        branch: str | None = None,
        build_number: str | None = None,
        project_id: UUID | str | None = None,
        status: str | None = None,
        offset: int | None = None,
    ) -> Paginator[DecisionLog]:
        """List logged config policy decisions of an organization.

        The audit log of config policies: one entry for each configuration that was evaluated, with the outcome
        and the rules it broke.

        The operation is paginated by `offset`, which iteration advances automatically until a response is
        empty. Set `before` for a long read: entries added in the meantime can shift the others. Requires the
        Scale plan, or CircleCI server 4.2 or later.

        Args:
            owner_id: UUID of the organization (`Organization.id`), not its slug; `organizations.get` resolves slugs.
            context: Policy context; `config`, the default, is the only one in use, and others raise `BadRequestError`.
                Unrelated to the contexts of `contexts.list`.
            after: Only decisions made after this time; include the time zone. Default: no lower bound.
            before: Only decisions made before this time; include the time zone. Default: no upper bound.
            branch: Only decisions about pipelines of this branch, for example `main`. Default: all branches.
            build_number: Only decisions recorded under this build number, passed as text. Default: all.
            project_id: Only decisions about this project, by its UUID. Default: all projects.
            status: Only decisions with this outcome: `PASS`, `SOFT_FAIL`, `HARD_FAIL` or `ERROR`. Default: all.
            offset: Number of matching entries to skip. Default: 0.

        Returns:
            A paginator over logged decisions; empty after the last one: await it for the first page, iterate
            over it for all items.

        Raises:
            BadRequestError: An argument is not valid.
            AuthenticationError: The token is missing or unknown.
            PermissionDeniedError: The owner of the token may not do this.
            APIError: CircleCI rejected the request for another reason, or failed; see `circleci_v2.errors`.

        GET /owner/{ownerID}/context/{context}/decision (GetDecisionLogs),
        https://circleci.com/docs/api/v2/index.html#operation/GetDecisionLogs
        """
        return self._paginate(
            OPERATIONS["GetDecisionLogs"],
            models.DecisionLog,
            path=f"/owner/{path_segment('owner_id', owner_id)}/context/{path_segment('context', context)}/decision",
            query={
                "after": after,
                "before": before,
                "branch": branch,
                "build_number": build_number,
                "project_id": project_id,
                "status": status,
                "offset": offset,
            },
            cursor="offset",
        )

    async def make_decision(
        self, owner_id: UUID | str, *, input: str, context: str = "config", metadata: Mapping[str, Any] | None = None
    ) -> Decision:
        """Evaluate a configuration against the config policies of an organization.

        Checks before a push whether the stored policies would allow a configuration to run: useful in an editor
        or in a check on generated configuration. Nothing is started or blocked. A configuration that breaks
        rules still results in status 200, so check `Decision.status`.

        To try out policies that are not stored yet, use `circleci policy decide` of the CircleCI CLI, which
        evaluates them locally.

        Args:
            owner_id: UUID of the organization (`Organization.id`), not its slug; `organizations.get` resolves slugs.
            input: Configuration as YAML text, not a path. Rules on the compiled configuration read its `_compiled_`
                key, which plain source text lacks.
            context: Policy context; `config`, the default, is the only one in use, and others raise `BadRequestError`.
                Unrelated to the contexts of `contexts.list`.
            metadata: Metadata that policies read as `data.meta`, in the form of `DecisionMetadata`. Rules that use a
                missing value, for example `vcs.branch`, may decide differently than in a real pipeline.

        Returns:
            The decision on the configuration.

        Raises:
            BadRequestError: An argument is not valid.
            AuthenticationError: The token is missing or unknown.
            APIError: CircleCI rejected the request for another reason, or failed; see `circleci_v2.errors`.

        POST /owner/{ownerID}/context/{context}/decision (MakeDecision),
        https://circleci.com/docs/api/v2/index.html#operation/MakeDecision
        """
        return await self._call(
            OPERATIONS["MakeDecision"],
            models.Decision,
            path=f"/owner/{path_segment('owner_id', owner_id)}/context/{path_segment('context', context)}/decision",
            body={"input": required("input", input), "metadata": metadata},
        )

    async def get_decision_settings(self, owner_id: UUID | str, *, context: str = "config") -> DecisionSettings:
        """Get the enforcement setting of config policies in an organization.

        Storing policies (`policies.create_policy_bundle`) does not by itself enforce them: they are evaluated
        only while this setting is on. `policies.update_decision_settings` changes it.

        Args:
            owner_id: UUID of the organization (`Organization.id`), not its slug; `organizations.get` resolves slugs.
            context: Policy context; `config`, the default, is the only one in use, and others raise `BadRequestError`.
                Unrelated to the contexts of `contexts.list`.

        Returns:
            The current settings.

        Raises:
            BadRequestError: An argument is not valid.
            AuthenticationError: The token is missing or unknown.
            PermissionDeniedError: The owner of the token may not do this.
            APIError: CircleCI rejected the request for another reason, or failed; see `circleci_v2.errors`.

        GET /owner/{ownerID}/context/{context}/decision/settings (GetDecisionSettings),
        https://circleci.com/docs/api/v2/index.html#operation/GetDecisionSettings
        """
        return await self._call(
            OPERATIONS["GetDecisionSettings"],
            models.DecisionSettings,
            path=f"/owner/{path_segment('owner_id', owner_id)}/context/{path_segment('context', context)}/decision/settings",
        )

    async def update_decision_settings(
        self, owner_id: UUID | str, *, context: str = "config", enabled: bool | None = None
    ) -> DecisionSettings:
        """Turn enforcement of config policies on or off.

        While it is on, CircleCI evaluates the stored policies whenever a pipeline is triggered, and a violated
        hard rule prevents the run. Turning it off allows every configuration and keeps the stored policies.

        Only organization administrators manage config policies. Check representative configurations with
        `policies.make_decision` before turning it on for the first time.

        Args:
            owner_id: UUID of the organization (`Organization.id`), not its slug; `organizations.get` resolves slugs.
            context: Policy context; `config`, the default, is the only one in use, and others raise `BadRequestError`.
                Unrelated to the contexts of `contexts.list`.
            enabled: True while stored policies are evaluated for each pipeline that is triggered. An update without it
                is rejected, so never leave it out.

        Returns:
            The settings after the change.

        Raises:
            BadRequestError: An argument is not valid.
            AuthenticationError: The token is missing or unknown.
            PermissionDeniedError: The owner of the token may not do this.
            APIError: CircleCI rejected the request for another reason, or failed; see `circleci_v2.errors`.

        PATCH /owner/{ownerID}/context/{context}/decision/settings (SetDecisionSettings),
        https://circleci.com/docs/api/v2/index.html#operation/SetDecisionSettings
        """
        return await self._call(
            OPERATIONS["SetDecisionSettings"],
            models.DecisionSettings,
            path=f"/owner/{path_segment('owner_id', owner_id)}/context/{path_segment('context', context)}/decision/settings",
            body={"enabled": enabled},
        )

    async def get_decision(
        self, owner_id: UUID | str, decision_id: UUID | str, *, context: str = "config"
    ) -> DecisionLog:
        """Get one logged config policy decision.

        Shows why a certain pipeline was stopped or warned about. Find the entry with `policies.list_decisions`;
        `policies.get_decision_policy_bundle` returns the policies as they were at the time.

        Args:
            owner_id: UUID of the organization (`Organization.id`), not its slug; `organizations.get` resolves slugs.
            decision_id: UUID of a logged decision (`DecisionLog.id`), from `policies.list_decisions`.
            context: Policy context; `config`, the default, is the only one in use, and others raise `BadRequestError`.
                Unrelated to the contexts of `contexts.list`.

        Returns:
            The logged decision.

        Raises:
            BadRequestError: An argument is not valid.
            AuthenticationError: The token is missing or unknown.
            PermissionDeniedError: The owner of the token may not do this.
            NotFoundError: It does not exist, or the token has no access to it.
            APIError: CircleCI rejected the request for another reason, or failed; see `circleci_v2.errors`.

        GET /owner/{ownerID}/context/{context}/decision/{decisionID} (GetDecisionLog),
        https://circleci.com/docs/api/v2/index.html#operation/GetDecisionLog
        """
        return await self._call(
            OPERATIONS["GetDecisionLog"],
            models.DecisionLog,
            path=f"/owner/{path_segment('owner_id', owner_id)}/context/{path_segment('context', context)}/decision/{path_segment('decision_id', decision_id)}",
        )

    async def get_decision_policy_bundle(
        self, owner_id: UUID | str, decision_id: UUID | str, *, context: str = "config"
    ) -> dict[str, Any]:
        """Get the policies that a logged decision was based on.

        Returns the bundle as it was when the decision was made, so that an audit can reproduce an outcome after
        the policies have changed. `policies.get_policy_bundle` returns the current bundle.

        Args:
            owner_id: UUID of the organization (`Organization.id`), not its slug; `organizations.get` resolves slugs.
            decision_id: UUID of a logged decision (`DecisionLog.id`), from `policies.list_decisions`.
            context: Policy context; `config`, the default, is the only one in use, and others raise `BadRequestError`.
                Unrelated to the contexts of `contexts.list`.

        Returns:
            The policies in force at the time, by policy name.

        Raises:
            BadRequestError: An argument is not valid.
            AuthenticationError: The token is missing or unknown.
            PermissionDeniedError: The owner of the token may not do this.
            NotFoundError: It does not exist, or the token has no access to it.
            APIError: CircleCI rejected the request for another reason, or failed; see `circleci_v2.errors`.

        GET /owner/{ownerID}/context/{context}/decision/{decisionID}/policy-bundle (GetDecisionLogPolicyBundle),
        https://circleci.com/docs/api/v2/index.html#operation/GetDecisionLogPolicyBundle
        """
        return await self._call(
            OPERATIONS["GetDecisionLogPolicyBundle"],
            dict[str, Any],
            path=f"/owner/{path_segment('owner_id', owner_id)}/context/{path_segment('context', context)}/decision/{path_segment('decision_id', decision_id)}/policy-bundle",
        )

    async def get_policy_bundle(self, owner_id: UUID | str, *, context: str = "config") -> dict[str, Any]:
        """Get all config policies of an organization.

        Returns the complete bundle with the Rego source of each policy, for a backup or a comparison with your
        repository. For an organization without policies the result is an empty mapping, not an error.

        `policies.get_policy` returns a single policy; `policies.get_decision_settings` returns whether the
        bundle is enforced at all.

        Args:
            owner_id: UUID of the organization (`Organization.id`), not its slug; `organizations.get` resolves slugs.
            context: Policy context; `config`, the default, is the only one in use, and others raise `BadRequestError`.
                Unrelated to the contexts of `contexts.list`.

        Returns:
            The policies, by policy name; empty if there are none.

        Raises:
            BadRequestError: An argument is not valid.
            AuthenticationError: The token is missing or unknown.
            PermissionDeniedError: The owner of the token may not do this.
            APIError: CircleCI rejected the request for another reason, or failed; see `circleci_v2.errors`.

        GET /owner/{ownerID}/context/{context}/policy-bundle (GetPolicyBundle),
        https://circleci.com/docs/api/v2/index.html#operation/GetPolicyBundle
        """
        return await self._call(
            OPERATIONS["GetPolicyBundle"],
            dict[str, Any],
            path=f"/owner/{path_segment('owner_id', owner_id)}/context/{path_segment('context', context)}/policy-bundle",
        )

    async def create_policy_bundle(
        self,
        owner_id: UUID | str,
        *,
        context: str = "config",
        dry: bool | None = None,
        policies: Mapping[str, str] | None = None,
    ) -> PolicyBundleDiff:
        """Replace all config policies of an organization.

        The upload replaces the complete bundle: a stored policy that is missing from it is deleted. Call it
        with `dry=True` first and check `PolicyBundleDiff.deleted`.

        New policies apply to pipelines triggered from then on, provided enforcement is on
        (`policies.update_decision_settings`). Only organization administrators may upload, and a bundle of more
        than about 2.5 MiB is rejected with 413.

        Args:
            owner_id: UUID of the organization (`Organization.id`), not its slug; `organizations.get` resolves slugs.
            context: Policy context; `config`, the default, is the only one in use, and others raise `BadRequestError`.
                Unrelated to the contexts of `contexts.list`.
            dry: True to compute the difference without storing anything. Default: false.
            policies: Rego source of each policy, keyed by file name, for example `images.rego`; CircleCI stores each
                under its `policy_name`, at most 80 alphanumeric characters, instead. An empty mapping deletes every
                stored policy; always send the key.

        Returns:
            The changes that the upload would make; nothing was stored. Or: The changes made; the new bundle is
            stored.

        Raises:
            BadRequestError: An argument is not valid.
            AuthenticationError: The token is missing or unknown.
            PermissionDeniedError: The owner of the token may not do this.
            APIError: CircleCI rejected the request for another reason, or failed; see `circleci_v2.errors`.

        POST /owner/{ownerID}/context/{context}/policy-bundle (CreatePolicyBundle),
        https://circleci.com/docs/api/v2/index.html#operation/CreatePolicyBundle
        """
        return await self._call(
            OPERATIONS["CreatePolicyBundle"],
            models.PolicyBundleDiff,
            path=f"/owner/{path_segment('owner_id', owner_id)}/context/{path_segment('context', context)}/policy-bundle",
            query={"dry": dry},
            body={"policies": policies},
        )

    async def get_policy(self, owner_id: UUID | str, policy_name: str, *, context: str = "config") -> Policy:
        """Get one config policy by name.

        Returns the Rego source of a single policy; `policies.get_policy_bundle` returns all of them. No
        operation changes or deletes a single policy: upload a new bundle with `policies.create_policy_bundle`.

        Args:
            owner_id: UUID of the organization (`Organization.id`), not its slug; `organizations.get` resolves slugs.
            policy_name: Name that the policy declares with its `policy_name` rule; the name of its file may differ.
            context: Policy context; `config`, the default, is the only one in use, and others raise `BadRequestError`.
                Unrelated to the contexts of `contexts.list`.

        Returns:
            The policy.

        Raises:
            BadRequestError: An argument is not valid.
            AuthenticationError: The token is missing or unknown.
            PermissionDeniedError: The owner of the token may not do this.
            NotFoundError: It does not exist, or the token has no access to it.
            APIError: CircleCI rejected the request for another reason, or failed; see `circleci_v2.errors`.

        GET /owner/{ownerID}/context/{context}/policy-bundle/{policyName} (GetPolicyDocument),
        https://circleci.com/docs/api/v2/index.html#operation/GetPolicyDocument
        """
        return await self._call(
            OPERATIONS["GetPolicyDocument"],
            models.Policy,
            path=f"/owner/{path_segment('owner_id', owner_id)}/context/{path_segment('context', context)}/policy-bundle/{path_segment('policy_name', policy_name)}",
        )


class PoliciesWithRawResponse(RawNamespace):
    """The methods of `Policies`; each returns the `Response`, with the decoded value as ``parsed``."""

    list_decisions = raw(Policies.list_decisions)
    make_decision = raw(Policies.make_decision)
    get_decision_settings = raw(Policies.get_decision_settings)
    update_decision_settings = raw(Policies.update_decision_settings)
    get_decision = raw(Policies.get_decision)
    get_decision_policy_bundle = raw(Policies.get_decision_policy_bundle)
    get_policy_bundle = raw(Policies.get_policy_bundle)
    create_policy_bundle = raw(Policies.create_policy_bundle)
    get_policy = raw(Policies.get_policy)
