from __future__ import annotations

import pytest

from examples.cluster import PROJECTS, main
from tests.fleet.datasets import column, ids

pytestmark = pytest.mark.asyncio


async def test_the_dataset_is_complete_although_a_worker_was_killed(tmp_path, capsys):
    report = await main(tmp_path, workers=2, pipelines=20)
    assert report.failures == {}
    assert set(ids(tmp_path, "pipelines").values()) == {1}
    assert set(column(tmp_path, "jobs", "project_slug")) == set(PROJECTS)
    printed = capsys.readouterr().out
    assert all(project in printed for project in PROJECTS)
