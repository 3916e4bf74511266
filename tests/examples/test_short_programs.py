"""The example programs run against a fake CircleCI, and are short enough to read."""

from __future__ import annotations

import ast
import inspect
import json
import re
import types
from pathlib import Path
from typing import Any

import httpx
import pytest

from circleci_v2 import CircleCI
from circleci_v2.testing import FakeCircleCI, JobPlan, WorkflowPlan

EXAMPLES = Path(__file__).parent.parent.parent / "examples"
ROOT = EXAMPLES.parent
SHORT = (
    "deploy_with_gates.py",
    "flaky_report.py",
    "ninety_days_to_parquet.py",
    "notebook.ipynb",
    "ported_from_pycircleci.py",
    "rotate_secret.py",
    "service_with_metrics.py",
    "test_rerun_failed.py",
)

pytestmark = pytest.mark.anyio


def client_of(fake: FakeCircleCI, **options: Any) -> CircleCI:
    return CircleCI(fake.token, transport=fake.transport(), **options)


@pytest.mark.parametrize("name", SHORT)
def test_a_program_has_less_than_60_lines(name: str):
    text = (EXAMPLES / name).read_text(encoding="utf-8")
    if name.endswith(".ipynb"):
        text = "\n".join("".join(cell["source"]) for cell in json.loads(text)["cells"])
    assert 10 < len(text.splitlines()) < 60


@pytest.mark.parametrize("name", SHORT)
def test_a_program_is_linked_from_the_readme_and_the_guide(name: str):
    pages = [page for page in (ROOT / "docs").rglob("*.md") if "reference" not in page.parts]
    assert f"](examples/{name})" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"]({name})" in (EXAMPLES / "README.md").read_text(encoding="utf-8")
    # The page of the built documentation that has all programs, and names the notebook.
    link = "`notebook.ipynb`, one of the [" if name.endswith(".ipynb") else f"examples.md#{name.replace('.', '')})"
    assert any(link in page.read_text(encoding="utf-8") for page in pages)


@pytest.mark.parametrize(("healthy", "status"), [(True, "success"), (False, "canceled")])
async def test_production_is_deployed_only_if_staging_is_healthy(healthy: bool, status: str):
    from examples.deploy_with_gates import deploy

    names = ("build", "hold-staging", "staging", "hold-production", "production")
    before: tuple[str, ...] = ()
    jobs: list[JobPlan] = []
    for name in names:
        jobs.append(JobPlan(name=name, requires=before, type="approval" if name.startswith("hold") else "build"))
        before = (name,)
    fake = FakeCircleCI()
    fake.add_project("gh/acme/web", workflows=[WorkflowPlan(name="deploy", jobs=tuple(jobs))])

    async def staging_is_healthy() -> bool:
        return healthy

    async with client_of(fake) as circleci:
        result = await deploy(
            circleci, "gh/acme/web", "main", staging_is_healthy=staging_is_healthy, polling=fake.polling()
        )
    assert result.status == status


async def test_the_rotation_repeats_the_places_that_failed():
    from examples.rotate_secret import rotate

    fake = FakeCircleCI()
    async with client_of(fake) as circleci:
        for name in ("api", "web"):
            fake.add_pipeline(f"gh/acme/{name}")
            await circleci.set_environment_variable(f"gh/acme/{name}", "TOKEN", "old-value-0001")
        fake.faults.fail_next(500, route="POST /project/{project-slug}/envvar")
        rotation = await rotate(circleci, "gh/acme", "TOKEN", "new-value-4711")
    assert rotation.is_complete
    assert [outcome.action for outcome in rotation.outcomes] == ["replaced", "replaced"]


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_the_dataset_has_the_slowest_jobs(tmp_path: Path):
    from examples.ninety_days_to_parquet import bring_up_to_date, slowest_jobs

    fake = FakeCircleCI.seeded(pipelines=30)
    async with client_of(fake) as circleci:
        report = await bring_up_to_date(circleci, "gh/acme", tmp_path, fake.clock.moment())
        again = await bring_up_to_date(circleci, "gh/acme", tmp_path, fake.clock.moment())
    assert (report.added, len(report.errors), again.added) == (30, 0, 0)
    slowest = slowest_jobs(tmp_path)
    assert slowest["median"].dropna().is_monotonic_decreasing
    assert ("gh/acme/web", "lint") in slowest.index


async def test_the_flaky_report_has_the_share_of_failed_runs():
    from examples.flaky_report import report

    fake = FakeCircleCI.seeded(pipelines=300)
    async with client_of(fake) as circleci:
        lines = (await report(circleci, "gh/acme/web")).splitlines()
        flaky = (await circleci.insights.flaky_tests("gh/acme/web")).flaky_tests
    assert len(lines) == 4 + len(flaky) > 4
    assert all(re.search(r"\| \d+ times \| \d+\.\d % \|$", line) for line in lines[4:])
    assert "0.0 %" not in lines[4]


async def test_the_ported_script_lists_failed_jobs():
    from examples.ported_from_pycircleci import failed_jobs

    fake = FakeCircleCI()
    fake.add_pipeline("gh/acme/web", status="success", branch="main")
    fake.add_pipeline("gh/acme/web", status="failed", branch="main", jobs=["build", "test"])
    async with client_of(fake) as circleci:
        assert await failed_jobs(circleci, "gh/acme/web", "main") == ["#2 build-and-test/test: 0 artifacts"]


async def test_the_service_explains_failures_and_has_metrics():
    from examples.service_with_metrics import create_app

    fake = FakeCircleCI()
    fake.add_pipeline("gh/acme/web", status="failed", jobs=["build", "test"])
    seen: list[Any] = []
    circleci = client_of(fake, on_event=lambda event: seen[0](event))  # noqa: PLW0108 - set below
    app = create_app(circleci)
    seen.append(app.state.measure)
    transport = httpx.ASGITransport(app=app)
    async with circleci, httpx.AsyncClient(transport=transport, base_url="http://service") as browser:
        found = await browser.get("/why/gh/acme/web")
        missing = await browser.get("/why/gh/acme/none")
        metrics = await browser.get("/metrics")
    assert "#### `test`: failed" in found.text
    assert missing.status_code == 404
    assert 'circleci_request_seconds_count{operation="listWorkflowJobs",status="200"}' in metrics.text


@pytest.mark.parametrize("anyio_backend", ["asyncio"])  # as in Jupyter
async def test_the_cells_of_the_notebook_run(monkeypatch: pytest.MonkeyPatch):
    fake = FakeCircleCI.seeded(pipelines=80)
    fake.add_pipeline("gh/acme/web", status="failed", jobs=["build", "test"])
    cells = json.loads((EXAMPLES / "notebook.ipynb").read_text(encoding="utf-8"))["cells"]
    with fake.serve() as url:
        monkeypatch.setenv("CIRCLECI_BASE_URL", url)
        monkeypatch.setenv("CIRCLE_TOKEN", fake.token)
        names: dict[str, Any] = {}
        for cell in cells:
            if cell["cell_type"] == "code":
                code = compile("".join(cell["source"]), cell["id"], "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
                outcome = types.FunctionType(code, names)()
                if inspect.iscoroutine(outcome):
                    await outcome
    assert len(names["jobs"]["pipeline_number"].unique()) > 40
    assert names["report"].jobs
