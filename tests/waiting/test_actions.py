from __future__ import annotations

import asyncio

import anyio
import pytest

from circleci_v2 import CircleCI
from circleci_v2.errors import BadRequestError, ConfigurationError, WaitTimeoutError
from circleci_v2.testing import FakeCircleCI, JobPlan, WorkflowPlan
from circleci_v2.waiting import actions, trigger_and_wait, wait_for_pipeline
from tests.support.scripted import PIPELINE_ID, ScriptedCircleCI, refusal
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


async def test_a_workflow_that_follows_one_that_ended_while_it_was_cancelled_is_cancelled_too():
    def circleci_after(appears: float) -> ScriptedCircleCI:
        return circleci_with(
            succeeding("lint", seconds=70.0), succeeding("build"), succeeding("deploy", appears=appears)
        )

    undisturbed = circleci_after(float("inf"))
    await cancel_while_waiting(undisturbed, after=90.0, cancel_at_circleci=True)
    (canceled_at,) = undisturbed.sent("POST", "/cancel")
    # "lint" ended long ago, so it alone would show that nothing else follows.
    circleci = circleci_after(canceled_at + 1.0)
    await cancel_while_waiting(circleci, after=90.0, cancel_at_circleci=True)
    assert [workflow.status_at(circleci.now) for workflow in circleci.pipeline.workflows] == [
        "success",
        "canceled",
        "canceled",
    ]


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


async def test_a_wait_that_times_out_cancels_on_request_and_says_so():
    circleci = circleci_with(succeeding(seconds=500.0))
    with pytest.raises(WaitTimeoutError, match="It is cancelled at CircleCI now") as caught:
        await wait(circleci, timeout=60.0, cancel_at_circleci=True)
    assert caught.value.seen.status == "running"
    assert circleci.pipeline.workflows[0].canceled_at < 100.0


async def test_a_wait_that_times_out_leaves_the_pipeline_alone_by_default():
    circleci = circleci_with(succeeding(seconds=500.0))
    with pytest.raises(WaitTimeoutError, match="It continues at CircleCI"):
        await wait(circleci, timeout=60.0)
    assert circleci.sent("POST", "/cancel") == []


def fake_with_gates():
    fake = FakeCircleCI()
    jobs = (
        JobPlan(name="build"),
        JobPlan(name="hold-stage", type="approval", requires=("build",)),
        JobPlan(name="stage", requires=("hold-stage",)),
        JobPlan(name="hold-production", type="approval", requires=("stage",)),
        JobPlan(name="production", requires=("hold-production",)),
    )
    fake.add_project("gh/acme/web", workflows=[WorkflowPlan(name="deploy", jobs=jobs)])
    return fake, CircleCI(fake.token, transport=fake.transport())


async def statuses_of(circleci, result):
    (workflow,) = result.workflows
    return {job.name: str(job.status) async for job in circleci.workflows.list_jobs(workflow.id)}


@pytest.mark.parametrize(
    "options",
    [
        {"approve": ["hold-stage"], "on_hold": "return"},
        {"approve": "hold-stage", "on_hold": "return"},
        {"on_hold": lambda job: "approve" if job.name == "hold-stage" else "return"},
    ],
)
async def test_only_the_named_gate_is_approved(options):
    fake, circleci = fake_with_gates()
    async with circleci:
        result = await circleci.trigger_and_wait("gh/acme/web", timeout=3600.0, polling=fake.polling(), **options)
        assert result.status == "on_hold"
        assert await statuses_of(circleci, result) == {
            "build": "success",
            "hold-stage": "success",
            "stage": "success",
            "hold-production": "on_hold",
            "production": "blocked",
        }


async def test_a_function_may_be_async_and_decline_an_approval():
    fake, circleci = fake_with_gates()
    asked = []

    async def decide(job):
        await anyio.lowlevel.checkpoint()
        asked.append(job.name)
        return "cancel" if job.name == "hold-production" else "approve"

    async with circleci:
        result = await circleci.trigger_and_wait("gh/acme/web", timeout=3600.0, polling=fake.polling(), on_hold=decide)
        assert result.status == "canceled"
        assert (await statuses_of(circleci, result))["hold-production"] == "canceled"
    assert asked == ["hold-stage", "hold-production"]


async def test_a_function_that_decides_to_wait_is_called_again():
    fake, circleci = fake_with_gates()
    asked = []

    def decide(job):
        asked.append(job.name)
        return "wait" if len(asked) < 3 else "approve"

    async with circleci:
        result = await circleci.trigger_and_wait("gh/acme/web", timeout=3600.0, polling=fake.polling(), on_hold=decide)
    assert result.succeeded
    assert asked == ["hold-stage"] * 3 + ["hold-production"]


@pytest.mark.parametrize(
    ("decide", "error"), [(lambda job: "yes", ConfigurationError), (lambda job: 1 / 0, ZeroDivisionError)]
)
async def test_an_error_of_the_function_ends_the_wait(decide, error):
    circleci = circleci_with(held())
    with pytest.raises(error, match=r"returned 'yes' for job 'hold'|division"):
        await wait(circleci, on_hold=decide)


@pytest.mark.parametrize("on_hold", ["approve", lambda job: "wait"])
async def test_names_and_another_selection_contradict_each_other(on_hold):
    with pytest.raises(ConfigurationError, match="both select jobs"):
        await wait(circleci_with(held()), approve=["hold"], on_hold=on_hold)


async def test_an_unknown_option_names_the_method_and_a_similar_option():
    with pytest.raises(ConfigurationError, match=r"wait_for_pipeline\(\) got .* 'on_holds': did you mean 'on_hold'\?"):
        await wait(circleci_with(held()), on_holds="approve")
    with pytest.raises(TypeError, match=r"trigger_and_wait\(\) got .* 'xyz': pass any of on_hold, approve"):
        await trigger_and_wait(circleci_with(held()), "gh/acme/web", timeout=1.0, xyz=1)


async def test_a_wait_continues_from_an_earlier_result_without_its_changes():
    fake, circleci = fake_with_gates()
    changes = []
    options = {"timeout": 3600.0, "polling": fake.polling(), "on_hold": "return", "on_change": changes.append}
    async with circleci:
        first = await circleci.trigger_and_wait("gh/acme/web", **options)
        assert [change.after for change in changes] == ["pending", "running", "created", "on_hold"]
        changes.clear()
        await circleci.approve(first.workflows[0], "hold-stage")
        second = await circleci.wait_for_pipeline(first, **options)
        assert [change.after for change in changes] == ["running", "on_hold"]
        assert (await statuses_of(circleci, second))["stage"] == "success"
        await circleci.approve(second.workflows[0].id, "hold-production")
        assert (await circleci.wait_for_pipeline(second, **options)).succeeded


async def test_an_old_on_hold_is_not_believed_until_the_grace_is_over():
    workflow = held(until=100.0)
    circleci = circleci_with(workflow)
    first = await wait(circleci, on_hold="return")
    assert (first.status, circleci.now < 60.0) == ("on_hold", True)
    # The approval is given, and CircleCI shows it a while later.
    workflow.approved_at = circleci.now + 20.0
    options = {"timeout": 3600.0, "polling": circleci.polling(), "on_hold": "return"}
    assert (await wait_for_pipeline(circleci, first, **options)).succeeded

    circleci = circleci_with(held(until=10_000.0))
    first = await wait(circleci, on_hold="return")
    started = circleci.now
    options["polling"] = circleci.polling()
    assert (await wait_for_pipeline(circleci, first, **options)).status == "on_hold"
    assert 60.0 <= circleci.now - started < 120.0


async def test_a_wait_continues_from_what_a_timeout_had_seen():
    circleci = circleci_with(succeeding(seconds=100.0))
    changes = []
    with pytest.raises(WaitTimeoutError) as caught:
        await wait(circleci, timeout=50.0, on_change=changes.append)
    result = await wait_for_pipeline(
        circleci, caught.value.seen, timeout=3600.0, polling=circleci.polling(), on_change=changes.append
    )
    assert result.succeeded
    assert [change.after for change in changes] == ["created", "running", "success"]


async def test_one_approval_is_given_by_name():
    fake, circleci = fake_with_gates()
    async with circleci:
        options = {"timeout": 3600.0, "polling": fake.polling(), "on_hold": "return"}
        (workflow,) = (await circleci.trigger_and_wait("gh/acme/web", **options)).workflows
        with pytest.raises(ConfigurationError, match="no approval job 'hold': it has 'hold-production', 'hold-stage'"):
            await circleci.approve(workflow, "hold")
        with pytest.raises(BadRequestError, match="blocked"):
            await circleci.approve(workflow, "hold-production")
        job = await circleci.approve(str(workflow.id), "hold-stage")
        assert (job.name, job.status) == ("hold-stage", "on_hold")
        assert (await circleci.approve(workflow, "hold-stage")).status == "success"
    approvals = fake.journal.of("POST /workflow/{id}/approve/{approval_request_id}")
    assert [entry.response.status_code for entry in approvals] == [400, 202]
