from __future__ import annotations

import asyncio
from itertools import pairwise

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from circleci_v2 import CircleCI, RetryPolicy
from circleci_v2.errors import (
    APIConnectionError,
    BadRequestError,
    ConfigurationError,
    InvalidSlugError,
    NotFoundError,
    PipelineNotTriggeredError,
    RateLimitError,
    ServerError,
    WaitTimeoutError,
)
from circleci_v2.testing import FakeCircleCI
from circleci_v2.waiting import actions, trigger_and_wait, wait_for_pipeline
from tests.support.scripted import PIPELINE_ID, ScriptedCircleCI, ScriptedPipeline, ScriptedWorkflow, refusal

pytestmark = pytest.mark.anyio


def lost_connection():
    return APIConnectionError("connection lost", method="GET", url="https://circleci.com/api/v2")


def succeeding(name="build", *, seconds=100.0, appears=0.0, **details):
    return ScriptedWorkflow(name=name, states=[("running", seconds), ("success", 0.0)], appears=appears, **details)


def failing(name="build", *, seconds=100.0, appears=0.0, **details):
    states = [("running", seconds / 2), ("failing", seconds / 2), ("failed", 0.0)]
    return ScriptedWorkflow(name=name, states=states, appears=appears, **details)


def held(name="deploy", *, until=float("inf")):
    states = [("running", 20.0), ("on_hold", until), ("running", 20.0), ("success", 0.0)]
    return ScriptedWorkflow(name=name, states=states)


def circleci_with(*workflows, **pipeline):
    return ScriptedCircleCI(ScriptedPipeline(workflows=workflows, **pipeline))


async def wait(circleci, **options):
    return await wait_for_pipeline(
        circleci, PIPELINE_ID, **{"timeout": 3600.0, "polling": circleci.polling(), **options}
    )


async def test_the_wait_ends_soon_after_the_last_workflow():
    circleci = circleci_with(succeeding(seconds=100.0), succeeding("lint", seconds=200.0))
    result = await wait(circleci)
    assert result.succeeded
    assert {workflow.name for workflow in result.workflows} == {"build", "lint"}
    assert 200.0 <= circleci.now <= 230.0


async def test_pauses_grow_from_five_seconds_to_thirty():
    circleci = circleci_with(succeeding(seconds=150.0))
    await wait(circleci)
    looks = circleci.sent("GET", "/workflow")
    pauses = [later - earlier for earlier, later in pairwise(looks)]
    assert pauses == pytest.approx([5.0, 7.5, 11.25, 16.875, 25.3125, 30.0, 30.0, 30.0])


@pytest.mark.parametrize("luck", [0.0, 1.0])
async def test_pauses_are_jittered_by_a_tenth(luck):
    circleci = circleci_with(succeeding(seconds=3.0))
    await wait(circleci, polling=circleci.polling(random=lambda: luck))
    assert circleci.sent("GET", "/workflow")[1] == pytest.approx(5.0 * (0.9 if luck == 0.0 else 1.1))


async def test_the_pipeline_itself_is_asked_for_only_until_its_state_is_final():
    circleci = circleci_with(succeeding(seconds=100.0), states=[("pending", 0.0), ("created", 6.0)])
    await wait(circleci)
    assert len(circleci.sent("GET", str(PIPELINE_ID))) == 3


async def test_a_failed_pipeline_is_a_result_and_no_error():
    result = await wait(circleci_with(succeeding(), failing("lint")))
    assert result.status == "failed"
    assert not result.succeeded


async def test_workflows_that_appear_late_are_waited_for():
    circleci = circleci_with(
        succeeding(appears=40.0), states=[("pending", 0.0), ("created", 10.0)], workflow_list_appears=20.0
    )
    assert (await wait(circleci)).succeeded
    assert circleci.now >= 140.0


async def test_a_pipeline_that_is_not_visible_at_first_is_waited_for():
    assert (await wait(circleci_with(succeeding(), appears=30.0))).succeeded


async def test_a_pipeline_that_stays_invisible_is_not_found():
    circleci = circleci_with(appears=float("inf"))
    with pytest.raises(NotFoundError):
        await wait(circleci)
    assert 60.0 <= circleci.now <= 90.0


async def test_a_pipeline_without_workflows_ends_after_the_grace():
    circleci = circleci_with()
    result = await wait(circleci)
    assert result.status == "no_workflows"
    assert not result.succeeded
    assert 60.0 <= circleci.now <= 90.0


async def test_an_errored_pipeline_ends_at_once_with_its_messages():
    circleci = circleci_with(
        states=[("pending", 0.0), ("errored", 4.0)], errors=["Unknown job: build"], workflow_list_appears=float("inf")
    )
    result = await wait(circleci)
    assert result.status == "errored"
    assert result.messages == ["Unknown job: build"]
    assert circleci.now == 5.0


async def test_a_workflow_that_ended_at_once_does_not_hide_the_one_that_appears_next():
    circleci = circleci_with(succeeding("lint", seconds=0.0), succeeding("build", appears=3.0))
    assert len((await wait(circleci)).workflows) == 2


async def test_a_pipeline_that_ended_long_ago_needs_one_look():
    circleci = circleci_with(succeeding(seconds=100.0))
    circleci.now = 5000.0
    assert (await wait(circleci)).succeeded
    assert circleci.now == 5000.0


async def test_the_workflows_behind_a_setup_workflow_are_waited_for():
    circleci = circleci_with(
        succeeding("setup", seconds=30.0, tag="setup"),
        succeeding("build", appears=70.0),
        states=[("setup-pending", 0.0), ("setup", 2.0), ("created", 45.0)],
    )
    result = await wait(circleci)
    assert [workflow.name for workflow in result.workflows] == ["setup", "build"]
    assert result.succeeded


async def test_a_setup_workflow_that_failed_is_the_end():
    circleci = circleci_with(failing("setup", seconds=30.0, tag="setup"), states=[("setup", 0.0)])
    assert (await wait(circleci)).status == "failed"
    assert circleci.now <= 60.0


async def test_a_setup_workflow_that_nothing_follows_is_the_end_after_the_grace():
    circleci = circleci_with(succeeding("setup", seconds=30.0, tag="setup"), states=[("setup", 0.0), ("created", 35.0)])
    assert (await wait(circleci)).succeeded
    assert 30.0 + 60.0 <= circleci.now <= 150.0


async def test_an_automatic_rerun_is_waited_for():
    circleci = circleci_with(
        failing(seconds=50.0, max_auto_reruns=2), succeeding(appears=90.0, auto_rerun_number=1, max_auto_reruns=2)
    )
    result = await wait(circleci)
    assert result.succeeded
    assert [str(workflow.status) for workflow in result.workflows] == ["failed", "success"]


async def test_an_automatic_rerun_of_a_setup_workflow_is_waited_for_and_what_follows_it_too():
    circleci = circleci_with(
        failing("setup", seconds=30.0, tag="setup", max_auto_reruns=1),
        succeeding("setup", seconds=30.0, tag="setup", appears=50.0, auto_rerun_number=1, max_auto_reruns=1),
        succeeding(appears=90.0),
        states=[("setup", 0.0), ("created", 85.0)],
    )
    result = await wait(circleci)
    assert result.succeeded
    assert [str(workflow.status) for workflow in result.workflows] == ["failed", "success", "success"]


async def test_an_automatic_rerun_that_does_not_come_is_not_waited_for_for_ever():
    circleci = circleci_with(failing(seconds=50.0, max_auto_reruns=1))
    assert (await wait(circleci)).status == "failed"
    assert circleci.now <= 50.0 + 60.0 + 60.0


async def test_failing_fast_does_not_wait_for_the_rest():
    circleci = circleci_with(succeeding(seconds=1000.0), failing("lint", seconds=40.0))
    assert (await wait(circleci, fail_fast=True)).status == "failing"
    assert circleci.now <= 40.0


async def test_on_hold_is_waited_for_by_default():
    circleci = circleci_with(held(until=500.0))
    assert (await wait(circleci)).succeeded
    assert circleci.now >= 520.0


async def test_on_hold_is_returned_when_nothing_else_goes_on():
    circleci = circleci_with(held(), succeeding(seconds=100.0))
    result = await wait(circleci, on_hold="return")
    assert result.status == "on_hold"
    assert 100.0 <= circleci.now <= 130.0


async def test_on_hold_is_not_returned_before_all_workflows_can_have_appeared():
    late = succeeding(appears=40.0)
    circleci = circleci_with(held(), late, states=[("pending", 0.0), ("created", 38.0)])
    result = await wait(circleci, on_hold="return")
    assert [str(workflow.status) for workflow in result.workflows] == ["on_hold", "success"]


async def test_on_hold_is_not_returned_while_an_automatic_rerun_is_due():
    again = succeeding(appears=90.0, auto_rerun_number=1, max_auto_reruns=1)
    circleci = circleci_with(held(), failing(seconds=50.0, max_auto_reruns=1), again)
    result = await wait(circleci, on_hold="return")
    assert {str(workflow.status) for workflow in result.workflows} == {"on_hold", "failed", "success"}


async def test_a_setup_workflow_on_hold_is_returned_though_others_follow_it():
    setup = ScriptedWorkflow(name="setup", states=[("on_hold", float("inf")), ("success", 0.0)], tag="setup")
    circleci = circleci_with(setup, states=[("setup", 0.0)])
    assert (await wait(circleci, on_hold="return")).status == "on_hold"


async def test_workflows_that_do_not_say_when_they_were_created_are_waited_for_as_well():
    circleci = circleci_with(succeeding(seconds=100.0), succeeding("lint", seconds=200.0, dated=False))
    result = await wait(circleci)
    assert [workflow.name for workflow in result.workflows] == ["build", "lint"]
    assert 200.0 <= circleci.now <= 260.0


async def test_on_hold_is_approved_once():
    circleci = circleci_with(held(), succeeding(seconds=400.0))
    assert (await wait(circleci, on_hold="approve")).succeeded
    assert len([path for _, method, path in circleci.calls if method == "POST"]) == 1


async def test_an_approval_that_a_person_gave_first_is_no_error():
    workflow = held()
    circleci = circleci_with(workflow)

    def approve_first(now, method, path):
        if "/approve/" in path:
            workflow.approved_at = now

    circleci.fail = approve_first
    assert (await wait(circleci, on_hold="approve")).succeeded


async def test_an_approval_that_is_refused_is_raised():
    circleci = circleci_with(held())
    circleci.fail = lambda now, method, path: refusal(400) if "/approve/" in path else None
    with pytest.raises(BadRequestError):
        await wait(circleci, on_hold="approve")


async def test_the_deadline_tells_what_was_seen_last():
    circleci = circleci_with(held())
    with pytest.raises(WaitTimeoutError, match=f"Pipeline {PIPELINE_ID} has not ended after 90 seconds") as caught:
        await wait(circleci, timeout=90.0)
    assert caught.value.seen.status == "on_hold"
    assert "it is on_hold" in str(caught.value)
    assert circleci.now == 90.0
    assert circleci.calls[-1][0] == 90.0


async def test_the_deadline_says_so_far_of_a_pipeline_that_more_workflows_may_follow():
    circleci = circleci_with(succeeding(seconds=8.0))
    with pytest.raises(WaitTimeoutError, match="it is success so far") as caught:
        await wait(circleci, timeout=10.0)
    assert caught.value.seen.succeeded


async def test_the_deadline_of_something_never_seen_says_so():
    with pytest.raises(WaitTimeoutError, match="nothing was seen of it; the last look failed: 404") as caught:
        await wait(circleci_with(appears=100.0), timeout=20.0)
    assert isinstance(caught.value.__cause__, NotFoundError)


@pytest.mark.parametrize("failure", [lost_connection(), refusal(503), refusal(429), refusal(408)])
async def test_what_passes_by_itself_does_not_end_the_wait(failure):
    circleci = circleci_with(succeeding(seconds=300.0))
    circleci.fail = lambda now, method, path: failure if 50.0 < now < 250.0 else None
    assert (await wait(circleci)).succeeded


async def test_what_does_not_pass_by_itself_is_raised():
    circleci = circleci_with(succeeding(seconds=300.0))
    circleci.fail = lambda now, method, path: refusal(400) if now > 50.0 else None
    with pytest.raises(BadRequestError):
        await wait(circleci)


@pytest.mark.parametrize("failure", [lost_connection(), refusal(503)])
async def test_the_very_first_look_is_not_forgiven_a_failure(failure):
    circleci = circleci_with(succeeding())
    circleci.fail = lambda now, method, path: failure
    with pytest.raises((APIConnectionError, ServerError)):
        await wait(circleci)
    assert circleci.now == 0.0


async def test_a_rate_limit_is_waited_out_as_long_as_circleci_says():
    circleci = circleci_with(succeeding(seconds=30.0))
    circleci.fail = lambda now, method, path: refusal(429, retry_after=200.0) if now == 5.0 else None
    assert (await wait(circleci)).succeeded
    assert circleci.sent("GET", "/workflow")[2] == 205.0


async def test_a_rate_limit_beyond_the_deadline_is_the_end_of_the_wait():
    circleci = circleci_with(succeeding(seconds=3000.0))
    circleci.fail = lambda now, method, path: refusal(429, retry_after=4000.0) if now == 5.0 else None
    with pytest.raises(WaitTimeoutError, match="the last look failed: 429"):
        await wait(circleci)
    assert circleci.now == 5.0


async def test_each_change_of_a_state_is_told_once():
    told = []
    circleci = circleci_with(succeeding(seconds=30.0, appears=10.0), states=[("pending", 0.0), ("created", 8.0)])
    await wait(circleci, on_change=told.append)
    assert [(change.workflow and change.workflow.name, change.before, change.after) for change in told] == [
        (None, None, "pending"),
        (None, "pending", "created"),
        ("build", None, "running"),
        ("build", "running", "success"),
    ]
    assert all(change.pipeline.number == 7 for change in told)


async def test_the_callback_may_be_asynchronous():
    told = []

    async def tell(change):
        await anyio.lowlevel.checkpoint()
        told.append(change.after)

    await wait(circleci_with(succeeding()), on_change=tell)
    assert told == ["created", "running", "success"]


@pytest.mark.parametrize("failure", [lost_connection(), refusal(404), refusal(503), ValueError("no such channel")])
@pytest.mark.parametrize("end", ["created", "running", "success"])
async def test_what_the_callback_raises_ends_the_wait_though_a_look_would_be_forgiven_it(failure, end):
    told = []

    async def tell(change):
        told.append(change.after)
        if change.after == end:
            raise failure

    with pytest.raises(type(failure)) as caught:
        await trigger(circleci_with(succeeding()), on_change=tell)
    assert caught.value is failure
    assert told[-1] == end


@pytest.mark.parametrize(
    "options", [{"timeout": 0}, {"timeout": -5.0}, {"timeout": float("nan")}, {"on_hold": "ignore"}]
)
async def test_what_cannot_be_is_refused_before_anything_is_sent(options):
    circleci = circleci_with(succeeding())
    with pytest.raises(ConfigurationError):
        await wait(circleci, **options)
    with pytest.raises(ConfigurationError):
        await trigger_and_wait(circleci, "gh/acme/web", **{"timeout": 1.0, **options})
    assert circleci.calls == []


async def trigger(circleci, slug="gh/acme/web", **options):
    return await trigger_and_wait(circleci, slug, timeout=3600.0, polling=circleci.polling(), **options)


async def test_a_pipeline_is_triggered_once_and_waited_for():
    circleci = circleci_with(succeeding())
    result = await trigger(circleci, branch="main", parameters={"deploy": True})
    assert result.succeeded
    assert circleci.calls[0][1:] == ("POST", "/project/gh/acme/web/pipeline")
    assert circleci.bodies[0] == {"branch": "main", "parameters": {"deploy": True}}
    assert [method for _, method, _ in circleci.calls].count("POST") == 1


@pytest.mark.parametrize(
    ("slug", "options", "path"),
    [
        ("gh/acme/web", {}, "/project/gh/acme/web/pipeline"),
        ("circleci/7kZbB3/9xYw", {}, "/project/circleci/7kZbB3/9xYw/pipeline/run"),
        ("gh/acme/web", {"definition_id": str(PIPELINE_ID)}, "/project/gh/acme/web/pipeline/run"),
        ("gh/acme/web", {"route": "pipeline/run"}, "/project/gh/acme/web/pipeline/run"),
        ("circleci/7kZbB3/9xYw", {"route": "pipeline"}, "/project/circleci/7kZbB3/9xYw/pipeline"),
    ],
)
async def test_the_route_is_the_one_that_serves_the_project(slug, options, path):
    circleci = circleci_with(succeeding())
    await trigger(circleci, slug, **options)
    assert circleci.calls[0][2] == path


async def test_the_newer_route_takes_code_and_configuration_from_the_same_tag():
    circleci = circleci_with(succeeding())
    await trigger(circleci, tag="v1.2.0", route="pipeline/run")
    assert circleci.bodies[0] == {"checkout": {"tag": "v1.2.0"}, "config": {"tag": "v1.2.0"}}


async def test_an_answer_without_a_pipeline_is_an_error_that_says_why():
    circleci = circleci_with()
    circleci.run_answer = (200, {"message": "The commit says [ci skip]."})
    with pytest.raises(PipelineNotTriggeredError, match=r"The commit says \[ci skip\]"):
        await trigger(circleci, route="pipeline/run")
    assert len(circleci.calls) == 1


@pytest.mark.parametrize(
    "options", [{"branch": "main", "tag": "v1"}, {"definition_id": str(PIPELINE_ID), "route": "pipeline"}]
)
async def test_contradictions_are_refused_before_anything_is_triggered(options):
    circleci = circleci_with()
    with pytest.raises(ConfigurationError):
        await trigger(circleci, **options)
    with pytest.raises(InvalidSlugError):
        await trigger(circleci, "acme/web")
    assert circleci.calls == []


async def test_a_triggered_pipeline_is_waited_for_though_the_first_look_fails():
    circleci = circleci_with(succeeding())
    circleci.fail = lambda now, method, path: lost_connection() if method == "GET" and now < 10.0 else None
    assert (await trigger(circleci)).succeeded


async def test_a_trigger_whose_answer_is_lost_is_not_sent_again():
    circleci = circleci_with(succeeding())
    circleci.fail = lambda now, method, path: lost_connection() if method == "POST" else None
    with pytest.raises(APIConnectionError):
        await trigger(circleci)
    assert len(circleci.calls) == 1


@pytest.mark.parametrize(
    ("path", "options"),
    [
        ("/project/{project-slug}/pipeline", {}),
        ("/project/{provider}/{organization}/{project}/pipeline/run", {"route": "pipeline/run"}),
    ],
)
@pytest.mark.parametrize(("seconds", "deadline"), [(1.0, 300.0), (1.0, None), (3600.0, 1.0), (float("inf"), 1.0)])
async def test_no_pipeline_is_triggered_once_the_time_is_over(path, options, seconds, deadline):
    fake = FakeCircleCI.seeded("gh/acme/web", pipelines=1)
    fake.faults.fail_next(429, retry_after=8, route=f"POST {path}")
    retry = RetryPolicy(deadline=deadline)
    async with CircleCI(fake.token, transport=fake.transport(), retry=retry) as circleci:
        with pytest.raises(RateLimitError):
            await circleci.trigger_and_wait("gh/acme/web", timeout=seconds, polling=fake.polling(), **options)
    assert [entry.answer.status for entry in fake.journal] == [429]


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


async def test_a_cancelled_wait_cancels_what_still_runs_when_asked_to():
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


async def test_what_follows_a_setup_workflow_that_ended_meanwhile_is_cancelled():
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


async def test_cancelling_at_circleci_gives_up_in_the_end_and_says_what_is_left(caplog):
    circleci = circleci_with(succeeding(appears=float("inf")))
    await cancel_while_waiting(circleci, after=20.0, cancel_at_circleci=True)
    assert (
        f"Pipeline {PIPELINE_ID}: cancelling was given up after 30 seconds: workflows may still appear" in caplog.text
    )
    assert circleci.now == circleci.sent("GET", "/workflow")[-1] == 23.75 + 30.0


async def test_a_cancellation_that_circleci_does_not_answer_is_told(caplog, monkeypatch):
    monkeypatch.setattr(actions, "_SECONDS_TO_CANCEL", 0.01)
    workflow = succeeding(seconds=1000.0)
    circleci = circleci_with(workflow)
    answer = circleci.send

    async def never_answer_cancellations(request):
        if request.path.endswith("/cancel"):
            await anyio.sleep_forever()
        return await answer(request)

    circleci.send = never_answer_cancellations
    await cancel_while_waiting(circleci, after=20.0, cancel_at_circleci=True)
    assert f"no answer about workflow {workflow.id}" in caplog.text


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


workflow_lives = st.builds(
    lambda name, runs, final, appears: ScriptedWorkflow(
        name=name, states=[*runs, (final, 0.0)], appears=float(appears)
    ),
    st.sampled_from(["build", "lint", "deploy"]),
    st.lists(st.tuples(st.sampled_from(["running", "failing", "on_hold"]), st.integers(1, 200).map(float)), max_size=4),
    st.sampled_from(["success", "failed", "error", "canceled", "unauthorized", "not_run"]),
    st.integers(0, 4),
)


@given(
    workflows=st.lists(
        workflow_lives, min_size=1, max_size=5, unique_by=lambda workflow: (workflow.name, workflow.appears)
    ),
    created=st.integers(0, 50),
    late=st.integers(0, 50),
    setup=st.none() | st.integers(1, 100),
    failures=st.sets(st.integers(1, 40), max_size=15),
    approving=st.booleans(),
)
async def test_whatever_the_life_the_wait_ends_after_its_end_and_tells_its_outcome(
    *, workflows, created, late, setup, failures, approving
):
    for workflow in workflows:
        workflow.appears += created + late
    states = [("pending", 0.0), ("created", float(created))]
    if setup is not None:
        first = succeeding("setup", seconds=float(setup), tag="setup")
        for workflow in workflows:
            workflow.appears += setup
        states = [("setup-pending", 0.0), ("setup", 1.0), ("created", setup + created + 1.0)]
        workflows = [first, *workflows]
    circleci = circleci_with(*sorted(workflows, key=lambda workflow: workflow.appears), states=states)
    looks = 0

    def fail_sometimes(now, method, path):
        nonlocal looks
        looks += 1
        return lost_connection() if looks in failures and looks > 1 else None

    circleci.fail = fail_sometimes
    result = await wait(circleci, on_hold="approve" if approving else "wait")
    assert {workflow.id for workflow in result.workflows} == {workflow.id for workflow in workflows}
    newest = {}
    for workflow in circleci.pipeline.workflows:
        assert workflow.status_at(circleci.now) == workflow.states[-1][0]
        newest[workflow.name] = workflow.states[-1][0]
    assert result.succeeded is (set(newest.values()) <= {"success", "not_run"} and "success" in newest.values())
    assert result.status in newest.values()
    approvals = [path for _, method, path in circleci.calls if method == "POST"]
    assert approving or not approvals
