"""Routes outside of API v2: steps and output of jobs, and followed projects, whatever form they have."""

from __future__ import annotations

import json
import tracemalloc
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from circleci_v2 import CircleCI, DecodeError, NotFoundError
from circleci_v2._unpublished import (
    JobStep,
    fetch_job_run,
    list_followed,
    list_followed_v1,
    read_output,
)
from circleci_v2._wire.json import MessageScanner
from circleci_v2.testing import FakeCircleCI, FakeResponse, JobPlan, StepPlan

SLUG = "gh/acme/web"
V1 = "/api/v1.1/project/{project-slug}/{job-number}"
RAW = "/api/private/output/raw/{project-slug}/{job-number}/{stream}/{node-index}/{step}"
STEPS = (
    StepPlan(name="Checkout code", output="Cloning\n", seconds=2),
    StepPlan(name="Run tests", output="one\ntwo ünï 🎉\n", error_output="bad\n", exit_code=2, seconds=3, node_index=1),
    StepPlan(name="Store results", output="never\n"),
)


def fake_with(*steps: StepPlan, parallelism: int = 1) -> FakeCircleCI:
    fake = FakeCircleCI()
    fake.add_pipeline(SLUG, status="failed", jobs=[JobPlan(name="test", steps=steps, parallelism=parallelism)])
    return fake


def client_of(fake: FakeCircleCI) -> CircleCI:
    return CircleCI(fake.token, transport=fake.transport())


async def output_of(circleci: CircleCI, step: JobStep) -> str:
    pieces: list[str] = []

    async def receive(text: str) -> None:
        pieces.append(text)

    await read_output(circleci, SLUG, 1, step, receive)
    return "".join(pieces)


@pytest.mark.anyio
async def test_the_steps_of_each_node_have_their_outcome():
    fake = fake_with(*STEPS, parallelism=2)
    async with client_of(fake) as circleci:
        run = await fetch_job_run(circleci, SLUG, 1)
    assert run.author == "fake-user"
    assert [(step.name, step.node_index, step.failed, step.exit_code, step.seconds) for step in run.steps] == [
        ("Checkout code", 0, False, 0, 2.0),
        ("Checkout code", 1, False, 0, 2.0),
        ("Run tests", 0, False, 0, 3.0),
        ("Run tests", 1, True, 2, 3.0),
        ("Store results", 0, False, 0, 1.0),
    ]


@pytest.mark.anyio
async def test_output_comes_from_the_presigned_url_without_the_token():
    fake = fake_with(*STEPS)
    async with client_of(fake) as circleci:
        run = await fetch_job_run(circleci, SLUG, 1)
        assert (
            await output_of(circleci, run.steps[1]) == "one\ntwo ünï 🎉\nbad\n"
        )  # the storage rejects requests with a token
    assert fake.journal.of(RAW) == []


@pytest.mark.anyio
async def test_output_comes_from_the_private_route_when_the_presigned_url_is_absent_or_has_expired():
    fake = fake_with(*STEPS)
    async with client_of(fake) as circleci:
        run = await fetch_job_run(circleci, SLUG, 1)
        without_url = JobStep(name="Run tests", number=run.steps[1].number)
        assert await output_of(circleci, without_url) == "one\ntwo ünï 🎉\nbad\n"
        fake.clock.advance(3600)
        assert await output_of(circleci, run.steps[1]) == "one\ntwo ünï 🎉\nbad\n"


@pytest.mark.anyio
async def test_output_that_exists_nowhere_is_an_error():
    async with client_of(fake_with(*STEPS)) as circleci:
        with pytest.raises(NotFoundError):
            await output_of(circleci, JobStep(name="Run tests", number=12345))
        assert await output_of(circleci, JobStep(name="Run tests", number=12345, has_output=False)) == ""


ODD_JOBS: list[Any] = [
    None,
    [],
    {},
    {"steps": None},
    {"steps": [None, 7, {"actions": 3}, {"name": 5, "actions": [None]}]},
    {"steps": [{"actions": [{"index": "0", "step": None, "exit_code": "1", "run_time_millis": "x", "output_url": 9}]}]},
]


@pytest.mark.anyio
@pytest.mark.parametrize("job", ODD_JOBS)
async def test_a_job_of_any_form_is_read(job: Any):
    fake = fake_with()
    fake.faults.respond_next(FakeResponse.json(job), route=V1)
    async with client_of(fake) as circleci:
        for step in (await fetch_job_run(circleci, SLUG, 1)).steps:
            assert (step.number, step.node_index, step.exit_code, step.seconds, step.output_url) == (
                0,
                0,
                None,
                None,
                None,
            )


@pytest.mark.anyio
async def test_a_page_of_html_is_an_error_that_names_the_address():
    fake = fake_with()
    fake.faults.respond_next(FakeResponse.text("<html>", 200), route=V1)
    async with client_of(fake) as circleci:
        with pytest.raises(DecodeError, match=r"api/v1\.1/project/gh/acme/web/1 is not JSON"):
            await fetch_job_run(circleci, SLUG, 1)


@pytest.mark.anyio
async def test_followed_projects_are_listed_page_by_page():
    fake = FakeCircleCI()
    for number in range(45):
        fake.add_project(f"gh/acme/service-{number:02}").followed = number != 7
    async with client_of(fake) as circleci:
        private, v1 = await list_followed(circleci), await list_followed_v1(circleci)
    assert len(private) == len(v1) == 44
    assert {project["slug"] for project in private} == {f"gh/acme/{project['reponame']}" for project in v1}


def scanned(text: str, sizes: list[int]) -> str:
    scanner, found, position = MessageScanner(), "", 0
    for size in [*sizes, len(text)]:
        found += scanner.feed(text[position : position + size])
        position += size
    scanner.finish()
    return found


messages = st.lists(
    st.fixed_dictionaries(
        {"message": st.text()},
        optional={
            "time": st.text(max_size=5),
            "type": st.sampled_from(["out", "err"]),
            "more": st.recursive(
                st.none() | st.booleans() | st.integers() | st.text(max_size=5),
                lambda inner: (
                    st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["message", "x"]), inner, max_size=2)
                ),
                max_leaves=5,
            ),
        },
    ),
    max_size=5,
)


@given(messages, st.booleans(), st.lists(st.integers(1, 9), max_size=60))
@example([{"message": "🎉"}], True, [1] * 40)
@example([{"message": "\ud83d"}], True, [1] * 40)
def test_the_scanner_finds_the_messages_however_the_document_is_divided(
    entries: Any, ascii_only: bool, sizes: list[int]
):
    text = json.dumps(entries, ensure_ascii=ascii_only)
    expected = "".join(entry["message"] for entry in json.loads(text))
    assert scanned(text, sizes) == "".join(
        "\ufffd" if "\ud800" <= c <= "\udfff" and ascii_only else c for c in expected
    )


@given(st.text(), st.lists(st.integers(1, 9), max_size=30))
def test_the_scanner_rejects_other_text_with_a_value_error_only(text: str, sizes: list[int]):
    with suppress(ValueError):
        scanned("[" + text, sizes)


def test_text_that_is_not_json_is_passed_on():
    assert scanned("plain text\n", [3, 1]) == "plain text\n"


@pytest.mark.parametrize("text", ['[{"message": "a', '[{"message": "\\q"}]', "[]]", "[" * 100])
def test_a_document_that_is_not_valid_is_an_error(text: str):
    with pytest.raises(ValueError, match=r"document|escape|bracket|nested"):
        scanned(text, [])


def test_a_message_of_any_size_takes_constant_memory():
    piece = "x" * 65_536
    tracemalloc.start()
    try:
        scanner = MessageScanner()
        total = len(scanner.feed('[{"message": "'))
        for _ in range(400):
            total += len(scanner.feed(piece))
        scanner.feed('"}]')
        scanner.finish()
        assert total == 400 * 65_536
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()
