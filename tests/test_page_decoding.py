"""Fast decoding against tolerant decoding: the same models, deviations and JSON, for objects and pages of every model."""

from __future__ import annotations

import copy
import gc
import itertools
import json
import pickle
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from types import NoneType
from typing import Any, get_args, get_origin
from uuid import UUID

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from circleci_v2 import CircleCI, models
from circleci_v2._wire import json as loading
from circleci_v2._wire import page_decoding
from circleci_v2._wire.decoding import decoder_for, tolerant_decoder_for
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.types import Deviation, JsonPath, OpenStrEnum, is_model, union_arms, wire_fields
from circleci_v2.models import Model, Pipeline, Workflow
from circleci_v2.pagination import Page
from circleci_v2.response import Response

MODELS: list[type[Model]] = [
    model for name in models.__all__ if is_model(model := getattr(models, name)) and model is not Model
]

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
NOTATIONS = [
    "Z",
    ".5Z",
    ".000Z",
    ".123Z",
    ".123000Z",
    ".123456Z",
    ".123456789Z",
    "+00:00",
    "-00:00",
    ".25+00:00",
    "+02:00",
    "",
]
TIMES = st.builds(
    lambda seconds, notation: (
        (datetime(2026, 1, 31, tzinfo=UTC) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S") + notation
    ),
    st.integers(0, 10**6),
    st.sampled_from([*NOTATIONS[:4], *NOTATIONS]),
) | st.sampled_from(["2026-W05-6T12:00:00Z", "2026-01-31 12:00:00Z", "20260131T120000Z", "2026-01-31"])
UUIDS = st.uuids().map(str) | st.uuids().map(str).map(str.upper) | st.uuids().map(lambda value: value.hex)
DATES = st.dates().map(date.isoformat) | st.dates().map(lambda day: day.strftime("%Y%m%d"))

SCALARS: dict[Any, st.SearchStrategy[Any]] = {
    Any: JSON,
    str: TEXT,
    int: st.integers(),
    float: st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**6), 10**6),
    bool: st.booleans(),
    UUID: UUIDS,
    datetime: TIMES,
    date: DATES,
    NoneType: st.none(),
}


@st.composite
def values(draw: st.DrawFn, kind: Any) -> Any:
    """A JSON value of a type, in any notation."""
    arm = draw(st.sampled_from(union_arms(kind)))
    if arm in SCALARS:
        return draw(SCALARS[arm])
    if get_origin(arm) is list:
        return draw(st.lists(values(get_args(arm)[0]), max_size=2))
    if get_origin(arm) is dict:
        return draw(st.dictionaries(TEXT, values(get_args(arm)[1]), max_size=2))
    if isinstance(arm, type) and issubclass(arm, OpenStrEnum):
        return draw(st.sampled_from([member.value for member in arm]))
    return draw(objects(arm)) if is_model(arm) else draw(JSON)


@st.composite
def objects(draw: st.DrawFn, model: type[Model]) -> dict[str, Any]:
    """An object of a model: as described, in any order of keys."""
    fields = [field for field in wire_fields(model) if field.required or draw(st.booleans())]
    return {field.key: draw(values(field.type)) for field in draw(st.permutations(fields))}


@st.composite
def deviating(draw: st.DrawFn, model: type[Model]) -> dict[str, Any]:
    """An object of a model that may deviate: a value of another type, an unknown or missing field, another spelling."""
    received = draw(objects(model))
    for key in draw(st.sets(st.sampled_from([*received, "unknown"]), max_size=2)):
        match draw(st.sampled_from(["other value", "missing", "other spelling"])):
            case "other value":
                received[key] = draw(JSON)
            case "missing":
                received.pop(key, None)
            case _ if key in received:
                received[key.replace("-", "_") if "-" in key else key.replace("_", "-")] = received.pop(key)
            case _:
                pass
    return received


any_model = st.sampled_from(MODELS)


def described(value: Any) -> Any:
    """A decoded value with the types of everything in it, because an enum equals its text, and True equals 1."""
    match value:
        case Model():
            return (type(value), [described(getattr(value, field.attribute)) for field in wire_fields(type(value))])
        case list():
            return [described(item) for item in value]
        case dict():
            return {key: described(item) for key, item in value.items()}
        case _:
            return (type(value), value)


def decoded(decode: Callable[..., Any], value: Any) -> tuple[Any, list[Deviation]]:
    deviations: list[Deviation] = []
    return decode(value, JsonPath(deviations.append), None), deviations


@settings(max_examples=300)
@given(any_model.flatmap(lambda model: st.tuples(st.just(model), objects(model) | deviating(model))))
def test_fast_decoding_gives_what_tolerant_decoding_gives(case: tuple[Any, dict[str, Any]]):
    model, received = case
    fast, deviations = decoded(decoder_for(model), received)
    tolerant, expected = decoded(tolerant_decoder_for(model), received)
    assert described(fast) == described(tolerant)
    assert deviations == expected
    assert json.dumps(fast.to_dict()) == json.dumps(tolerant.to_dict()) == json.dumps(received)
    assert fast.additional_properties == tolerant.additional_properties


@settings(max_examples=150)
@given(any_model.flatmap(lambda model: st.tuples(st.just(model), objects(model) | deviating(model))))
def test_to_dict_restores_the_text_after_copies_and_pickle(case: tuple[Any, dict[str, Any]]):
    model, received = case
    original = model.from_dict(received)
    for copied in (copy.copy(original), copy.deepcopy(original), pickle.loads(pickle.dumps(original))):
        assert copied == original
        assert repr(copied) == repr(original)
        assert json.dumps(copied.to_dict()) == json.dumps(received)


@pytest.fixture(params=["msgspec", "standard"])
def read_pages(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Any]]:
    """Read a sequence of pages with new readers, with msgspec or without; returns pages and deviations."""
    if request.param == "standard":
        monkeypatch.setattr(loading, "optional_msgspec", lambda: None)
        monkeypatch.setattr(page_decoding, "optional_msgspec", lambda: None)

    def read(model: Any, bodies: Sequence[bytes]) -> tuple[list[Page[Any]], list[Deviation]]:
        page_decoding.page_reader.cache_clear()
        deviations: list[Deviation] = []
        pages = []
        for body in bodies:
            response = Response(status_code=200, headers={}, content=body, parsed=None)
            payload = Payload(response, None, deviations.append, lambda body=body: loading.load_json(body))
            pages.append(payload.page(model))
        return pages, deviations

    yield read
    page_decoding.page_reader.cache_clear()


def page_of(items: Sequence[Any], **options: Any) -> bytes:
    return json.dumps({"items": items, "next_page_token": "next", "count": 3}, ensure_ascii=False, **options).encode()


def same_form(model: Any) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Objects with the same keys in the same order, like those of a server."""
    return objects(model).flatmap(
        lambda first: st.lists(
            st.fixed_dictionaries(
                {key: values(next(field.type for field in wire_fields(model) if field.key == key)) for key in first}
            ).map(lambda item: {key: item[key] for key in first}),
            min_size=1,
            max_size=3,
        )
    )


@pytest.mark.parametrize("spaces", [(",", ":"), (", ", ": ")])
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])  # it starts with new readers
@given(data=st.data())
def test_pages_are_read_as_object_by_object(
    read_pages: Callable[..., Any], spaces: tuple[str, str], data: st.DataObject
):
    model = data.draw(any_model)
    usual = data.draw(same_form(model))
    others = data.draw(st.lists(st.lists(objects(model) | deviating(model), max_size=2), max_size=2))
    items = [*[usual] * 4, *others, usual]
    pages, deviations = read_pages(model, [page_of(page, separators=spaces) for page in items])
    expected: list[Deviation] = []
    for page, received in zip(pages, items, strict=True):
        tolerant = [
            tolerant_decoder_for(model)(item, JsonPath(expected.append).child("items"), index)
            for index, item in enumerate(received)
        ]
        assert described(page.items) == described(tolerant)
        assert [json.dumps(item.to_dict()) for item in page.items] == [json.dumps(item) for item in received]
        assert (page.next_page_token, page.additional_properties) == ("next", {"count": 3})
    assert deviations == expected


PIPELINE: dict[str, Any] = {
    "id": "5034460f-c7c4-4c43-9457-de07e2029e7b",
    "number": 7,
    "project_slug": "gh/acme/web",
    "state": "created",
    "created_at": "2026-01-31T12:00:00.123Z",
    "updated_at": "2026-01-31T12:00:00.123Z",
    "errors": [],
    "trigger": {
        "type": "webhook",
        "received_at": "2026-01-31T12:00:00Z",
        "actor": {"login": "octocat", "avatar_url": "https://example.com/octocat.png"},
    },
    "vcs": {
        "provider_name": "GitHub",
        "origin_repository_url": "https://github.com/acme/web",
        "target_repository_url": "https://github.com/acme/web",
        "revision": "f454a02b5d10fcccfd7d9dd7608a76d6493a98b4",
        "branch": "main",
        "commit": {"subject": "Fix the build", "body": 'In two lines:\n"like this", and with a caf\u00e9'},
    },
}


def pipelines(**changes: Any) -> list[dict[str, Any]]:
    return [PIPELINE | {"id": str(UUID(int=number)), "number": number} | changes for number in range(1, 21)]


def unexpected(deviation: Deviation) -> None:
    pytest.fail(str(deviation))


def is_read_without_loading(body: bytes) -> bool:
    """Whether a page is read straight from its bytes."""

    def load() -> Any:
        raise LookupError

    try:
        Payload(Response(status_code=200, headers={}, content=body, parsed=None), None, unexpected, load).page(Pipeline)
    except LookupError:
        return False
    return True


@pytest.mark.parametrize("options", [{"separators": (",", ":")}, {}, {"indent": 2}, {"separators": (" , ", " : ")}])
def test_pages_in_the_form_of_earlier_ones_are_read_straight_from_bytes(options: dict[str, Any]):
    pytest.importorskip("msgspec")
    page_decoding.page_reader.cache_clear()
    body = page_of(pipelines(), **options)
    assert not is_read_without_loading(body)
    for _ in range(5):
        Payload(
            Response(status_code=200, headers={}, content=body, parsed=None),
            None,
            unexpected,
            lambda: json.loads(body),
        ).page(Pipeline)
    assert is_read_without_loading(body)
    assert is_read_without_loading(page_of(pipelines(state="errored", vcs=None), **options))
    assert is_read_without_loading(page_of(pipelines(created_at="2026-01-31T12:00:01Z"), **options))


@pytest.mark.parametrize(
    "changes",
    [
        {"number": None},
        {"number": 7.0},
        {"number": True},
        {"state": "paused"},
        {"color": "green"},
        {"trigger": None},
        {"id": PIPELINE["id"].upper()},
        {"created_at": "2026-01-31T12:00:00.000Z"},
        {"created_at": "2026-01-31T12:00:00+00:00"},
        {"errors": [{"type": "unheard-of", "message": "x"}]},
        {"vcs": {**PIPELINE["vcs"], "revision": 7}},
    ],
    ids=json.dumps,
)
def test_pages_of_which_a_reader_would_lose_something_are_left_to_other_decoders(
    read_pages: Callable[..., Any], changes: dict[str, Any]
):
    usual, changed = page_of(pipelines()), page_of([*pipelines(), *pipelines(**changes)])
    pages, deviations = read_pages(Pipeline, [*[usual] * 5, changed, usual, changed])
    expected: list[Deviation] = []
    items = [*pipelines(), *pipelines(**changes)]
    tolerant = [
        tolerant_decoder_for(Pipeline)(item, JsonPath(expected.append).child("items"), index)
        for index, item in enumerate(items)
    ]
    for page in (pages[5], pages[7]):
        assert described(page.items) == described(tolerant)
        assert [json.dumps(item.to_dict()) for item in page.items] == [json.dumps(item) for item in items]
    assert deviations == [*expected, *expected]


def test_keys_that_some_objects_lack_belong_to_the_form(read_pages: Callable[..., Any]):
    without = [{key: value for key, value in item.items() if key != "vcs"} for item in pipelines()]
    pages = [pipelines(), [*pipelines(), *without], without, pipelines()]
    read, deviations = read_pages(Pipeline, [page_of(items) for items in pages * 4])
    assert deviations == []
    for page, items in zip(read, pages * 4, strict=True):
        assert [json.dumps(item.to_dict()) for item in page.items] == [json.dumps(item) for item in items]


def test_escapes_that_need_not_be_are_read(read_pages: Callable[..., Any]):
    body = page_of(pipelines()).replace("\u00e9".encode(), rb"\u00e9").replace(b"//", rb"\/\/")
    pages, deviations = read_pages(Pipeline, [*[page_of(pipelines())] * 5, body])
    assert deviations == []
    assert [item.to_dict() for item in pages[-1].items] == pipelines()


def test_any_number_of_orders_of_keys_is_restored():
    for order in itertools.islice(itertools.permutations(PIPELINE), 0, 100_000, 1000):
        received = {key: PIPELINE[key] for key in order}
        assert json.dumps(Pipeline.from_dict(received).to_dict()) == json.dumps(received)


def test_a_time_that_is_set_is_written_in_the_notation_of_the_object():
    pipeline = Pipeline.from_dict(PIPELINE | {"created_at": "2026-01-31T12:00:00+00:00", "updated_at": None})
    pipeline.created_at = datetime(2026, 2, 1, tzinfo=UTC)
    assert pipeline.to_dict()["created_at"] == "2026-02-01T00:00:00+00:00"
    pipeline.created_at = datetime.fromisoformat("2026-02-01T00:00:00+02:00")
    assert pipeline.to_dict()["created_at"] == "2026-01-31T22:00:00Z"


def test_lists_and_objects_that_are_changed_in_place_show_in_to_dict():
    pipeline = Pipeline.from_dict(PIPELINE | {"trigger_parameters": {"git": {"branch": "main"}}})
    assert pipeline.trigger_parameters is not None
    pipeline.trigger_parameters["answer"] = 42
    pipeline.trigger.actor.login = "hubot"
    assert pipeline.to_dict()["trigger_parameters"] == {"git": {"branch": "main"}, "answer": 42}
    assert pipeline.to_dict()["trigger"]["actor"]["login"] == "hubot"


def allocated(make: Callable[[], Any]) -> int:
    make()
    gc.collect()
    tracemalloc.start()
    try:
        kept = [make() for _ in range(10)]
        return tracemalloc.get_traced_memory()[0] // len(kept)
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("notation", ["Z", "+00:00", ".123Z"])
def test_models_take_three_quarters_of_the_memory_of_dicts(read_pages: Callable[..., Any], notation: str):
    body = page_of(pipelines(created_at=f"2026-01-31T12:00:00{notation}", updated_at=f"2026-01-31T12:00:01{notation}"))
    dicts = allocated(lambda: json.loads(body))
    assert allocated(lambda: read_pages(Pipeline, [body])) <= 0.75 * dicts


@pytest.mark.anyio
async def test_a_client_reads_page_after_page():
    items = [{**WORKFLOW, "pipeline_number": number} for number in range(3)]

    def handler(request: httpx.Request) -> httpx.Response:
        page = int(request.url.params.get("page-token", "0"))
        return httpx.Response(200, json={"items": items, "next_page_token": str(page + 1) if page < 7 else None})

    async with CircleCI("token", transport=httpx.MockTransport(handler), strict=True) as circleci:
        found = [workflow async for workflow in circleci.pipelines.list_workflows(PIPELINE["id"])]
    assert [workflow.to_dict() for workflow in found] == items * 8
    assert found == [Workflow.from_dict(item) for item in items] * 8


WORKFLOW: dict[str, Any] = {
    "id": "5034460f-c7c4-4c43-9457-de07e2029e7b",
    "name": "build-and-test",
    "status": "running",
    "created_at": "2026-01-31T12:00:00Z",
    "stopped_at": None,
    "pipeline_id": "7f1a7f0e-6d15-4d8b-9d3b-2b9b1a7a6a55",
    "pipeline_number": 42,
    "project_slug": "gh/acme/web",
    "started_by": "03987f6a-4c27-4dc1-b6ab-c7e83bb3e713",
}
