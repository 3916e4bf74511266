"""Why a pipeline failed: what a report finds, from which argument, and what it says when a part is missing."""

from __future__ import annotations

import json
from uuid import UUID

import pytest

from circleci_v2 import AuthenticationError, CircleCI, ConfigurationError, NotFoundError
from circleci_v2.failures import FailureReport
from circleci_v2.testing import FakeCircleCI, FakeResponse, JobPlan, StepPlan, TestResult, WorkflowPlan

pytestmark = pytest.mark.anyio

SLUG = "gh/acme/web"
V1 = "/api/v1.1/project/{project-slug}/{job-number}"
RAW = "/api/private/output/raw/{project-slug}/{job-number}/{stream}/{node-index}/{step}"
FAILED_TEST = TestResult(
    name="test_total",
    classname="tests.test_cart",
    file="tests/test_cart.py",
    result="failure",
    message="AssertionError: \x1b[31m2 != 3\x1b[0m",
)
BUILD = WorkflowPlan(
    name="build-and-test",
    jobs=(
        JobPlan(name="lint"),
        JobPlan(
            name="unit-tests",
            outcome="failed",
            outcome_of_rerun="failed",
            parallelism=2,
            tests=(TestResult(name="test_one"), FAILED_TEST, TestResult(name="test_two", result="skipped")),
            steps=(
                StepPlan(name="Checkout code", output="Cloning\n"),
                StepPlan(
                    name="Run tests",
                    output="".join(f"line {number}\n" for number in range(100)) + "10%\r50%\r\x1b[32m100%\x1b[0m\ndone",
                    exit_code=3,
                    seconds=12,
                    node_index=1,
                ),
            ),
        ),
        JobPlan(name="deploy", requires=("lint", "unit-tests")),
    ),
)


def fake_with(*workflows: WorkflowPlan) -> FakeCircleCI:
    fake = FakeCircleCI()
    fake.add_pipeline(SLUG, status="failed", workflows=workflows or (BUILD,), branch="main")
    return fake


def client_of(fake: FakeCircleCI) -> CircleCI:
    return CircleCI(fake.token, transport=fake.transport())


async def report_of(fake: FakeCircleCI, target: str = SLUG, **options: int) -> FailureReport:
    async with client_of(fake) as circleci:
        return await circleci.failure_report(target, **options)


async def test_a_report_has_the_failed_job_with_its_tests_and_steps():
    report = await report_of(fake_with(), lines=3)
    assert (report.status, report.problems, report.change.author) == ("failed", [], "fake-user")
    (job,) = report.jobs
    assert (job.job.name, job.failed_tests, job.tests_total) == ("unit-tests", 1, 3)
    assert [(test.name, test.file, test.message) for test in job.tests] == [
        ("test_total", "tests/test_cart.py", "AssertionError: 2 != 3")
    ]
    (step,) = job.steps
    assert (step.name, step.node_index, step.exit_code, step.seconds) == ("Run tests", 1, 3, 12.0)
    assert (step.output, step.is_complete) == ("line 99\n100%\ndone", False)
    json.dumps(report.to_dict())


async def test_a_test_that_circleci_reports_as_flaky_says_how_often_it_flaked():
    fake = fake_with()
    flaky = [
        {"test_name": name, "classname": "tests.test_cart", "times_flaked": times, "job_name": "unit-tests"}
        for name, times in (("test_total", 4), ("test_total", 2), ("test_other", 9))
    ]
    fake.faults.respond_next(
        FakeResponse.json({"flaky_tests": flaky, "total_flaky_tests": 3}), route="/insights/{project-slug}/flaky-tests"
    )
    report = await report_of(fake)
    assert [test.times_flaked for test in report.jobs[0].tests] == [4]
    assert "`test_total` (flaky: 4 times)" in report.to_markdown()


async def test_every_way_to_name_a_failure_leads_to_it():
    fake = fake_with()
    async with client_of(fake) as circleci:
        pipeline = await circleci.pipelines.get_by_number(SLUG, 1)
        (workflow,) = await circleci.pipelines.list_workflows(pipeline.id).collect()
        job = (await circleci.failure_report(pipeline)).jobs[0].job.job_number
        app = f"https://app.circleci.com/pipelines/github/acme/web/1/workflows/{workflow.id}"
        for target in (
            *(pipeline, pipeline.id, str(pipeline.id), workflow, workflow.id, f" {workflow.id} ", SLUG),
            *(
                app,
                f"{app}/jobs/{job}",
                f"{app}/jobs/{job}/parallel-runs/1?filterBy=ALL",
                app.partition("/workflows")[0],
            ),
            "https://app.circleci.com/pipelines/github/acme/web",
            "https://app.circleci.com/pipelines/github/acme/web?branch=main",
            f"https://circleci.com/gh/acme/web/{job}",
            f"https://app.circleci.com/jobs/github/acme/web/{job}",
            "https://circleci.com/gh/acme/web/tree/main",
            f"https://circleci.com/workflow-run/{workflow.id}",
        ):
            report = await circleci.failure_report(target)
            assert [failed.job.name for failed in report.jobs] == ["unit-tests"], target


async def test_the_url_of_a_job_reports_that_job_only():
    fake = fake_with(
        WorkflowPlan(name="both", jobs=(JobPlan(name="a", outcome="failed"), JobPlan(name="b", outcome="failed")))
    )
    async with client_of(fake) as circleci:
        everything = await circleci.failure_report(SLUG)
        assert [job.job.name for job in everything.jobs] == ["a", "b"]
        assert everything.jobs[1].url
        only = await circleci.failure_report(everything.jobs[1].url)
        assert [job.job.name for job in only.jobs] == ["b"]


@pytest.mark.parametrize(
    "target",
    [
        "",
        "web",
        "gh/acme",
        "https://",
        "https://app.circleci.com/",
        "https://circleci.com/gh/acme/web/latest",
        "https://app.circleci.com/pipelines/gh/acme/web/1/workflows/nope",
        "https://circleci.com/workflow-run/",
        "https://circleci.com/gh/acme/web/٣",
    ],
)
async def test_another_text_is_an_error_that_says_what_to_pass(target: str):
    with pytest.raises(ConfigurationError, match="pass the URL of a pipeline, workflow or job"):
        await report_of(fake_with(), target)


async def test_a_branch_selects_pipelines_of_a_project_only():
    fake = fake_with()
    fake.add_pipeline(SLUG, status="success", branch="feature")
    async with client_of(fake) as circleci:
        assert (await circleci.failure_report(SLUG, branch="feature")).workflows == []
        assert (await circleci.failure_report(SLUG)).jobs
        with pytest.raises(ConfigurationError, match="is not a project"):
            await circleci.failure_report(UUID(int=1), branch="main")
        with pytest.raises(ConfigurationError, match="has no pipelines on branch 'none'"):
            await circleci.failure_report(SLUG, branch="none")
        with pytest.raises(NotFoundError):
            await circleci.failure_report(UUID(int=1))


async def test_a_rerun_that_succeeds_leaves_nothing_to_report():
    fake = fake_with(WorkflowPlan(name="build", jobs=(JobPlan(name="test", outcome="failed"),)))
    async with client_of(fake) as circleci:
        report = await circleci.failure_report(SLUG)
        assert report.jobs
        await circleci.workflows.rerun(report.workflows[0].workflow.id, from_failed=True)
        fake.clock.advance(3600)
        again = await circleci.failure_report(report.pipeline.id)
        assert (again.status, again.workflows) == ("success", [])
        assert "No job failed." in again.to_markdown()


async def test_an_invalid_configuration_is_reported():
    fake = FakeCircleCI()
    fake.add_pipeline(SLUG, status="errored")
    fake.clock.advance(60)
    report = await report_of(fake)
    assert (report.status, report.errors) == ("errored", ["The configuration is not valid."])
    assert "The configuration is not valid." in report.to_markdown()


@pytest.mark.parametrize("route", [V1, "/project/{project-slug}/{job-number}/tests", "/workflow/{id}/job"])
async def test_a_part_that_cannot_be_read_is_named_and_the_rest_is_reported(route: str):
    fake = fake_with()
    fake.faults.fail_next(403, route=route, message="Forbidden\nby [policy](http://x) @team")
    report = await report_of(fake)
    (problem,) = report.problems
    assert "could not be read: PermissionDeniedError" in problem
    assert "> The " in report.to_markdown()
    assert "@team" not in report.to_markdown()
    assert "[policy]" not in report.to_markdown()
    if route != "/workflow/{id}/job":
        assert bool(report.jobs[0].tests) is (route == V1)
        assert bool(report.jobs[0].steps) is (route != V1)


async def test_output_that_cannot_be_read_leaves_the_step_with_its_exit_code():
    fake = fake_with()
    fake.faults.fail_next(404, times=2, route=RAW)
    number = 2
    without_output = {
        "steps": [{"name": "Run tests", "actions": [{"index": 0, "step": 102, "status": "failed", "exit_code": 3}]}]
    }
    fake.faults.respond_next(FakeResponse.json(without_output), route=V1)
    report = await report_of(fake)
    assert report.jobs[0].job.job_number == number
    assert report.jobs[0].steps[0].exit_code == 3
    assert "output of step 'Run tests' on node 0 could not be read: NotFoundError" in report.problems[0]


async def test_a_rejected_token_ends_the_report():
    fake = fake_with()
    fake.faults.fail_next(401, route=V1)
    with pytest.raises(AuthenticationError):
        await report_of(fake)


async def test_names_and_output_cannot_become_markup():
    step = StepPlan(name="a `b` [c](d)", output="```\n# heading\n````\n@team", exit_code=1)
    plan = WorkflowPlan(name="[x](http://evil) `y`", jobs=(JobPlan(name="``", outcome="failed", steps=(step,)),))
    text = (await report_of(fake_with(plan))).to_markdown()
    assert "`````text\n```\n# heading\n````\n@team\n`````" in text
    assert "`` a `b` [c](d) ``" in text or "``a `b` [c](d)``" in text
    assert r"\[x\](http://evil) \`y\`" in text
    assert "``` `` ```" in text


@pytest.mark.parametrize("option", ["lines", "tests", "search"])
async def test_a_limit_below_one_is_an_error(option: str):
    with pytest.raises(ConfigurationError, match=f"{option}=0"):
        await report_of(fake_with(), **{option: 0})


async def test_only_some_failed_tests_are_kept_and_all_are_counted():
    tests = tuple(TestResult(name=f"test_{number}", result="failure", message="x" * 9_000) for number in range(50))
    plan = WorkflowPlan(name="build", jobs=(JobPlan(name="test", outcome="failed", tests=tests),))
    (job,) = (await report_of(fake_with(plan), tests=2)).jobs
    assert (len(job.tests), job.failed_tests, job.tests_total) == (2, 50, 50)
    assert len(job.tests[0].message) == 4_001
