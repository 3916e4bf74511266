"""`circleci.contexts`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.encoding import path_segment, required
from circleci_v2._wire.namespace import Namespace, RawNamespace, raw
from circleci_v2._wire.payload import one_of
from circleci_v2.pagination import Paginator

if TYPE_CHECKING:
    from circleci_v2._generated.models import (
        Context,
        ContextEnvironmentVariable,
        ContextOwnerById,
        ContextOwnerBySlug,
        ContextRestriction,
        ContextRestrictionCreation,
        ContextRestrictionType,
        MessageResponse,
        OwnerType,
    )

__all__ = ["Contexts", "ContextsWithRawResponse"]


class Contexts(Namespace):
    """Contexts: shared environment variables, and the restrictions on their use."""

    def list(
        self,
        *,
        name: str | None = None,
        owner_id: UUID | str | None = None,
        owner_slug: str | None = None,
        owner_type: OwnerType | Literal["account", "organization"] | None = None,
        page_token: str | None = None,
    ) -> Paginator[Context]:
        """List the contexts of an organization.

        Pass exactly one of `owner_id` and `owner_slug`. The other context calls require a UUID; since names are
        unique within an organization, use this list to find a context by name.

        Variables and restrictions are not included: see `contexts.list_environment_variables` and
        `contexts.list_restrictions`.

        Args:
            name: Text that the name of a context contains, ignoring case: at most 50 letters, digits, spaces or any
                of `_.-`. Other characters are not accepted. Default: no filter.
            owner_id: UUID of the owning organization, or of the account on CircleCI server; not together with
                `owner_slug`.
            owner_slug: Organization slug, for example `gh/acme`; not together with `owner_id`, and not for accounts.
            owner_type: Type of the owner that `owner_id` identifies. Default: `organization`.
            page_token: Token of the page to get: `next_page_token` of the previous page. Default: the first page.

        Returns:
            A paginator over contexts: await it for the first page, iterate over it for all items.

        Raises:
            AuthenticationError: The token is missing or unknown.
            NotFoundError: It does not exist, or the token has no access to it.
            RateLimitError: Too many requests, and the wait for the next attempt would exceed the deadline.
            APIError: CircleCI rejected the request for another reason, or failed; see `circleci_v2.errors`.

        GET /context (listContexts),
        https://circleci.com/docs/api/v2/index.html#operation/listContexts
        """
        return self._paginate(
            OPERATIONS["listContexts"],
            models.Context,
            path="/context",
            query={
                "name": name,
                "owner-id": owner_id,
                "owner-slug": owner_slug,
                "owner-type": owner_type,
                "page-token": page_token,
            },
        )

    async def create(self, *, name: str, owner: ContextOwnerById | ContextOwnerBySlug | Mapping[str, Any]) -> Context:
        """Create a context in an organization.

        A context bundles environment variables for jobs that name it in their workflow. It starts without
        variables (`contexts.set_environment_variable`) and with one restriction, the group `All members`, which
        opens it to every member who may use contexts; Viewers may not. An organization setting can require
        another group from the start.

        Members of the organization may create contexts, up to 500 of them; Bitbucket organizations require
        permission to create repositories.

        Args:
            name: Unique within the organization, at most 200 characters, no space at either end; workflows refer to
                it by this name.
            owner: Owner of the context, by UUID (`ContextOwnerById`) or by slug (`ContextOwnerBySlug`).

        Returns:
            The new context.

        Raises:
            AuthenticationError: The token is missing or unknown.
            NotFoundError: It does not exist, or the token has no access to it.
            RateLimitError: Too many requests, and the wait for the next attempt would exceed the deadline.
            APIError: CircleCI rejected the request for another reason, or failed; see `circleci_v2.errors`.

        POST /context (createContext),
        https://circleci.com/docs/api/v2/index.html#operation/createContext
        """
        return await self._call(
            OPERATIONS["createContext"],
            models.Context,
            path="/context",
            body={"name": required("name", name), "owner": required("owner", owner)},
        )

    async def get(self, context_id: UUID | str) -> Context:
        """Get a context by UUID.

        The documented fields are the same as in `contexts.list`: the name and the time of creation. The live
        API has been measured to add `org_id`, `environment_variables` and `restrictions`, so do not log the raw
        response. Use it to check that a stored UUID still exists.

        Args:
            context_id: UUID of the context, from `contexts.list`; names are not accepted. The live API responds with 403
                (`PermissionDeniedError`), not 404, for a context that does not exist.

        Returns:
            The context.

        Raises:
            AuthenticationError: The token is missing or unknown.
            PermissionDeniedError: The owner of the token may not do this.
            NotFoundError: It does not exist, or the token has no access to it.
            RateLimitError: Too many requests, and the wait for the next attempt would exceed the deadline.
            APIError: CircleCI rejected the request for another reason, or failed; see `circleci_v2.errors`.

        GET /context/{context_id} (getContext),
        https://circleci.com/docs/api/v2/index.html#operation/getContext
        """
        return await self._call(
            OPERATIONS["getContext"], models.Context, path=f"/context/{path_segment('context_id', context_id)}"
        )

    async def delete(self, context_id: UUID | str) -> MessageResponse:
        """Delete a context and every environment variable in it.

        The values cannot be recovered. Jobs that still name the context fail, so remove it from the
        configuration files first. For a context restricted to groups, the token's user must belong to one of
        them.

        Args:
            context_id: UUID of the context, from `contexts.list`; names are not accepted. The live API responds with 403
                (`PermissionDeniedError`), not 404, for a context that does not exist.

        Returns:
            A message that confirms the deletion.

        Raises:
            AuthenticationError: The token is missing or unknown.
            PermissionDeniedError: The owner of the token may not do this.
            NotFoundError: It does not exist, or the token has no access to it.
            RateLimitError: Too many requests, and the wait for the next attempt would exceed the deadline.
            APIError: CircleCI rejected the request for another reason, or failed; see `circleci_v2.errors`.

        DELETE /context/{context_id} (deleteContext),
        https://circleci.com/docs/api/v2/index.html#operation/deleteContext
        """
        return await self._call(
            OPERATIONS["deleteContext"],
            models.MessageResponse,
            path=f"/context/{path_segment('context_id', context_id)}",
        )

    def list_environment_variables(
        self, context_id: UUID | str, *, page_token: str | None = None
    ) -> Paginator[ContextEnvironmentVariable]:
        """List the environment variables of a context, without values.

        Documented to return names and times only, unlike `projects.list_environment_variables`, which also
        returns masked values. The live API has been measured to add `truncated_value`, the last characters of
        the secret (four at most), so treat responses as sensitive. Use `updated_at` to find secrets that are
        due for rotation.

        The first 100 variables are all that can be listed: the live API returns a `next_page_token` if there
        are more, but ignores it and repeats the page, which raises `PaginationError`.

        Args:
            context_id: UUID of the context, from `contexts.list`; names are not accepted. The live API responds with 403
                (`PermissionDeniedError`), not 404, for a context that does not exist.
            page_token: Token of the page to get: `next_page_token` of the previous page. Default: the first page.

        Returns:
            A paginator over environment variables, without values: await it for the first page, iterate over it
            for all items.

        Raises:
            AuthenticationError: The token is missing or unknown.
            PermissionDeniedError: The owner of the token may not do this.
            NotFoundError: It does not exist, or the token has no access to it.
            RateLimitError: Too many requests, and the wait for the next attempt would exceed the deadline.
            APIError: CircleCI rejected the request for another reason, or failed; see `circleci_v2.errors`.

        GET /context/{context_id}/environment-variable (listEnvironmentVariablesFromContext),
        https://circleci.com/docs/api/v2/index.html#operation/listEnvironmentVariablesFromContext
        """
        return self._paginate(
            OPERATIONS["listEnvironmentVariablesFromContext"],
            models.ContextEnvironmentVariable,
            path=f"/context/{path_segment('context_id', context_id)}/environment-variable",
            query={"page-token": page_token},
        )

    async def set_environment_variable(
        self, context_id: UUID | str, name: str, *, value: str
    ) -> ContextEnvironmentVariable | MessageResponse:
        """Set an environment variable in a context, new or existing.

        The call can be repeated safely, so use it to rotate a secret; jobs started afterwards get the new
        value, and an effect on jobs already queued is not documented. The value is never returned.

        A context can have at most 100 variables: a further one is rejected with 400, while existing ones can
        still be changed. If the context is restricted to groups, only their members may change it. The live API
        reads no key of the body but `value`, and stores an empty text if the body has another key instead; mind
        this when calling it with `CircleCI.request`.

        Args:
            context_id: UUID of the context, from `contexts.list`; names are not accepted. The live API responds with 403
                (`PermissionDeniedError`), not 404, for a context that does not exist.
            name: Name of the variable: a letter or `_`, then letters, digits or `_`; at most 300 characters.
            value: Plain text of the secret, up to 32k characters; an empty string is valid. It cannot be read back.

        Returns:
            The variable, without its value.

        Raises:
            AuthenticationError: The token is missing or unknown.
            PermissionDeniedError: The owner of the token may not do this.
            NotFoundError: It does not exist, or the token has no access to it.
            RateLimitError: Too many requests, and the wait for the next attempt would exceed the deadline.
            APIError: CircleCI rejected the request for another reason, or failed; see `circleci_v2.errors`.

        PUT /context/{context_id}/environment-variable/{env_var_name} (addEnvironmentVariableToContext),
        https://circleci.com/docs/api/v2/index.html#operation/addEnvironmentVariableToContext
        """
        return await self._call(
            OPERATIONS["addEnvironmentVariableToContext"],
            one_of(models.ContextEnvironmentVariable, models.MessageResponse),
            path=f"/context/{path_segment('context_id', context_id)}/environment-variable/{path_segment('name', name)}",
            body={"value": required("value", value)},
        )

    async def delete_environment_variable(self, context_id: UUID | str, name: str) -> MessageResponse:
        """Remove a variable and its value from a context.

        Jobs started afterwards use a project variable of the same name instead, if there is one; the effect on
        jobs already queued is not documented. If the context is restricted to groups, only their members may
        change it.

        Args:
            context_id: UUID of the context, from `contexts.list`; names are not accepted. The live API responds with 403
                (`PermissionDeniedError`), not 404, for a context that does not exist.
            name: Name of the variable, case-sensitive.

        Returns:
            A message that confirms the deletion.

        Raises:
            AuthenticationError: The token is missing or unknown.
            PermissionDeniedError: The owner of the token may not do this.
            NotFoundError: It does not exist, or the token has no access to it.
            RateLimitError: Too many requests, and the wait for the next attempt would exceed the deadline.
            APIError: CircleCI rejected the request for another reason, or failed; see `circleci_v2.errors`.

        DELETE /context/{context_id}/environment-variable/{env_var_name} (deleteEnvironmentVariableFromContext),
        https://circleci.com/docs/api/v2/index.html#operation/deleteEnvironmentVariableFromContext
        """
        return await self._call(
            OPERATIONS["deleteEnvironmentVariableFromContext"],
            models.MessageResponse,
            path=f"/context/{path_segment('context_id', context_id)}/environment-variable/{path_segment('name', name)}",
        )

    def list_restrictions(
        self, context_id: UUID | str, *, page_token: str | None = None
    ) -> Paginator[ContextRestriction]:
        """List the restrictions on the use of a context.

        Restrictions are checked when a job with the context is about to run; if one is not met, the workflow
        ends as `unauthorized`. Organization administrators are exempt from group restrictions, which exist in
        `github` organizations only.

        Args:
            context_id: UUID of the context, from `contexts.list`; names are not accepted. The live API responds with 403
                (`PermissionDeniedError`), not 404, for a context that does not exist.
            page_token: Token of the page to get: `next_page_token` of the previous page. Default: the first page.

        Returns:
            A paginator over restrictions, of all types: await it for the first page, iterate over it for all
            items.

        Raises:
            BadRequestError: An argument is not valid.
            AuthenticationError: The token is missing or unknown.
            PermissionDeniedError: The owner of the token may not do this.
            NotFoundError: It does not exist, or the token has no access to it.
            RateLimitError: Too many requests, and the wait for the next attempt would exceed the deadline.
            APIError: CircleCI rejected the request for another reason, or failed; see `circleci_v2.errors`.

        GET /context/{context_id}/restrictions (getContextRestrictions),
        https://circleci.com/docs/api/v2/index.html#operation/getContextRestrictions
        """
        return self._paginate(
            OPERATIONS["getContextRestrictions"],
            models.ContextRestriction,
            path=f"/context/{path_segment('context_id', context_id)}/restrictions",
            query={"page-token": page_token},
        )

    async def create_restriction(
        self,
        context_id: UUID | str,
        *,
        restriction_type: ContextRestrictionType | Literal["expression", "group", "project"] | None = None,
        restriction_value: str | None = None,
    ) -> ContextRestrictionCreation:
        """Restrict a context to a project, to a group or by an expression.

        Each call adds one restriction, so allowing three projects requires three calls. Only organization
        administrators may add restrictions. Groups can be used in `github` organizations only (elsewhere they
        raise `BadRequestError`), and there the live API has been measured to accept no group but `All members`,
        by the organization's UUID; choose other groups in the web app and remove `All members` with
        `contexts.delete_restriction`.

        Changes can take effect late: permissions are cached, and GitHub teams are synchronized every few hours.
        A restriction that already exists raises `ConflictError`, a project that is not visible to the token
        `BadRequestError`.

        Args:
            context_id: UUID of the context, from `contexts.list`; names are not accepted. The live API responds with 403
                (`PermissionDeniedError`), not 404, for a context that does not exist.
            restriction_type: Kind of condition to check before a job gets the context; determines the meaning of
                `restriction_value`.
            restriction_value: UUID of the project for `project`, UUID of the group for `group`, the rule itself for `expression`,
                which can read pipeline values but no pipeline parameters. For deploy credentials, CircleCI's guide
                proposes `pipeline.git.branch == "main" and not job.ssh.enabled and not (pipeline.config_source
                starts-with "api")`.

        Returns:
            The new restriction.

        Raises:
            BadRequestError: An argument is not valid.
            AuthenticationError: The token is missing or unknown.
            PermissionDeniedError: The owner of the token may not do this.
            NotFoundError: It does not exist, or the token has no access to it.
            ConflictError: It conflicts with the current state, for example a name that is already in use.
            RateLimitError: Too many requests, and the wait for the next attempt would exceed the deadline.
            APIError: CircleCI rejected the request for another reason, or failed; see `circleci_v2.errors`.

        POST /context/{context_id}/restrictions (createContextRestriction),
        https://circleci.com/docs/api/v2/index.html#operation/createContextRestriction
        """
        return await self._call(
            OPERATIONS["createContextRestriction"],
            models.ContextRestrictionCreation,
            path=f"/context/{path_segment('context_id', context_id)}/restrictions",
            body={"restriction_type": restriction_type, "restriction_value": restriction_value},
        )

    async def delete_restriction(self, context_id: UUID | str, restriction_id: UUID | str) -> MessageResponse:
        """Remove a restriction from a context.

        Check whether it is the last restriction of its type. Without any project restriction, the context is
        open to all projects. Without any group restriction, in `github` organizations, it is closed to everyone
        but organization administrators according to CircleCI's guide, while its CLI describes contexts without
        restrictions as open to all members: check the effect afterwards.

        Restrictions cannot be edited: to change one, remove it and call `contexts.create_restriction`. A
        removed `All members` restriction is not recreated by CircleCI.

        Args:
            context_id: UUID of the context, from `contexts.list`; names are not accepted. The live API responds with 403
                (`PermissionDeniedError`), not 404, for a context that does not exist.
            restriction_id: UUID of the restriction, from `contexts.list_restrictions`.

        Returns:
            A message that confirms the removal.

        Raises:
            BadRequestError: An argument is not valid.
            AuthenticationError: The token is missing or unknown.
            PermissionDeniedError: The owner of the token may not do this.
            NotFoundError: It does not exist, or the token has no access to it.
            RateLimitError: Too many requests, and the wait for the next attempt would exceed the deadline.
            APIError: CircleCI rejected the request for another reason, or failed; see `circleci_v2.errors`.

        DELETE /context/{context_id}/restrictions/{restriction_id} (deleteContextRestriction),
        https://circleci.com/docs/api/v2/index.html#operation/deleteContextRestriction
        """
        return await self._call(
            OPERATIONS["deleteContextRestriction"],
            models.MessageResponse,
            path=f"/context/{path_segment('context_id', context_id)}/restrictions/{path_segment('restriction_id', restriction_id)}",
        )


class ContextsWithRawResponse(RawNamespace):
    """The methods of `Contexts`; each returns the `Response`, with the decoded value as ``parsed``."""

    list = raw(Contexts.list)
    create = raw(Contexts.create)
    get = raw(Contexts.get)
    delete = raw(Contexts.delete)
    list_environment_variables = raw(Contexts.list_environment_variables)
    set_environment_variable = raw(Contexts.set_environment_variable)
    delete_environment_variable = raw(Contexts.delete_environment_variable)
    list_restrictions = raw(Contexts.list_restrictions)
    create_restriction = raw(Contexts.create_restriction)
    delete_restriction = raw(Contexts.delete_restriction)
