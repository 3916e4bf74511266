"""The journal finds requests by their route."""

from __future__ import annotations

import httpx

from circleci_v2.testing import FakeCircleCI

PROJECT = "/project/gh/acme/web"


def test_requests_are_found_by_their_route(fake: FakeCircleCI, http: httpx.Client) -> None:
    http.get("/me")
    http.post(f"{PROJECT}/pipeline", json={"branch": "main"})
    http.post(f"{PROJECT}/pipeline", json={"branch": "next"})

    assert len(fake.journal) == 3
    assert str(fake.journal[0]) == "GET /me -> 200"
    assert fake.journal.bodies("POST /project/{project-slug}/pipeline") == [{"branch": "main"}, {"branch": "next"}]
    assert fake.journal.of("GET /project/{project-slug}/pipeline") == []
    fake.journal.clear()
    assert list(fake.journal) == []
