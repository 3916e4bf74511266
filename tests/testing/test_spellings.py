"""Responses are spelled as recorded, or as in the OpenAPI document."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import httpx
import pytest

from circleci_v2.testing import FakeCircleCI
from circleci_v2.testing.dispatch import ROUTES, SPELLINGS, Spelling
from tests.testing.live import http_of

PROJECT = "/project/gh/acme/web"
TIMETABLE = {"per-hour": 1, "hours-of-day": [3], "days-of-week": ["MON"]}
SCHEDULE = {"name": "n", "attribution-actor": "current", "parameters": {"branch": "main"}, "timetable": TIMETABLE}


def flaky(http: httpx.Client) -> Any:
    return http.get("/insights/gh/acme/web/flaky-tests").json()


def key(http: httpx.Client) -> Any:
    created = http.post(f"{PROJECT}/checkout-key", json={"type": "deploy-key"}).json()
    assert http.get(f"{PROJECT}/checkout-key").json()["items"] == [created]
    assert http.get(f"{PROJECT}/checkout-key/{created['fingerprint']}").json() == created
    return created


def variable(http: httpx.Client) -> Any:
    created = http.post(f"{PROJECT}/envvar", json={"name": "KEY", "value": "secret"}).json()
    assert created in http.get(f"{PROJECT}/envvar").json()["items"]
    assert http.get(f"{PROJECT}/envvar/KEY").json() == created
    return created


def schedule(http: httpx.Client) -> Any:
    created = http.post(f"{PROJECT}/schedule", json=SCHEDULE).json()
    assert http.get(f"{PROJECT}/schedule").json()["items"] == [created]
    assert http.get(f"/schedule/{created['id']}").json() == created
    return created


def collaboration(http: httpx.Client) -> Any:
    return http.get("/me/collaborations").json()[0]


def me(http: httpx.Client) -> Any:
    return http.get("/me").json()


CASES: Mapping[str, tuple[Callable[[httpx.Client], Any], set[str], set[str]]] = {
    "flaky tests": (flaky, {"flaky_tests", "total_flaky_tests"}, {"flaky-tests", "total-flaky-tests"}),
    "checkout keys": (key, {"public_key", "created_at"}, {"public-key", "created-at"}),
    "variables": (variable, {"created_at"}, {"created-at"}),
    "schedules": (schedule, {"created_at", "project_slug"}, {"created-at", "project-slug"}),
    "collaborations": (collaboration, {"vcs_type", "id"}, {"vcs-type", "id"}),
    "me": (me, {"id", "login", "name"}, {"id", "login", "name", "avatar_url"}),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("spelling", ["live", "document"])
def test_keys_are_spelled_as_recorded_or_as_in_the_document(case: str, spelling: Spelling) -> None:
    get, live, document = CASES[case]
    with http_of(FakeCircleCI.seeded(pipelines=60, spelling=spelling)) as http:
        shown = set(get(http))
    wanted, other = (live, document) if spelling == "live" else (document, live)
    assert wanted <= shown
    assert not (other - wanted) & shown


@pytest.mark.parametrize("spelling", ["live", "document"])
def test_a_realistic_fake_keeps_its_spelling(spelling: Spelling) -> None:
    with http_of(FakeCircleCI.seeded(pipelines=5, spelling=spelling, realistic=True)) as http:
        assert ("vcs_type" in collaboration(http)) == (spelling == "live")


def test_each_spelling_has_its_evidence() -> None:
    assert all(spelling.evidence for spelling in SPELLINGS.values())
    assert set(SPELLINGS) <= {route.template for route in ROUTES}
