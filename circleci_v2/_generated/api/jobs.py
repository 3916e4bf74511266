"""`circleci.jobs`."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.encoding import path_segment
from circleci_v2._wire.namespace import Namespace, RawNamespace, raw
from circleci_v2.pagination import Paginator
from circleci_v2.slugs import ProjectSlug, project_path

if TYPE_CHECKING:
    from circleci_v2._generated.models import Artifact, Job, JobDetails, JobTest, MessageResponse

__all__ = ["Jobs", "JobsWithRawResponse"]


class Jobs(Namespace):
    """Jobs: get one, list its test results and artifacts, cancel it."""

    async def get(self, job_id: UUID | str) -> Job:
        """Get a job by its UUID.

        Needs no project slug, and so works with ids from `workflows.list_jobs` or from a webhook. The result
        identifies the workflow, pipeline and project of the job, but does not include executor, contexts,
        parallel runs or queue time: those are in `jobs.get_by_number`.

        A recent operation: older installations of CircleCI server may respond with 404. Available as long as
        its pipeline, see `pipelines.get`.

        Args:
            job_id: UUID of the job, from `WorkflowJob.id`.

        Returns:
            The job.

        Raises:
            BadRequestError: An argument is not valid.
            AuthenticationError: The token is missing or unknown.
            NotFoundError: It does not exist, or the token has no access to it.
            RateLimitError: Too many requests, and the wait for the next attempt would exceed the deadline.
            APIError: CircleCI rejected the request for another reason, or failed; see `circleci_v2.errors`.

        GET /jobs/{job_id} (getJob),
        https://circleci.com/docs/api/v2/index.html#operation/getJob
        """
        return await self._call(OPERATIONS["getJob"], models.Job, path=f"/jobs/{path_segment('job_id', job_id)}")

    async def cancel(self, job_id: UUID | str) -> MessageResponse:
        """Cancel a job by its UUID.

        Stops one job and lets the rest of its workflow continue; jobs that require it do not start, unless
        their configuration accepts `canceled`. Canceling an approval job declines the approval. The job ends
        asynchronously. Use `jobs.cancel_by_number` if only slug and number are known, and `workflows.cancel` to
        stop everything.

        Args:
            job_id: UUID of the job, from `WorkflowJob.id`.

        Returns:
            The request was accepted; the job is canceled soon after.

        Raises:
            BadRequestError: An argument is not valid.
            AuthenticationError: The token is missing or unknown.
            PermissionDeniedError: The owner of the token may not do this.
            NotFoundError: It does not exist, or the token has no access to it.
            APIError: CircleCI rejected the request for another reason, or failed; see `circleci_v2.errors`.

        POST /jobs/{job-id}/cancel (cancelJobByJobID),
        https://circleci.com/docs/api/v2/index.html#operation/cancelJobByJobID
        """
        return await self._call(
            OPERATIONS["cancelJobByJobID"],
            models.MessageResponse,
            path=f"/jobs/{path_segment('job_id', job_id)}/cancel",
        )

    async def get_by_number(self, project_slug: ProjectSlug | str, job_number: int) -> JobDetails:
        """Get a job by its number, with executor, timing and parallel runs.

        The most detailed view of a job: resource class, contexts, time in the queue, each parallel run, and
        messages from the platform. For an approval job the response is 404 or has a completely different shape,
        so check `WorkflowJob.type` first.

        The operation is missing from CircleCI's latest published document, the one that introduced `jobs.get`,
        but is still available. Details expire with the pipeline, see `pipelines.get`.

        Args:
            project_slug: The project as `<vcs>/<organization>/<repository>`, for example `gh/acme/web`. Pass opaque slugs
                (`circleci/...`, for GitHub App, GitLab and Bitbucket Data Center projects) unchanged.
            job_number: Number of the job within its project, as shown in the URL of its page in the web app; also in
                `WorkflowJob.job_number`.

        Returns:
            Details of the job.

        Raises:
            APIError: CircleCI rejected the request, or failed; see `circleci_v2.errors`.

        GET /project/{project-slug}/job/{job-number} (getJobDetails),
        https://circleci.com/docs/api/v2/index.html#operation/getJobDetails
        """
        return await self._call(
            OPERATIONS["getJobDetails"],
            models.JobDetails,
            path=f"/project/{project_path(project_slug)}/job/{path_segment('job_number', job_number)}",
        )

    async def cancel_by_number(self, project_slug: ProjectSlug | str, job_number: int) -> MessageResponse:
        """Cancel a job by its number.

        Has the same effect as `jobs.cancel`, for callers that have the project and the number from the web app.
        Approval jobs mostly have no number to use here: decline them with `jobs.cancel`.

        Args:
            project_slug: The project as `<vcs>/<organization>/<repository>`, for example `gh/acme/web`. Pass opaque slugs
                (`circleci/...`, for GitHub App, GitLab and Bitbucket Data Center projects) unchanged.
            job_number: Number of the job within its project, as shown in the URL of its page in the web app; also in
                `WorkflowJob.job_number`.

        Returns:
            The request was accepted; the job is canceled soon after.

        Raises:
            APIError: CircleCI rejected the request, or failed; see `circleci_v2.errors`.

        POST /project/{project-slug}/job/{job-number}/cancel (cancelJobByJobNumber),
        https://circleci.com/docs/api/v2/index.html#operation/cancelJobByJobNumber
        """
        return await self._call(
            OPERATIONS["cancelJobByJobNumber"],
            models.MessageResponse,
            path=f"/project/{project_path(project_slug)}/job/{path_segment('job_number', job_number)}/cancel",
        )

    def list_artifacts(
        self, project_slug: ProjectSlug | str, job_number: int, *, page_token: str | None = None
    ) -> Paginator[Artifact]:
        """List the artifacts of a job.

        Returns paths and URLs, not contents; `download_artifacts` of the client downloads the files and keeps
        them inside one folder. CircleCI Cloud keeps artifacts for 30 days at most, fewer if the organization
        chose so, and stores files of up to 3 GB; the URLs contain their names percent-encoded.

        Downloading requires the token for private projects, but the URL mostly redirects to pre-signed storage
        on another host, which must not receive the token.

        Args:
            project_slug: The project as `<vcs>/<organization>/<repository>`, for example `gh/acme/web`. Pass opaque slugs
                (`circleci/...`, for GitHub App, GitLab and Bitbucket Data Center projects) unchanged.
            job_number: Number of the job within its project, as shown in the URL of its page in the web app; also in
                `WorkflowJob.job_number`.
            page_token: Token of the page to get: `next_page_token` of the previous page. Default: the first page.

        Returns:
            A paginator over artifacts: await it for the first page, iterate over it for all items.

        Raises:
            APIError: CircleCI rejected the request, or failed; see `circleci_v2.errors`.

        GET /project/{project-slug}/{job-number}/artifacts (getJobArtifacts),
        https://circleci.com/docs/api/v2/index.html#operation/getJobArtifacts
        """
        return self._paginate(
            OPERATIONS["getJobArtifacts"],
            models.Artifact,
            path=f"/project/{project_path(project_slug)}/{path_segment('job_number', job_number)}/artifacts",
            query={"page-token": page_token},
        )

    def list_tests(
        self, project_slug: ProjectSlug | str, job_number: int, *, page_token: str | None = None
    ) -> Paginator[JobTest]:
        """List the test results of a job.

        Contains the results that the job uploaded with a `store_test_results` step, passed tests included; a
        job without such a step has an empty list. The list is also empty when the results of the job exceed 250
        MB, which cannot be distinguished from no tests. Results do not identify the parallel run that they come
        from. Results expire with the pipeline, see `pipelines.get`.

        Args:
            project_slug: The project as `<vcs>/<organization>/<repository>`, for example `gh/acme/web`. Pass opaque slugs
                (`circleci/...`, for GitHub App, GitLab and Bitbucket Data Center projects) unchanged.
            job_number: Number of the job within its project, as shown in the URL of its page in the web app; also in
                `WorkflowJob.job_number`.
            page_token: Token of the page to get: `next_page_token` of the previous page. Default: the first page.

        Returns:
            A paginator over test results: await it for the first page, iterate over it for all items.

        Raises:
            APIError: CircleCI rejected the request, or failed; see `circleci_v2.errors`.

        GET /project/{project-slug}/{job-number}/tests (getTests),
        https://circleci.com/docs/api/v2/index.html#operation/getTests
        """
        return self._paginate(
            OPERATIONS["getTests"],
            models.JobTest,
            path=f"/project/{project_path(project_slug)}/{path_segment('job_number', job_number)}/tests",
            query={"page-token": page_token},
        )


class JobsWithRawResponse(RawNamespace):
    """The methods of `Jobs`; each returns the `Response`, with the decoded value as ``parsed``."""

    get = raw(Jobs.get)
    cancel = raw(Jobs.cancel)
    get_by_number = raw(Jobs.get_by_number)
    cancel_by_number = raw(Jobs.cancel_by_number)
    list_artifacts = raw(Jobs.list_artifacts)
    list_tests = raw(Jobs.list_tests)
