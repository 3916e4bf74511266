"""A script for pycircleci, ported: the comments show the calls of pycircleci that it made before.

CIRCLE_TOKEN=… python examples/ported_from_pycircleci.py gh/acme/web main
"""

from __future__ import annotations

import sys

import anyio

from circleci_v2 import CircleCI


async def failed_jobs(circleci: CircleCI, project: str, branch: str) -> list[str]:
    """List the failed jobs of the newest ten pipelines of a branch, with their artifacts."""
    lines: list[str] = []
    # In pycircleci: get_project_pipelines("acme", "web", branch="main", paginate=True, limit=10)
    for pipeline in await circleci.pipelines.list_for_project(project, branch=branch).collect(limit=10):
        # In pycircleci: get_pipeline_workflow(pipeline["id"], paginate=True)
        async for workflow in circleci.pipelines.list_workflows(pipeline.id):
            if workflow.status != "failed":
                continue
            # In pycircleci: get_workflow_jobs(workflow["id"], paginate=True)
            async for job in circleci.workflows.list_jobs(workflow.id):
                if job.status == "failed" and job.job_number is not None:
                    # In pycircleci: get_artifacts("acme", "web", job["job_number"])
                    artifacts = await circleci.jobs.list_artifacts(project, job.job_number).collect()
                    lines.append(f"#{pipeline.number} {workflow.name}/{job.name}: {len(artifacts)} artifacts")
    return lines


async def main(project: str, branch: str) -> None:
    """Print the failed jobs, and rerun the newest failed workflow from its failed jobs."""
    async with CircleCI() as circleci:
        print("\n".join(await failed_jobs(circleci, project, branch)))
        report = await circleci.failure_report(project, branch=branch)
        if report.workflows:
            # In pycircleci: rerun_workflow(workflow["id"], from_failed=True)
            await circleci.workflows.rerun(report.workflows[0].workflow.id, from_failed=True)


if __name__ == "__main__":
    anyio.run(main, *sys.argv[1:])
