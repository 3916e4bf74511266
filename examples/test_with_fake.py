"""How to test a service that talks to CircleCI: pip install 'circleci_v2[testing]', and pytest finds the fixtures."""

from __future__ import annotations

import pytest

from circleci_v2 import CircleCI, ServerError
from circleci_v2.testing import FakeCircleCI

pytestmark = pytest.mark.anyio


async def rerun_if_failed(circleci: CircleCI, pipeline_id: str) -> int:
    """The service: run the failed workflows of a pipeline once more, and say how many there were."""
    workflows = await circleci.pipelines.list_workflows(pipeline_id).collect()
    failed = [workflow for workflow in workflows if workflow.status == "failed" and workflow.id]
    for workflow in failed:
        await circleci.workflows.rerun(workflow.id, from_failed=True)
    return len(failed)


async def test_a_failed_workflow_is_run_again_from_where_it_failed(
    circleci: CircleCI, fake_circleci: FakeCircleCI
) -> None:
    pipeline = fake_circleci.add_pipeline("gh/acme/web", status="failed", jobs=["build", "test"])
    assert await rerun_if_failed(circleci, pipeline.id) == 1
    assert fake_circleci.journal.bodies("POST /workflow/{id}/rerun") == [{"from_failed": True}]
    fake_circleci.clock.advance(600)
    workflows = await circleci.pipelines.list_workflows(pipeline.id).collect()
    assert [workflow.status for workflow in workflows] == ["success", "failed"]


async def test_what_circleci_does_not_answer_is_raised(circleci: CircleCI, fake_circleci: FakeCircleCI) -> None:
    pipeline = fake_circleci.add_pipeline("gh/acme/web", status="failed")
    fake_circleci.faults.fail_next(500, route="POST /workflow/{id}/rerun")
    with pytest.raises(ServerError):
        await rerun_if_failed(circleci, pipeline.id)
