from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from circleci_v2.errors import DecodeError
from circleci_v2.webhooks import JobCompleted, Ping, Pipeline, UnknownEvent, WorkflowCompleted, parse

DELIVERIES = {path.stem: path.read_bytes() for path in sorted((Path(__file__).parent / "deliveries").glob("*.json"))}


def delivery(name: str, **changes: Any) -> bytes:
    return json.dumps(json.loads(DELIVERIES[name]) | changes).encode()


def test_a_workflow_event_is_read_completely():
    event = parse(DELIVERIES["workflow_completed_github_branch"])
    assert isinstance(event, WorkflowCompleted)
    assert event.type == "workflow-completed"
    assert event.id == event.raw["id"]
    assert event.happened_at == datetime(2026, 3, 2, 9, 21, 48, 4000, tzinfo=UTC)
    assert event.webhook.name == "Build monitor"
    assert (event.organization.name, event.project.slug) == ("acme", "github/acme/web")
    assert (event.workflow.name, event.workflow.status) == ("build-and-deploy", "success")
    assert event.workflow.stopped_at is not None
    assert event.workflow.created_at is not None
    assert event.workflow.stopped_at > event.workflow.created_at
    assert (event.pipeline.number, event.pipeline.trigger.type) == (812, "webhook")
    assert (event.pipeline.branch, event.pipeline.tag) == ("main", None)
    assert event.pipeline.vcs is not None
    assert event.pipeline.vcs.commit is not None
    assert event.pipeline.vcs.commit.author.email == "author@example.com"
    assert event.pipeline.revision == event.pipeline.vcs.revision
    assert event.pipeline.commit_subject == "Cache the fonts"


def test_a_job_event_is_read_completely():
    event = parse(DELIVERIES["job_completed_github_branch"])
    assert isinstance(event, JobCompleted)
    assert (event.job.name, event.job.number, event.job.status) == ("unit-tests", 4711, "success")
    assert event.job.started_at == datetime(2026, 3, 2, 9, 15, 31, 207000, tzinfo=UTC)
    assert event.workflow.status is None


def test_a_ping_needs_no_project():
    event = parse(DELIVERIES["ping"])
    assert isinstance(event, Ping)
    assert event.id
    assert event.webhook.id


@pytest.mark.parametrize(
    ("name", "branch", "tag", "subject"),
    [
        ("workflow_completed_github_branch", "main", None, "Cache the fonts"),
        ("workflow_completed_bitbucket_branch", "release/2026-03", None, "Cache the fonts"),
        ("workflow_completed_github_tag", None, "v2.4.0", None),
        ("job_completed_api_trigger", None, None, None),
        ("workflow_completed_gitlab", "main", None, "Pin the base image"),
        ("job_completed_github_app", "circleci-project-setup", None, "Set up CircleCI"),
        ("workflow_completed_bitbucket_data_center_tag", None, "v2.4.0", None),
        ("workflow_completed_schedule", None, None, None),
    ],
)
def test_what_was_built_is_read_equally_for_every_provider(name, branch, tag, subject):
    event = parse(DELIVERIES[name])
    assert isinstance(event, WorkflowCompleted | JobCompleted)
    assert (event.pipeline.branch, event.pipeline.tag) == (branch, tag)
    assert event.pipeline.commit_subject == subject


@pytest.mark.parametrize("name", ["workflow_completed_gitlab", "job_completed_github_app"])
def test_trigger_parameters_are_read_for_providers_without_vcs(name):
    event = parse(DELIVERIES[name])
    assert isinstance(event, WorkflowCompleted | JobCompleted)
    assert event.pipeline.vcs is None
    parameters = event.pipeline.trigger_parameters
    assert parameters is not None
    assert parameters.circleci.event_time is not None
    assert parameters.circleci.event_time.replace(microsecond=0) == datetime(2026, 3, 2, 9, 15, 3, tzinfo=UTC)
    assert parameters.provider["commit_sha"] == event.pipeline.revision
    assert parameters.git["checkout_sha"] == event.pipeline.revision


def test_the_first_line_of_a_message_stands_for_a_missing_title():
    read = Pipeline.read({"trigger_parameters": {"git": {"commit_message": "First line\n\nMore"}}})
    assert read.commit_subject == "First line"


@pytest.mark.parametrize("name", DELIVERIES)
def test_every_delivery_is_kept_completely(name):
    assert parse(DELIVERIES[name]).raw == json.loads(DELIVERIES[name])


@pytest.mark.parametrize("name", DELIVERIES)
def test_equal_deliveries_are_equal_events_with_one_hash(name):
    first, second = parse(DELIVERIES[name]), parse(DELIVERIES[name])
    assert first == second
    assert hash(first) == hash(second)


@pytest.mark.parametrize(("kind"), ["workflow-rejected", "", None, 7, ["ping"]])
def test_an_event_of_another_type_is_kept(kind):
    event = parse(delivery("ping", type=kind, extra={"a": 1}))
    assert isinstance(event, UnknownEvent)
    assert event.raw["type"] == kind
    assert event.raw["extra"] == {"a": 1}
    assert event.webhook.name == "Build monitor"


def test_unknown_fields_are_kept_in_every_map():
    event = parse(delivery("job_completed_github_branch", job={"name": "lint", "executor": "docker"}))
    assert isinstance(event, JobCompleted)
    assert event.job.name == "lint"
    assert event.job.raw["executor"] == "docker"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-02T09:15:03Z", datetime(2026, 3, 2, 9, 15, 3, tzinfo=UTC)),
        ("2026-03-02T09:15:03.1Z", datetime(2026, 3, 2, 9, 15, 3, 100000, tzinfo=UTC)),
        ("2026-03-02T09:15:03.123456Z", datetime(2026, 3, 2, 9, 15, 3, 123456, tzinfo=UTC)),
        ("2026-03-02T11:15:03+02:00", datetime(2026, 3, 2, 9, 15, 3, tzinfo=UTC)),
        ("2026-03-02 09:15:03.361740256 +0000 UTC", datetime(2026, 3, 2, 9, 15, 3, 361740, tzinfo=UTC)),
        ("2026-03-02 09:15:03", datetime(2026, 3, 2, 9, 15, 3, tzinfo=UTC)),
        ("2026-13-02T09:15:03Z", None),
        ("2026-03-02", None),
        ("yesterday", None),
        ("", None),
        (1772442903, None),
    ],
)
def test_times_are_read_in_every_form_that_deliveries_have(text, expected):
    assert parse(delivery("ping", happened_at=text)).happened_at == expected


def test_times_always_have_a_zone():
    happened_at = parse(delivery("ping", happened_at="2026-03-02 09:15:03")).happened_at
    assert happened_at is not None
    assert happened_at.utcoffset() == timedelta(0)


@pytest.mark.parametrize(("sent", "number"), [(12, 12), ("12", 12), (True, None), (1.5, None), ("9" * 5000, None)])
def test_numbers_are_read_from_digits_too(sent, number):
    assert Pipeline.read({"number": sent}).number == number


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"text"',
        b"1",
        b"\xff\xfe",
        '{"type":"ping"}'.encode("utf-16"),
        b"[" * 200_000,
        b'{"number": ' + b"9" * 10_000 + b"}",
        b'{"type":"ping"} trailing',
    ],
)
def test_a_body_that_is_not_a_json_object_is_rejected(body):
    with pytest.raises(DecodeError, match="the delivery is"):
        parse(body)


@pytest.mark.parametrize("name", DELIVERIES)
@pytest.mark.parametrize("wrong", [None, [], 3, "text", {}, {"id": None}])
def test_any_field_may_be_anything(name, wrong):
    whole = json.loads(DELIVERIES[name])
    for path in paths(whole):
        exercise(parse(json.dumps(replaced(whole, path, wrong)).encode()))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=8) | st.sampled_from(["git", "ref", "vcs", "commit"]), inner, max_size=4)
    ),
    max_leaves=12,
)
FIELDS = st.sampled_from(["id", "type", "happened_at", "webhook", "project", "organization", "pipeline", "workflow"])
TYPES = st.sampled_from(["workflow-completed", "job-completed", "ping"])


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(fields=st.dictionaries(FIELDS, JSON), kind=TYPES)
def test_no_json_object_crashes_the_reader(fields, kind):
    exercise(parse(json.dumps(fields | {"type": kind}).encode()))


@given(body=st.binary(max_size=300))
def test_no_bytes_crash_the_reader(body):
    try:
        event = parse(body)
    except DecodeError:
        return
    exercise(event)


def test_a_hundred_thousand_mutilated_deliveries_are_read_or_rejected():
    # `random()` scaled to a range costs a third of `randrange`, and most of this test was spent on choosing.
    draw = random.Random(20260302).random
    bodies = [json.dumps(json.loads(body)).encode() for body in DELIVERIES.values()]
    read = rejected = 0
    for _ in range(100_000):
        body = bytearray(bodies[int(draw() * len(bodies))])
        for _ in range(1 + int(draw() * 3)):
            start = int(draw() * len(body))
            body[start : start + int(draw() * 3)] = SHRAPNEL[int(draw() * len(SHRAPNEL))]
        try:
            parse(bytes(body))
        except DecodeError:
            rejected += 1
        else:
            read += 1
    assert read + rejected == 100_000
    assert read > 10_000
    assert rejected > 10_000


SHRAPNEL = [
    b"",
    b"null",
    b"{",
    b"}",
    b'"',
    b"[",
    b"0",
    b"-1",
    b"1e999",
    b"NaN",
    b"\xff",
    b"\\u0000",
    b"\x00",
    b"x",
    b" ",
]


def paths(value: Any, prefix: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """The path of every field of a nested map."""
    if not isinstance(value, dict):
        return []
    return [path for name, inner in value.items() for path in [(*prefix, name), *paths(inner, (*prefix, name))]]


def replaced(whole: dict[str, Any], path: tuple[str, ...], value: Any) -> dict[str, Any]:
    """A copy of a nested map with one field replaced."""
    name, *rest = path
    return whole | {name: replaced(whole[name], tuple(rest), value) if rest else value}


def exercise(event: object) -> None:
    """Read everything that an event offers, as a receiver might."""
    assert repr(event)
    assert hash(event) == hash(event)
    if isinstance(event, WorkflowCompleted | JobCompleted):
        pipeline = event.pipeline
        for value in (pipeline.branch, pipeline.tag, pipeline.revision, pipeline.commit_subject):
            assert value is None or isinstance(value, str)
        assert attrs.asdict(event.workflow).keys() >= {"id", "status", "stopped_at"}
