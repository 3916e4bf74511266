"""Insights: metrics of workflows, jobs and tests, computed from the past of the projects."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from circleci_v2.testing.clock import moment_of, rfc3339
from circleci_v2.testing.insights.runs import DAY, Run, Window, metrics, runs_of_jobs, runs_of_workflows, trend
from circleci_v2.testing.insights.tests import flaky_tests, jobs_with_tests, metrics_of_tests
from circleci_v2.testing.messages import Answer, Call
from circleci_v2.testing.paging import page
from circleci_v2.testing.routing import Routes
from circleci_v2.testing.state.projects import Project
from circleci_v2.testing.state.world import World

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


def _project(world: World, call: Call) -> Project:
    return world.project(call.parameters["project-slug"])


def _window(world: World, call: Call, *, default: str = "last-90-days") -> Window:
    now = world.now()
    return Window(start=now - _WINDOWS[call.value("reporting-window") or default], end=now)


def _dates(world: World, call: Call) -> Window:
    start, end, now = call.value("start-date"), call.value("end-date"), world.now()
    return Window(
        start=moment_of(start).timestamp() if start else now - 90 * DAY,
        end=moment_of(end).timestamp() if end else now,
    )


def _branch(project: Project, call: Call) -> str | None:
    """The branch that is asked for; the default branch unless all are."""
    return None if call.flag("all-branches") else call.value("branch") or project.default_branch


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
    window: Window, runs_in: Callable[[Window], Sequence[Run]], names: Sequence[str]
) -> dict[str, dict[str, Any]]:
    now, before = metrics(runs_in(window), window), metrics(runs_in(window.before), window.before)
    return {"metrics": _chosen(now, names), "trends": _trends(now, before, names)}


@routes.get("/insights/pages/{project-slug}/summary")
def project_summary(world: World, call: Call) -> Answer:
    """A project at a glance: as a whole, by workflow, by workflow and branch."""
    project, now, window = _project(world, call), world.now(), _window(world, call)
    runs = runs_of_workflows(project, window, now)
    names = call.values("workflow-names") or sorted({run.name for run in runs})
    branches = call.values("branches") or sorted({run.branch for run in runs if run.branch})

    def compared(keys: Sequence[str], name: str | None = None, branch: str | None = None) -> dict[str, Any]:
        return _compared(window, lambda part: runs_of_workflows(project, part, now, name=name, branch=branch), keys)

    pairs = sorted({(run.name, run.branch) for run in runs if run.name in names and run.branch in branches})
    return Answer.json(
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
def organization_summary(world: World, call: Call) -> Answer:
    """An organization at a glance: as a whole, and by project."""
    organization, now, window = world.organization(call.parameters["org-slug"]), world.now(), _window(world, call)
    projects = [project for project in world.projects.values() if project.organization is organization]
    wanted = call.values("project-names")
    shown = [project for project in projects if not wanted or project.name in wanted]

    def runs_in(part: Window) -> list[Run]:
        return [run for project in projects for run in runs_of_workflows(project, part, now)]

    def compared(project: Project) -> dict[str, Any]:
        return _compared(window, lambda part: runs_of_workflows(project, part, now), _PROJECT_TOTALS)

    return Answer.json(
        {
            "org_data": _compared(window, runs_in, _TOTALS),
            "org_project_data": [{"project_name": project.name, **compared(project)} for project in shown],
            "all_projects": [project.name for project in projects],
        }
    )


@routes.get("/insights/time-series/{project-slug}/workflows/{workflow-name}/jobs")
def job_timeseries(world: World, call: Call) -> Answer:
    """The jobs of a workflow, day by day or hour by hour."""
    project, step = _project(world, call), _GRANULARITIES[call.value("granularity") or "hourly"]
    window, name = _dates(world, call), call.parameters["workflow-name"]
    runs = runs_of_jobs(project, window, world.now(), workflow_name=name, branch=call.value("branch"))
    buckets: defaultdict[tuple[float, str], list[Run]] = defaultdict(list)
    for run in runs:
        buckets[run.started_at // step * step, run.name].append(run)

    def render(bucket: tuple[float, str]) -> dict[str, Any]:
        start, job_name = bucket
        return _render_bucket(job_name, buckets[bucket], Window(start=start, end=start + step))

    return page(world.tokens, call, sorted(buckets, reverse=True), render)


def _render_bucket(job_name: str, runs: Sequence[Run], window: Window) -> dict[str, Any]:
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
def branches(world: World, call: Call) -> Answer:
    """The branches that have run a workflow in the last 90 days."""
    project, name = _project(world, call), call.value("workflow-name")
    runs = runs_of_workflows(project, _window(world, call), world.now(), name=name)
    return Answer.json(
        {
            "org_id": project.organization.id,
            "project_id": project.id,
            "branches": sorted({run.branch for run in runs if run.branch}),
        }
    )


@routes.get("/insights/{project-slug}/flaky-tests")
def get_flaky_tests(world: World, call: Call) -> Answer:
    """The tests that failed and succeeded on one commit."""
    tests = flaky_tests(jobs_with_tests(_project(world, call), world.now(), workflow_name=None, branch=None))
    return Answer.json({"flaky-tests": tests, "total-flaky-tests": len(tests)})


@routes.get("/insights/{project-slug}/workflows")
def list_workflows(world: World, call: Call) -> Answer:
    """The workflows of a project and their metrics."""
    project, window = _project(world, call), _window(world, call)
    runs = _named(runs_of_workflows(project, window, world.now(), branch=_branch(project, call)))

    def render(name: str) -> dict[str, Any]:
        return {**_render_group(name, runs[name], window, _WORKFLOW_METRICS), "project_id": project.id}

    return page(world.tokens, call, list(runs), render)


def _render_group(name: str, runs: Sequence[Run], window: Window, names: Sequence[str]) -> dict[str, Any]:
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
def list_workflow_runs(world: World, call: Call) -> Answer:
    """The runs of a workflow, the newest first."""
    project, name = _project(world, call), call.parameters["workflow-name"]
    runs = runs_of_workflows(project, _dates(world, call), world.now(), name=name, branch=_branch(project, call))
    return page(world.tokens, call, runs[::-1], _render_run, newest_first=True)


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
def list_jobs(world: World, call: Call) -> Answer:
    """The jobs of a workflow and their metrics."""
    project, window, wanted = _project(world, call), _window(world, call), call.value("job-name")
    name, branch = call.parameters["workflow-name"], _branch(project, call)
    runs = _named(runs_of_jobs(project, window, world.now(), workflow_name=name, branch=branch))
    shown = [job for job in runs if not wanted or job == wanted]
    return page(world.tokens, call, shown, lambda job: _render_group(job, runs[job], window, _JOB_METRICS))


@routes.get("/insights/{project-slug}/workflows/{workflow-name}/summary")
def workflow_summary(world: World, call: Call) -> Answer:
    """A workflow over the last 90 days, against the 90 before."""
    project, now, window = _project(world, call), world.now(), _window(world, call)
    name, branch = call.parameters["workflow-name"], _branch(project, call)
    current, before = (
        metrics(runs_of_workflows(project, part, now, name=name, branch=branch), part)
        for part in (window, window.before)
    )
    shown = _chosen(current, _SUMMARY_METRICS)
    shown["duration_metrics"] = _without_total(shown["duration_metrics"])
    return Answer.json(
        {
            "metrics": {**shown, "window_start": rfc3339(window.start), "window_end": rfc3339(window.end)},
            "trends": _trends(current, before, _SUMMARY_TRENDS),
            "workflow_names": sorted({run.name for run in runs_of_workflows(project, window, now)}),
        }
    )


@routes.get("/insights/{project-slug}/workflows/{workflow-name}/test-metrics")
def get_test_metrics(world: World, call: Call) -> Answer:
    """The tests of a workflow: the slowest, and those that fail most."""
    project, name = _project(world, call), call.parameters["workflow-name"]
    jobs = jobs_with_tests(project, world.now(), workflow_name=name, branch=_branch(project, call))
    return Answer.json(metrics_of_tests(jobs))
