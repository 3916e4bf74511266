from __future__ import annotations

import httpx
import pytest

from circleci_v2.errors import ConfigurationError
from circleci_v2.testing import FakeCircleCI
from circleci_v2.testing.dispatch import ROUTES
from circleci_v2.testing.messages import FakeRequest, FakeResponse
from circleci_v2.testing.routes import Route, Routes
from tests.testing.live import http_of


def handler(_state: object, _call: FakeRequest) -> FakeResponse:
    return FakeResponse.json({})


def template_of(routes: Routes, path: str, method: str = "GET") -> str | None:
    found = routes.find(method, path)
    return found.route.template if found else None


def test_a_slug_spans_three_segments() -> None:
    routes = Routes([Route("GET", "/project/{project-slug}/pipeline", handler)])
    found = routes.find("GET", "/project/gh/acme/web/pipeline")

    assert found is not None
    assert found.path_params == {"project-slug": "gh/acme/web"}
    assert not found.encoded_slash


PROJECT_PATHS = [
    "/project/gh%2Facme%2Fweb",
    "/project/gh%2facme%2fweb/pipeline",
    "/project/gh/acme%2Fweb/envvar",
    "/project/gh%2Facme/web/settings",
    "/project/gh%2Facme%2Fweb/settings",
    "/insights/gh%2Facme%2Fweb/workflows/a%2Fb",
]
ORGANIZATION_PATHS = ["/organization/gh%2Facme", "/insights/gh%2Facme/summary"]


@pytest.mark.parametrize("path", PROJECT_PATHS + ORGANIZATION_PATHS)
def test_an_encoded_slash_in_a_slug_is_accepted_with_a_complaint(
    fake: FakeCircleCI, http: httpx.Client, path: str
) -> None:
    assert http.get(path).status_code == 200
    assert fake.complaints == [
        f"GET {path} -> 200: the slug is sent with %2F, which the live API does not always accept: send a literal /"
    ]


@pytest.mark.parametrize("path", PROJECT_PATHS)
def test_an_encoded_slash_in_the_slug_of_a_project_is_not_found_by_realistic_and_strict_fakes(path: str) -> None:
    for options in ({"realistic": True}, {"check_requests": "strict"}):
        fake = FakeCircleCI(**options)
        fake.add_project("gh/acme/web")
        with http_of(fake) as http:
            assert http.get(path).status_code == 404


@pytest.mark.parametrize("path", ORGANIZATION_PATHS)
def test_an_encoded_slash_in_the_slug_of_an_organization_is_always_accepted(path: str) -> None:
    # organization.go: organization routes accept %2F, project routes do not.
    fake = FakeCircleCI(realistic=True)
    fake.add_project("gh/acme/web")
    with http_of(fake) as http:
        assert http.get(path).status_code == 200


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/workflow/x%2Fjob", "/workflow/{id}"),
        ("/insights/gh/acme/web/workflows/a%2Fsummary", "/insights/{project-slug}/workflows/{workflow-name}"),
        ("/project/gh%2Facme%2Fweb%2Fenvvar", None),
        ("/project%2Fgh/acme/web", None),
    ],
)
def test_an_encoded_slash_separates_slugs_only(path: str, route: str | None) -> None:
    assert template_of(ROUTES, path) == route


def test_an_encoded_slash_is_fine_in_a_workflow_name(http: httpx.Client) -> None:
    assert http.get("/insights/gh/acme/web/workflows/a%2Fb").json() == {"items": [], "next_page_token": None}


def test_a_literal_segment_wins_over_a_parameter() -> None:
    routes = Routes(
        Route("GET", template, handler)
        for template in (
            "/project/{project-slug}/{job-number}/artifacts",
            "/project/{project-slug}/envvar/{name}",
            "/insights/{project-slug}/workflows",
            "/insights/pages/{project-slug}/summary",
        )
    )
    assert template_of(routes, "/project/gh/a/b/envvar/artifacts") == "/project/{project-slug}/envvar/{name}"
    assert template_of(routes, "/project/gh/a/b/7/artifacts") == "/project/{project-slug}/{job-number}/artifacts"
    assert template_of(routes, "/insights/pages/gh/a/summary") is None
    assert template_of(routes, "/insights/pages/gh/a/b/summary") == "/insights/pages/{project-slug}/summary"


def test_an_organization_is_named_by_slug_or_by_id(http: httpx.Client) -> None:
    by_slug = http.get("/organization/gh/acme").json()
    assert http.get(f"/organization/{by_slug['id']}").json() == by_slug


def test_an_empty_segment_matches_nothing(http: httpx.Client) -> None:
    assert http.get("/project/gh//web").status_code == 404


def test_a_method_that_a_path_has_not_names_those_it_has(http: httpx.Client) -> None:
    response = http.put("/project/gh/acme/web/envvar")
    assert response.status_code == 405
    assert response.headers["allow"] == "GET, POST"


def test_two_handlers_of_one_route_are_an_error() -> None:
    with pytest.raises(ValueError, match="GET /me has two handlers"):
        Routes([Route("GET", "/me", handler), Route("GET", "/me", handler)])


RERUN = frozenset({("POST", "/workflow/{id}/rerun")})


@pytest.mark.parametrize(
    "name",
    [
        "rerunWorkflow",
        "circleci.workflows.rerun",
        "workflows.rerun",
        "POST /workflow/{id}/rerun",
        "/workflow/{id}/rerun",
    ],
)
def test_a_route_has_the_names_of_its_operation(name: str) -> None:
    assert ROUTES.named(name) == RERUN


def test_a_template_stands_for_all_its_methods() -> None:
    assert ROUTES.named("/webhook") == {("GET", "/webhook"), ("POST", "/webhook")}


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("POST /workflow/{workflow_id}/rerun", "POST /workflow/{id}/rerun"),
        ("post /workflow/{id}/rerun", "POST /workflow/{id}/rerun"),
        ("POST /workflow/5034460f-c7c4-4c43-9457-de07e2029e7b/rerun", "POST /workflow/{id}/rerun"),
        ("/project/gh/acme/web", "DELETE /project/{project-slug}"),
        ("rerunWorkflows", "rerunWorkflow"),
        ("rerun_workflow", "rerunWorkflow"),
        ("circleci.workflow.rerun", "circleci.workflows.rerun"),
    ],
)
def test_another_name_is_an_error_that_names_the_nearest(name: str, nearest: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        ROUTES.named(name)
    assert repr(name) in str(raised.value)
    assert f"did you mean {nearest!r}?" in str(raised.value)


@pytest.mark.parametrize("name", ["GET /nope", "", "nope"])
def test_a_name_like_no_other_is_an_error(fake: FakeCircleCI, name: str) -> None:
    for use in (fake.journal.of, fake.journal.bodies, lambda route: fake.faults.fail_next(route=route)):
        with pytest.raises(ConfigurationError, match="names no route: pass an operationId"):
            use(name)
