from __future__ import annotations

import anyio
import pytest

from circleci_v2 import CircleCI
from circleci_v2.errors import (
    APIConnectionError,
    ConfigurationError,
    NotFoundError,
    RateLimitError,
    WaitTimeoutError,
)
from circleci_v2.testing import FakeCircleCI
from circleci_v2.waiting import rerun_and_wait, wait_for_workflow
from tests.support.scripted import PIPELINE_ID, ScriptedCircleCI, ScriptedPipeline, ScriptedWorkflow

pytestmark = pytest.mark.anyio


def workflow_of(*states, appears=0.0):
    return ScriptedWorkflow(name="build", states=states, appears=appears)


def circleci_with(*workflows):
    return ScriptedCircleCI(ScriptedPipeline(workflows=workflows))


async def wait(circleci, **options):
    (workflow,) = circleci.pipeline.workflows
    return await wait_for_workflow(
        circleci, workflow.id, **{"timeout": 3600.0, "polling": circleci.polling(), **options}
    )


@pytest.mark.parametrize("final", ["success", "failed", "error", "canceled", "unauthorized", "not_run", "evaporated"])
async def test_every_final_status_ends_the_wait_including_an_unknown_one(final):
    circleci = circleci_with(workflow_of(("running", 50.0), ("failing", 50.0), (final, 0.0)))
    workflow = await wait(circleci)
    assert workflow.status == final
    assert circleci.now >= 100.0


async def test_failing_fast_returns_while_others_jobs_run():
    circleci = circleci_with(workflow_of(("running", 50.0), ("failing", 500.0), ("failed", 0.0)))
    assert (await wait(circleci, fail_fast=True)).status == "failing"


async def test_a_workflow_on_hold_is_returned_or_approved_or_waited_for():
    states = [("on_hold", 300.0), ("running", 10.0), ("success", 0.0)]
    assert (await wait(circleci_with(workflow_of(*states)), on_hold="return")).status == "on_hold"
    for on_hold, at_least, at_most in [("approve", 10.0, 60.0), ("wait", 310.0, 350.0)]:
        circleci = circleci_with(workflow_of(*states))
        assert (await wait(circleci, on_hold=on_hold)).status == "success"
        assert at_least <= circleci.now <= at_most


async def test_changes_are_reported():
    told = []
    await wait(circleci_with(workflow_of(("running", 50.0), ("success", 0.0))), on_change=told.append)
    assert [(change.pipeline, change.before, change.after) for change in told] == [
        (None, None, "running"),
        (None, "running", "success"),
    ]


async def test_an_error_of_the_callback_ends_the_wait_although_one_of_a_poll_would_not():
    failure = APIConnectionError("no chat", method="POST", url="https://chat.example.com")

    async def tell(change):
        if change.after == "success":
            raise failure

    with pytest.raises(APIConnectionError) as caught:
        await wait(circleci_with(workflow_of(("running", 50.0), ("success", 0.0))), on_change=tell)
    assert caught.value is failure


async def test_the_timeout_error_names_the_last_status():
    circleci = circleci_with(workflow_of(("running", 500.0), ("success", 0.0)))
    with pytest.raises(WaitTimeoutError, match="has not ended after 60 seconds: it is running") as caught:
        await wait(circleci, timeout=60.0)
    assert caught.value.seen.status == "running"


async def test_an_unknown_workflow_is_not_found():
    circleci = circleci_with()
    with pytest.raises(NotFoundError):
        await wait_for_workflow(circleci, PIPELINE_ID, timeout=3600.0, polling=circleci.polling())


async def test_a_rerun_runs_the_failed_jobs_and_waits_for_the_new_workflow():
    old = workflow_of(("failed", 0.0))
    new = workflow_of(("running", 50.0), ("success", 0.0), appears=5.0)
    circleci = circleci_with(old, new)
    workflow = await rerun_and_wait(circleci, old.id, timeout=3600.0, polling=circleci.polling())
    assert workflow.id == new.id
    assert workflow.status == "success"
    assert circleci.bodies[0] == {"from_failed": True}
    assert [method for _, method, _ in circleci.calls].count("POST") == 1


async def test_a_rerun_of_chosen_jobs_does_not_send_from_failed():
    workflow = workflow_of(("success", 0.0))
    circleci = circleci_with(workflow)
    await rerun_and_wait(circleci, workflow.id, timeout=60.0, jobs=[PIPELINE_ID], polling=circleci.polling())
    assert circleci.bodies[0] == {"jobs": [str(PIPELINE_ID)]}


async def test_a_rerun_is_not_requested_with_a_wrong_argument_nor_twice():
    workflow = workflow_of(("success", 0.0))
    circleci = circleci_with(workflow)
    with pytest.raises(ConfigurationError):
        await rerun_and_wait(circleci, workflow.id, timeout=0.0)
    assert circleci.calls == []
    circleci.fail = lambda now, method, path: APIConnectionError("lost", method="POST", url="https://circleci.com")
    with pytest.raises(APIConnectionError):
        await rerun_and_wait(circleci, workflow.id, timeout=60.0, polling=circleci.polling())
    assert len(circleci.calls) == 1


async def test_a_cancelled_wait_cancels_the_workflow_on_request():
    workflow = workflow_of(("running", 500.0), ("success", 0.0))
    circleci = circleci_with(workflow)
    with anyio.CancelScope() as scope:

        async def sleep(seconds):
            scope.cancel()
            await circleci.sleep(seconds)

        polling = circleci.polling(sleep=sleep)
        await wait_for_workflow(circleci, workflow.id, timeout=3600.0, polling=polling, cancel_at_circleci=True)
    assert workflow.status_at(circleci.now) == "canceled"


async def test_no_rerun_is_requested_once_the_time_is_over():
    fake = FakeCircleCI()
    pipeline = fake.add_pipeline("gh/acme/web", status="failed")
    async with CircleCI(fake.token, transport=fake.transport()) as circleci:
        (workflow,) = await circleci.pipelines.list_workflows(pipeline.id).collect()
        fake.journal.clear()
        fake.faults.fail_next(429, retry_after=8, route="POST /workflow/{id}/rerun")
        with pytest.raises(RateLimitError):
            await circleci.rerun_and_wait(workflow.id, timeout=1.0, polling=fake.polling())
    assert [entry.response.status_code for entry in fake.journal] == [429]
