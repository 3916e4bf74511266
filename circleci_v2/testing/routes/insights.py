"""Insights operations."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from circleci_v2.testing.clock import parse_rfc3339, rfc3339
from circleci_v2.testing.insights import (
    DAY,
    Run,
    TimeRange,
    flaky_tests,
    jobs_with_tests,
    metrics,
    metrics_of_tests,
    runs_of_jobs,
    runs_of_workflows,
    trend,
)
from circleci_v2.testing.messages import FakeRequest, FakeResponse, page
from circleci_v2.testing.routes import Routes
from circleci_v2.testing.state import FakeState
from circleci_v2.testing.state.projects import FakeProject

__all__ = ["routes"]

routes = Routes()

_WINDOWS: Final[Mapping[str, float]] = {
    "last-24-hours": DAY,
    "last-7-days": 7 * DAY,
    "last-30-days": 30 * DAY,
    "last-60-days": 60 * DAY,
    "last-90-days": 90 * DAY,
}
_GRANULARITIES: Final[Mapping[str, float]] = {"daily": DAY, "hourly": 3600.0}
_TOTALS: Final = ("total_runs", "total_duration_secs", "total_credits_used", "success_rate", "throughput")
_WORKFLOW_TOTALS: Final = ("total_credits_used", "p95_duration_secs", "total_runs", "success_rate")
_PROJECT_TOTALS: Final = ("total_credits_used", "total_duration_secs", "total_runs", "success_rate")
_WORKFLOW_METRICS: Final = (
    *("total_runs", "successful_runs", "mttr", "total_credits_used", "failed_runs", "success_rate"),
    *("duration_metrics", "total_recoveries", "throughput"),
)
_JOB_METRICS: Final = (
    *("total_runs", "failed_runs", "successful_runs", "duration_metrics", "success_rate"),
    *("total_credits_used", "throughput"),
)
_SUMMARY_METRICS: Final = (
    *("total_runs", "successful_runs", "mttr", "total_credits_used", "failed_runs", "success_rate"),
    *("completed_runs", "duration_metrics", "throughput"),
)
_SUMMARY_TRENDS: Final = (
    *("total_runs", "failed_runs", "success_rate", "p95_duration_secs", "median_duration_secs"),
    *("total_credits_used", "mttr", "throughput"),
)
_SERIES_METRICS: Final = (
    *("total_runs", "failed_runs", "successful_runs", "throughput", "median_credits_used", "total_credits_used"),
)


def _project(state: FakeState, request: FakeRequest) -> FakeProject:
    return state.project(request.path_params["project-slug"])


def _window(state: FakeState, request: FakeRequest, *, default: str = "last-90-days") -> TimeRange:
    now = state.now()
    return TimeRange(start=now - _WINDOWS[request.query_value("reporting-window") or default], end=now)


def _dates(state: FakeState, request: FakeRequest) -> TimeRange:
    start, end, now = request.query_value("start-date"), request.query_value("end-date"), state.now()
    return TimeRange(
        start=parse_rfc3339(start).timestamp() if start else now - 90 * DAY,
        end=parse_rfc3339(end).timestamp() if end else now,
    )


def _branch(project: FakeProject, request: FakeRequest) -> str | None:
    """Return the requested branch, by default the default branch; None means all branches."""
    return None if request.query_flag("all-branches") else request.query_value("branch") or project.default_branch


def _chosen(values: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {name: values[name] for name in names}


def _trends(now: Mapping[str, Any], before: Mapping[str, Any], names: Iterable[str]) -> dict[str, float]:
    return {name: trend(now[name], before[name]) for name in names}


def _named(runs: Iterable[Run]) -> dict[str, list[Run]]:
    groups: defaultdict[str, list[Run]] = defaultdict(list)
    for run in runs:
        groups[run.name].append(run)
    return dict(sorted(groups.items()))


def _compared(
    window: TimeRange, runs_in: Callable[[TimeRange], Sequence[Run]], names: Sequence[str]
) -> dict[str, dict[str, Any]]:
    now, before = metrics(runs_in(window), window), metrics(runs_in(window.before), window.before)
    return {"metrics": _chosen(now, names), "trends": _trends(now, before, names)}


@routes.get("/insights/pages/{project-slug}/summary")
def project_summary(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Return the summary of a project: in total, by workflow, and by workflow and branch."""
    project, now, window = _project(state, request), state.now(), _window(state, request)
    runs = runs_of_workflows(project, window, now)
    names = request.query_values("workflow-names") or sorted({run.name for run in runs})
    branches = request.query_values("branches") or sorted({run.branch for run in runs if run.branch})

    def compared(keys: Sequence[str], name: str | None = None, branch: str | None = None) -> dict[str, Any]:
        return _compared(window, lambda part: runs_of_workflows(project, part, now, name=name, branch=branch), keys)

    pairs = sorted({(run.name, run.branch) for run in runs if run.name in names and run.branch in branches})
    return FakeResponse.json(
        {
            "org_id": project.organization.id,
            "project_id": project.id,
            "project_data": compared(_TOTALS),
            "project_workflow_data": [{"workflow_name": name, **compared(_WORKFLOW_TOTALS, name)} for name in names],
            "project_workflow_branch_data": [
                {"workflow_name": name, "branch": branch, **compared(_WORKFLOW_TOTALS, name, branch)}
                for name, branch in pairs
            ],
            "all_branches": sorted({run.branch for run in runs if run.branch}),
            "all_workflows": sorted({run.name for run in runs}),
        }
    )


@routes.get("/insights/{org-slug}/summary")
def organization_summary(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Return the summary of an organization: in total, and by project."""
    organization, now, window = (
        state.organization(request.path_params["org-slug"]),
        state.now(),
        _window(state, request),
    )
    projects = [project for project in state.projects.values() if project.organization is organization]
    wanted = request.query_values("project-names")
    shown = [project for project in projects if not wanted or project.name in wanted]

    def runs_in(part: TimeRange) -> list[Run]:
        return [run for project in projects for run in runs_of_workflows(project, part, now)]

    def compared(project: FakeProject) -> dict[str, Any]:
        return _compared(window, lambda part: runs_of_workflows(project, part, now), _PROJECT_TOTALS)

    return FakeResponse.json(
        {
            "org_data": _compared(window, runs_in, _TOTALS),
            "org_project_data": [{"project_name": project.name, **compared(project)} for project in shown],
            "all_projects": [project.name for project in projects],
        }
    )


@routes.get("/insights/time-series/{project-slug}/workflows/{workflow-name}/jobs")
def job_timeseries(state: FakeState, request: FakeRequest) -> FakeResponse:
    """List the job metrics of a workflow by day or by hour."""
    project, step = _project(state, request), _GRANULARITIES[request.query_value("granularity") or "hourly"]
    window, name = _dates(state, request), request.path_params["workflow-name"]
    runs = runs_of_jobs(project, window, state.now(), workflow_name=name, branch=request.query_value("branch"))
    buckets: defaultdict[tuple[float, str], list[Run]] = defaultdict(list)
    for run in runs:
        buckets[run.started_at // step * step, run.name].append(run)

    def render(bucket: tuple[float, str]) -> dict[str, Any]:
        start, job_name = bucket
        return _render_bucket(job_name, buckets[bucket], TimeRange(start=start, end=start + step))

    return page(state.tokens, request, sorted(buckets, reverse=True), render)


def _render_bucket(job_name: str, runs: Sequence[Run], window: TimeRange) -> dict[str, Any]:
    values = metrics(runs, window)
    durations = _chosen(values["duration_metrics"], ("min", "median", "max", "p95", "total"))
    return {
        "name": job_name,
        "min_started_at": rfc3339(min(run.started_at for run in runs)),
        "max_ended_at": rfc3339(max(run.stopped_at for run in runs)),
        "timestamp": rfc3339(window.start),
        "metrics": {**_chosen(values, _SERIES_METRICS), "duration_metrics": durations},
    }


@routes.get("/insights/{project-slug}/branches")
def branches(state: FakeState, request: FakeRequest) -> FakeResponse:
    """List the branches with workflows in the last 90 days."""
    project, name = _project(state, request), request.query_value("workflow-name")
    runs = runs_of_workflows(project, _window(state, request), state.now(), name=name)
    return FakeResponse.json(
        {
            "org_id": project.organization.id,
            "project_id": project.id,
            "branches": sorted({run.branch for run in runs if run.branch}),
        }
    )


@routes.get("/insights/{project-slug}/flaky-tests")
def get_flaky_tests(state: FakeState, request: FakeRequest) -> FakeResponse:
    """List the flaky tests."""
    tests = flaky_tests(jobs_with_tests(_project(state, request), state.now(), workflow_name=None, branch=None))
    return FakeResponse.json({"flaky-tests": tests, "total-flaky-tests": len(tests)})


@routes.get("/insights/{project-slug}/workflows")
def list_workflows(state: FakeState, request: FakeRequest) -> FakeResponse:
    """List the workflows of a project with their metrics."""
    project, window = _project(state, request), _window(state, request)
    runs = _named(runs_of_workflows(project, window, state.now(), branch=_branch(project, request)))

    def render(name: str) -> dict[str, Any]:
        return {**_render_group(name, runs[name], window, _WORKFLOW_METRICS), "project_id": project.id}

    return page(state.tokens, request, list(runs), render)


def _render_group(name: str, runs: Sequence[Run], window: TimeRange, names: Sequence[str]) -> dict[str, Any]:
    values = _chosen(metrics(runs, window), names)
    values["duration_metrics"] = _without_total(values["duration_metrics"])
    return {
        "name": name,
        "metrics": values,
        "window_start": rfc3339(window.start),
        "window_end": rfc3339(window.end),
    }


def _without_total(durations: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in durations.items() if name != "total"}


@routes.get("/insights/{project-slug}/workflows/{workflow-name}")
def list_workflow_runs(state: FakeState, request: FakeRequest) -> FakeResponse:
    """List the runs of a workflow, newest first."""
    project, name = _project(state, request), request.path_params["workflow-name"]
    runs = runs_of_workflows(project, _dates(state, request), state.now(), name=name, branch=_branch(project, request))
    return page(state.tokens, request, runs[::-1], _render_run, newest_first=True)


def _render_run(run: Run) -> dict[str, Any]:
    return {
        "id": run.id,
        "branch": run.branch,
        "duration": run.seconds,
        "created_at": rfc3339(run.started_at),
        "stopped_at": rfc3339(run.stopped_at),
        "credits_used": run.credits,
        "status": run.status,
        "is_approval": run.is_approval,
    }


@routes.get("/insights/{project-slug}/workflows/{workflow-name}/jobs")
def list_jobs(state: FakeState, request: FakeRequest) -> FakeResponse:
    """List the jobs of a workflow with their metrics."""
    project, window, wanted = _project(state, request), _window(state, request), request.query_value("job-name")
    name, branch = request.path_params["workflow-name"], _branch(project, request)
    runs = _named(runs_of_jobs(project, window, state.now(), workflow_name=name, branch=branch))
    shown = [job for job in runs if not wanted or job == wanted]
    return page(state.tokens, request, shown, lambda job: _render_group(job, runs[job], window, _JOB_METRICS))


@routes.get("/insights/{project-slug}/workflows/{workflow-name}/summary")
def workflow_summary(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Return the summary of a workflow: the last 90 days, compared with the 90 days before."""
    project, now, window = _project(state, request), state.now(), _window(state, request)
    name, branch = request.path_params["workflow-name"], _branch(project, request)
    current, before = (
        metrics(runs_of_workflows(project, part, now, name=name, branch=branch), part)
        for part in (window, window.before)
    )
    shown = _chosen(current, _SUMMARY_METRICS)
    shown["duration_metrics"] = _without_total(shown["duration_metrics"])
    return FakeResponse.json(
        {
            "metrics": {**shown, "window_start": rfc3339(window.start), "window_end": rfc3339(window.end)},
            "trends": _trends(current, before, _SUMMARY_TRENDS),
            "workflow_names": sorted({run.name for run in runs_of_workflows(project, window, now)}),
        }
    )


@routes.get("/insights/{project-slug}/workflows/{workflow-name}/test-metrics")
def get_test_metrics(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Return the test metrics of a workflow: the slowest tests, and those that fail most often."""
    project, name = _project(state, request), request.path_params["workflow-name"]
    jobs = jobs_with_tests(project, state.now(), workflow_name=name, branch=_branch(project, request))
    return FakeResponse.json(metrics_of_tests(jobs))
