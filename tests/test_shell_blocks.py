"""The shell blocks of the README and of the documentation run, or are of a kind that is listed with its reason."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import anyio
import pytest

from circleci_v2 import CircleCI
from circleci_v2.testing import ArtifactFile, Clock, FakeCircleCI, JobPlan
from tests.support.documents import ROOT, shell_blocks, written_pages

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "examples" / "README.md", *written_pages()]
BLOCKS = {
    f"{page.relative_to(ROOT).as_posix()}-{number}": block
    for page in PAGES
    for number, block in enumerate(shell_blocks(page))
}

NOT_RUN = {
    r"(?:python3? -m )?pip install .*|python3 -m venv \.venv|\. \.venv/bin/activate": "installs from the package registry",
    r"make( [\w-]+| \w+=\S+| ARGS=\".*\")*( &&.*)?": "a target of the Makefile, which exists; installs what it needs",
    r"(.*/)?(python|pytest|ruff|mypy|mkdocs)( .*)?": "a tool of development, run by the targets of the Makefile",
    r"git .*|cd .*|\$EDITOR .*": "changes the clone of the contributor",
    r"unset CIRCLECI_BASE_URL|export CIRCLE_TOKEN=\.\.\.": "leads to the real CircleCI",
    r"uvx? .*|docker .*|cosign .*|gh .*|curl .*": "needs the network",
}
"""Commands that the tests do not run, with the reason; everything else is run against a served fake."""


def kind_of(line: str) -> str | None:
    """The reason why a line is not run; None for lines that are."""
    command = re.split(r"\s+#\s", line)[0].rstrip()
    return next((reason for pattern, reason in NOT_RUN.items() if re.fullmatch(pattern, command)), None)


def lines_to_run(block: str) -> list[str]:
    lines = [line for line in block.splitlines() if kind_of(line) is None]
    # After these, the rest of the block is about the real CircleCI.
    return [] if "export CIRCLE_TOKEN=..." in block else lines


def program(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    (folder / name).chmod(0o755)


@pytest.fixture
def prepare(tmp_path: Path) -> Callable[[str], tuple[FakeCircleCI, str]]:
    """Create what a block expects: a fake, the files it reads, and other people's programs."""
    program(tmp_path, "circleci-v2", f'exec {shlex.quote(sys.executable)} -m circleci_v2 "$@"')
    program(tmp_path, "pass", "echo the-next-value")
    program(tmp_path, "gh", "cat > /dev/null")
    program(tmp_path, "celebrate", "echo done")
    if shutil.which("jq") is None:
        program(tmp_path, "jq", "cat > /dev/null")
    (tmp_path / "variable.json").write_text('{"name": "REGION", "value": "eu"}', encoding="utf-8")
    return partial(anyio.run, create_fake)


async def create_fake(block: str) -> tuple[FakeCircleCI, str]:
    """Create a fake, and the block with the ids that this fake has in the place of those that are printed."""
    fake = FakeCircleCI(clock=Clock(speed=600))
    fake.add_project("gh/acme/web")
    built = JobPlan("build", artifacts=(ArtifactFile("logs/\x1b]0;owned\x07.txt", b"text"),))
    fake.add_pipeline("gh/acme/web", branch="feature/cart", jobs=[built])
    finished = fake.add_pipeline("gh/acme/web", jobs=[built])
    held = "approve" in block
    hold = JobPlan("hold-production", type="approval")
    jobs = [built, hold] if held else [JobPlan("test", outcome="failed")]
    shown = fake.add_pipeline("gh/acme/web", status="on_hold" if held else "failed", jobs=jobs)
    rerun = fake.add_pipeline("gh/acme/web", status="failed", jobs=[JobPlan("test", outcome="failed")])
    async with CircleCI(fake.token, transport=fake.transport()) as circleci:
        context = await circleci.contexts.create(name="production", owner={"slug": "gh/acme", "type": "organization"})
        await circleci.contexts.set_environment_variable(context.id, "DEPLOY_KEY", value="an old value")
        workflow = await circleci.pipelines.list_workflows(shown.id).first()
        failed = await circleci.pipelines.list_workflows(rerun.id).first()
        first = await circleci.pipelines.list_workflows(finished.id).first()
        assert workflow is not None
        assert failed is not None
        assert first is not None
        job = await circleci.workflows.list_jobs(first.id).first()
        assert job is not None
        last = fake.add_pipeline("gh/acme/web", status="on_hold", jobs=[built, hold])
        (other,) = await circleci.pipelines.list_workflows(last.id).collect()
        approvals = [job.id async for job in circleci.workflows.list_jobs(other.id) if job.type == "approval"]
    values = {
        "/412": f"/{shown.number}",
        " 1234": f" {job.job_number}",
        "<id of the approval job>": str(approvals[0]),
        "<workflow>": str(failed.id),
    }
    for printed, value in values.items():
        block = block.replace(printed, value)
    return fake, block


@pytest.mark.parametrize("name", [name for name, block in BLOCKS.items() if lines_to_run(block)])
def test_a_shell_block_runs(name: str, tmp_path: Path, prepare: Callable[[str], tuple[FakeCircleCI, str]]):
    fake, block = prepare("\n".join(lines_to_run(BLOCKS[name])))
    if re.fullmatch(r"circleci-v2 fake .*", block):
        assert first_line_of(block, tmp_path).startswith("CIRCLECI_BASE_URL=http://127.0.0.1:")
        return
    with fake.serve() as url:
        block = block.replace("http://127.0.0.1:8085/api/v2", url)
        environment = {**os.environ, "CIRCLECI_BASE_URL": url, "CIRCLE_TOKEN": fake.token, "PYTHONPATH": str(ROOT)}
        environment["PATH"] = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
        command = ["bash", "-euo", "pipefail", "-c", block]
        result = subprocess.run(command, cwd=tmp_path, env=environment, check=False, capture_output=True, text=True)
    # 1: `why` is about a pipeline that failed, and `rerun --wait` may end with a failure.
    assert result.returncode in ({0, 1} if " rerun " in block else {0}), f"{block}\n{result.stdout}\n{result.stderr}"


def first_line_of(block: str, folder: Path) -> str:
    """Start a command that serves until it is stopped, on a free port; return what it prints first."""
    command = [str(folder / "circleci-v2"), *re.sub(r"--port \d+", "--port 0", block).split()[1:]]
    with subprocess.Popen(
        command,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        process.terminate()
    return line


def test_every_make_target_in_a_block_exists():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE)) | {"$(BENCHMARKS)"}
    for name, block in BLOCKS.items():
        for line in block.splitlines():
            if line.startswith("make"):
                words = shlex.split(line, comments=True)[1:]
                named = (
                    {word for word in words if "=" not in word and word != "&&"} if "&&" not in words else {words[0]}
                )
                assert {word for word in named if not word.startswith("bench-")} <= targets, f"{name}: {line}"


def test_every_reason_is_in_use():
    lines = [line for block in BLOCKS.values() for line in block.splitlines()]
    for reason in ("installs from the package registry", "leads to the real CircleCI"):
        assert any(kind_of(line) == reason for line in lines)
