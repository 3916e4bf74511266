"""Insights count what the projects ran."""

from __future__ import annotations

import httpx

from circleci_v2.testing import FakeCircleCI
from tests.testing.conftest import BASE_URL

PROJECT = "gh/acme/web"


def test_runs_are_counted_whose_pipelines_were_added_after_a_newer_one() -> None:
    fake = FakeCircleCI()
    fake.add_project(PROJECT)
    with httpx.Client(transport=fake.transport(), base_url=BASE_URL, headers={"Circle-Token": fake.token}) as http:
        http.post(f"/project/{PROJECT}/pipeline")
        fake.add_pipeline(PROJECT, status="failed")
        (workflow,) = http.get(f"/insights/{PROJECT}/workflows").json()["items"]
    assert workflow["metrics"]["failed_runs"] == 1
