"""Groups and project settings behave as measured on the live API; for the sources see `tests.testing.live`."""

from __future__ import annotations

import pytest

from circleci_v2 import BadRequestError, PermissionDeniedError
from circleci_v2.testing import FakeCircleCI
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
    settings = project_in(fake, STANDALONE).settings
    before = settings["forks_receive_secret_env_vars"]
    async with client(fake) as circleci:
        with pytest.raises(PermissionDeniedError, match=r"Permission denied\."):
            await circleci.projects.update_settings(
                STANDALONE, advanced={"disable_ssh": True, "forks_receive_secret_env_vars": True}
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
