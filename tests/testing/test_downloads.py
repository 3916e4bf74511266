"""Usage exports: what may be asked for, and where the files are."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from circleci_v2.testing import FakeCircleCI


@pytest.fixture
def owner(fake: FakeCircleCI) -> str:
    return fake.state.projects["gh/acme/web"].organization.id


def export(http: httpx.Client, owner: str, **times: str) -> Any:
    body = {"start": "2026-02-20T00:00:00Z", "end": "2026-03-01T00:00:00Z", "shared_org_ids": [], **times}
    response = http.post(f"/organizations/{owner}/usage_export_job", json=body)
    assert response.status_code == 201
    return response.json()


def test_the_files_of_an_organization_that_is_deleted_are_gone(
    fake: FakeCircleCI, http: httpx.Client, owner: str
) -> None:
    end = fake.clock.moment()
    job = export(http, owner, start=(end - timedelta(days=5)).isoformat(), end=end.isoformat())["usage_export_job_id"]
    fake.clock.advance(60)
    address = http.get(f"/organizations/{owner}/usage_export_job/{job}").json()["download_urls"][0]
    assert http.delete(f"/organization/{owner}").status_code == 202
    assert httpx.Client(transport=fake.transport()).get(address).status_code == 404


def test_a_moment_may_be_written_in_small_letters(http: httpx.Client, owner: str) -> None:
    assert export(http, owner, start="2026-02-20t00:00:00z")["start"] == "2026-02-20T00:00:00.000Z"


def test_an_export_without_usage_is_completed_without_files(fake: FakeCircleCI, http: httpx.Client, owner: str) -> None:
    asked = export(http, owner, start="2025-05-01T00:00:00Z", end="2025-05-31T00:00:00Z")
    assert asked["download_urls"] is None
    fake.clock.advance(60)
    status = http.get(f"/organizations/{owner}/usage_export_job/{asked['usage_export_job_id']}").json()
    assert (status["state"], status["download_urls"]) == ("completed", None)


def test_an_export_of_more_than_a_year_ago_is_rejected(fake: FakeCircleCI, http: httpx.Client, owner: str) -> None:
    start = fake.clock.moment() - timedelta(days=366, seconds=1)
    body = {"start": start.isoformat(), "end": (start + timedelta(days=1)).isoformat()}
    response = http.post(f"/organizations/{owner}/usage_export_job", json=body)
    assert (response.status_code, response.json()["message"]) == (400, "start is more than 366 days ago.")
