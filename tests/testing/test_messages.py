"""Pages of lists, and the journal, which finds requests by their route."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from circleci_v2.testing import FakeCircleCI
from circleci_v2.testing.messages import PAGE_SIZE, FakeRequest, HTTPError, PageTokens, page
from tests.testing.conftest import BASE_URL

PIPELINES = "/project/gh/acme/web/pipeline"


def read_all(http: httpx.Client, path: str) -> list[list[Any]]:
    pages, token = [], None
    while True:
        body = http.get(path, params={"page-token": token} if token else {}).json()
        pages.append(body["items"])
        token = body["next_page_token"]
        if token is None:
            return pages


def test_a_list_comes_in_pages_of_twenty(http: httpx.Client) -> None:
    assert [len(items) for items in read_all(http, PIPELINES)] == [20, 20, 10]


def test_the_pages_together_are_the_list_newest_first(http: httpx.Client) -> None:
    numbers = [item["number"] for items in read_all(http, PIPELINES) for item in items]
    assert numbers == list(range(50, 0, -1))


def test_new_items_neither_repeat_nor_hide_others_while_a_list_is_read(fake: FakeCircleCI, http: httpx.Client) -> None:
    first = http.get(PIPELINES).json()
    for _ in range(3):
        fake.add_pipeline("gh/acme/web")
    second = http.get(PIPELINES, params={"page-token": first["next_page_token"]}).json()

    assert [item["number"] for item in second["items"]] == list(range(30, 10, -1))


def test_pipelines_of_the_same_time_are_listed_newest_first_and_once() -> None:
    fake = FakeCircleCI()
    fake.add_project("gh/acme/web")
    with httpx.Client(transport=fake.transport(), base_url=BASE_URL, headers={"Circle-Token": fake.token}) as http:
        for _ in range(25):
            http.post(PIPELINES)
        first = http.get("/pipeline?org-slug=gh/acme").json()
        http.post(PIPELINES)
        second = http.get(f"/pipeline?org-slug=gh/acme&page-token={first['next_page_token']}").json()
    assert [item["number"] for item in first["items"] + second["items"]] == list(range(25, 0, -1))


def test_a_token_of_another_list_is_not_found(http: httpx.Client) -> None:
    token = http.get(PIPELINES).json()["next_page_token"]
    response = http.get(f"{PIPELINES}/mine", params={"page-token": token})
    assert (response.status_code, response.json()) == (404, {"message": "Not Found"})


@pytest.mark.parametrize("token", ["nonsense", "é", "AAAA", "=" * 20])
def test_a_malformed_token_is_not_found(http: httpx.Client, token: str) -> None:
    assert http.get(PIPELINES, params={"page-token": token}).status_code == 404


def test_an_expired_token_is_not_found(fake: FakeCircleCI, http: httpx.Client) -> None:
    token = http.get(PIPELINES).json()["next_page_token"]
    fake.state.tokens.expire()
    assert http.get(PIPELINES, params={"page-token": token}).status_code == 404


def test_realistic_lists_that_ignore_the_token_always_return_the_first_page(
    fake: FakeCircleCI, http: httpx.Client
) -> None:
    for number in range(30):
        http.post("/project/gh/acme/web/envvar", json={"name": f"KEY_{number}", "value": "secret"})
    fake.realistic = True
    first = http.get("/project/gh/acme/web/envvar").json()
    again = http.get("/project/gh/acme/web/envvar", params={"page-token": first["next_page_token"]}).json()
    assert again == first


@given(count=st.integers(0, 130), size=st.integers(1, 50), newest_first=st.booleans())
def test_every_item_is_on_exactly_one_page(count: int, size: int, newest_first: bool) -> None:
    tokens, items, seen, token = PageTokens(0), list(range(count)), [], None
    while True:
        query = (("page-token", token),) if token else ()
        request = FakeRequest(method="GET", path="/list", query=query)
        response = FakeRequest(
            method="GET",
            path="",
            body=page(tokens, request, items, lambda item: item, size=size, newest_first=newest_first).content,
        ).json()
        seen += response["items"]
        token = response["next_page_token"]
        if token is None:
            break
    assert seen == items


@given(st.text())
def test_any_other_text_is_rejected_as_a_token(text: str) -> None:
    with pytest.raises(HTTPError):
        PageTokens(0).read(FakeRequest(method="GET", path="/list"), text)


def test_a_page_holds_twenty_items() -> None:
    assert PAGE_SIZE == 20


def test_requests_are_found_by_their_route(fake: FakeCircleCI, http: httpx.Client) -> None:
    http.get("/me")
    http.post(PIPELINES, json={"branch": "main"})
    http.post(PIPELINES, json={"branch": "next"})

    assert len(fake.journal) == 3
    assert str(fake.journal[0]) == "GET /me -> 200"
    assert fake.journal.bodies("POST /project/{project-slug}/pipeline") == [{"branch": "main"}, {"branch": "next"}]
    assert fake.journal.of("GET /project/{project-slug}/pipeline") == []
    fake.journal.clear()
    assert list(fake.journal) == []
