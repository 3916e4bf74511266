"""`circleci.projects`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.encoding import path_segment, required
from circleci_v2._wire.namespace import Namespace, RawNamespace, raw
from circleci_v2.pagination import Paginator
from circleci_v2.slugs import OrgSlug, ProjectSlug, org_path, project_path

if TYPE_CHECKING:
    from circleci_v2._generated.models import (
        AdvancedProjectSettings,
        CheckoutKey,
        FingerprintDigest,
        MessageResponse,
        NewCheckoutKeyType,
        Project,
        ProjectEnvironmentVariable,
        ProjectSettings,
    )

__all__ = ["Projects", "ProjectsWithRawResponse"]


class Projects(Namespace):
    """Projects, with their settings, environment variables and checkout keys."""

    async def create(self, org_slug_or_id: OrgSlug | UUID | str, *, name: str) -> Project:
        """Create a project in an organization of any type.

        In standalone organizations (slug `circleci/...`) the project starts empty: connect a repository with
        `pipeline_definitions.create` and `triggers.create` before anything can run. Both support repositories
        of the GitHub App only; connect others in the web app. In GitHub OAuth and Bitbucket Cloud organizations
        the operation adopts the repository of that name, and raises `NotFoundError` if there is none.

        Store `slug` and `id` of the result, because API v2 has no operation that lists an organization's
        projects.

        Args:
            org_slug_or_id: The organization, by its slug (`gh/acme`) or by its UUID.
            name: Name of the project; for GitHub OAuth and Bitbucket Cloud, the name of the repository.

        Returns:
            The new project.

        Raises:
            APIError: CircleCI rejected the request, or failed; see `circleci_v2.errors`.

        POST /organization/{org-slug-or-id}/project (createProject),
        https://circleci.com/docs/api/v2/index.html#operation/createProject
        """
        return await self._call(
            OPERATIONS["createProject"],
            models.Project,
            path=f"/organization/{org_path(org_slug_or_id)}/project",
            body={"name": required("name", name)},
        )

    async def get(self, project_slug: ProjectSlug | str) -> Project:
        """Get a project by slug.

        Resolves a slug to the UUIDs of project and organization; never parse an opaque slug (`circleci/...`)
        for them. `projects.get_settings` returns the settings.

        A project that the token has no access to raises `NotFoundError`, just like one that does not exist. An
        opaque slug with the project's name instead of its id raises `BadRequestError`, as measured.

        Args:
            project_slug: The project as `<vcs>/<organization>/<repository>`, for example `gh/acme/web`. Pass opaque slugs
                (`circleci/...`, for GitHub App, GitLab and Bitbucket Data Center projects) unchanged.

        Returns:
            The project.

        Raises:
            APIError: CircleCI rejected the request, or failed; see `circleci_v2.errors`.

        GET /project/{project-slug} (getProjectBySlug),
        https://circleci.com/docs/api/v2/index.html#operation/getProjectBySlug
        """
        return await self._call(
            OPERATIONS["getProjectBySlug"], models.Project, path=f"/project/{project_path(project_slug)}"
        )

    async def delete(self, project_slug: ProjectSlug | str) -> MessageResponse:
        """Delete a project and its complete build history.

        Pipelines, workflows, jobs, settings and the keys that CircleCI has for the project are deleted
        permanently; the repository itself is not changed. Only organization and project administrators may
        delete a project.

        To keep the history and merely stop builds, use *Block all new work* in the web app. *Stop Building* in
        the project's settings is not a pause: it cancels all running workflows and removes the followers, the
        webhook and the deploy key.

        Args:
            project_slug: The project as `<vcs>/<organization>/<repository>`, for example `gh/acme/web`. Pass opaque slugs
                (`circleci/...`, for GitHub App, GitLab and Bitbucket Data Center projects) unchanged.

        Returns:
            A message that confirms the deletion.

        Raises:
            APIError: CircleCI rejected the request, or failed; see `circleci_v2.errors`.

        DELETE /project/{project-slug} (deleteProjectBySlug),
        https://circleci.com/docs/api/v2/index.html#operation/deleteProjectBySlug
        """
        return await self._call(
            OPERATIONS["deleteProjectBySlug"], models.MessageResponse, path=f"/project/{project_path(project_slug)}"
        )

    async def create_from_repository(self, project_slug: ProjectSlug | str) -> ProjectSettings:
        """Set up a project for a GitHub OAuth or Bitbucket Cloud repository.

        Deprecated by CircleCI in favor of `projects.create`, which also supports standalone organizations; this
        operation rejects those with status 405.

        The repository needs a main branch (`NotFoundError` without one) and a configuration file in it. The
        result contains the settings, not the project: get that with `projects.get`.

        Args:
            project_slug: The project as `<vcs>/<organization>/<repository>`, for example `gh/acme/web`. Pass opaque slugs
                (`circleci/...`, for GitHub App, GitLab and Bitbucket Data Center projects) unchanged.

        Returns:
            The settings that the new project starts with.

        Raises:
            BadRequestError: An argument is not valid.
            AuthenticationError: The token is missing or unknown.
            PermissionDeniedError: The owner of the token may not do this.
            NotFoundError: It does not exist, or the token has no access to it.
            RateLimitError: Too many requests, and the wait for the next attempt would exceed the deadline.
            APIError: CircleCI rejected the request for another reason, or failed; see `circleci_v2.errors`.

        POST /project/{provider}/{organization}/{project} (createProject1),
        https://circleci.com/docs/api/v2/index.html#operation/createProject1
        """
        return await self._call(
            OPERATIONS["createProject1"], models.ProjectSettings, path=f"/project/{project_path(project_slug)}"
        )

    async def get_settings(self, project_slug: ProjectSlug | str) -> ProjectSettings:
        """Get the advanced settings of a project.

        Returns every setting, on or off, as under Project Settings > Advanced in the web app. CircleCI calls
        this operation experimental, so settings may be added or removed.

        Args:
            project_slug: The project as `<vcs>/<organization>/<repository>`, for example `gh/acme/web`. Pass opaque slugs
                (`circleci/...`, for GitHub App, GitLab and Bitbucket Data Center projects) unchanged.

        Returns:
            All advanced settings.

        Raises:
            AuthenticationError: The token is missing or unknown.
            PermissionDeniedError: The owner of the token may not do this.
            NotFoundError: It does not exist, or the token has no access to it.
            RateLimitError: Too many requests, and the wait for the next attempt would exceed the deadline.
            APIError: CircleCI rejected the request for another reason, or failed; see `circleci_v2.errors`.

        GET /project/{provider}/{organization}/{project}/settings (getProjectSettings),
        https://circleci.com/docs/api/v2/index.html#operation/getProjectSettings
        """
        return await self._call(
            OPERATIONS["getProjectSettings"],
            models.ProjectSettings,
            path=f"/project/{project_path(project_slug)}/settings",
        )

    async def update_settings(
        self, project_slug: ProjectSlug | str, *, advanced: AdvancedProjectSettings | Mapping[str, Any] | None = None
    ) -> ProjectSettings:
        """Change some advanced settings of a project.

        Settings that are left out keep their value. An unknown name or a value of the wrong type raises
        `BadRequestError`, and so can `oss`, even though it is returned.

        An error does not mean that nothing changed: in standalone organizations,
        `forks_receive_secret_env_vars=True` has been measured to raise `PermissionDeniedError` after the other
        fields were written. Conversely, a request that changed nothing succeeds. Read the settings afterwards.
        CircleCI calls this operation experimental.

        Args:
            project_slug: The project as `<vcs>/<organization>/<repository>`, for example `gh/acme/web`. Pass opaque slugs
                (`circleci/...`, for GitHub App, GitLab and Bitbucket Data Center projects) unchanged.
            advanced: The settings under Project Settings > Advanced, the only group of settings in the API.

        Returns:
            All advanced settings after the request.

        Raises:
            BadRequestError: An argument is not valid.
            AuthenticationError: The token is missing or unknown.
            PermissionDeniedError: The owner of the token may not do this.
            NotFoundError: It does not exist, or the token has no access to it.
            RateLimitError: Too many requests, and the wait for the next attempt would exceed the deadline.
            APIError: CircleCI rejected the request for another reason, or failed; see `circleci_v2.errors`.

        PATCH /project/{provider}/{organization}/{project}/settings (patchProjectSettings),
        https://circleci.com/docs/api/v2/index.html#operation/patchProjectSettings
        """
        return await self._call(
            OPERATIONS["patchProjectSettings"],
            models.ProjectSettings,
            path=f"/project/{project_path(project_slug)}/settings",
            body={"advanced": advanced},
        )

    def list_checkout_keys(
        self,
        project_slug: ProjectSlug | str,
        *,
        digest: FingerprintDigest | Literal["md5", "sha256"] | None = None,
        page_token: str | None = None,
    ) -> Paginator[CheckoutKey]:
        """List the SSH keys that jobs use to check out a project's code.

        Returns public keys only; no operation returns a private key.

        The live API has been observed to ignore `page_token` here and to repeat the first page; the client then
        raises `PaginationError` instead of looping.

        Args:
            project_slug: The project as `<vcs>/<organization>/<repository>`, for example `gh/acme/web`. Pass opaque slugs
                (`circleci/...`, for GitHub App, GitLab and Bitbucket Data Center projects) unchanged.
            digest: Digest of the returned fingerprints. Default: `md5`.
            page_token: Token of the page to get: `next_page_token` of the previous page. Default: the first page.

        Returns:
            A paginator over checkout keys: await it for the first page, iterate over it for all items.

        Raises:
            APIError: CircleCI rejected the request, or failed; see `circleci_v2.errors`.

        GET /project/{project-slug}/checkout-key (listCheckoutKeys),
        https://circleci.com/docs/api/v2/index.html#operation/listCheckoutKeys
        """
        return self._paginate(
            OPERATIONS["listCheckoutKeys"],
            models.CheckoutKey,
            path=f"/project/{project_path(project_slug)}/checkout-key",
            query={"digest": digest, "page-token": page_token},
        )

    async def create_checkout_key(
        self, project_slug: ProjectSlug | str, *, type: NewCheckoutKeyType | Literal["deploy-key", "user-key"]
    ) -> CheckoutKey:
        """Create an SSH key that jobs use to check out a project's code.

        CircleCI generates the key pair and registers the public key at the code host. For a `user-key`, the
        token's user must first have authorized CircleCI at GitHub, under Project Settings > Checkout SSH Keys.
        Available for GitHub OAuth and Bitbucket Cloud projects only; other projects raise `BadRequestError`.

        Keys can disappear without this API: code hosts drop keys unused for a year, and CircleCI removes the
        keys of a project without followers.

        Args:
            project_slug: The project as `<vcs>/<organization>/<repository>`, for example `gh/acme/web`. Pass opaque slugs
                (`circleci/...`, for GitHub App, GitLab and Bitbucket Data Center projects) unchanged.
            type: Access of the key: this repository alone, or everything that the token's user can access.

        Returns:
            The new checkout key.

        Raises:
            APIError: CircleCI rejected the request, or failed; see `circleci_v2.errors`.

        POST /project/{project-slug}/checkout-key (createCheckoutKey),
        https://circleci.com/docs/api/v2/index.html#operation/createCheckoutKey
        """
        return await self._call(
            OPERATIONS["createCheckoutKey"],
            models.CheckoutKey,
            path=f"/project/{project_path(project_slug)}/checkout-key",
            body={"type": required("type", type)},
        )

    async def get_checkout_key(self, project_slug: ProjectSlug | str, fingerprint: str) -> CheckoutKey:
        """Get a checkout key by fingerprint.

        Accepts a fingerprint in either digest, MD5 or SHA-256. `projects.list_checkout_keys` lists the
        fingerprints.

        Args:
            project_slug: The project as `<vcs>/<organization>/<repository>`, for example `gh/acme/web`. Pass opaque slugs
                (`circleci/...`, for GitHub App, GitLab and Bitbucket Data Center projects) unchanged.
            fingerprint: MD5 or SHA-256 fingerprint of the key; pass it unencoded, because the client percent-encodes it.

        Returns:
            The checkout key.

        Raises:
            APIError: CircleCI rejected the request, or failed; see `circleci_v2.errors`.

        GET /project/{project-slug}/checkout-key/{fingerprint} (getCheckoutKey),
        https://circleci.com/docs/api/v2/index.html#operation/getCheckoutKey
        """
        return await self._call(
            OPERATIONS["getCheckoutKey"],
            models.CheckoutKey,
            path=f"/project/{project_path(project_slug)}/checkout-key/{path_segment('fingerprint', fingerprint)}",
        )

    async def delete_checkout_key(self, project_slug: ProjectSlug | str, fingerprint: str) -> MessageResponse:
        """Delete a checkout key.

        Deletes the key from CircleCI only: the public key stays authorized at GitHub or Bitbucket until you
        remove it there. Jobs started afterwards cannot use the key, and if it was the last one, jobs that clone
        over SSH fail in their `checkout` step.

        To rotate a key, CircleCI documents this order: delete it, call `projects.create_checkout_key`, then
        remove the old public key at the code host.

        Args:
            project_slug: The project as `<vcs>/<organization>/<repository>`, for example `gh/acme/web`. Pass opaque slugs
                (`circleci/...`, for GitHub App, GitLab and Bitbucket Data Center projects) unchanged.
            fingerprint: MD5 or SHA-256 fingerprint of the key; pass it unencoded, because the client percent-encodes it.

        Returns:
            A message that confirms the deletion.

        Raises:
            APIError: CircleCI rejected the request, or failed; see `circleci_v2.errors`.

        DELETE /project/{project-slug}/checkout-key/{fingerprint} (deleteCheckoutKey),
        https://circleci.com/docs/api/v2/index.html#operation/deleteCheckoutKey
        """
        return await self._call(
            OPERATIONS["deleteCheckoutKey"],
            models.MessageResponse,
            path=f"/project/{project_path(project_slug)}/checkout-key/{path_segment('fingerprint', fingerprint)}",
        )

    def list_environment_variables(
        self, project_slug: ProjectSlug | str, *, page_token: str | None = None
    ) -> Paginator[ProjectEnvironmentVariable]:
        """List the environment variables of a project, values masked.

        Covers the variables set under Project Settings > Environment Variables. Variables from contexts are in
        `contexts.list_environment_variables`; variables in the configuration file are in neither list.

        The live API has been observed to ignore `page_token` here and to repeat the first page; the client then
        raises `PaginationError` instead of looping.

        Args:
            project_slug: The project as `<vcs>/<organization>/<repository>`, for example `gh/acme/web`. Pass opaque slugs
                (`circleci/...`, for GitHub App, GitLab and Bitbucket Data Center projects) unchanged.
            page_token: Token of the page to get: `next_page_token` of the previous page. Default: the first page.

        Returns:
            A paginator over environment variables, values masked: await it for the first page, iterate over it
            for all items.

        Raises:
            APIError: CircleCI rejected the request, or failed; see `circleci_v2.errors`.

        GET /project/{project-slug}/envvar (listEnvVars),
        https://circleci.com/docs/api/v2/index.html#operation/listEnvVars
        """
        return self._paginate(
            OPERATIONS["listEnvVars"],
            models.ProjectEnvironmentVariable,
            path=f"/project/{project_path(project_slug)}/envvar",
            query={"page-token": page_token},
        )

    async def create_environment_variable(
        self, project_slug: ProjectSlug | str, *, name: str, value: str
    ) -> ProjectEnvironmentVariable:
        """Create or overwrite an environment variable that all jobs of a project receive.

        Setting a name that exists overwrites its value, as CircleCI's own CLI relies on (the API document does
        not say so), and the old value cannot be recovered. To change a value, call this again; do not delete
        the variable first, because a failure in between would lose it.

        To share a secret between projects, or to restrict its use, put it in a context with
        `contexts.set_environment_variable`. If a name is defined several times, built-in variables and
        `environment` in the configuration win over contexts, the last context over earlier ones, and any
        context over the project.

        Args:
            project_slug: The project as `<vcs>/<organization>/<repository>`, for example `gh/acme/web`. Pass opaque slugs
                (`circleci/...`, for GitHub App, GitLab and Bitbucket Data Center projects) unchanged.
            name: Name of the variable: a letter or `_`, then letters, digits or `_`.
            value: Plain text of the secret, injected into every job of the project. Job output masks it unless it is
                shorter than 4 characters or equals `true` or `false`; test results, artifacts and SSH sessions show
                it unmasked.

        Returns:
            The new variable, its value already masked.

        Raises:
            APIError: CircleCI rejected the request, or failed; see `circleci_v2.errors`.

        POST /project/{project-slug}/envvar (createEnvVar),
        https://circleci.com/docs/api/v2/index.html#operation/createEnvVar
        """
        return await self._call(
            OPERATIONS["createEnvVar"],
            models.ProjectEnvironmentVariable,
            path=f"/project/{project_path(project_slug)}/envvar",
            body={"name": required("name", name), "value": required("value", value)},
        )

    async def get_environment_variable(self, project_slug: ProjectSlug | str, name: str) -> ProjectEnvironmentVariable:
        """Get one environment variable of a project, its value masked.

        Use it to check that a variable is set and, by the last characters of its value (four at most), roughly
        which value it has. A variable that is not set raises `NotFoundError`.

        Args:
            project_slug: The project as `<vcs>/<organization>/<repository>`, for example `gh/acme/web`. Pass opaque slugs
                (`circleci/...`, for GitHub App, GitLab and Bitbucket Data Center projects) unchanged.
            name: Name of the variable, case-sensitive.

        Returns:
            The variable, its value masked.

        Raises:
            APIError: CircleCI rejected the request, or failed; see `circleci_v2.errors`.

        GET /project/{project-slug}/envvar/{name} (getEnvVar),
        https://circleci.com/docs/api/v2/index.html#operation/getEnvVar
        """
        return await self._call(
            OPERATIONS["getEnvVar"],
            models.ProjectEnvironmentVariable,
            path=f"/project/{project_path(project_slug)}/envvar/{path_segment('name', name)}",
        )

    async def delete_environment_variable(self, project_slug: ProjectSlug | str, name: str) -> MessageResponse:
        """Delete an environment variable of a project.

        Jobs started afterwards run without it; the effect on jobs already running or queued is not documented.
        A variable of the same name in a context is not affected; `contexts.delete_environment_variable` removes
        that one.

        Args:
            project_slug: The project as `<vcs>/<organization>/<repository>`, for example `gh/acme/web`. Pass opaque slugs
                (`circleci/...`, for GitHub App, GitLab and Bitbucket Data Center projects) unchanged.
            name: Name of the variable, case-sensitive.

        Returns:
            A message that confirms the deletion.

        Raises:
            APIError: CircleCI rejected the request, or failed; see `circleci_v2.errors`.

        DELETE /project/{project-slug}/envvar/{name} (deleteEnvVar),
        https://circleci.com/docs/api/v2/index.html#operation/deleteEnvVar
        """
        return await self._call(
            OPERATIONS["deleteEnvVar"],
            models.MessageResponse,
            path=f"/project/{project_path(project_slug)}/envvar/{path_segment('name', name)}",
        )


class ProjectsWithRawResponse(RawNamespace):
    """The methods of `Projects`; each returns the `Response`, with the decoded value as ``parsed``."""

    create = raw(Projects.create)
    get = raw(Projects.get)
    delete = raw(Projects.delete)
    create_from_repository = raw(Projects.create_from_repository)
    get_settings = raw(Projects.get_settings)
    update_settings = raw(Projects.update_settings)
    list_checkout_keys = raw(Projects.list_checkout_keys)
    create_checkout_key = raw(Projects.create_checkout_key)
    get_checkout_key = raw(Projects.get_checkout_key)
    delete_checkout_key = raw(Projects.delete_checkout_key)
    list_environment_variables = raw(Projects.list_environment_variables)
    create_environment_variable = raw(Projects.create_environment_variable)
    get_environment_variable = raw(Projects.get_environment_variable)
    delete_environment_variable = raw(Projects.delete_environment_variable)
