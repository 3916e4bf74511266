from __future__ import annotations

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
from circleci_v2.waiting import rerun_and_wait, trigger_and_wait, wait_for_workflow
from tests.support.scripted import PIPELINE_ID, ScriptedCircleCI, ScriptedPipeline, ScriptedWorkflow, refusal
from tests.waiting.scripts import circleci_with, failing, held, lost_connection, succeeding, wait

pytestmark = pytest.mark.anyio


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


async def test_the_pipeline_itself_is_polled_only_until_its_state_is_final():
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


async def test_an_errored_pipeline_ends_the_wait_immediately_with_its_messages():
    circleci = circleci_with(
        states=[("pending", 0.0), ("errored", 4.0)], errors=["Unknown job: build"], workflow_list_appears=float("inf")
    )
    result = await wait(circleci)
    assert result.status == "errored"
    assert result.messages == ["Unknown job: build"]
    assert circleci.now == 5.0


async def test_a_workflow_that_ended_quickly_does_not_hide_the_one_that_appears_next():
    circleci = circleci_with(succeeding("lint", seconds=0.0), succeeding("build", appears=3.0))
    assert len((await wait(circleci)).workflows) == 2


async def test_a_pipeline_that_ended_long_ago_needs_one_poll():
    circleci = circleci_with(succeeding(seconds=100.0))
    circleci.now = 5000.0
    assert (await wait(circleci)).succeeded
    assert circleci.now == 5000.0


async def test_the_workflows_after_a_setup_workflow_are_waited_for():
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


async def test_an_automatic_rerun_of_a_setup_workflow_and_its_successors_are_waited_for():
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


async def test_on_hold_is_returned_when_nothing_else_runs():
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


async def test_workflows_without_a_creation_time_are_waited_for_as_well():
    circleci = circleci_with(succeeding(seconds=100.0), succeeding("lint", seconds=200.0, dated=False))
    result = await wait(circleci)
    assert [workflow.name for workflow in result.workflows] == ["build", "lint"]
    assert 200.0 <= circleci.now <= 260.0


async def test_a_workflow_that_ended_early_does_not_delay_the_end_of_the_wait():
    alone = circleci_with(succeeding(seconds=100.0))
    await wait(alone)
    circleci = circleci_with(succeeding("lint", seconds=10.0), succeeding(seconds=100.0))
    await wait(circleci)
    assert circleci.now == alone.now


@pytest.mark.parametrize("text", ["soon", 7, "2026-13-01T00:00:00Z"])
async def test_workflows_whose_times_are_no_times_are_waited_for_as_well(monkeypatch, text):
    circleci = circleci_with(succeeding(seconds=100.0), succeeding("lint", seconds=200.0))
    answer = circleci._workflow
    times = {"created_at": text, "stopped_at": text}
    monkeypatch.setattr(circleci, "_workflow", lambda workflow: answer(workflow) | times)
    result = await wait(circleci)
    assert {workflow.name for workflow in result.workflows} == {"build", "lint"}
    assert 200.0 <= circleci.now <= 260.0


async def test_the_timeout_error_holds_the_last_known_state():
    circleci = circleci_with(held())
    with pytest.raises(WaitTimeoutError, match=f"Pipeline {PIPELINE_ID} has not ended after 90 seconds") as caught:
        await wait(circleci, timeout=90.0)
    assert caught.value.seen.status == "on_hold"
    assert "it is on_hold" in str(caught.value)
    assert circleci.now == 90.0
    assert circleci.calls[-1][0] == 90.0


async def test_the_timeout_error_says_so_far_while_more_workflows_may_follow():
    circleci = circleci_with(succeeding(seconds=8.0))
    with pytest.raises(WaitTimeoutError, match="it is success so far") as caught:
        await wait(circleci, timeout=10.0)
    assert caught.value.seen.succeeded


async def test_the_timeout_error_of_a_pipeline_never_seen_says_so():
    with pytest.raises(WaitTimeoutError, match="nothing was seen of it; the last poll failed: 404") as caught:
        await wait(circleci_with(appears=100.0), timeout=20.0)
    assert isinstance(caught.value.__cause__, NotFoundError)


@pytest.mark.parametrize("failure", [lost_connection(), refusal(503), refusal(429), refusal(408)])
async def test_transient_errors_do_not_end_the_wait(failure):
    circleci = circleci_with(succeeding(seconds=300.0))
    circleci.fail = lambda now, method, path: failure if 50.0 < now < 250.0 else None
    assert (await wait(circleci)).succeeded


async def test_permanent_errors_are_raised():
    circleci = circleci_with(succeeding(seconds=300.0))
    circleci.fail = lambda now, method, path: refusal(400) if now > 50.0 else None
    with pytest.raises(BadRequestError):
        await wait(circleci)


@pytest.mark.parametrize("failure", [lost_connection(), refusal(503)])
async def test_errors_of_the_very_first_poll_are_raised(failure):
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
    with pytest.raises(WaitTimeoutError, match="the last poll failed: 429"):
        await wait(circleci)
    assert circleci.now == 5.0


async def test_each_change_of_a_state_is_reported_once():
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
async def test_an_error_of_the_callback_ends_the_wait_although_one_of_a_poll_would_not(failure, end):
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
async def test_invalid_arguments_are_rejected_before_anything_is_sent(options):
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


async def test_a_response_without_a_pipeline_is_an_error_that_says_why():
    circleci = circleci_with()
    circleci.run_answer = (200, {"message": "The commit says [ci skip]."})
    with pytest.raises(PipelineNotTriggeredError, match=r"The commit says \[ci skip\]"):
        await trigger(circleci, route="pipeline/run")
    assert len(circleci.calls) == 1


@pytest.mark.parametrize(
    "options", [{"branch": "main", "tag": "v1"}, {"definition_id": str(PIPELINE_ID), "route": "pipeline"}]
)
async def test_contradictions_are_rejected_before_anything_is_triggered(options):
    circleci = circleci_with()
    with pytest.raises(ConfigurationError):
        await trigger(circleci, **options)
    with pytest.raises(InvalidSlugError):
        await trigger(circleci, "acme/web")
    assert circleci.calls == []


async def test_a_triggered_pipeline_is_waited_for_although_the_first_poll_fails():
    circleci = circleci_with(succeeding())
    circleci.fail = lambda now, method, path: lost_connection() if method == "GET" and now < 10.0 else None
    assert (await trigger(circleci)).succeeded


async def test_a_trigger_whose_response_is_lost_is_not_repeated():
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
    assert [entry.response.status_code for entry in fake.journal] == [429]


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
async def test_every_pipeline_is_waited_for_until_its_end_with_the_right_status(
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


def workflow_of(*states, appears=0.0):
    return ScriptedWorkflow(name="build", states=states, appears=appears)


def circleci_with_workflows(*workflows):
    return ScriptedCircleCI(ScriptedPipeline(workflows=workflows))


async def wait_for_the_workflow(circleci, **options):
    (workflow,) = circleci.pipeline.workflows
    return await wait_for_workflow(
        circleci, workflow.id, **{"timeout": 3600.0, "polling": circleci.polling(), **options}
    )


@pytest.mark.parametrize("final", ["success", "failed", "error", "canceled", "unauthorized", "not_run", "evaporated"])
async def test_every_final_status_ends_the_wait_including_an_unknown_one(final):
    circleci = circleci_with_workflows(workflow_of(("running", 50.0), ("failing", 50.0), (final, 0.0)))
    workflow = await wait_for_the_workflow(circleci)
    assert workflow.status == final
    assert circleci.now >= 100.0


async def test_failing_fast_returns_while_others_jobs_run():
    circleci = circleci_with_workflows(workflow_of(("running", 50.0), ("failing", 500.0), ("failed", 0.0)))
    assert (await wait_for_the_workflow(circleci, fail_fast=True)).status == "failing"


async def test_a_workflow_on_hold_is_returned_or_approved_or_waited_for():
    states = [("on_hold", 300.0), ("running", 10.0), ("success", 0.0)]
    assert (
        await wait_for_the_workflow(circleci_with_workflows(workflow_of(*states)), on_hold="return")
    ).status == "on_hold"
    for on_hold, at_least, at_most in [("approve", 10.0, 60.0), ("wait", 310.0, 350.0)]:
        circleci = circleci_with_workflows(workflow_of(*states))
        assert (await wait_for_the_workflow(circleci, on_hold=on_hold)).status == "success"
        assert at_least <= circleci.now <= at_most


async def test_changes_are_reported():
    told = []
    await wait_for_the_workflow(
        circleci_with_workflows(workflow_of(("running", 50.0), ("success", 0.0))), on_change=told.append
    )
    assert [(change.pipeline, change.before, change.after) for change in told] == [
        (None, None, "running"),
        (None, "running", "success"),
    ]


async def test_an_error_of_the_callback_ends_the_wait_for_a_workflow_although_one_of_a_poll_would_not():
    failure = APIConnectionError("no chat", method="POST", url="https://chat.example.com")

    async def tell(change):
        if change.after == "success":
            raise failure

    with pytest.raises(APIConnectionError) as caught:
        await wait_for_the_workflow(
            circleci_with_workflows(workflow_of(("running", 50.0), ("success", 0.0))), on_change=tell
        )
    assert caught.value is failure


async def test_the_timeout_error_names_the_last_status():
    circleci = circleci_with_workflows(workflow_of(("running", 500.0), ("success", 0.0)))
    with pytest.raises(WaitTimeoutError, match="has not ended after 60 seconds: it is running") as caught:
        await wait_for_the_workflow(circleci, timeout=60.0)
    assert caught.value.seen.status == "running"


async def test_an_unknown_workflow_is_not_found():
    circleci = circleci_with_workflows()
    with pytest.raises(NotFoundError):
        await wait_for_workflow(circleci, PIPELINE_ID, timeout=3600.0, polling=circleci.polling())


async def test_a_rerun_runs_the_failed_jobs_and_waits_for_the_new_workflow():
    old = workflow_of(("failed", 0.0))
    new = workflow_of(("running", 50.0), ("success", 0.0), appears=5.0)
    circleci = circleci_with_workflows(old, new)
    workflow = await rerun_and_wait(circleci, old.id, timeout=3600.0, polling=circleci.polling())
    assert workflow.id == new.id
    assert workflow.status == "success"
    assert circleci.bodies[0] == {"from_failed": True}
    assert [method for _, method, _ in circleci.calls].count("POST") == 1


async def test_a_rerun_of_chosen_jobs_does_not_send_from_failed():
    workflow = workflow_of(("success", 0.0))
    circleci = circleci_with_workflows(workflow)
    await rerun_and_wait(circleci, workflow.id, timeout=60.0, jobs=[PIPELINE_ID], polling=circleci.polling())
    assert circleci.bodies[0] == {"jobs": [str(PIPELINE_ID)]}


async def test_a_rerun_is_not_requested_with_a_wrong_argument_nor_twice():
    workflow = workflow_of(("success", 0.0))
    circleci = circleci_with_workflows(workflow)
    with pytest.raises(ConfigurationError):
        await rerun_and_wait(circleci, workflow.id, timeout=0.0)
    assert circleci.calls == []
    circleci.fail = lambda now, method, path: APIConnectionError("lost", method="POST", url="https://circleci.com")
    with pytest.raises(APIConnectionError):
        await rerun_and_wait(circleci, workflow.id, timeout=60.0, polling=circleci.polling())
    assert len(circleci.calls) == 1


async def test_a_cancelled_wait_cancels_the_workflow_on_request():
    workflow = workflow_of(("running", 500.0), ("success", 0.0))
    circleci = circleci_with_workflows(workflow)
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
