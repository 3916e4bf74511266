"""The projects of an organization: the union of several lists, none of which is complete."""

from __future__ import annotations

import base64
from typing import Any
from uuid import UUID

import pytest

from circleci_v2 import CircleCI, ConfigurationError, InvalidSlugError, PermissionDeniedError
from circleci_v2.history import OrganizationProject
from circleci_v2.testing import FakeCircleCI, FakeResponse

pytestmark = pytest.mark.anyio

ALL = ("insights", "pipelines", "followed", "followed-v1")
INSIGHTS = "/insights/{org-slug}/summary"
V1 = "/api/v1.1/projects"
PRIVATE = "/api/private/me/followed-projects"
# As measured: CircleCI writes the UUID of an organization in base 58.
ORGANIZATION = UUID("e75c804e-7f5c-4506-9dad-03fc86af39d1")
IN_BASE58 = "Va2k7FVcHE7EyFDbRioifr"


def fake_with(*slugs: str) -> FakeCircleCI:
    fake = FakeCircleCI()
    for slug in slugs:
        fake.add_pipeline(slug)
    return fake


def client_of(fake: FakeCircleCI) -> CircleCI:
    return CircleCI(fake.token, transport=fake.transport())


async def found(fake: FakeCircleCI, org: str, **options: Any) -> list[OrganizationProject]:
    async with client_of(fake) as circleci:
        return [project async for project in circleci.organization_projects(org, **options)]


@pytest.mark.parametrize(("organization", "other"), [("gh/acme", "gh/other"), ("bb/acme", "gh/acme")])
async def test_each_project_is_found_once_and_says_where(organization: str, other: str):
    fake = fake_with(f"{organization}/web", f"{organization}/api", f"{other}/web")
    fake.add_project(f"{organization}/never-built")
    fake.state.project(f"{organization}/api").followed = False
    projects = await found(fake, organization, sources=ALL)
    assert [(project.slug, project.sources) for project in projects] == [
        (f"{organization}/api", ("insights", "pipelines")),
        (f"{organization}/never-built", ("insights", "followed", "followed-v1")),
        (f"{organization}/web", ALL),
    ]
    assert projects[2].id == UUID(fake.state.project(f"{organization}/web").id)


async def test_api_v2_alone_is_the_default():
    fake = fake_with("gh/acme/web")
    (project,) = await found(fake, "github/acme")
    assert (project.name, project.slug, project.sources) == ("web", "gh/acme/web", ("insights", "pipelines"))
    assert fake.journal.of(V1) == fake.journal.of(PRIVATE) == []


async def test_case_and_spelling_of_a_slug_do_not_make_two_projects():
    fake = fake_with("gh/acme/web")
    fake.faults.respond_next(
        FakeResponse.json([{"vcs_type": "github", "username": "Acme", "reponame": "Web", "vcs_url": ""}]), route=V1
    )
    (project,) = await found(fake, "github/ACME", sources=("followed-v1", "followed"))
    assert project.sources == ("followed-v1", "followed")


async def test_a_standalone_organization_has_its_names_and_slugs_matched():
    slugs = [f"circleci/{ORGANIZATION}/{UUID(int=number)}" for number in (1, 2)]
    fake = FakeCircleCI()
    for slug, name in zip(slugs, ("web", "api"), strict=True):
        fake.add_project(slug, name=name)
    fake.add_project(f"circleci/{ORGANIZATION}/{UUID(int=3)}", name="only-insights")
    fake.add_pipeline(slugs[0])
    fake.faults.respond_next(
        FakeResponse.json(
            [
                {"vcs_type": "circleci", "reponame": "api", "vcs_url": f"//circleci.com/{ORGANIZATION}/{UUID(int=2)}"},
                {"vcs_type": "circleci", "reponame": "x", "vcs_url": f"//circleci.com/{UUID(int=9)}/{UUID(int=4)}"},
            ]
        ),
        route=V1,
    )
    projects = await found(fake, f"circleci/{ORGANIZATION}", sources=("insights", "pipelines", "followed-v1"))
    assert [(project.name, project.slug, project.sources) for project in projects] == [
        ("api", slugs[1], ("insights", "followed-v1")),
        ("only-insights", None, ("insights",)),
        ("web", slugs[0], ("insights", "pipelines")),
    ]


async def test_ids_in_base_58_and_as_uuids_are_the_same():
    fake = FakeCircleCI()
    items = [
        {"slug": f"circleci/{ORGANIZATION}/{UUID(int=1 << 127)}", "name": "web", "id": str(UUID(int=1 << 127))},
        {"slug": f"circleci/{IN_BASE58}/{UUID(int=2)}", "name": "api", "id": None},
        *({"slug": slug, "name": 7} for slug in (None, "web", "gh/acme/web", 3)),
        None,
    ]
    fake.faults.respond_next(FakeResponse.json({"items": items, "next_page_token": None}), route=PRIVATE)
    projects = await found(fake, f"circleci/{IN_BASE58}", sources="followed")
    assert [(project.name, project.id) for project in projects] == [("api", None), ("web", UUID(int=1 << 127))]


async def test_a_list_that_cannot_be_read_is_an_error_after_the_projects_of_the_others():
    fake = fake_with("gh/acme/web")
    fake.faults.fail_next(403, route=INSIGHTS)
    projects: list[OrganizationProject] = []
    async with client_of(fake) as circleci:
        iterator = aiter(circleci.organization_projects("gh/acme"))
        projects.append(await anext(iterator))
        with pytest.raises(PermissionDeniedError) as caught:
            await anext(iterator)
    assert [project.sources for project in projects] == [("pipelines",)]
    assert "The source 'insights' of the projects of gh/acme could not be read." in caught.value.__notes__


async def test_the_number_of_pipelines_to_read_is_bounded():
    fake = FakeCircleCI()
    fake.add_pipeline("gh/acme/old")
    for _ in range(60):
        fake.clock.advance(60)
        fake.add_pipeline("gh/acme/web")
    assert [project.name for project in await found(fake, "gh/acme", sources="pipelines", search=40)] == ["web"]
    assert [project.name for project in await found(fake, "gh/acme", sources="pipelines")] == ["old", "web"]


async def test_pipelines_are_read_back_to_a_time():
    fake = FakeCircleCI()
    fake.add_pipeline("gh/acme/old")
    fake.clock.advance(3600)
    since = fake.clock.moment()
    for _ in range(25):
        fake.clock.advance(60)
        fake.add_pipeline("gh/acme/web")
    projects = await found(fake, "gh/acme", sources="pipelines", since=since)
    assert [project.name for project in projects] == ["web"]
    fake.journal.clear()
    await found(fake, "gh/acme", sources="pipelines", since=fake.clock.moment())
    assert len(fake.journal) <= 2  # the first page, and one that is fetched ahead
    with pytest.raises(ConfigurationError, match="no time zone"):
        await found(fake, "gh/acme", since=since.replace(tzinfo=None))


@pytest.mark.parametrize("options", [{"sources": ["github"]}, {"search": 0}])
async def test_an_argument_that_is_not_valid_is_an_error_at_once(options: Any):
    with pytest.raises(ConfigurationError, match=r"github|search=0"):
        await found(FakeCircleCI(), "gh/acme", **options)
    with pytest.raises(InvalidSlugError):
        await found(FakeCircleCI(), "acme")


async def test_the_history_of_all_projects_is_crawled_project_by_project():
    fake = fake_with("gh/acme/web", "gh/acme/api", "gh/acme/web")
    async with client_of(fake) as circleci:
        records = [
            record
            async for record in circleci.org_history("gh/acme", projects=circleci.organization_projects("gh/acme"))
        ]
        numbers = [(record.pipeline.project_slug, record.pipeline.number) for record in records]
        assert numbers == [("gh/acme/api", 1), ("gh/acme/web", 2), ("gh/acme/web", 1)]
        rest = [record async for record in circleci.history("gh/acme/web", cursor=records[1].cursor)]
        assert [record.pipeline.number for record in rest] == [1]
        named = [record async for record in circleci.org_history("gh/acme", projects=["gh/acme/api"])]
        assert [record.pipeline.number for record in named] == [1]


async def test_a_crawl_of_projects_rejects_a_cursor_and_a_project_without_slug():
    async with client_of(fake_with("gh/acme/web")) as circleci:
        with pytest.raises(ConfigurationError, match="exclude each other"):
            circleci.org_history("gh/acme", projects=[], cursor=base64.b64encode(b"x").decode())
        with pytest.raises(ConfigurationError, match="include"):
            circleci.org_history("gh/acme", projects=[], include=("nothing",))  # type: ignore[arg-type]
        unknown = OrganizationProject(name="web", sources=("insights",))
        with pytest.raises(ConfigurationError, match="is unknown; add 'followed'"):
            [record async for record in circleci.org_history("gh/acme", projects=[unknown])]
