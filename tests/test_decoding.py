"""Decoding: everything the live API sends is kept, deviations are reported, and `to_dict` restores the input."""

from __future__ import annotations

import inspect
import json
import logging
import traceback
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import attrs
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from circleci_v2 import CircleCI, ConfigurationError, DecodeError, models
from circleci_v2._wire.decoding import decode_silently, decoder_for, fast_decoder_for
from circleci_v2._wire.encoding import document_keys
from circleci_v2._wire.types import Deviation, JsonPath, wire_fields
from circleci_v2.events import DeviationEvent, Event
from circleci_v2.models import (
    FlakyTestReport,
    JobStatus,
    Model,
    Pipeline,
    Schedule,
    TimetableByDayOfMonth,
    TimetableByDayOfWeek,
    Webhook,
    Workflow,
    WorkflowJob,
    WorkflowStatus,
)

pytestmark = pytest.mark.anyio

WORKFLOW: dict[str, Any] = {
    "id": "5034460f-c7c4-4c43-9457-de07e2029e7b",
    "name": "build-and-test",
    "status": "running",
    "created_at": "2026-01-31T12:00:00.123Z",
    "stopped_at": None,
    "pipeline_id": "7f1a7f0e-6d15-4d8b-9d3b-2b9b1a7a6a55",
    "pipeline_number": 42,
    "project_slug": "gh/acme/web",
    "started_by": "03987f6a-4c27-4dc1-b6ab-c7e83bb3e713",
}

GetWorkflow = Callable[..., Any]


@pytest.fixture
def events() -> list[DeviationEvent]:
    return []


@pytest.fixture
def get_workflow(events: list[DeviationEvent]) -> GetWorkflow:
    """Get a workflow from a CircleCI that responds with a given body, once or several times."""

    async def get(*bodies: Any, strict: bool = False) -> Any:
        waiting = list(bodies)

        def keep(event: Event) -> None:
            if isinstance(event, DeviationEvent):
                events.append(event)

        def handler(_: httpx.Request) -> httpx.Response:
            return httpx.Response(200, json=waiting.pop(0))

        async with CircleCI("token", transport=httpx.MockTransport(handler), strict=strict, on_event=keep) as circleci:
            results = [await circleci.workflows.get(WORKFLOW["id"]) for _ in bodies]
        return results[0] if len(results) == 1 else results

    return get


async def test_a_response_as_described_has_no_deviations(get_workflow: GetWorkflow, events: list[DeviationEvent]):
    workflow = await get_workflow(WORKFLOW)
    assert workflow.id == UUID(WORKFLOW["id"])
    assert workflow.status is WorkflowStatus.RUNNING
    assert workflow.created_at == datetime(2026, 1, 31, 12, 0, 0, 123_000, tzinfo=UTC)
    assert workflow.canceled_by is None
    assert events == []


async def test_null_where_null_is_known_to_occur_is_none(get_workflow: GetWorkflow, events: list[DeviationEvent]):
    assert (await get_workflow(WORKFLOW)).stopped_at is None
    assert events == []


async def test_null_in_a_required_field_is_none_and_reported(get_workflow: GetWorkflow, events: list[DeviationEvent]):
    assert (await get_workflow(WORKFLOW | {"name": None})).name is None
    assert [(e.operation_id, e.path, e.problem) for e in events] == [
        ("getWorkflowById", "$.name", "expected text, found null")
    ]


async def test_an_unknown_enum_value_equals_its_string(get_workflow: GetWorkflow, events: list[DeviationEvent]):
    status = (await get_workflow(WORKFLOW | {"status": "paused"})).status
    assert status == "paused"
    assert isinstance(status, WorkflowStatus)
    assert not status.is_published
    assert {status: 1}["paused"] == 1
    assert events[0].problem == "unknown value 'paused' of WorkflowStatus"


async def test_a_missing_required_field_is_none_and_reported(get_workflow: GetWorkflow, events: list[DeviationEvent]):
    workflow = await get_workflow({k: v for k, v in WORKFLOW.items() if k != "project_slug"})
    assert workflow.project_slug is None
    assert [(e.path, e.problem) for e in events] == [("$.project_slug", "missing")]


async def test_an_unknown_field_is_kept(get_workflow: GetWorkflow, events: list[DeviationEvent]):
    workflow = await get_workflow(WORKFLOW | {"color": "green"})
    assert workflow.additional_properties == {"color": "green"}
    assert [(e.path, e.problem) for e in events] == [("$.color", "unknown field")]


async def test_a_key_in_the_other_spelling_is_read(get_workflow: GetWorkflow, events: list[DeviationEvent]):
    body = {("stopped-at" if k == "stopped_at" else k): v for k, v in WORKFLOW.items()} | {
        "stopped-at": "2026-01-31T13:00:00Z"
    }
    workflow = await get_workflow(body)
    assert workflow.stopped_at == datetime(2026, 1, 31, 13, tzinfo=UTC)
    assert workflow.to_dict() == body
    assert events[0].path == "$.stopped-at"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("pipeline_number", "42"),
        ("created_at", "yesterday"),
        ("id", "not-a-uuid"),
        ("status", 3),
        ("name", ["a"]),
        ("pipeline_number", True),
    ],
)
async def test_a_value_of_another_type_is_kept_as_it_is(
    get_workflow: GetWorkflow, events: list[DeviationEvent], field: str, value: Any
):
    workflow = await get_workflow(WORKFLOW | {field: value})
    assert getattr(workflow, field) == value
    assert len(events) == 1
    assert events[0].path == f"$.{field}"


@pytest.mark.parametrize("body", [[], "text", 7, True])
async def test_a_body_of_another_kind_is_kept_and_reported(
    get_workflow: GetWorkflow, events: list[DeviationEvent], body: Any
):
    assert await get_workflow(body) == body
    assert events[0].path == "$"


async def test_each_deviation_is_reported_once(
    get_workflow: GetWorkflow, events: list[DeviationEvent], caplog: pytest.LogCaptureFixture
):
    with caplog.at_level(logging.WARNING, logger="circleci_v2"):
        await get_workflow(*[WORKFLOW | {"status": "paused"}] * 3, WORKFLOW | {"status": "frozen"})
    assert [e.problem for e in events] == [
        "unknown value 'paused' of WorkflowStatus",
        "unknown value 'frozen' of WorkflowStatus",
    ]
    assert [r.levelname for r in caplog.records] == ["WARNING", "WARNING"]
    assert "getWorkflowById" in caplog.text
    assert "$.status" in caplog.text


async def test_items_of_a_list_that_deviate_alike_are_reported_once():
    events: list[Any] = []
    items = [{"id": WORKFLOW["id"], "name": str(i), "created_at": None} for i in range(5)]

    def handler(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"items": items, "next_page_token": None})

    async with CircleCI("token", transport=httpx.MockTransport(handler), on_event=events.append) as circleci:
        page = await circleci.contexts.list(owner_slug="gh/acme")
    assert len(page.items) == 5
    assert [e.path for e in events if isinstance(e, DeviationEvent)] == ["$.items[0].created_at"]


@pytest.mark.parametrize(
    "change",
    [{"name": None}, {"status": "paused"}, {"color": "green"}, {"pipeline_number": "42"}, {"id": "x"}],
    ids=lambda change: next(iter(change)),
)
async def test_strict_raises_where_the_response_deviates(get_workflow: GetWorkflow, change: dict[str, Any]):
    with pytest.raises(DecodeError, match=r"the response of getWorkflowById deviates at \$\.") as caught:
        await get_workflow(WORKFLOW | change, strict=True)
    assert caught.value.path == f"$.{next(iter(change))}"
    assert caught.value.operation_id == "getWorkflowById"


def test_flaky_tests_are_read_in_either_spelling():
    kebab = {"flaky-tests": [{"test-name": "a", "job-number": 3, "times-flaked": 2}], "total-flaky-tests": 1}
    snake = {"flaky_tests": [{"test_name": "a", "job_number": 3, "times_flaked": 2}], "total_flaky_tests": 1}
    one, other = FlakyTestReport.from_dict(kebab), FlakyTestReport.from_dict(snake)
    assert one.flaky_tests[0].job_number == other.flaky_tests[0].job_number == 3
    assert one == other
    assert (one.to_dict(), other.to_dict()) == (kebab, snake)


def test_a_union_takes_the_member_that_fits_best():
    by_week = {"per-hour": 1, "hours-of-day": [3], "days-of-week": ["MON"]}
    by_month = {"per-hour": 1, "hours-of-day": [3], "days-of-month": [1, 15]}
    one = Schedule.from_dict({"timetable": by_week}).timetable
    other = Schedule.from_dict({"timetable": by_month}).timetable
    assert isinstance(one, TimetableByDayOfWeek)
    assert isinstance(other, TimetableByDayOfMonth)
    assert (one.to_dict(), other.to_dict()) == (by_week, by_month)


@pytest.mark.parametrize(
    ("union", "value", "decoded"),
    [
        (WorkflowStatus | int, "success", WorkflowStatus.SUCCESS),
        (WorkflowStatus | int, 7, 7),
        (WorkflowStatus | JobStatus, "queued", JobStatus.QUEUED),
        (str | JobStatus, "queued", JobStatus.QUEUED),
        (str | JobStatus, "anything", "anything"),
        (str | UUID, WORKFLOW["id"], UUID(WORKFLOW["id"])),
        (datetime | int, "2026-01-31T12:00:00Z", datetime(2026, 1, 31, 12, tzinfo=UTC)),
        (datetime | date, "2026-01-31", date(2026, 1, 31)),
        (datetime | date, "2026-01-31T12:00:00Z", datetime(2026, 1, 31, 12, tzinfo=UTC)),
    ],
)
def test_text_in_a_union_becomes_the_narrowest_type_that_accepts_it(union: Any, value: Any, decoded: object):
    deviations: list[Deviation] = []
    result = decoder_for(union)(value, JsonPath(deviations.append), None)
    assert (result, type(result), deviations) == (decoded, type(decoded), [])


def test_text_that_fits_no_type_of_a_union_is_reported_and_kept():
    deviations: list[Deviation] = []
    result = decoder_for(WorkflowStatus | int)("paused", JsonPath(deviations.append), None)
    assert (result, [deviation.problem for deviation in deviations]) == (
        "paused",
        ["unknown value 'paused' of WorkflowStatus"],
    )


def test_a_model_made_by_hand_is_written_with_the_published_keys():
    timetable = TimetableByDayOfWeek(per_hour=1, hours_of_day=[3], days_of_week=["MON"], months=None)
    assert timetable.to_dict() == {"per-hour": 1, "hours-of-day": [3], "days-of-week": ["MON"]}


@given(
    st.dictionaries(
        st.sampled_from(["per_hour", "per-hour", "hours_of_day", "hours-of-day", "other", "days"]), st.integers()
    )
)
def test_a_dict_in_place_of_a_model_gets_the_published_keys(value: dict[str, int]):
    sent = document_keys(value, TimetableByDayOfWeek, TimetableByDayOfMonth)
    assert sorted(sent.values()) == sorted(value.values())  # nothing is lost, not even where both spellings are passed
    for key, item in value.items():
        published = {"per_hour": "per-hour", "hours_of_day": "hours-of-day"}.get(key, key)
        assert sent[key if published in value else published] == item
    assert document_keys([value], TimetableByDayOfWeek) == [document_keys(value, TimetableByDayOfWeek)]
    timetable = TimetableByDayOfWeek.from_dict(value)
    assert document_keys(timetable, TimetableByDayOfWeek) is timetable


def test_a_field_that_is_set_shows_in_to_dict_and_nothing_else_changes():
    body = WORKFLOW | {"color": {"of": ["the", "day"]}}
    workflow = Workflow.from_dict(body)
    workflow.name = "deploy"
    workflow.stopped_at = datetime(2026, 1, 31, 13, tzinfo=UTC)
    assert workflow.to_dict() == body | {"name": "deploy", "stopped_at": "2026-01-31T13:00:00Z"}


def test_additional_properties_can_be_added():
    workflow = Workflow.from_dict(WORKFLOW)
    workflow.additional_properties["color"] = "green"
    assert workflow.to_dict() == WORKFLOW | {"color": "green"}


def test_the_result_of_to_dict_can_be_changed_without_changing_the_model():
    workflow = Workflow.from_dict(WORKFLOW | {"color": {"of": ["day"]}})
    workflow.to_dict()["color"]["of"].append("night")
    assert workflow.to_dict()["color"] == {"of": ["day"]}


def test_models_are_compared_by_their_fields():
    assert Workflow.from_dict(WORKFLOW) == Workflow.from_dict(WORKFLOW | {"color": "green"})
    assert Workflow.from_dict(WORKFLOW) != Workflow.from_dict(WORKFLOW | {"name": "deploy"})


def test_models_have_slots_and_reject_misspelled_attributes():
    workflow = Workflow.from_dict(WORKFLOW)
    with pytest.raises(AttributeError):
        workflow.statsu = "success"  # type: ignore[attr-defined]


def test_a_model_survives_pickle():
    import pickle

    workflow = Workflow.from_dict(WORKFLOW)
    copy = pickle.loads(pickle.dumps(workflow))
    assert copy == workflow
    assert copy.to_dict() == WORKFLOW


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-31T12:00:00Z", datetime(2026, 1, 31, 12, tzinfo=UTC)),
        ("2026-01-31T12:00:00.5+01:00", datetime(2026, 1, 31, 11, 0, 0, 500_000, tzinfo=UTC)),
        ("2026-01-31 12:00:00", datetime(2026, 1, 31, 12, tzinfo=UTC)),
        ("1970-01-01T00:00:00.000Z", datetime(1970, 1, 1, tzinfo=UTC)),
    ],
)
def test_times_are_read_in_every_notation_and_written_back_in_their_own(text: str, moment: datetime):
    workflow = Workflow.from_dict(WORKFLOW | {"created_at": text})
    assert workflow.created_at == moment
    assert workflow.created_at.tzinfo is not None
    assert workflow.to_dict()["created_at"] == text


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def keys_of(model: type[Model]) -> list[str]:
    return [field.name for field in attrs.fields(model) if field.init]


@given(st.data(), st.sampled_from([Pipeline, Workflow, WorkflowJob, Schedule, Webhook, FlakyTestReport]))
def test_any_object_is_decoded_and_restored_by_to_dict(data: st.DataObject, model: type[Model]):
    body = data.draw(st.dictionaries(st.sampled_from(keys_of(model)) | st.text(max_size=5), JSON, max_size=8))
    decoded = decode_silently(model, body)
    assert decoded.to_dict() == body
    assert list(decoded.to_dict()) == list(body)


@given(JSON)
def test_no_json_value_crashes_a_decoder(value: Any):
    for kind in (Pipeline, list[Workflow], dict[str, str | int | bool], WorkflowStatus, datetime, UUID, str | None):
        decode_silently(kind, value)


@pytest.mark.parametrize("kind", [date, date | None])
def test_dates_are_decoded_and_other_text_is_kept(kind: Any):
    assert decode_silently(kind, "2026-03-04") == date(2026, 3, 4)
    assert decode_silently(dict[str, kind], {"a": "2026-03-04", "b": "soon"}) == {"a": date(2026, 3, 4), "b": "soon"}  # type: ignore[valid-type]
    assert fast_decoder_for(date)("2026-03-04") == date(2026, 3, 4)


def test_a_traceback_through_a_compiled_decoder_shows_its_source():
    decode = fast_decoder_for(Workflow)
    with pytest.raises(KeyError) as caught:
        decode({})
    shown = "".join(traceback.format_exception(caught.value))
    assert 'File "<circleci_v2 decoder of Workflow>", line ' in shown
    assert "model.id = uuid(received['id'])" in shown
    assert "def decode(received):" in inspect.getsource(decode)


def nested(depth: int) -> Any:
    value: Any = 1
    for level in range(depth):
        value = {"a": value} if level % 2 else [value]
    return value


@pytest.mark.parametrize("depth", [500, 900])
async def test_json_of_any_depth_that_was_read_is_restored(get_workflow: GetWorkflow, depth: int):
    pipeline = {"id": WORKFLOW["id"], "trigger_parameters": {"deep": nested(depth)}, "unknown": nested(depth)}
    body = WORKFLOW | {"deep": nested(depth), "tag": nested(depth), "canceled_by": nested(depth)}
    workflow = await get_workflow(body)
    restored = workflow.to_dict()
    # Comparing and writing nested values takes the stack of Python; so does `json.dumps`, only less of it.
    assert json.dumps(restored) == json.dumps(body)
    assert Workflow.from_dict(body).to_dict().keys() == body.keys()
    assert json.dumps(Pipeline.from_dict(pipeline).to_dict()) == json.dumps(pipeline)


async def test_what_to_dict_returns_shares_nothing_with_the_model(get_workflow: GetWorkflow):
    workflow = await get_workflow(WORKFLOW | {"unknown": {"list": [1]}, "tag": {"list": [2]}})
    restored = workflow.to_dict()
    restored["unknown"]["list"].append(3)
    restored["tag"]["list"].append(3)
    assert workflow.to_dict()["unknown"] == {"list": [1]}
    assert workflow.to_dict()["tag"] == {"list": [2]}
    assert workflow.additional_properties == {"unknown": {"list": [1]}}


def test_an_added_property_of_another_type_is_copied_too():
    workflow = Workflow.from_dict(WORKFLOW)
    moments = {datetime(2026, 1, 31, tzinfo=UTC)}
    workflow.additional_properties["moments"] = moments
    assert workflow.to_dict()["moments"] == moments
    assert workflow.to_dict()["moments"] is not moments


@pytest.mark.parametrize("depth", [500, 900])
def test_a_deep_value_that_was_set_is_written(depth: int):
    pipeline = Pipeline.from_dict({"id": WORKFLOW["id"]})
    pipeline.trigger_parameters = {"deep": nested(depth)}
    assert json.dumps(pipeline.to_dict()["trigger_parameters"]) == json.dumps({"deep": nested(depth)})


def test_a_value_that_contains_itself_is_rejected():
    circle: dict[str, Any] = {}
    circle["self"] = circle
    pipeline = Pipeline.from_dict({"id": WORKFLOW["id"]})
    pipeline.trigger_parameters = circle
    with pytest.raises(ConfigurationError, match="contains itself"):
        pipeline.to_dict()


@pytest.mark.parametrize("received", [WORKFLOW | {"id": None, "pipeline_number": None}, {"name": "build"}])
async def test_an_id_that_is_typed_as_present_is_none_where_it_is_missing_and_reported(
    get_workflow: GetWorkflow, events: list[DeviationEvent], received: dict[str, Any]
):
    workflow = await get_workflow(received)
    assert (workflow.id, workflow.pipeline_number) == (None, None)
    assert {"$.id", "$.pipeline_number"} <= {event.path for event in events}
    assert workflow.to_dict() == received
    with pytest.raises(DecodeError, match=r"\$\.id"):
        await get_workflow(received, strict=True)


ID_MODELS = ["ContextRestriction", "ContextRestrictionCreation", "DeployComponent", "DeployEnvironment", "Group"]
ID_MODELS += ["OtelExporter", "Pipeline", "PipelineDefinition", "Trigger", "Workflow", "WorkflowJob"]


@pytest.mark.parametrize("name", ID_MODELS)
def test_the_id_of_a_model_that_later_calls_need_is_a_uuid(name: str):
    (field,) = [field for field in wire_fields(getattr(models, name)) if field.attribute == "id"]
    assert field.type is UUID
    assert field.required
