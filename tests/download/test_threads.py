"""No file or directory stays open, wherever and however a download or an export is cancelled."""

from __future__ import annotations

import asyncio
import os
import threading
from contextlib import closing
from datetime import timedelta
from functools import partial
from pathlib import Path

import anyio
import pytest
from anyio.lowlevel import checkpoint

from circleci_v2 import CircleCI
from circleci_v2._download.safe_directory import open_directory
from circleci_v2._download.threads import open_in_thread
from circleci_v2.testing import ArtifactFile, FakeCircleCI, JobPlan
from tests.http.cancelling import SkippingLoop, after, by_cancel_scope, by_task_cancel, by_timeout

DESCRIPTORS = Path("/proc/self/fd")
# Abandoned threads need a moment to end.
MAX_WAIT = 5.0

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(not DESCRIPTORS.exists(), reason="the system does not list descriptors"),
]

ON_ASYNCIO = ("asyncio", {"loop_factory": SkippingLoop})
EVERY_WAY = pytest.mark.parametrize(
    ("anyio_backend", "way"),
    [
        pytest.param(ON_ASYNCIO, by_task_cancel, id="task.cancel"),
        pytest.param(ON_ASYNCIO, by_timeout, id="asyncio.timeout"),
        pytest.param(ON_ASYNCIO, by_cancel_scope, id="anyio cancel scope"),
        pytest.param("trio", by_cancel_scope, id="trio"),
    ],
)


def target_of(descriptor):
    try:
        return os.readlink(f"{DESCRIPTORS}/{descriptor}")  # noqa: PTH115 - runs thousands of times
    except FileNotFoundError:  # the descriptor of the listing itself
        return ""


def open_below(directory):
    targets = map(target_of, os.listdir(DESCRIPTORS))  # noqa: PTH208
    return [target for target in targets if target.startswith(str(directory))]


async def assert_nothing_open_below(directory):
    with anyio.fail_after(MAX_WAIT):
        while open_below(directory):
            await checkpoint()


async def download(circleci, _fake, place):
    await circleci.download_artifacts("gh/acme/web", 1, place)


async def export(circleci, fake, place):
    (organization,) = fake.state.organizations.values()
    end = fake.clock.moment()
    start = end - timedelta(days=20)
    await circleci.export_usage(organization.id, start, end, place / "usage.csv", timing=fake.timing())


@EVERY_WAY
@pytest.mark.parametrize("work", [download, export])
async def test_cancelling_at_any_step_leaves_nothing_open(work, way, tmp_path):
    fake = FakeCircleCI()
    fake.add_pipeline("gh/acme/web", jobs=[JobPlan(name="b", artifacts=[ArtifactFile(path="d/a.txt", content=b"x")])])
    steps = 0
    finished = False
    while not finished:
        async with CircleCI(fake.token, transport=fake.transport()) as circleci:
            finished = await way(partial(work, circleci, fake, tmp_path / str(steps)), after(steps))
        await assert_nothing_open_below(tmp_path)
        steps += 1
    assert steps > 5


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_directory_that_is_opened_too_late_is_closed_before_the_task_ends(tmp_path):
    entered, leave = threading.Event(), threading.Event()

    def work(resources):
        directory = resources.enter_context(closing(open_directory(tmp_path)))
        entered.set()
        leave.wait(MAX_WAIT)
        return directory

    async def hold():
        async with open_in_thread(work):
            pytest.fail("it was cancelled before")

    async def moment():
        while not entered.is_set():
            await checkpoint()
        asyncio.get_running_loop().call_soon(leave.set)

    assert not await by_task_cancel(hold, moment)
    assert open_below(tmp_path) == []


async def test_resources_opened_before_an_error_are_closed(tmp_path, anyio_backend):
    def work(resources):
        resources.enter_context(closing(open_directory(tmp_path)))
        raise PermissionError("of the test")

    with pytest.raises(PermissionError, match="of the test"):
        async with open_in_thread(work):
            pytest.fail("it was never opened")
    assert open_below(tmp_path) == []
