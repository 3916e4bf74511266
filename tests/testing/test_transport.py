from __future__ import annotations

import httpx
import pytest

from circleci_v2.testing import FakeCircleCI
from tests.testing.conftest import BASE_URL


@pytest.mark.anyio
async def test_an_asynchronous_client_needs_no_socket(fake: FakeCircleCI) -> None:
    async with httpx.AsyncClient(transport=fake.transport(), base_url=BASE_URL) as http:
        response = await http.get("/me", headers={"Circle-Token": fake.token})
    assert response.json()["login"] == "fake-user"


def test_artifacts_are_on_circlecis_own_host(fake: FakeCircleCI, http: httpx.Client) -> None:
    now = fake.clock.now()
    flows = fake.state.projects["gh/acme/web"].planned_workflows()
    job = next(job for flow in flows for job in flow.jobs if job.plan.artifacts and job.ended(now))
    artifacts = http.get(f"/project/gh/acme/web/{job.number}/artifacts").json()["items"]
    assert {httpx.URL(artifact["url"]).host for artifact in artifacts} == {"output.circle-artifacts.com"}
    bodies = [http.get(artifact["url"], follow_redirects=False) for artifact in artifacts]
    assert {response.status_code for response in bodies} <= {200, 307}


@pytest.mark.parametrize("cut", ["before the response", "inside the body"])
def test_a_connection_is_lost(fake: FakeCircleCI, http: httpx.Client, cut: str) -> None:
    fake.faults.cut_next(cut=cut)
    with pytest.raises(httpx.RemoteProtocolError):
        http.get("/me")
    assert http.get("/me").status_code == 200
