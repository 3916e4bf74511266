"""`circleci.pipelines`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.encoding import path_segment, required
from circleci_v2._wire.namespace import Namespace, RawNamespace, raw
from circleci_v2.pagination import Paginator
from circleci_v2.slugs import ProjectSlug, project_path

if TYPE_CHECKING:
    from circleci_v2._generated.models import (
        GitReference,
        MessageResponse,
        Pipeline,
        PipelineConfig,
        PipelineCreation,
        PipelineNotTriggered,
        Workflow,
    )

__all__ = ["Pipelines", "PipelinesWithRawResponse"]


class Pipelines(Namespace):
    """Pipelines: trigger them, list them, read their configuration, continue them from a setup workflow."""

    def list(
        self, *, mine: bool | None = None, org_slug: str | None = None, page_token: str | None = None
    ) -> Paginator[Pipeline]:
        """List recent pipelines across the projects you follow in an organization.

        Covers many projects in one list, but only projects that the owner of the token follows, and of those
        only the 250 built most recently. `pipelines.list_for_project` lists the pipelines of one project as far
        back as CircleCI keeps them.

        The pipelines do not include their workflows: list them per pipeline with `pipelines.list_workflows`.

        Args:
            mine: True to list only the pipelines that the owner of the token triggered. Default: pipelines of all
                users.
            org_slug: Slug of the organization, for example `gh/acme`, or `circleci/...` for opaque slugs. Optional in the
                specification, but always pass it: the result without it is not documented.
            page_token: Token of the page to get: `next_page_token` of the previous page. Default: the first page.

        Returns:
            A paginator over pipelines: await it for the first page, iterate over it for all items.

        Raises:
            APIError: CircleCI rejected the request, or failed; see `circleci_v2.errors`.

        GET /pipeline (listPipelines),
        https://circleci.com/docs/api/v2/index.html#operation/listPipelines
        """
        return self._paginate(
            OPERATIONS["listPipelines"],
            models.Pipeline,
            path="/pipeline",
            query={"mine": mine, "org-slug": org_slug, "page-token": page_token},
        )

    async def continue_(
        self, *, configuration: str, continuation_key: str, parameters: Mapping[str, int | str | bool] | None = None
    ) -> MessageResponse:
        """Continue a pipeline from its setup phase with a new configuration.

        Part of dynamic configuration: a job of the setup workflow generates the actual configuration and
        submits it with this call. Call it from within that job, because the continuation key exists only there;
        the `circleci/continuation` orb makes the same call.

        A pipeline accepts one continuation, no later than six hours after it was created, and the new
        configuration may not be another setup configuration. Workflows of the new configuration appear in
        `pipelines.list_workflows` a little later.

        Args:
            configuration: Complete configuration to continue with, as YAML text (version 2.1, without `setup: true`). It must
                declare every pipeline parameter that was supplied when the pipeline was triggered.
            continuation_key: Secret that CircleCI passes to the jobs of a setup workflow as `CIRCLE_CONTINUATION_KEY`. Anyone who
                has it can run any configuration in the pipeline: keep it out of logs.
            parameters: Values for pipeline parameters: at most 100, with names up to 128 and values up to 512 characters. A
                parameter causes an error only if both configurations declare it, it is passed here, and the
                pipeline was triggered with a value other than its default. Not for secrets: CircleCI does not
                protect parameter values.

        Returns:
            Confirmation that the pipeline continues.

        Raises:
            APIError: CircleCI rejected the request, or failed; see `circleci_v2.errors`.

        POST /pipeline/continue (continuePipeline),
        https://circleci.com/docs/api/v2/index.html#operation/continuePipeline
        """
        return await self._call(
            OPERATIONS["continuePipeline"],
            models.MessageResponse,
            path="/pipeline/continue",
            body={
                "configuration": required("configuration", configuration),
                "continuation-key": required("continuation_key", continuation_key),
                "parameters": parameters,
            },
        )

    async def get(self, pipeline_id: UUID | str) -> Pipeline:
        """Get a pipeline by its UUID.

        Shows the event and the user that triggered the pipeline, its commit, and whether its configuration
        could be processed. A pipeline has no result of its own: success or failure is a property of its
        workflows, see `pipelines.list_workflows`. Use `pipelines.get_by_number` when only the number from the
        web app is known.

        CircleCI Cloud keeps build data for 90 days (Free plan), 180 days (Performance and Custom) or 2 years
        (Scale), with the workflows, jobs and test results in it; requests for older data raise `NotFoundError`.

        Args:
            pipeline_id: UUID of the pipeline, from `Pipeline.id` or from the result of `pipelines.run`; pipeline numbers are
                not accepted.

        Returns:
            The pipeline.

        Raises:
            APIError: CircleCI rejected the request, or failed; see `circleci_v2.errors`.

        GET /pipeline/{pipeline-id} (getPipelineById),
        https://circleci.com/docs/api/v2/index.html#operation/getPipelineById
        """
        return await self._call(
            OPERATIONS["getPipelineById"], models.Pipeline, path=f"/pipeline/{path_segment('pipeline_id', pipeline_id)}"
        )

    async def get_config(self, pipeline_id: UUID | str) -> PipelineConfig:
        """Get the source and compiled configuration of a pipeline.

        Returns the YAML exactly as this pipeline used it, before and after orbs, parameters and executors were
        expanded; useful for audits and for finding out how a job got its configuration. Pipelines with dynamic
        configuration have a second pair of texts for their setup phase. With many orbs the compiled text gets
        long.

        Args:
            pipeline_id: UUID of the pipeline, from `Pipeline.id` or from the result of `pipelines.run`; pipeline numbers are
                not accepted.

        Returns:
            Configuration of the pipeline, as YAML texts.

        Raises:
            APIError: CircleCI rejected the request, or failed; see `circleci_v2.errors`.

        GET /pipeline/{pipeline-id}/config (getPipelineConfigById),
        https://circleci.com/docs/api/v2/index.html#operation/getPipelineConfigById
        """
        return await self._call(
            OPERATIONS["getPipelineConfigById"],
            models.PipelineConfig,
            path=f"/pipeline/{path_segment('pipeline_id', pipeline_id)}/config",
        )

    async def get_values(self, pipeline_id: UUID | str) -> dict[str, Any]:
        """Get the pipeline values that a pipeline ran with.

        Pipeline values are the built-in values that a configuration reads with expressions such as `<<
        pipeline.number >>` or `<< pipeline.git.branch >>`. They are returned as one flat mapping of name to
        value: mostly text, integers and booleans, although the specification no longer guarantees any type. The
        set of names depends on the code host and on the kind of trigger, so read them with `.get()`.

        Args:
            pipeline_id: UUID of the pipeline, from `Pipeline.id` or from the result of `pipelines.run`; pipeline numbers are
                not accepted.

        Returns:
            Mapping from the name of a pipeline value to its value.

        Raises:
            BadRequestError: An argument is not valid.
            AuthenticationError: The token is missing or unknown.
            NotFoundError: It does not exist, or the token has no access to it.
            APIError: CircleCI rejected the request for another reason, or failed; see `circleci_v2.errors`.

        GET /pipeline/{pipeline_id}/values (getPipelineValuesById),
        https://circleci.com/docs/api/v2/index.html#operation/getPipelineValuesById
        """
        return await self._call(
            OPERATIONS["getPipelineValuesById"],
            dict[str, Any],
            path=f"/pipeline/{path_segment('pipeline_id', pipeline_id)}/values",
        )

    def list_workflows(self, pipeline_id: UUID | str, *, page_token: str | None = None) -> Paginator[Workflow]:
        """List the workflows of a pipeline.

        CircleCI creates workflows asynchronously: for some seconds after a trigger the list is empty or the
        response is 404, and a pipeline whose filters match nothing never gets any workflows. With dynamic
        configuration more workflows appear once the setup workflow has ended.

        Reruns are listed next to the originals, under the same name, so one name can occur several times. The
        list is settled once the pipeline is `errored`, or is `created` and the newest workflow is not the setup
        one; set a deadline, or use `trigger_and_wait` of the client.

        Args:
            pipeline_id: UUID of the pipeline, from `Pipeline.id` or from the result of `pipelines.run`; pipeline numbers are
                not accepted.
            page_token: Token of the page to get: `next_page_token` of the previous page. Default: the first page.

        Returns:
            A paginator over workflows: await it for the first page, iterate over it for all items.

        Raises:
            APIError: CircleCI rejected the request, or failed; see `circleci_v2.errors`.

        GET /pipeline/{pipeline-id}/workflow (listWorkflowsByPipelineId),
        https://circleci.com/docs/api/v2/index.html#operation/listWorkflowsByPipelineId
        """
        return self._paginate(
            OPERATIONS["listWorkflowsByPipelineId"],
            models.Workflow,
            path=f"/pipeline/{path_segment('pipeline_id', pipeline_id)}/workflow",
            query={"page-token": page_token},
        )

    async def trigger(
        self,
        project_slug: ProjectSlug | str,
        *,
        branch: str | None = None,
        parameters: Mapping[str, int | str | bool] | None = None,
        tag: str | None = None,
    ) -> PipelineCreation:
        """Trigger a pipeline in a GitHub OAuth or Bitbucket Cloud project.

        The older of two ways to start a pipeline. CircleCI recommends `pipelines.run`, which accepts the same
        pipeline parameters and also supports GitHub App and Bitbucket Data Center projects; this operation
        rejects those, and GitLab projects too.

        The response is sent before the configuration is read: `state` is `pending`, and an invalid
        configuration shows only later, as `errored` in `pipelines.get`. A call that timed out may have started
        a pipeline, so check `pipelines.list_mine` before repeating it.

        A pipeline on a branch other than the default one can cancel running workflows of that branch
        (`AdvancedProjectSettings.autocancel_builds`), and *Block all new work* in the web app stops it from
        starting.

        Args:
            project_slug: The project as `<vcs>/<organization>/<repository>`, for example `gh/acme/web`. Pass opaque slugs
                (`circleci/...`, for GitHub App, GitLab and Bitbucket Data Center projects) unchanged.
            branch: Branch whose newest commit is built, for example `main`. On GitHub a pull request can be named as
                `pull/<number>/head`, or `pull/<number>/merge` for the merged result. Default: the default branch of
                the project.
            parameters: Values for pipeline parameters that the configuration declares: strings, integers or booleans, at
                most 100, with names up to 128 and values up to 512 characters. Not for secrets: CircleCI does not
                protect parameter values. The effect of an undeclared name varies: pipelines that end `errored` have
                been observed, and CircleCI's guide mentions an error response such as `Project not found`.
            tag: Git tag to build, for example `v1.2.0`. Jobs and workflows run only if their filters allow tags.

        Returns:
            The new pipeline, not yet processed.

        Raises:
            APIError: CircleCI rejected the request, or failed; see `circleci_v2.errors`.

        POST /project/{project-slug}/pipeline (triggerPipeline),
        https://circleci.com/docs/api/v2/index.html#operation/triggerPipeline
        """
        return await self._call(
            OPERATIONS["triggerPipeline"],
            models.PipelineCreation,
            path=f"/project/{project_path(project_slug)}/pipeline",
            body={"branch": branch, "parameters": parameters, "tag": tag},
        )

    def list_for_project(
        self, project_slug: ProjectSlug | str, *, branch: str | None = None, page_token: str | None = None
    ) -> Paginator[Pipeline]:
        """List the pipelines of a project.

        Covers every kind of trigger and every author; `pipelines.list_mine` narrows the list to your own
        pipelines, `pipelines.list` spans the projects of an organization. Newest pipelines come first, as
        observed; no order is documented. There is no filter by date: to read up to a certain day, iterate and
        stop at the first `created_at` before it. Pages contain about 20 items, so listing every pipeline of a
        busy project takes very many requests: set a limit.

        CircleCI Cloud keeps build data for 90 days (Free plan), 180 days (Performance and Custom) or 2 years
        (Scale); older pipelines are missing.

        Args:
            project_slug: The project as `<vcs>/<organization>/<repository>`, for example `gh/acme/web`. Pass opaque slugs
                (`circleci/...`, for GitHub App, GitLab and Bitbucket Data Center projects) unchanged.
            branch: Name of a branch, for example `main`; pipelines for tags and for other branches are left out.
                Default: all branches and tags.
            page_token: Token of the page to get: `next_page_token` of the previous page. Default: the first page.

        Returns:
            A paginator over pipelines: await it for the first page, iterate over it for all items.

        Raises:
            APIError: CircleCI rejected the request, or failed; see `circleci_v2.errors`.

        GET /project/{project-slug}/pipeline (listPipelinesForProject),
        https://circleci.com/docs/api/v2/index.html#operation/listPipelinesForProject
        """
        return self._paginate(
            OPERATIONS["listPipelinesForProject"],
            models.Pipeline,
            path=f"/project/{project_path(project_slug)}/pipeline",
            query={"branch": branch, "page-token": page_token},
        )

    def list_mine(self, project_slug: ProjectSlug | str, *, page_token: str | None = None) -> Paginator[Pipeline]:
        """List the pipelines of a project that you triggered.

        "You" is the owner of the token, so a service account lists only the pipelines that it started itself.
        Use it to find out whether a trigger call that timed out has created its pipeline. There is no branch
        filter; `pipelines.list_for_project` has one.

        Args:
            project_slug: The project as `<vcs>/<organization>/<repository>`, for example `gh/acme/web`. Pass opaque slugs
                (`circleci/...`, for GitHub App, GitLab and Bitbucket Data Center projects) unchanged.
            page_token: Token of the page to get: `next_page_token` of the previous page. Default: the first page.

        Returns:
            A paginator over your pipelines: await it for the first page, iterate over it for all items.

        Raises:
            APIError: CircleCI rejected the request, or failed; see `circleci_v2.errors`.

        GET /project/{project-slug}/pipeline/mine (listMyPipelines),
        https://circleci.com/docs/api/v2/index.html#operation/listMyPipelines
        """
        return self._paginate(
            OPERATIONS["listMyPipelines"],
            models.Pipeline,
            path=f"/project/{project_path(project_slug)}/pipeline/mine",
            query={"page-token": page_token},
        )

    async def get_by_number(self, project_slug: ProjectSlug | str, pipeline_number: int) -> Pipeline:
        """Get a pipeline by its number within a project.

        Returns the same as `pipelines.get`, for callers that have the number from the web app, a log line or
        `<< pipeline.number >>` instead of the UUID. Job numbers belong to a different series and result in 404
        or an unrelated pipeline.

        Args:
            project_slug: The project as `<vcs>/<organization>/<repository>`, for example `gh/acme/web`. Pass opaque slugs
                (`circleci/...`, for GitHub App, GitLab and Bitbucket Data Center projects) unchanged.
            pipeline_number: Number of the pipeline, counted from 1 in each project.

        Returns:
            The pipeline.

        Raises:
            APIError: CircleCI rejected the request, or failed; see `circleci_v2.errors`.

        GET /project/{project-slug}/pipeline/{pipeline-number} (getPipelineByNumber),
        https://circleci.com/docs/api/v2/index.html#operation/getPipelineByNumber
        """
        return await self._call(
            OPERATIONS["getPipelineByNumber"],
            models.Pipeline,
            path=f"/project/{project_path(project_slug)}/pipeline/{path_segment('pipeline_number', pipeline_number)}",
        )

    async def run(
        self,
        project_slug: ProjectSlug | str,
        *,
        checkout: GitReference | Mapping[str, Any] | None = None,
        config: GitReference | Mapping[str, Any] | None = None,
        definition_id: UUID | str | None = None,
        parameters: Mapping[str, Any] | None = None,
    ) -> PipelineNotTriggered | PipelineCreation:
        """Trigger a pipeline from a pipeline definition.

        The recommended way to start a pipeline, for every kind of project except GitLab. Unlike
        `pipelines.trigger` it can select one of several pipeline definitions and can take the configuration
        from another ref than the code.

        Check the type of the result: a new pipeline (201), or a message that says why there is none (200), as
        for a commit marked to skip CI (GitHub OAuth and Bitbucket Cloud only). Pipelines of GitHub App projects
        started through the API or by a schedule are never skipped. Workflows follow some seconds later; poll
        `pipelines.list_workflows`, or use `trigger_and_wait` of the client. Repeating a call whose response was
        lost can start a second pipeline.

        A pipeline on a branch other than the default one can cancel running workflows of that branch
        (`AdvancedProjectSettings.autocancel_builds`), and *Block all new work* in the web app stops it from
        starting.

        Args:
            project_slug: The project as `<vcs>/<organization>/<repository>`, for example `gh/acme/web`. Pass opaque slugs
                (`circleci/...`, for GitHub App, GitLab and Bitbucket Data Center projects) unchanged.
            checkout: Branch or tag that `checkout` steps use. Default: as set in the pipeline definition.
            config: Branch or tag to read the configuration file from. Default: as set in the pipeline definition.
                GitHub OAuth and Bitbucket Cloud projects keep both in one repository, so pass the same ref here and
                in `checkout`.
            definition_id: UUID of the pipeline definition to run, from `pipeline_definitions.list`; the web app shows it under
                Project Settings, Pipelines. Always pass it: which definition runs without it is not documented.
            parameters: Values for declared pipeline parameters: at most 100 of them, names no longer than 128 characters,
                values no longer than 512. Not for secrets: CircleCI does not protect parameter values.

        Returns:
            No pipeline was created; the message says why. Or: The new pipeline, not yet processed.

        Raises:
            BadRequestError: An argument is not valid.
            AuthenticationError: The token is missing or unknown.
            NotFoundError: It does not exist, or the token has no access to it.
            APIError: CircleCI rejected the request for another reason, or failed; see `circleci_v2.errors`.

        POST /project/{provider}/{organization}/{project}/pipeline/run (triggerPipelineRun),
        https://circleci.com/docs/api/v2/index.html#operation/triggerPipelineRun
        """
        return await self._call(
            OPERATIONS["triggerPipelineRun"],
            {200: models.PipelineNotTriggered, 201: models.PipelineCreation},
            path=f"/project/{project_path(project_slug)}/pipeline/run",
            body={"checkout": checkout, "config": config, "definition_id": definition_id, "parameters": parameters},
        )


class PipelinesWithRawResponse(RawNamespace):
    """The methods of `Pipelines`; each returns the `Response`, with the decoded value as ``parsed``."""

    list = raw(Pipelines.list)
    continue_ = raw(Pipelines.continue_)
    get = raw(Pipelines.get)
    get_config = raw(Pipelines.get_config)
    get_values = raw(Pipelines.get_values)
    list_workflows = raw(Pipelines.list_workflows)
    trigger = raw(Pipelines.trigger)
    list_for_project = raw(Pipelines.list_for_project)
    list_mine = raw(Pipelines.list_mine)
    get_by_number = raw(Pipelines.get_by_number)
    run = raw(Pipelines.run)
