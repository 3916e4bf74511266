"""Code to test: it reruns the failed workflows of a pipeline from their failed jobs."""

from __future__ import annotations

from uuid import UUID

from circleci_v2 import CircleCI


async def rerun_failed(circleci: CircleCI, pipeline_id: UUID | str) -> int:
    """Rerun the failed workflows of a pipeline, and return their number."""
    workflows = await circleci.pipelines.list_workflows(pipeline_id).collect()
    failed = [workflow for workflow in workflows if workflow.status == "failed" and workflow.id]
    for workflow in failed:
        await circleci.workflows.rerun(workflow.id, from_failed=True)
    return len(failed)
