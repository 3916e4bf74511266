"""`circleci.workflows`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.encoding import path_segment
from circleci_v2._wire.namespace import Namespace, RawNamespace, raw
from circleci_v2.pagination import Paginator

if TYPE_CHECKING:
    from circleci_v2._generated.models import MessageResponse, Workflow, WorkflowJob, WorkflowRerun

__all__ = ["Workflows", "WorkflowsWithRawResponse"]


class Workflows(Namespace):
    """Workflows: get one, list its jobs, approve jobs on hold, cancel it, rerun it."""

    async def get(self, workflow_id: UUID | str) -> Workflow:
        """Get a workflow.

        Poll this operation while a workflow runs: the final values of `status` are `success`, `failed`,
        `error`, `canceled`, `unauthorized` and `not_run`. A workflow with status `failing` is still running,
        and one with `on_hold` waits for `workflows.approve`. Poll only every 5 to 30 seconds, since steady
        polling gets throttled; a webhook for `workflow-completed` makes polling unnecessary.
        `workflows.list_jobs` lists the jobs.

        On CircleCI Cloud a workflow expires with its pipeline (90 days on the Free plan, see `pipelines.get`)
        and then raises `NotFoundError`.

        Args:
            workflow_id: UUID of the workflow, for example from `pipelines.list_workflows`.

        Returns:
            The workflow.

        Raises:
            BadRequestError: An argument is not valid.
            AuthenticationError: The token is missing or unknown.
            NotFoundError: It does not exist, or the token has no access to it.
            RateLimitError: Too many requests, and the wait for the next attempt would exceed the deadline.
            APIError: CircleCI rejected the request for another reason, or failed; see `circleci_v2.errors`.

        GET /workflow/{id} (getWorkflowById),
        https://circleci.com/docs/api/v2/index.html#operation/getWorkflowById
        """
        return await self._call(
            OPERATIONS["getWorkflowById"], models.Workflow, path=f"/workflow/{path_segment('workflow_id', workflow_id)}"
        )

    async def approve(self, workflow_id: UUID | str, approval_request_id: UUID | str) -> MessageResponse:
        """Approve a job that puts a workflow on hold.

        Starts the jobs that wait for an approval job. Find the approval with `workflows.list_jobs`: its `type`
        is `approval` and its status `on_hold`. To decline it, pass the `id` of that job to `jobs.cancel`;
        `workflows.cancel` would stop the rest of the workflow too.

        Anyone with push access to the repository may approve. The owner of the token is recorded as the
        approver, and jobs behind the approval that use a restricted context run with that user's permissions.
        CircleCI cancels workflows that are unfinished after 90 days.

        Args:
            workflow_id: UUID of the workflow, for example from `pipelines.list_workflows`.
            approval_request_id: UUID of the pending approval, from `WorkflowJob.approval_request_id`; not the number of the job.

        Returns:
            The approval was accepted; the jobs that wait for it start soon after.

        Raises:
            APIError: CircleCI rejected the request, or failed; see `circleci_v2.errors`.

        POST /workflow/{id}/approve/{approval_request_id} (approvePendingApprovalJobById),
        https://circleci.com/docs/api/v2/index.html#operation/approvePendingApprovalJobById
        """
        return await self._call(
            OPERATIONS["approvePendingApprovalJobById"],
            models.MessageResponse,
            path=f"/workflow/{path_segment('workflow_id', workflow_id)}/approve/{path_segment('approval_request_id', approval_request_id)}",
        )

    async def cancel(self, workflow_id: UUID | str) -> MessageResponse:
        """Cancel a workflow with all its running and waiting jobs.

        Applies to workflows that are running or on hold. Jobs stop asynchronously, so the workflow can stay
        `running` for a moment; poll `workflows.get` until its status is `canceled`. Other workflows of the same
        pipeline continue: cancel each of them. `jobs.cancel` stops a single job.

        Args:
            workflow_id: UUID of the workflow, for example from `pipelines.list_workflows`.

        Returns:
            The request was accepted; the workflow is canceled soon after.

        Raises:
            APIError: CircleCI rejected the request, or failed; see `circleci_v2.errors`.

        POST /workflow/{id}/cancel (cancelWorkflow),
        https://circleci.com/docs/api/v2/index.html#operation/cancelWorkflow
        """
        return await self._call(
            OPERATIONS["cancelWorkflow"],
            models.MessageResponse,
            path=f"/workflow/{path_segment('workflow_id', workflow_id)}/cancel",
        )

    def list_jobs(self, workflow_id: UUID | str, *, page_token: str | None = None) -> Paginator[WorkflowJob]:
        """List the jobs of a workflow.

        Returns the job numbers that `jobs.get_by_number`, `jobs.list_tests` and `jobs.list_artifacts` require.
        Approval jobs are included and have no details, tests or artifacts; recognize them by `type`, not by a
        missing `job_number`.

        Jobs carried over into a rerun from failed are listed as well, with their old numbers and times.

        Args:
            workflow_id: UUID of the workflow, for example from `pipelines.list_workflows`.
            page_token: Token of the page to get: `next_page_token` of the previous page. Default: the first page.

        Returns:
            A paginator over jobs, approval jobs included: await it for the first page, iterate over it for all
            items.

        Raises:
            APIError: CircleCI rejected the request, or failed; see `circleci_v2.errors`.

        GET /workflow/{id}/job (listWorkflowJobs),
        https://circleci.com/docs/api/v2/index.html#operation/listWorkflowJobs
        """
        return self._paginate(
            OPERATIONS["listWorkflowJobs"],
            models.WorkflowJob,
            path=f"/workflow/{path_segment('workflow_id', workflow_id)}/job",
            query={"page-token": page_token},
        )

    async def rerun(
        self,
        workflow_id: UUID | str,
        *,
        enable_ssh: bool | None = None,
        from_failed: bool | None = None,
        jobs: Sequence[UUID | str] | None = None,
        sparse_tree: bool | None = None,
    ) -> WorkflowRerun:
        """Rerun a workflow from the start, from its failed jobs, or for selected jobs.

        Creates a new workflow in the same pipeline, for the same commit and configuration, and leaves the old
        one unchanged; to use newer code or configuration, start a pipeline with `pipelines.run`.

        CircleCI rejects reruns of workflows that are still in progress (since 2026-04-28), that are older than
        90 days, or that are setup workflows: trigger a new pipeline instead of those. *Block all new work* in
        the web app stops reruns too. Workspaces and other data of the first run expire (workspaces after 15
        days by default), and jobs that need them then fail.

        Args:
            workflow_id: UUID of the workflow to rerun; it must have ended.
            enable_ssh: Open SSH access to the rerun jobs for the owner of the token. Works only with `jobs`. After its last
                step a job stays up for 10 minutes, or after a login for 1 hour (Free plan) or 2 hours (other
                plans), and continues to use credits. Default: false.
            from_failed: Rerun the failed jobs and the jobs that depend on them, and keep the results of the rest. Cannot be
                combined with `jobs`. Default: false.
            jobs: UUIDs of the jobs to rerun, as in `WorkflowJob.id`; numbers are not accepted. Cannot be combined
                with `from_failed`.
            sparse_tree: Use sparse-tree reruns, designed for workflows whose graph is split into unconnected parts. Works
                only with `jobs`. Default: false.

        Returns:
            The rerun was accepted; the response contains the UUID of the new workflow.

        Raises:
            APIError: CircleCI rejected the request, or failed; see `circleci_v2.errors`.

        POST /workflow/{id}/rerun (rerunWorkflow),
        https://circleci.com/docs/api/v2/index.html#operation/rerunWorkflow
        """
        return await self._call(
            OPERATIONS["rerunWorkflow"],
            models.WorkflowRerun,
            path=f"/workflow/{path_segment('workflow_id', workflow_id)}/rerun",
            body={"enable_ssh": enable_ssh, "from_failed": from_failed, "jobs": jobs, "sparse_tree": sparse_tree},
        )


class WorkflowsWithRawResponse(RawNamespace):
    """The methods of `Workflows`; each returns the `Response`, with the decoded value as ``parsed``."""

    get = raw(Workflows.get)
    approve = raw(Workflows.approve)
    cancel = raw(Workflows.cancel)
    list_jobs = raw(Workflows.list_jobs)
    rerun = raw(Workflows.rerun)
