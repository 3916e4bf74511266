"""The crawl over real sockets, against the fake: complete, and killed and resumed."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from circleci_v2 import CircleCI
from circleci_v2.testing import FakeCircleCI

CRAWL = [sys.executable, "-m", "tests.history.crawl_to_file"]
ROOT = Path(__file__).parents[2]
SLUG = "gh/acme/web"


@pytest.mark.anyio
async def test_a_crawl_yields_what_single_calls_return():
    fake = FakeCircleCI.seeded(pipelines=45)
    async with fake.serve() as base_url, CircleCI(fake.token, base_url=base_url) as circleci:
        pipelines = await circleci.pipelines.list_for_project(SLUG).collect()
        records = [record async for record in circleci.history(SLUG, concurrency=8)]
        assert [record.pipeline for record in records] == pipelines
        for record in records:
            workflows = await circleci.pipelines.list_workflows(record.pipeline.id).collect()
            assert [one.workflow for one in record.workflows] == workflows
            for one in record.workflows:
                jobs = await circleci.workflows.list_jobs(one.workflow.id).collect()
                assert [job.job for job in one.jobs] == jobs
            assert record.failures == ()


def test_a_crawl_whose_process_is_killed_resumes_at_the_end_of_its_file(tmp_path):
    fake = FakeCircleCI.seeded(pipelines=60)
    numbers = list(range(60, 0, -1))
    file = tmp_path / "history.jsonl"
    with fake.serve() as base_url:
        for lines_to_live in (1, 17, 38):
            crawl = subprocess.Popen([*CRAWL, base_url, file], cwd=ROOT)
            kill_after(crawl, file, lines_to_live)
            assert crawl.returncode < 0
        subprocess.run([*CRAWL, base_url, file], cwd=ROOT, check=True, timeout=60)
    stored = [json.loads(line)["pipeline"]["number"] for line in file.read_text(encoding="utf-8").splitlines()]
    assert stored == numbers


def kill_after(process, file, lines):
    """Kill a process once it has stored a number of lines."""
    deadline = time.monotonic() + 60
    while not file.exists() or file.read_bytes().count(b"\n") < lines:
        assert process.poll() is None, "it ended before it could be killed"
        assert time.monotonic() < deadline, "it stored too little"
        time.sleep(0.005)
    process.kill()
    process.wait()
