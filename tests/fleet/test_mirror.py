"""Mirror: complete, current, and cheap to repeat."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sys
from datetime import timedelta
from pathlib import Path
from subprocess import DEVNULL
from tempfile import TemporaryDirectory
from uuid import UUID, uuid5

import anyio
import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from circleci_v2 import CircleCI, ConfigurationError, OrgSlug, RetryPolicy
from circleci_v2.fleet import mirror
from circleci_v2.testing import FakeCircleCI, FakeResponse
from tests.fleet.datasets import Interrupted, ObjectStore, column, everything_of, ids, mirrored, remote_ids

SLUG = "gh/acme/web"
DESTINATION = "objects://bucket/ci"


async def stored_at_circleci(fake, slug=SLUG):
    """All pipelines, workflows and jobs, by plain calls."""
    async with CircleCI(fake.token, transport=fake.transport()) as circleci:
        return await everything_of(circleci, [slug])


@pytest.mark.anyio
async def test_a_first_run_stores_every_record_once(tmp_path):
    fake = FakeCircleCI.seeded(pipelines=90)
    report = await mirrored(fake, tmp_path)
    assert report.errors == {}
    assert report.added == 90
    expected = await stored_at_circleci(fake)
    assert {kind: ids(tmp_path, kind) for kind in expected} == expected


@pytest.mark.anyio
async def test_a_run_without_changes_lists_one_page_and_writes_nothing(tmp_path):
    fake = FakeCircleCI.seeded(pipelines=60)
    await mirrored(fake, tmp_path)
    fake.clock.advance(timedelta(days=100).total_seconds())
    await mirrored(fake, tmp_path)
    before = {file: file.stat().st_mtime_ns for file in tmp_path.rglob("*.parquet")}
    fake.journal.clear()
    report = await mirrored(fake, tmp_path)
    assert (report.added, report.refreshed) == (0, 0)
    assert len(fake.journal) <= 2
    assert {file: file.stat().st_mtime_ns for file in tmp_path.rglob("*.parquet")} == before


@pytest.mark.anyio
async def test_a_second_run_costs_calls_in_proportion_to_the_change(tmp_path):
    fake = FakeCircleCI.seeded(pipelines=300)
    fake.clock.advance(timedelta(days=100).total_seconds())
    await mirrored(fake, tmp_path)
    for _ in range(10):
        fake.clock.advance(60)
        fake.add_pipeline(SLUG)
    fake.clock.advance(timedelta(hours=2).total_seconds())
    fake.journal.clear()
    report = await mirrored(fake, tmp_path)
    assert report.added == 10
    needed = 10 * 2  # one list of workflows, and one list of jobs for the only workflow
    assert len(fake.journal) <= 2 * needed
    expected = await stored_at_circleci(fake)
    assert {kind: ids(tmp_path, kind) for kind in expected} == expected


@pytest.mark.anyio
async def test_pipelines_in_progress_are_fetched_again_until_they_have_ended(tmp_path):
    fake = FakeCircleCI()
    fake.add_pipeline(SLUG)
    fake.clock.advance(3600)
    fake.add_pipeline(SLUG, status="running")
    report = await mirrored(fake, tmp_path)
    assert [project.unfinished for project in report.projects] == [1]
    assert column(tmp_path, "workflows", "workflow_status") == ["running", "success"]
    fake.clock.advance(timedelta(days=2).total_seconds())
    report = await mirrored(fake, tmp_path)
    assert (report.added, report.refreshed) == (0, 1)
    assert [project.unfinished for project in report.projects] == [0]
    assert "running" not in column(tmp_path, "workflows", "workflow_status")
    expected = await stored_at_circleci(fake)
    assert {kind: ids(tmp_path, kind) for kind in expected} == expected


@pytest.mark.anyio
async def test_a_run_that_was_interrupted_is_completed_by_the_next(tmp_path):
    fake = FakeCircleCI.seeded(pipelines=120)
    for calls in (40, 150, 290):
        fake.journal.clear()
        interrupted = Interrupted(fake, after=calls)
        async with CircleCI(fake.token, transport=interrupted, retry=RetryPolicy(max_retries=0)) as circleci:
            report = await mirrored(fake, tmp_path, circleci=circleci)
        assert list(report.errors) == [SLUG]
    report = await mirrored(fake, tmp_path)
    assert report.errors == {}
    expected = await stored_at_circleci(fake)
    assert {kind: ids(tmp_path, kind) for kind in expected} == expected


@pytest.mark.anyio
async def test_a_run_that_ended_between_two_files_of_a_window_doubles_nothing():
    fake = FakeCircleCI()
    fake.add_pipeline(SLUG)
    options = {"since": fake.clock.moment() - timedelta(days=1), "every": timedelta(days=4_000)}
    ObjectStore.reset()
    await mirrored(fake, DESTINATION, **options)
    for puts in (1, 2):
        fake.clock.advance(60)
        fake.add_pipeline(SLUG)
        ObjectStore.left = puts  # the file of jobs, then also that of workflows, and none of pipelines
        assert list((await mirrored(fake, DESTINATION, **options)).errors) == [SLUG]
        ObjectStore.left = None
        assert (await mirrored(fake, DESTINATION, **options)).errors == {}
        expected = await stored_at_circleci(fake)
        assert {kind: remote_ids(DESTINATION, kind) for kind in expected} == expected


@pytest.mark.anyio
async def test_a_later_run_with_more_kinds_and_a_later_beginning_keeps_the_pipelines_of_its_first_window(tmp_path):
    fake = FakeCircleCI.seeded(pipelines=40)
    since = fake.clock.moment() - timedelta(days=180)
    await mirrored(fake, tmp_path, since=since, every=timedelta(days=4_000))
    before = ids(tmp_path, "pipelines")
    later = sorted(column(tmp_path, "pipelines", "pipeline_created_at"))[20]
    await mirrored(fake, tmp_path, since=later, every=timedelta(days=4_000), include=("jobs", "tests"))
    assert ids(tmp_path, "pipelines") == before
    assert len(set(column(tmp_path, "tests", "pipeline_id"))) > 20


@pytest.mark.anyio
@pytest.mark.parametrize("kind", ["pipelines", "jobs"])
async def test_files_that_were_removed_are_fetched_again(tmp_path, kind):
    fake = FakeCircleCI.seeded(pipelines=40)
    await mirrored(fake, tmp_path)
    shutil.rmtree(tmp_path / kind)
    assert (await mirrored(fake, tmp_path)).errors == {}
    expected = await stored_at_circleci(fake)
    assert {kind: ids(tmp_path, kind) for kind in expected} == expected


@pytest.mark.anyio
async def test_a_damaged_file_is_the_error_of_its_project_which_names_the_file(tmp_path):
    fake = FakeCircleCI()
    fake.add_pipeline(SLUG)
    options = {"since": fake.clock.moment() - timedelta(days=1)}
    await mirrored(fake, tmp_path, **options)
    [file] = (tmp_path / "jobs").rglob("*.parquet")
    file.write_bytes(b"PAR1")
    fake.add_pipeline(SLUG)
    report = await mirrored(fake, tmp_path, **options)
    assert re.search(r"jobs/gh%2Facme%2Fweb/\S+\.parquet cannot be read.*delete it", str(report.errors[SLUG]))
    file.unlink()
    assert (await mirrored(fake, tmp_path, **options)).errors == {}
    expected = await stored_at_circleci(fake)
    assert {kind: ids(tmp_path, kind) for kind in expected} == expected


@pytest.mark.anyio
async def test_case_and_spelling_of_a_slug_do_not_make_two_projects(tmp_path):
    fake = FakeCircleCI.seeded(pipelines=5)
    report = await mirrored(fake, tmp_path, projects=[SLUG, "github/Acme/Web", SLUG])
    assert len(report.projects) == 1
    expected = await stored_at_circleci(fake)
    assert {kind: ids(tmp_path, kind) for kind in expected} == expected


class Killing(FakeCircleCI):
    """A fake that kills a process when it receives a request."""

    victim = None
    after = 0

    def handle(self, request):
        self.after -= 1
        if self.after == 0:
            self.victim.kill()
        return super().handle(request)


@pytest.mark.anyio
async def test_a_mirror_that_is_killed_is_completed_by_the_next_one(tmp_path):
    fake = Killing()
    fake.add_seeded_project(SLUG, pipelines=80)
    since = (fake.clock.moment() - timedelta(days=180)).date().isoformat()
    command = [sys.executable, "-m", "circleci_v2", "mirror", "gh/acme", "--to", str(tmp_path), "--since", since]
    async with fake.serve() as url:
        environment = {**os.environ, "CIRCLE_TOKEN": fake.token, "CIRCLECI_BASE_URL": url}
        for requests in (60, 180, None):
            async with await anyio.open_process(command, env=environment, stdout=DEVNULL, stderr=DEVNULL) as process:
                fake.victim, fake.after = process, requests or 0
                assert await process.wait() == (-signal.SIGKILL if requests else 0)
    expected = await stored_at_circleci(fake)
    assert {kind: ids(tmp_path, kind) for kind in expected} == expected
    assert not list(tmp_path.rglob("*.part"))


@pytest.mark.anyio
async def test_an_organization_is_mirrored_project_by_project(tmp_path):
    fake = FakeCircleCI()
    for name in ("web", "api"):
        fake.add_seeded_project(f"gh/acme/{name}", pipelines=15)
    progress = []
    report = await mirrored(
        fake, tmp_path, organization="gh/acme", on_progress=lambda *numbers: progress.append(numbers)
    )
    assert [(project.project_slug, project.added) for project in report.projects] == [
        ("gh/acme/api", 15),
        ("gh/acme/web", 15),
    ]
    assert (report.added, report.refreshed) == (30, 0)
    assert progress == [(1, 2), (2, 2)]
    for slug in ("gh/acme/web", "gh/acme/api"):
        assert (await stored_at_circleci(fake, slug))["jobs"] <= ids(tmp_path, "jobs")


@pytest.mark.anyio
@pytest.mark.parametrize("organization", ["gh/acme", "github/acme", "bb/acme", f"circleci/{UUID(int=7)}"])
async def test_a_later_run_finds_new_projects_with_few_calls(tmp_path, organization):
    fake = FakeCircleCI()
    slugs = [add_project(fake, organization, name, pipelines=70) for name in ("web", "api")]
    fake.clock.advance(timedelta(days=100).total_seconds())  # all that is in progress ends
    await mirrored(fake, tmp_path, organization=organization)
    fake.clock.advance(3600)
    slugs.append(add_project(fake, organization, "new", pipelines=0))
    for slug in slugs:
        fake.add_pipeline(slug)
    fake.clock.advance(3600)
    fake.journal.clear()
    report = await mirrored(fake, tmp_path, organization=organization)
    assert (len(report.projects), report.added, report.errors, report.unresolved) == (3, 3, {}, ())
    # For each new pipeline its workflows and the jobs of one, a list for each project, and two to find projects; a client
    # may fetch a page ahead of each list, and asks for the names of standalone projects.
    assert len(fake.journal) <= 3 * 2 + 2 * 3 + 4 + 3
    for slug in slugs:
        assert (await stored_at_circleci(fake, slug))["jobs"] <= ids(tmp_path, "jobs")


def add_project(fake, organization, name, *, pipelines):
    """Add a project with a seeded history; a standalone one has a UUID and a name."""
    slug = (
        OrgSlug(organization).canonical + "/" + (str(uuid5(UUID(int=0), name)) if "circleci" in organization else name)
    )
    if pipelines:
        fake.add_seeded_project(slug, pipelines=pipelines)
        fake.state.project(slug).name = name
    else:
        fake.add_project(slug, name=name)
    return slug


@pytest.mark.anyio
async def test_a_standalone_project_that_is_listed_by_its_name_only_is_reported_and_the_others_are_mirrored(tmp_path):
    fake = FakeCircleCI()
    organization = f"circleci/{UUID(int=7)}"
    add_project(fake, organization, "web", pipelines=5)
    add_project(fake, organization, "unfollowed", pipelines=0)
    report = await mirrored(fake, tmp_path, organization=organization)
    assert ([project.added for project in report.projects], report.unresolved) == ([5], ("unfollowed",))


@pytest.mark.anyio
async def test_a_project_that_was_deleted_is_an_error_once(tmp_path):
    fake = FakeCircleCI()
    fake.add_seeded_project("gh/acme/api", pipelines=5)
    fake.add_seeded_project("gh/acme/gone", pipelines=5)
    await mirrored(fake, tmp_path, organization="gh/acme")
    fake.clock.advance(timedelta(days=1).total_seconds())
    fake.state.remove_project(fake.state.project("gh/acme/gone"))
    report = await mirrored(fake, tmp_path, organization="gh/acme")
    assert [*report.errors] == ["gh/acme/gone"]
    report = await mirrored(fake, tmp_path, organization="gh/acme")
    assert [project.project_slug for project in report.projects] == ["gh/acme/api"]
    assert "gh/acme/gone" in column(tmp_path, "pipelines", "project_slug")


@pytest.mark.anyio
async def test_a_run_that_begins_earlier_finds_projects_of_that_time(tmp_path):
    fake = FakeCircleCI()
    fake.add_pipeline("gh/acme/old")
    fake.clock.advance(timedelta(days=120).total_seconds())
    fake.add_pipeline("gh/acme/web")
    nothing = FakeResponse.json({"org_data": {}, "org_project_data": [], "all_projects": []})
    fake.faults.respond_next(nothing, times=2, route="/insights/{org-slug}/summary")
    for days, projects in ((10, 1), (150, 2)):
        since = fake.clock.moment() - timedelta(days=days)
        report = await mirrored(fake, tmp_path, organization="gh/acme", since=since)
        assert len(report.projects) == projects


@pytest.mark.anyio
async def test_damaged_settings_are_a_clear_error(tmp_path):
    fake = FakeCircleCI.seeded(pipelines=1)
    (tmp_path / "_circleci_v2.json").write_text('{"window_seconds": "a week"}')
    with pytest.raises(ConfigurationError, match=r"_circleci_v2\.json.*delete it"):
        await mirrored(fake, tmp_path)


@pytest.mark.anyio
@pytest.mark.parametrize("arguments", [{"projects": None}, {"organization": "gh/acme", "projects": [SLUG]}])
async def test_an_organization_or_projects_must_be_given(tmp_path, arguments):
    fake = FakeCircleCI.seeded(pipelines=1)
    async with CircleCI(fake.token, transport=fake.transport()) as circleci:
        with pytest.raises(ConfigurationError, match="pass one of them"):
            await mirror(circleci, tmp_path, since=fake.clock.moment(), **arguments)


@pytest.mark.anyio
async def test_pipelines_listed_without_a_time_are_stored_once(tmp_path):
    fake = FakeCircleCI.seeded(pipelines=12)
    transport = WithoutTimes(fake, {3, 7, 12})
    for _ in range(2):
        async with CircleCI(fake.token, transport=transport) as circleci:
            report = await mirrored(fake, tmp_path, circleci=circleci, every=timedelta(days=1))
        assert report.errors == {}
        assert sorted(column(tmp_path, "pipelines", "pipeline_number")) == list(range(1, 13))


class WithoutTimes(httpx.AsyncBaseTransport):
    """A transport to a fake that leaves the times of creation of some pipelines out of lists."""

    def __init__(self, fake, numbers):
        self._transport = fake.transport()
        self._numbers = numbers

    async def handle_async_request(self, request):
        response = await self._transport.handle_async_request(request)
        content = json.loads(await response.aread())
        for item in content.get("items", ()):
            if item.get("number") in self._numbers and "trigger" in item:
                item["created_at"] = None
        return httpx.Response(response.status_code, json=content)


@settings(max_examples=15)
@given(data=st.data())
def test_any_sequence_of_changes_and_interruptions_ends_with_every_record_once(data):
    with TemporaryDirectory() as directory:
        anyio.run(_mirror_changes, data, Path(directory))


async def _mirror_changes(data, directory):
    fake = FakeCircleCI()
    fake.add_pipeline(SLUG)
    since = fake.clock.moment() - timedelta(days=1)
    options = {"since": since, "every": timedelta(days=2)}
    for _ in range(data.draw(st.integers(1, 4))):
        for _ in range(data.draw(st.integers(0, 4))):
            fake.clock.advance(data.draw(st.sampled_from([0, 1, 3_600, 200_000])))
            fake.add_pipeline(SLUG, status=data.draw(st.sampled_from(["success", "running", "on_hold", "errored"])))
        interrupted = Interrupted(fake, after=data.draw(st.integers(0, 30)))
        async with CircleCI(fake.token, transport=interrupted, retry=RetryPolicy(max_retries=0)) as circleci:
            await mirrored(fake, directory, circleci=circleci, **options)
    assert (await mirrored(fake, directory, **options)).errors == {}
    expected = await stored_at_circleci(fake)
    assert {kind: ids(directory, kind) for kind in expected} == expected
