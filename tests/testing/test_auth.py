from __future__ import annotations

from base64 import b64encode

import httpx
import pytest

from circleci_v2.testing import FakeCircleCI

URL = "https://circleci.com/api/v2/me"


def ask(fake: FakeCircleCI, headers: dict[str, str]) -> httpx.Response:
    with httpx.Client(transport=fake.transport()) as client:
        return client.get(URL, headers=headers)


def basic(user: str, password: str = "") -> str:
    return "Basic " + b64encode(f"{user}:{password}".encode()).decode()


@pytest.mark.parametrize(
    "headers",
    [
        {"Circle-Token": "fake-token"},
        {"Authorization": "Bearer fake-token"},
        {"Authorization": "bearer fake-token"},
        {"Authorization": basic("fake-token")},
    ],
)
def test_the_token_is_taken_from_each_header(fake: FakeCircleCI, headers: dict[str, str]) -> None:
    assert ask(fake, headers).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Circle-Token": "wrong"},
        {"Authorization": "Bearer wrong"},
        {"Authorization": basic("wrong", "fake-token")},
        {"Authorization": "Basic !!!"},
    ],
)
def test_a_wrong_token_is_refused(fake: FakeCircleCI, headers: dict[str, str]) -> None:
    response = ask(fake, headers)
    assert (response.status_code, response.json()) == (401, {"message": "Invalid token provided."})


def test_no_token_is_refused(fake: FakeCircleCI) -> None:
    assert ask(fake, {}).json() == {"message": "You must log in first."}


def test_realistic_refusals_are_plain_text(fake: FakeCircleCI) -> None:
    fake.realistic = True
    missing, wrong = ask(fake, {}), ask(fake, {"Circle-Token": "wrong"})

    assert missing.headers["content-type"].startswith("text/plain")
    assert missing.json() == {"message": "You must log in first."}
    assert (wrong.headers["content-type"], wrong.text) == ("text/plain;charset=utf-8", "Invalid token provided.")


def test_nothing_happens_without_a_token(fake: FakeCircleCI) -> None:
    with httpx.Client(transport=fake.transport()) as client:
        client.delete("https://circleci.com/api/v2/project/gh/acme/web")
    assert "gh/acme/web" in fake.state.projects
