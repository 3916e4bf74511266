"""`circleci.insights`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.encoding import path_segment
from circleci_v2._wire.namespace import Namespace, RawNamespace, raw
from circleci_v2.pagination import Paginator
from circleci_v2.slugs import OrgSlug, ProjectSlug, org_path, project_path

if TYPE_CHECKING:
    from circleci_v2._generated.models import (
        FlakyTestReport,
        InsightsBranches,
        JobInsights,
        JobTimeseriesPoint,
        OrganizationInsightsSummary,
        ProjectInsightsSummary,
        ReportingWindow,
        TimeseriesGranularity,
        WorkflowInsights,
        WorkflowInsightsSummary,
        WorkflowRun,
        WorkflowTestMetrics,
    )

__all__ = ["Insights", "InsightsWithRawResponse"]


class Insights(Namespace):
    """Insights: frequency, duration, cost and flaky tests of workflows and jobs.

    Figures lag up to 24 hours.
    """

    async def project_summary(
        self,
        project_slug: ProjectSlug | str,
        *,
        branches: Sequence[str] | None = None,
        reporting_window: ReportingWindow
        | Literal["last-24-hours", "last-7-days", "last-30-days", "last-60-days", "last-90-days"]
        | None = None,
        workflow_names: Sequence[str] | None = None,
    ) -> ProjectInsightsSummary:
        """Summarize a project's metrics and trends by workflow and branch.

        Returns the totals of the project, then the same figures per workflow and per workflow and branch, each
        with its change since the preceding window: the data of a dashboard in one response. Use
        `insights.list_workflows` for durations, recovery times and failure counts, and
        `insights.organization_summary` to compare projects.

        Data reaches back 90 days; trends are computed for windows of up to 30 days. Credits are estimates:
        billed credits are on the Plan Overview page of the web app, and `usage.create_export` breaks credits
        down by job run.

        Args:
            project_slug: The project as `<vcs>/<organization>/<repository>`, for example `gh/acme/web`. Pass opaque slugs
                (`circleci/...`, for GitHub App, GitLab and Bitbucket Data Center projects) unchanged.
            branches: Branches to report in the per-branch figures; several are sent as a repeated parameter. Default: no
                filter.
            reporting_window: Time range to aggregate, counted back from now. Default: `last-90-days`, which has no trends: those
                exist for 24 hours, 7 days and 30 days only.
            workflow_names: Workflows to report in the per-workflow figures; several are sent as a repeated parameter. Default:
                no filter.

        Returns:
            Totals of the project, with a breakdown by workflow and by branch.

        Raises:
            APIError: CircleCI rejected the request, or failed; see `circleci_v2.errors`.

        GET /insights/pages/{project-slug}/summary (getProjectWorkflowsPageData),
        https://circleci.com/docs/api/v2/index.html#operation/getProjectWorkflowsPageData
        """
        return await self._call(
            OPERATIONS["getProjectWorkflowsPageData"],
            models.ProjectInsightsSummary,
            path=f"/insights/pages/{project_path(project_slug)}/summary",
            query={"branches": branches, "reporting-window": reporting_window, "workflow-names": workflow_names},
        )

    def job_timeseries(
        self,
        project_slug: ProjectSlug | str,
        workflow_name: str,
        *,
        branch: str | None = None,
        end_date: datetime | None = None,
        granularity: TimeseriesGranularity | Literal["daily", "hourly"] | None = None,
        start_date: datetime | None = None,
        page_token: str | None = None,
    ) -> Paginator[JobTimeseriesPoint]:
        """Get time series of the jobs of a workflow, by hour or by day.

        Each item covers one job in one interval: group by `name` and order by `timestamp` to get one series per
        job. `insights.list_jobs` returns one aggregate per job instead.

        Hourly points are kept for about 48 hours, daily ones for 90 days; collect them regularly if longer
        series are needed.

        Args:
            project_slug: The project as `<vcs>/<organization>/<repository>`, for example `gh/acme/web`. Pass opaque slugs
                (`circleci/...`, for GitHub App, GitLab and Bitbucket Data Center projects) unchanged.
            workflow_name: Name of the workflow as written in the CircleCI configuration, for example `build-and-test`.
            branch: Only data of this branch, for example `main`. Default: the project's default branch, not all
                branches.
            end_date: Only executions that started before this time, at most 90 days after `start_date`; include the time
                zone. Default: no upper bound.
            granularity: Width of the intervals: `hourly` or `daily`. CircleCI does not document the default, so always pass
                it.
            start_date: Only executions that started at or after this time; include the time zone. Required if `end_date` is
                passed. Default: no lower bound within the 90 days kept.
            page_token: Token of the page to get: `next_page_token` of the previous page. Default: the first page.

        Returns:
            A paginator over points, each for one job and one interval: await it for the first page, iterate
            over it for all items.

        Raises:
            APIError: CircleCI rejected the request, or failed; see `circleci_v2.errors`.

        GET /insights/time-series/{project-slug}/workflows/{workflow-name}/jobs (getJobTimeseries),
        https://circleci.com/docs/api/v2/index.html#operation/getJobTimeseries
        """
        return self._paginate(
            OPERATIONS["getJobTimeseries"],
            models.JobTimeseriesPoint,
            path=f"/insights/time-series/{project_path(project_slug)}/workflows/{path_segment('workflow_name', workflow_name)}/jobs",
            query={
                "branch": branch,
                "end-date": end_date,
                "granularity": granularity,
                "start-date": start_date,
                "page-token": page_token,
            },
        )

    async def organization_summary(
        self,
        org_slug: OrgSlug | str,
        *,
        project_names: Sequence[str] | None = None,
        reporting_window: ReportingWindow
        | Literal["last-24-hours", "last-7-days", "last-30-days", "last-60-days", "last-90-days"]
        | None = None,
    ) -> OrganizationInsightsSummary:
        """Summarize the metrics and trends of an organization and its projects.

        Shows the distribution of runs, time and credits across an organization, and the change since the
        preceding window. Continue with `insights.project_summary` for the workflows and branches of one
        project.

        Figures can be up to 24 hours old, and credits are estimates, not billing data; `usage.create_export`
        breaks them down by job run.

        Args:
            org_slug: Slug of the organization, for example `gh/acme`; pass an opaque slug (`circleci/...`) unchanged.
            project_names: Projects to report, by name and not by slug; several are sent as a repeated parameter. Default: no
                filter.
            reporting_window: Time range to aggregate, counted back from now. Default: `last-90-days`, which has no trends: those
                exist for 24 hours, 7 days and 30 days only.

        Returns:
            Totals of the organization, with one entry per project.

        Raises:
            APIError: CircleCI rejected the request, or failed; see `circleci_v2.errors`.

        GET /insights/{org-slug}/summary (getOrgSummaryData),
        https://circleci.com/docs/api/v2/index.html#operation/getOrgSummaryData
        """
        return await self._call(
            OPERATIONS["getOrgSummaryData"],
            models.OrganizationInsightsSummary,
            path=f"/insights/{org_path(org_slug)}/summary",
            query={"project-names": project_names, "reporting-window": reporting_window},
        )

    async def branches(self, project_slug: ProjectSlug | str, *, workflow_name: str | None = None) -> InsightsBranches:
        """List the branches of a project for which Insights has data.

        Returns the values of the `branch` argument for which the other Insights calls can find data. A branch
        without recent runs is missing even if it exists in the repository.

        All names are in a single response that is cut off at 5,000 branches.

        Args:
            project_slug: The project as `<vcs>/<organization>/<repository>`, for example `gh/acme/web`. Pass opaque slugs
                (`circleci/...`, for GitHub App, GitLab and Bitbucket Data Center projects) unchanged.
            workflow_name: Only branches on which this workflow ran. Default: all branches of the project.

        Returns:
            Names of the branches, with the IDs of the project and its organization.

        Raises:
            APIError: CircleCI rejected the request, or failed; see `circleci_v2.errors`.

        GET /insights/{project-slug}/branches (getAllInsightsBranches),
        https://circleci.com/docs/api/v2/index.html#operation/getAllInsightsBranches
        """
        return await self._call(
            OPERATIONS["getAllInsightsBranches"],
            models.InsightsBranches,
            path=f"/insights/{project_path(project_slug)}/branches",
            query={"workflow-name": workflow_name},
        )

    async def flaky_tests(self, project_slug: ProjectSlug | str) -> FlakyTestReport:
        """List the flaky tests of a project, over all branches.

        A test counts as flaky when it both failed and passed on the same commit; it is cleared after two weeks
        without another flake. Only tests whose results the jobs upload with `store_test_results` are covered,
        and CircleCI offers test insights to GitHub OAuth and Bitbucket Cloud projects only.

        The report is not paginated. `insights.test_metrics` returns the slowest and most often failing tests of
        one workflow.

        Args:
            project_slug: The project as `<vcs>/<organization>/<repository>`, for example `gh/acme/web`. Pass opaque slugs
                (`circleci/...`, for GitHub App, GitLab and Bitbucket Data Center projects) unchanged.

        Returns:
            The flaky tests and their number.

        Raises:
            APIError: CircleCI rejected the request, or failed; see `circleci_v2.errors`.

        GET /insights/{project-slug}/flaky-tests (getFlakyTests),
        https://circleci.com/docs/api/v2/index.html#operation/getFlakyTests
        """
        return await self._call(
            OPERATIONS["getFlakyTests"],
            models.FlakyTestReport,
            path=f"/insights/{project_path(project_slug)}/flaky-tests",
        )

    def list_workflows(
        self,
        project_slug: ProjectSlug | str,
        *,
        all_branches: bool | None = None,
        branch: str | None = None,
        reporting_window: ReportingWindow
        | Literal["last-24-hours", "last-7-days", "last-30-days", "last-60-days", "last-90-days"]
        | None = None,
        page_token: str | None = None,
    ) -> Paginator[WorkflowInsights]:
        """List aggregate metrics for each workflow of a project.

        Each item is one workflow name with success rate, durations, recovery time and credits.
        `insights.list_workflow_runs` lists the individual runs of a workflow; `insights.workflow_summary`
        returns one workflow with its trends.

        At most 90 days are aggregated. The figures are rebuilt once a day, so runs of the past 24 hours may not
        be included. Credits are estimates, not billing data.

        Args:
            project_slug: The project as `<vcs>/<organization>/<repository>`, for example `gh/acme/web`. Pass opaque slugs
                (`circleci/...`, for GitHub App, GitLab and Bitbucket Data Center projects) unchanged.
            all_branches: True to cover every branch: metrics are merged into one figure, and `insights.list_workflow_runs`
                lists the runs of all branches. Do not combine it with `branch`. Default: false.
            branch: Only data of this branch, for example `main`. Default: the project's default branch, not all
                branches.
            reporting_window: Time range to aggregate, counted back from now. Default: `last-90-days`.
            page_token: Token of the page to get: `next_page_token` of the previous page. Default: the first page.

        Returns:
            A paginator over workflows with their metrics: await it for the first page, iterate over it for all
            items.

        Raises:
            APIError: CircleCI rejected the request, or failed; see `circleci_v2.errors`.

        GET /insights/{project-slug}/workflows (getProjectWorkflowMetrics),
        https://circleci.com/docs/api/v2/index.html#operation/getProjectWorkflowMetrics
        """
        return self._paginate(
            OPERATIONS["getProjectWorkflowMetrics"],
            models.WorkflowInsights,
            path=f"/insights/{project_path(project_slug)}/workflows",
            query={
                "all-branches": all_branches,
                "branch": branch,
                "reporting-window": reporting_window,
                "page-token": page_token,
            },
        )

    def list_workflow_runs(
        self,
        project_slug: ProjectSlug | str,
        workflow_name: str,
        *,
        all_branches: bool | None = None,
        branch: str | None = None,
        end_date: datetime | None = None,
        start_date: datetime | None = None,
        page_token: str | None = None,
    ) -> Paginator[WorkflowRun]:
        """List the recent runs of a workflow, with duration and credits.

        Cheaper than listing pipelines when only status, duration and credits of runs are needed: no pipeline
        has to be fetched first. Pass the `id` of a run to `workflows.get` or `workflows.list_jobs` for details.

        The list reaches back 90 days. Read current runs with `pipelines.list_for_project` and
        `pipelines.list_workflows` instead, because Insights lags.

        Args:
            project_slug: The project as `<vcs>/<organization>/<repository>`, for example `gh/acme/web`. Pass opaque slugs
                (`circleci/...`, for GitHub App, GitLab and Bitbucket Data Center projects) unchanged.
            workflow_name: Name of the workflow as written in the CircleCI configuration, for example `build-and-test`.
            all_branches: True to cover every branch: metrics are merged into one figure, and `insights.list_workflow_runs`
                lists the runs of all branches. Do not combine it with `branch`. Default: false.
            branch: Only data of this branch, for example `main`. Default: the project's default branch, not all
                branches.
            end_date: Only executions that started before this time, at most 90 days after `start_date`; include the time
                zone. Default: no upper bound.
            start_date: Only executions that started at or after this time; include the time zone. Required if `end_date` is
                passed. Default: no lower bound within the 90 days kept.
            page_token: Token of the page to get: `next_page_token` of the previous page. Default: the first page.

        Returns:
            A paginator over runs of the workflow: await it for the first page, iterate over it for all items.

        Raises:
            APIError: CircleCI rejected the request, or failed; see `circleci_v2.errors`.

        GET /insights/{project-slug}/workflows/{workflow-name} (getProjectWorkflowRuns),
        https://circleci.com/docs/api/v2/index.html#operation/getProjectWorkflowRuns
        """
        return self._paginate(
            OPERATIONS["getProjectWorkflowRuns"],
            models.WorkflowRun,
            path=f"/insights/{project_path(project_slug)}/workflows/{path_segment('workflow_name', workflow_name)}",
            query={
                "all-branches": all_branches,
                "branch": branch,
                "end-date": end_date,
                "start-date": start_date,
                "page-token": page_token,
            },
        )

    def list_jobs(
        self,
        project_slug: ProjectSlug | str,
        workflow_name: str,
        *,
        all_branches: bool | None = None,
        branch: str | None = None,
        job_name: str | None = None,
        reporting_window: ReportingWindow
        | Literal["last-24-hours", "last-7-days", "last-30-days", "last-60-days", "last-90-days"]
        | None = None,
        page_token: str | None = None,
    ) -> Paginator[JobInsights]:
        """List aggregate metrics for each job of a workflow.

        Use it to find the jobs that make a workflow slow, expensive or unreliable. For the same figures as time
        series use `insights.job_timeseries`; for a single execution, `jobs.get_by_number`.

        At most 90 days are aggregated, rebuilt once a day, so the past 24 hours may be missing. Credits are not
        billing data.

        Args:
            project_slug: The project as `<vcs>/<organization>/<repository>`, for example `gh/acme/web`. Pass opaque slugs
                (`circleci/...`, for GitHub App, GitLab and Bitbucket Data Center projects) unchanged.
            workflow_name: Name of the workflow as written in the CircleCI configuration, for example `build-and-test`.
            all_branches: True to cover every branch: metrics are merged into one figure, and `insights.list_workflow_runs`
                lists the runs of all branches. Do not combine it with `branch`. Default: false.
            branch: Only data of this branch, for example `main`. Default: the project's default branch, not all
                branches.
            job_name: Only jobs whose name contains this text, so `test` also matches `unit-test`. Default: every job of
                the workflow.
            reporting_window: Time range to aggregate, counted back from now. Default: `last-90-days`.
            page_token: Token of the page to get: `next_page_token` of the previous page. Default: the first page.

        Returns:
            A paginator over jobs with their metrics: await it for the first page, iterate over it for all
            items.

        Raises:
            APIError: CircleCI rejected the request, or failed; see `circleci_v2.errors`.

        GET /insights/{project-slug}/workflows/{workflow-name}/jobs (getProjectWorkflowJobMetrics),
        https://circleci.com/docs/api/v2/index.html#operation/getProjectWorkflowJobMetrics
        """
        return self._paginate(
            OPERATIONS["getProjectWorkflowJobMetrics"],
            models.JobInsights,
            path=f"/insights/{project_path(project_slug)}/workflows/{path_segment('workflow_name', workflow_name)}/jobs",
            query={
                "all-branches": all_branches,
                "branch": branch,
                "job-name": job_name,
                "reporting-window": reporting_window,
                "page-token": page_token,
            },
        )

    async def workflow_summary(
        self,
        project_slug: ProjectSlug | str,
        workflow_name: str,
        *,
        all_branches: bool | None = None,
        branch: str | None = None,
    ) -> WorkflowInsightsSummary:
        """Get the metrics of one workflow and how they changed.

        The only Insights call that returns durations, recovery time and trends of a workflow together. The
        reporting window is not documented: `metrics.window_start` and `metrics.window_end` delimit the
        aggregated runs. `insights.list_workflows` accepts a reporting window, but has no trends.

        Args:
            project_slug: The project as `<vcs>/<organization>/<repository>`, for example `gh/acme/web`. Pass opaque slugs
                (`circleci/...`, for GitHub App, GitLab and Bitbucket Data Center projects) unchanged.
            workflow_name: Name of the workflow as written in the CircleCI configuration, for example `build-and-test`.
            all_branches: True to cover every branch: metrics are merged into one figure, and `insights.list_workflow_runs`
                lists the runs of all branches. Do not combine it with `branch`. Default: false.
            branch: Only data of this branch, for example `main`. Default: the project's default branch, not all
                branches.

        Returns:
            Metrics and trends of the workflow.

        Raises:
            APIError: CircleCI rejected the request, or failed; see `circleci_v2.errors`.

        GET /insights/{project-slug}/workflows/{workflow-name}/summary (getWorkflowSummary),
        https://circleci.com/docs/api/v2/index.html#operation/getWorkflowSummary
        """
        return await self._call(
            OPERATIONS["getWorkflowSummary"],
            models.WorkflowInsightsSummary,
            path=f"/insights/{project_path(project_slug)}/workflows/{path_segment('workflow_name', workflow_name)}/summary",
            query={"all-branches": all_branches, "branch": branch},
        )

    async def test_metrics(
        self,
        project_slug: ProjectSlug | str,
        workflow_name: str,
        *,
        all_branches: bool | None = None,
        branch: str | None = None,
    ) -> WorkflowTestMetrics:
        """Get the slowest and most often failing tests of a workflow.

        Computed from only the latest runs of the workflow (10 according to the API document, 100 according to
        CircleCI's guide), so a rare failure drops out quickly; `insights.flaky_tests` keeps flakes for two
        weeks. For every result of one job use `jobs.list_tests`.

        Requires jobs that upload results with `store_test_results`; CircleCI offers test insights to GitHub
        OAuth and Bitbucket Cloud projects only.

        Args:
            project_slug: The project as `<vcs>/<organization>/<repository>`, for example `gh/acme/web`. Pass opaque slugs
                (`circleci/...`, for GitHub App, GitLab and Bitbucket Data Center projects) unchanged.
            workflow_name: Name of the workflow as written in the CircleCI configuration, for example `build-and-test`.
            all_branches: True to cover every branch: metrics are merged into one figure, and `insights.list_workflow_runs`
                lists the runs of all branches. Do not combine it with `branch`. Default: false.
            branch: Only data of this branch, for example `main`. Default: the project's default branch, not all
                branches.

        Returns:
            Test metrics of the latest runs.

        Raises:
            APIError: CircleCI rejected the request, or failed; see `circleci_v2.errors`.

        GET /insights/{project-slug}/workflows/{workflow-name}/test-metrics (getProjectWorkflowTestMetrics),
        https://circleci.com/docs/api/v2/index.html#operation/getProjectWorkflowTestMetrics
        """
        return await self._call(
            OPERATIONS["getProjectWorkflowTestMetrics"],
            models.WorkflowTestMetrics,
            path=f"/insights/{project_path(project_slug)}/workflows/{path_segment('workflow_name', workflow_name)}/test-metrics",
            query={"all-branches": all_branches, "branch": branch},
        )


class InsightsWithRawResponse(RawNamespace):
    """The methods of `Insights`; each returns the `Response`, with the decoded value as ``parsed``."""

    project_summary = raw(Insights.project_summary)
    job_timeseries = raw(Insights.job_timeseries)
    organization_summary = raw(Insights.organization_summary)
    branches = raw(Insights.branches)
    flaky_tests = raw(Insights.flaky_tests)
    list_workflows = raw(Insights.list_workflows)
    list_workflow_runs = raw(Insights.list_workflow_runs)
    list_jobs = raw(Insights.list_jobs)
    workflow_summary = raw(Insights.workflow_summary)
    test_metrics = raw(Insights.test_metrics)
