from __future__ import annotations

from collections import defaultdict
from datetime import timedelta

import pytest

from circleci_v2 import CircleCI
from circleci_v2.testing import FakeCircleCI
from circleci_v2.testing.clock import EPOCH
from examples.flaky_tests import FAILED, PASSED, NamedTest, flaky_tests, report

pytestmark = pytest.mark.anyio


async def test_the_report_names_exactly_the_tests_that_failed_and_passed_on_one_commit(capsys):
    fake = FakeCircleCI.seeded(pipelines=40)
    expected = defaultdict(set)
    async with CircleCI(fake.token, transport=fake.transport()) as circleci:
        async for pipeline in circleci.pipelines.list_for_project("gh/acme/web"):
            for workflow in await circleci.pipelines.list_workflows(pipeline.id).collect():
                for job in await circleci.workflows.list_jobs(workflow.id).collect():
                    if job.job_number and job.type != "approval" and pipeline.vcs:
                        for test in await circleci.jobs.list_tests(job.project_slug, job.job_number).collect():
                            key = NamedTest(job.name, test.classname or "", test.name), pipeline.vcs.revision
                            expected[key].add(test.result in PASSED if test.result in PASSED | FAILED else None)
        flaky = await flaky_tests(circleci, "gh/acme/web", since=EPOCH - timedelta(days=365))
    undecided = {test for (test, _), results in expected.items() if {True, False} <= results}
    assert undecided
    assert {one.test for one in flaky} == undecided
    text = report(flaky)
    assert len(text.splitlines()) == len(undecided)
    assert all(test.name in text for test in undecided)
    assert "incomplete" not in capsys.readouterr().out


async def test_a_project_without_flaky_tests_has_a_report_too():
    fake = FakeCircleCI()
    fake.add_pipeline("gh/acme/web")
    async with CircleCI(fake.token, transport=fake.transport()) as circleci:
        flaky = await flaky_tests(circleci, "gh/acme/web", since=EPOCH - timedelta(days=1))
    assert report(flaky) == "No flaky tests."
