from __future__ import annotations

import asyncio

import anyio
import pytest

from circleci_v2.errors import BadRequestError
from circleci_v2.waiting import actions, trigger_and_wait
from tests.support.scripted import PIPELINE_ID, refusal
from tests.waiting.scripts import circleci_with, held, lost_connection, succeeding, wait

pytestmark = pytest.mark.anyio


async def test_on_hold_is_approved_once():
    circleci = circleci_with(held(), succeeding(seconds=400.0))
    assert (await wait(circleci, on_hold="approve")).succeeded
    assert len([path for _, method, path in circleci.calls if method == "POST"]) == 1


async def test_an_approval_that_a_person_gave_first_is_not_an_error():
    workflow = held()
    circleci = circleci_with(workflow)

    def approve_first(now, method, path):
        if "/approve/" in path:
            workflow.approved_at = now

    circleci.fail = approve_first
    assert (await wait(circleci, on_hold="approve")).succeeded


async def test_a_rejected_approval_is_raised():
    circleci = circleci_with(held())
    circleci.fail = lambda now, method, path: refusal(400) if "/approve/" in path else None
    with pytest.raises(BadRequestError):
        await wait(circleci, on_hold="approve")


async def cancel_while_waiting(circleci, *, after, **options):
    """Cancel a wait at a moment of the script's clock."""
    with anyio.CancelScope() as scope:

        async def sleep(seconds):
            await circleci.sleep(seconds)
            if circleci.now >= after:
                scope.cancel()
            await anyio.lowlevel.checkpoint()

        await trigger_and_wait(
            circleci, "gh/acme/web", timeout=3600.0, polling=circleci.polling(sleep=sleep), **options
        )
    assert scope.cancelled_caught


async def test_a_cancelled_wait_leaves_the_run_alone_by_default():
    circleci = circleci_with(succeeding())
    await cancel_while_waiting(circleci, after=20.0)
    assert circleci.sent("POST", "/cancel") == []


async def test_a_cancelled_wait_cancels_running_workflows_on_request():
    circleci = circleci_with(succeeding(seconds=10.0), succeeding("lint"), held())
    await cancel_while_waiting(circleci, after=20.0, cancel_at_circleci=True)
    assert len(circleci.sent("POST", "/cancel")) == 2
    assert [workflow.status_at(circleci.now) for workflow in circleci.pipeline.workflows] == [
        "success",
        "canceled",
        "canceled",
    ]


async def test_a_cancelled_wait_waits_for_the_workflows_to_cancel():
    circleci = circleci_with(succeeding(appears=30.0))
    await cancel_while_waiting(circleci, after=5.0, cancel_at_circleci=True)
    assert circleci.pipeline.workflows[0].canceled_at >= 30.0


async def test_a_failure_to_cancel_is_logged_and_the_others_are_cancelled(caplog):
    first, second = succeeding("first"), succeeding("second")
    circleci = circleci_with(first, second)
    circleci.fail = lambda now, method, path: refusal(400) if path == f"/workflow/{first.id}/cancel" else None
    await cancel_while_waiting(circleci, after=20.0, cancel_at_circleci=True)
    assert second.canceled_at < float("inf")
    assert f"Workflow {first.id} could not be cancelled" in caplog.text


async def test_workflows_that_cannot_be_listed_are_tried_again_and_logged(caplog):
    circleci = circleci_with(succeeding())
    failures = iter([lost_connection(), lost_connection()])
    circleci.fail = lambda now, method, path: next(failures, None) if now >= 20.0 else None
    await cancel_while_waiting(circleci, after=20.0, cancel_at_circleci=True)
    assert len(circleci.sent("POST", "/cancel")) == 1
    assert caplog.text.count("could not be listed: connection lost") == 2


async def test_workflows_that_appear_beside_the_first_are_cancelled_too():
    circleci = circleci_with(succeeding("lint"), succeeding("build", appears=23.0))
    await cancel_while_waiting(circleci, after=20.0, cancel_at_circleci=True)
    assert [workflow.status_at(circleci.now) for workflow in circleci.pipeline.workflows] == ["canceled", "canceled"]
    assert len(circleci.sent("POST", "/cancel")) == 2


async def test_workflows_after_a_setup_workflow_that_ended_meanwhile_are_cancelled():
    setup = succeeding("setup", seconds=20.0, tag="setup")
    circleci = circleci_with(setup, succeeding("build", appears=40.0), states=[("setup", 0.0), ("created", 20.0)])
    await cancel_while_waiting(circleci, after=20.0, cancel_at_circleci=True)
    assert circleci.sent("POST", f"{setup.id}/cancel") == []
    assert circleci.pipeline.workflows[1].canceled_at >= 40.0


async def test_a_setup_workflow_that_was_cancelled_is_followed_by_nothing():
    circleci = circleci_with(succeeding("setup", tag="setup"), states=[("setup", 0.0)])
    await cancel_while_waiting(circleci, after=20.0, cancel_at_circleci=True)
    (canceled_at,) = circleci.sent("POST", "/cancel")
    assert circleci.now == canceled_at + 5.0


async def test_a_workflow_that_takes_its_time_to_stop_is_cancelled_once():
    circleci = circleci_with(succeeding(seconds=1000.0, seconds_to_cancel=60.0))
    await cancel_while_waiting(circleci, after=20.0, cancel_at_circleci=True)
    (canceled_at,) = circleci.sent("POST", "/cancel")
    assert circleci.now == canceled_at + 5.0


async def test_cancelling_at_circleci_gives_up_in_the_end_and_logs_what_is_left(caplog):
    circleci = circleci_with(succeeding(appears=float("inf")))
    await cancel_while_waiting(circleci, after=20.0, cancel_at_circleci=True)
    assert (
        f"Pipeline {PIPELINE_ID}: cancelling was given up after 30 seconds: workflows may still appear" in caplog.text
    )
    assert circleci.now == circleci.sent("GET", "/workflow")[-1] == 23.75 + 30.0


async def test_a_cancellation_without_a_response_is_logged(caplog, monkeypatch):
    monkeypatch.setattr(actions, "_SECONDS_TO_CANCEL", 0.01)
    workflow = succeeding(seconds=1000.0)
    circleci = circleci_with(workflow)
    send = circleci.send

    async def never_respond_to_cancellations(request):
        if request.path.endswith("/cancel"):
            await anyio.sleep_forever()
        return await send(request)

    circleci.send = never_respond_to_cancellations
    await cancel_while_waiting(circleci, after=20.0, cancel_at_circleci=True)
    assert f"no response for workflow {workflow.id}" in caplog.text


def test_a_native_cancellation_cancels_at_circleci_too():
    circleci = circleci_with(succeeding(seconds=1e9))

    async def main():
        waiting = asyncio.create_task(wait(circleci, timeout=1e9, cancel_at_circleci=True))
        while len(circleci.calls) < 5:  # noqa: ASYNC110 - the script has no event to wait for
            await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait([waiting])
        assert waiting.cancelled()

    asyncio.run(main())
    assert len(circleci.sent("POST", "/cancel")) == 1
