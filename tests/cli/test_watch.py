"""The live table of a wait."""

from __future__ import annotations

import io
import json
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import anyio
import attrs
import pytest
from rich.console import Console

from circleci_v2 import CircleCI
from circleci_v2.cli import watch
from circleci_v2.testing import FakeCircleCI, JobPlan, WorkflowPlan
from circleci_v2.waiting import Polling, StateChange
from tests.cli.commands import PROJECT, run
from tests.cli.hostile import NASTY, hidden_characters, without_colours

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"  # the only one of the command line


@attrs.define
class Steps:
    """A sleep that ends when the test says so, and the time that the test sets."""

    now: float = 0.0
    asleep: anyio.Event = attrs.field(factory=anyio.Event)
    _wake: anyio.Event = attrs.field(factory=anyio.Event)

    async def sleep(self, _: float) -> None:
        self.asleep.set()
        await self._wake.wait()

    async def next(self) -> None:
        """Let one sleep end, and wait for the next one."""
        await self.asleep.wait()
        wake, self.asleep, self._wake = self._wake, anyio.Event(), anyio.Event()
        wake.set()
        await self.asleep.wait()


@asynccontextmanager
async def watching(
    fake: FakeCircleCI, pipeline_id: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncGenerator[tuple[Steps, io.StringIO]]:
    terminal, steps = io.StringIO(), Steps()
    monkeypatch.setattr(watch, "stderr", Console(file=terminal, force_terminal=True, width=200, markup=False))
    polling = Polling(clock=lambda: steps.now, sleep=steps.sleep)
    async with (
        CircleCI(fake.token, transport=fake.transport()) as circleci,
        watch.show_changes(circleci, polling, watch=True) as on_change,
    ):
        fetched = await circleci.pipelines.get(pipeline_id)
        on_change(StateChange(pipeline=fetched, workflow=None, before=None, after="created"))
        for workflow in await circleci.pipelines.list_workflows(pipeline_id):
            on_change(StateChange(pipeline=fetched, workflow=workflow, before=None, after=str(workflow.status)))
        yield steps, terminal


async def test_the_table_has_the_jobs_with_their_durations(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeCircleCI()
    plans = (JobPlan("build", seconds=65), JobPlan("test", seconds=9_000, requires=("build",)))
    pipeline = fake.add_pipeline(PROJECT, status="running", workflows=[WorkflowPlan(name="release", jobs=plans)])
    async with watching(fake, pipeline.id, monkeypatch) as (steps, terminal):
        await steps.next()
        assert "Pipeline 1: created" in terminal.getvalue()
        assert "build  success     1m 05s" in without_colours(terminal.getvalue())
        steps.now = 3600.0
        await steps.next()
        hours = re.findall(r"test +running +([0-9]+)h", without_colours(terminal.getvalue()))
    assert [int(hour) - int(hours[0]) for hour in hours] == [0, 1]


async def test_jobs_that_cannot_be_read_are_named_without_control_characters(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeCircleCI()
    name = NASTY.replace("\ud800", "").replace("\udfff", "").replace("\udc9b", "")
    pipeline = fake.add_pipeline(PROJECT, workflows=[WorkflowPlan(name=name, jobs=("build",))])
    fake.faults.fail_next(403, route="GET /workflow/{id}/job")
    async with watching(fake, pipeline.id, monkeypatch) as (steps, terminal):
        await steps.next()
        assert "could not be read: PermissionDeniedError" in terminal.getvalue()
        await steps.next()
        assert "success" in terminal.getvalue()
        await steps.next()
    assert len(fake.journal.of("GET /workflow/{id}/job")) == 2  # not again after the workflow has ended
    assert not hidden_characters(without_colours(terminal.getvalue()), allowed="\n")


async def test_an_error_of_the_wait_is_raised_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeCircleCI()
    pipeline = fake.add_pipeline(PROJECT)

    async def fail() -> None:
        async with watching(fake, pipeline.id, monkeypatch) as (steps, _):
            await steps.next()
            raise KeyError

    with pytest.raises(KeyError):
        await fail()


def test_in_a_pipe_each_change_is_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeCircleCI()
    pipeline = fake.add_pipeline(PROJECT, jobs=["build"])
    with fake.serve() as url:
        monkeypatch.setenv("CIRCLECI_BASE_URL", url)
        monkeypatch.setenv("CIRCLE_TOKEN", fake.token)
        result = run("wait", pipeline.id, "--watch", "--json")
    assert json.loads(result.stdout)["succeeded"] is True
    assert "workflow build-and-test: new → success" in result.stderr
    assert not fake.journal.of("GET /workflow/{id}/job")
