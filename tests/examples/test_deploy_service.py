from __future__ import annotations

import anyio
import httpx
import pytest

from circleci_v2 import CircleCI
from circleci_v2.testing import FakeCircleCI
from examples.deploy_service import create_app

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend():
    return "asyncio"  # the only event loop that FastAPI's own test tools and uvicorn know


async def outcome_of(client, number):
    with anyio.fail_after(10):
        while (deployment := (await client.get(f"/deployments/{number}")).json())["status"] == "triggered":
            await anyio.lowlevel.checkpoint()
    return deployment


@pytest.fixture
def fake():
    fake = FakeCircleCI()
    fake.add_project("gh/acme/web")
    return fake


@pytest.fixture
async def client(fake):
    app = create_app(lambda: CircleCI(fake.token, transport=fake.transport()), fake.polling())
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://service") as client,
    ):
        yield client


async def test_a_deployment_is_triggered_once_and_reported_to_its_end(client, fake):
    created = await client.post("/deployments", json={"project": "gh/acme/web"})
    assert created.status_code == 202
    deployment = await outcome_of(client, created.json()["number"])
    assert deployment["status"] == "success"
    assert deployment["events"][0].startswith("pipeline: new -> ")
    assert deployment["events"][-1] == "build-and-test: running -> success"
    assert fake.journal.bodies("POST /project/{project-slug}/pipeline") == [{"branch": "main"}]


async def test_the_deployment_of_an_unknown_project_has_the_error(client):
    await client.post("/deployments", json={"project": "gh/acme/unknown"})
    deployment = await outcome_of(client, 1)
    assert deployment["status"] == "unknown"
    assert deployment["messages"][0].startswith("404 from ")


async def test_an_invalid_slug_is_rejected_before_anything_is_triggered(client):
    rejected = await client.post("/deployments", json={"project": "acme"})
    assert rejected.status_code == 422
    assert "gh/acme/web" in rejected.json()["detail"]
    assert (await client.get("/deployments/1")).status_code == 404
