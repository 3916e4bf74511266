"""Groups and project settings behave as measured on the live API; for the sources see `tests.testing.live`."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from circleci_v2 import BadRequestError, PermissionDeniedError
from circleci_v2.errors import ConfigurationError
from circleci_v2.testing import FakeCircleCI
from circleci_v2.testing.state.resources import base58, id_of_slug
from tests.testing.live import MISSING, client, http_of, project_in

pytestmark = pytest.mark.anyio

STANDALONE = "circleci/acme/web"


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_a_missing_group_is_answered_with_403(method: str) -> None:
    # group.go: 403, never 404.
    fake = FakeCircleCI()
    organization = project_in(fake, STANDALONE).organization
    with http_of(fake) as http:
        assert http.request(method, f"/organizations/{organization.id}/groups/{MISSING}").status_code == 403


async def test_a_missing_group_is_asked_for_once() -> None:
    fake = FakeCircleCI()
    organization = project_in(fake, STANDALONE).organization
    async with client(fake) as circleci:
        with pytest.raises(PermissionDeniedError):
            await circleci.groups.get(organization.id, MISSING)
    assert len(fake.journal) == 1


def test_an_organization_has_at_most_100_groups_on_one_page() -> None:
    # group.go: limit and page-token are ignored; the 101st group is answered with 409.
    fake = FakeCircleCI()
    groups = f"/organizations/{project_in(fake, STANDALONE).organization.id}/groups"
    with http_of(fake) as http:
        for number in range(100):
            assert http.post(groups, json={"name": f"group {number}"}).status_code == 201
        refused = http.post(groups, json={"name": "group 100"})
        page = http.get(groups, params={"limit": 2, "page-token": "anything"}).json()
    assert (refused.status_code, refused.json()) == (409, {"message": "Exceeded max number of groups in org: 100."})
    assert len(page["items"]) == page["total_count"] == 100
    assert page["next_page_token"] is None


@pytest.mark.parametrize("value", [True, False])
async def test_the_setting_oss_is_shown_and_cannot_be_changed(value: bool) -> None:
    # project_settings.go: 400, and nothing is written.
    fake = FakeCircleCI()
    settings = project_in(fake).settings
    before = dict(settings)
    async with client(fake) as circleci:
        with pytest.raises(BadRequestError, match=r"Unexpected field 'advanced\.oss'\."):
            await circleci.projects.update_settings("gh/acme/web", advanced={"disable_ssh": True, "oss": value})
        shown = (await circleci.projects.get_settings("gh/acme/web")).advanced
    assert shown.oss is False
    assert settings == before
    assert len(fake.journal.of("PATCH /project/{provider}/{organization}/{project}/settings")) == 1


async def test_settings_may_be_written_although_the_request_is_refused() -> None:
    # project_settings.go: in standalone organizations, forks_receive_secret_env_vars=true is answered with 403, even if it is
    # true already, and the other fields are written.
    fake = FakeCircleCI()
    project = project_in(fake, STANDALONE)
    settings = project.settings
    before = settings["forks_receive_secret_env_vars"]
    async with client(fake) as circleci:
        with pytest.raises(PermissionDeniedError, match=r"Permission denied\."):
            await circleci.projects.update_settings(
                project.slug, advanced={"disable_ssh": True, "forks_receive_secret_env_vars": True}
            )
    assert settings["disable_ssh"] is True
    assert settings["forks_receive_secret_env_vars"] == before
    assert len(fake.journal) == 1


def test_a_new_project_has_the_settings_of_a_live_one() -> None:
    # project_settings.go
    settings = project_in(FakeCircleCI()).settings
    assert {name for name, value in settings.items() if value is True} == {
        "forks_receive_secret_env_vars",
        "set_github_status",
        "setup_workflows",
    }
    assert settings["pr_only_branch_overrides"] == ["main"]


ORGANIZATION_ID = "e75c804e-7f5c-4506-9dad-03fc86af39d1"
ORGANIZATION_TEXT = "Va2k7FVcHE7EyFDbRioifr"
"""Both forms of an id that project.go records."""

PROJECT_ID = "00000000-0000-4000-8000-0000000000aa"


@pytest.mark.parametrize("form", [ORGANIZATION_ID, ORGANIZATION_TEXT])
def test_the_slug_of_a_standalone_project_contains_its_ids(form: str) -> None:
    fake = FakeCircleCI()
    project = fake.add_project(f"circleci/{form}/{PROJECT_ID}")
    assert (project.organization.id, project.id) == (ORGANIZATION_ID, PROJECT_ID)
    with http_of(fake) as http:
        for text in (ORGANIZATION_ID, ORGANIZATION_TEXT):
            shown = http.get(f"/project/circleci/{text}/{PROJECT_ID}").json()
            assert (shown["id"], shown["organization_id"]) == (PROJECT_ID, ORGANIZATION_ID)
            assert http.get(f"/organization/circleci/{text}").json()["id"] == ORGANIZATION_ID


@given(st.uuids())
def test_ids_are_encoded_reversibly(identifier: UUID) -> None:
    assert id_of_slug(base58(str(identifier))) == id_of_slug(str(identifier)) == str(identifier)


@given(st.text(max_size=30))
def test_other_texts_are_no_ids(text: str) -> None:
    found = id_of_slug(text)
    assert found is None or UUID(text if "-" in text or len(text) > 22 else found).int == UUID(found).int


def test_new_standalone_organizations_and_projects_have_their_ids_in_their_slugs() -> None:
    with http_of(FakeCircleCI()) as http:
        organization = http.post("/organization", json={"name": "Acme", "vcs_type": "circleci"}).json()
        project = http.post(f"/organization/{organization['id']}/project", json={"name": "web"}).json()
        assert organization["slug"] == f"circleci/{base58(organization['id'])}"
        assert project["slug"] == f"{organization['slug']}/{base58(project['id'])}"
        assert (organization["name"], project["name"]) == ("Acme", "web")
        assert http.get(f"/project/{project['slug']}").json() == project
        # project.go: the id of a project alone is accepted, its name in a slug is a bad request.
        assert http.get(f"/project/{project['id']}").json() == project
        by_name = http.get(f"/project/{organization['slug']}/web")
    assert (by_name.status_code, by_name.json()["message"][:20]) == (400, "Invalid project slug")


def test_a_standalone_project_is_added_by_name_once() -> None:
    fake = FakeCircleCI()
    project = fake.add_project(STANDALONE)
    assert fake.add_pipeline(STANDALONE).project is project
    with pytest.raises(ConfigurationError, match="exists already"):
        fake.add_project(STANDALONE)


@pytest.mark.parametrize(("long", "short"), [("github", "gh"), ("bitbucket", "bb")])
def test_the_long_name_of_a_provider_is_the_short_one(long: str, short: str) -> None:
    # pycircleci's default is github; public scripts use owner-slug=github/ORG.
    fake = FakeCircleCI()
    fake.add_pipeline(f"{long}/acme/web")
    owner = fake.add_project(f"{short}/acme/api").organization
    assert [organization.slug for organization in fake.state.organizations.values()] == [f"{short}/acme"]
    with http_of(fake) as http:
        assert http.get(f"/project/{long}/acme/web").json()["slug"] == f"{short}/acme/web"
        assert http.get(f"/project/{long}/acme/web/settings").status_code == 200
        assert http.get(f"/organization/{long}/acme").json()["id"] == owner.id
        assert len(http.get("/pipeline", params={"org-slug": f"{long}/acme"}).json()["items"]) == 1
        created = http.post("/context", json={"name": "x", "owner": {"slug": f"{long}/acme", "type": "organization"}})
        listed = http.get("/context", params={"owner-slug": f"{long}/acme"}).json()["items"]
        assert http.get(f"/insights/{long}/acme/summary").status_code == 200
    assert [context["id"] for context in listed] == [created.json()["id"]]


def test_an_entry_of_the_allow_list_can_be_deleted_again() -> None:
    fake = FakeCircleCI()
    organization = project_in(fake).organization
    with http_of(fake) as http:
        assert http.delete(f"/organization/{organization.id}/url-orb-allow-list/{MISSING}").status_code == 200


@pytest.mark.parametrize(
    ("ttl", "stored"),
    [
        ("90m", "1h30m0s"),
        ("1h", "1h0m0s"),
        ("45s", "45s"),
        ("5m", "5m0s"),
        ("1h30m90s", "1h31m30s"),
        ("250ms", "250ms"),
        ("1500ms", "1s500ms"),
        ("0s", "0s"),
    ],
)
def test_the_lifetime_of_tokens_is_stored_in_the_syntax_of_go(ttl: str, stored: str) -> None:
    # oidc.go: 90m -> 1h30m0s
    fake = FakeCircleCI()
    path = f"/org/{project_in(fake).organization.id}/oidc-custom-claims"
    with http_of(fake) as http:
        assert http.patch(path, json={"ttl": ttl}).json()["ttl"] == stored
        assert http.get(path).json()["ttl"] == stored


@pytest.mark.parametrize("ttl", ["7d", "1w", "9999999999999999s"])
def test_days_and_weeks_are_refused(ttl: str) -> None:
    fake = FakeCircleCI()
    with http_of(fake) as http:
        response = http.patch(f"/org/{project_in(fake).organization.id}/oidc-custom-claims", json={"ttl": ttl})
    assert (response.status_code, set(response.json())) == (400, {"error"})


def test_claims_are_reset_by_name_and_their_times_stay() -> None:
    # oidc.go: without claims 400 {"error": "Claims: cannot be blank."}; *_updated_at stays.
    fake = FakeCircleCI(check_requests="off")
    path = f"/org/{project_in(fake).organization.id}/oidc-custom-claims"
    with http_of(fake) as http:
        http.patch(path, json={"ttl": "1h"})
        blank = http.delete(path)
        assert (blank.status_code, blank.json()) == (400, {"error": "Claims: cannot be blank."})
        assert set(http.delete(path, params={"claims": "ttl"}).json()) == {"org_id", "ttl_updated_at"}


def test_an_unknown_key_of_a_usage_export_is_refused() -> None:
    # usage_export.go
    fake = FakeCircleCI()
    body = {"start": "2026-02-20T00:00:00Z", "end": "2026-03-01T00:00:00Z", "shared_org_ids": [], "more": 1}
    with http_of(fake) as http:
        refused = http.post(f"/organizations/{project_in(fake).organization.id}/usage_export_job", json=body)
    assert (refused.status_code, refused.json()) == (400, {"message": "Unexpected field"})


def test_a_missing_organization_and_a_deleted_project_have_the_messages_of_the_live_api() -> None:
    fake = FakeCircleCI()
    project_in(fake)
    with http_of(fake) as http:
        assert http.get("/organization/gh/nobody").json() == {"message": "Org not found."}
        assert http.delete("/project/gh/acme/web").json() == {"message": "Project deleted"}
        assert http.delete("/project/gh/acme/web").json() == {"message": "Project not found"}
