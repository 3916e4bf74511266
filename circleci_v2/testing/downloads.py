"""Downloads: artifacts, the output of steps, the storage that they redirect to, and the files of usage exports."""

from __future__ import annotations

import csv
import gzip
import hashlib
import hmac
import io
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

import attrs

from circleci_v2.testing.clock import rfc3339
from circleci_v2.testing.messages import FakeRequest, FakeResponse, HTTPError
from circleci_v2.testing.state import FakeState
from circleci_v2.testing.state.plans import ArtifactFile, StepPlan
from circleci_v2.testing.state.projects import FAILURES, FakeJob, FakePipeline, FakeWorkflow
from circleci_v2.testing.state.resources import FakeOrganization, UsageExportJob

__all__ = [
    "ARTIFACTS_PREFIX",
    "PARTS",
    "STORAGE_PREFIX",
    "FakeAction",
    "actions_of",
    "artifact_url",
    "get_artifact",
    "get_stored",
    "has_usage",
    "steps_of",
    "storage_url",
    "usage_part",
]

ARTIFACTS_PREFIX: Final = "/output/job/"
STORAGE_PREFIX: Final = "/storage/"

_SECONDS_UNTIL_EXPIRY: Final = 300

PARTS: Final = 2
"""The number of files of a usage export."""

_NULL: Final = r"\N"
_CREDITS_OF_OTHER_KINDS: Final = (
    "DLC_CREDITS",
    "USER_CREDITS",
    "STORAGE_CREDITS",
    "NETWORK_CREDITS",
    "LEASE_CREDITS",
    "LEASE_OVERAGE_CREDITS",
    "IPRANGES_CREDITS",
)


def artifact_url(state: FakeState, job: FakeJob, file: ArtifactFile) -> str:
    """Return the URL of an artifact, which needs the API token."""
    return f"{state.origins.artifacts}{ARTIFACTS_PREFIX}{job.id}/artifacts/{file.node_index}/{_encode(file.path)}"


def get_artifact(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Respond to a request for an artifact: HTML files directly, other files with a redirect to the storage."""
    job_id, _, rest = request.path.removeprefix(ARTIFACTS_PREFIX).partition("/artifacts/")
    node, _, path = rest.partition("/")
    job = state.job(job_id)
    for position, file in enumerate(job.artifacts()):
        if (str(file.node_index), _encode(file.path)) == (node, path):
            if file.path.endswith(".html"):
                return FakeResponse(HTTPStatus.OK, file.content, {"content-type": "text/html"})
            location = storage_url(state, f"artifacts/{job.id}/{position}")
            return FakeResponse(HTTPStatus.TEMPORARY_REDIRECT, b"", {"location": location})
    raise HTTPError(HTTPStatus.NOT_FOUND, "Not Found")


def storage_url(state: FakeState, key: str) -> str:
    """Return a signed URL of a stored object, valid for 5 minutes."""
    expires = int(state.now()) + _SECONDS_UNTIL_EXPIRY
    path = f"{STORAGE_PREFIX}{key}"
    return f"{state.origins.storage}{path}?expires={expires}&signature={_sign(state, path, expires)}"


def get_stored(state: FakeState, request: FakeRequest) -> FakeResponse:
    """Respond to a request for a stored object, which needs a valid signature and must not contain the API token."""
    if request.token is not None:
        return _storage_error("InvalidArgument", "Only one auth mechanism allowed", HTTPStatus.BAD_REQUEST)
    expires = request.query_value("expires") or ""
    expected = _sign(state, request.path, int(expires)) if expires.isdecimal() else ""
    if not hmac.compare_digest(request.query_value("signature") or "", expected) or int(expires) < state.now():
        return _storage_error("AccessDenied", "Request has expired", HTTPStatus.FORBIDDEN)
    kind, _, key = request.path.removeprefix(STORAGE_PREFIX).partition("/")
    return FakeResponse(HTTPStatus.OK, _READERS[kind](state, key), {"content-type": "application/octet-stream"})


def _stored_artifact(state: FakeState, key: str) -> bytes:
    job_id, _, position = key.partition("/")
    return state.job(job_id).artifacts()[int(position)].content


def _stored_usage(state: FakeState, key: str) -> bytes:
    organization_id, export_id, part = key.split("/")
    organization = state.organization_by_id(organization_id)
    return usage_part(state, organization, organization.usage_exports[export_id], int(part))


def _stored_output(state: FakeState, key: str) -> bytes:
    job_id, node, step = key.split("/")
    return output_as_json(state.job(job_id), int(node), int(step))


_READERS: Final[dict[str, Callable[[FakeState, str], bytes]]] = {
    "artifacts": _stored_artifact,
    "steps": _stored_output,
    "usage": _stored_usage,
}


def _sign(state: FakeState, path: str, expires: int) -> str:
    return hmac.new(state.storage_key, f"{path} {expires}".encode(), hashlib.sha256).hexdigest()


def _storage_error(code: str, message: str, status: int) -> FakeResponse:
    xml = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>'
    return FakeResponse(status, xml.encode(), {"content-type": "application/xml"})


def _encode(path: str) -> str:
    # HTTP libraries remove dot segments from URLs (RFC 3986, section 5.2.4), but keep percent-encoded ones.
    return "/".join(
        segment.replace(".", "%2E") if segment in {".", ".."} else quote(segment) for segment in path.split("/")
    )


def _format_time(seconds: float | None) -> str:
    if seconds is None:
        return _NULL
    return datetime.fromtimestamp(seconds, tz=UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def _pipeline_columns(pipeline: FakePipeline) -> dict[str, Any]:
    project = pipeline.project
    return {
        "ORGANIZATION_ID": project.organization.id,
        "ORGANIZATION_NAME": project.organization.name,
        "ORGANIZATION_CREATED_DATE": "2023-04-27",
        "PROJECT_ID": project.id,
        "PROJECT_NAME": project.name,
        "PROJECT_CREATED_DATE": "2023-05-02",
        "LAST_BUILD_FINISHED_AT": _NULL,
        "VCS_NAME": project.organization.vcs_type,
        "VCS_URL": project.vcs_url,
        "VCS_BRANCH": pipeline.branch or _NULL,
        "PIPELINE_ID": pipeline.id,
        "PIPELINE_CREATED_AT": _format_time(pipeline.created_at),
        "PIPELINE_NUMBER": pipeline.number,
        "IS_UNREGISTERED_USER": "false",
        "PIPELINE_TRIGGER_SOURCE": pipeline.trigger_type,
        "PIPELINE_TRIGGER_USER_ID": pipeline.actor_id,
    }


def _workflow_columns(workflow: FakeWorkflow, now: float) -> dict[str, Any]:
    queued = [job.ready_at for job in workflow.jobs if job.ready_at is not None]
    started = [job.started_at for job in workflow.jobs if job.started_at is not None]
    return {
        "WORKFLOW_ID": workflow.id,
        "WORKFLOW_NAME": workflow.name,
        "WORKFLOW_FIRST_JOB_QUEUED_AT": _format_time(min(queued, default=None)),
        "WORKFLOW_FIRST_JOB_STARTED_AT": _format_time(min(started, default=None)),
        "WORKFLOW_STOPPED_AT": _format_time(workflow.stopped_at(now)),
        "IS_WORKFLOW_SUCCESSFUL": "true" if workflow.status(now) == "success" else "false",
    }


def _job_columns(job: FakeJob, started_at: float, stopped_at: float) -> dict[str, Any]:
    load = _load(job.id)
    return {
        "JOB_NAME": job.name,
        "JOB_ID": job.id,
        "JOB_RUN_NUMBER": job.number,
        "JOB_RUN_DATE": _format_time(started_at)[:10],
        "JOB_RUN_QUEUED_AT": _format_time(job.ready_at),
        "JOB_RUN_STARTED_AT": _format_time(started_at),
        "JOB_RUN_STOPPED_AT": _format_time(stopped_at),
        "JOB_BUILD_STATUS": job.result,
        "RESOURCE_CLASS": job.plan.resource_class,
        "OPERATING_SYSTEM": "linux",
        "EXECUTOR": job.plan.executor,
        "PARALLELISM": job.plan.parallelism,
        "JOB_RUN_SECONDS": round(stopped_at - started_at),
        "MEDIAN_CPU_UTILIZATION_PCT": load,
        "MAX_CPU_UTILIZATION_PCT": min(100, load + 25),
        "MEDIAN_RAM_UTILIZATION_PCT": load // 2,
        "MAX_RAM_UTILIZATION_PCT": load,
        "COMPUTE_CREDITS": job.credits,
        **dict.fromkeys(_CREDITS_OF_OTHER_KINDS, 0),
        "TOTAL_CREDITS": job.credits,
    }


def _load(identifier: str) -> int:
    """Derive a reproducible load of 5 to 94 percent from an id."""
    return 5 + int(identifier[:6], 16) % 90


def usage_part(state: FakeState, organization: FakeOrganization, export: UsageExportJob, part: int) -> bytes:
    """Return one file of an export: gzip-compressed CSV with a header row, or empty if no job ran."""
    text = io.StringIO(newline="")
    rows = [row for number, row in enumerate(_rows(state, organization, export)) if number % PARTS == part]
    if rows:
        writer = csv.DictWriter(text, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return gzip.compress(text.getvalue().encode(), mtime=0)


def has_usage(state: FakeState, organization: FakeOrganization, export: UsageExportJob) -> bool:
    """Whether any job ran in the time of an export; otherwise it is completed without files."""
    return next(_rows(state, organization, export), None) is not None


def _rows(state: FakeState, organization: FakeOrganization, export: UsageExportJob) -> Iterator[dict[str, Any]]:
    now = state.now()
    for project in state.projects.values():
        if project.organization is organization:
            for workflow in project.planned_workflows():
                for job in workflow.jobs:
                    started_at, stopped_at = job.started_at, job.stopped_at
                    if started_at is None or stopped_at is None or not job.ended(now) or job.reused_from is not None:
                        continue
                    if export.start <= started_at < export.end:
                        shared = _pipeline_columns(workflow.pipeline) | _workflow_columns(workflow, now)
                        yield shared | _job_columns(job, started_at, stopped_at)


_FIRST_NUMBERS: Final = (0, 99, 101)
"""CircleCI leaves gaps in the numbers of the first steps, so they are no positions."""

_LINES_PER_MESSAGE: Final = 50


@attrs.frozen(kw_only=True)
class FakeAction:
    """A step on one node of a job.

    Attributes:
        plan: The plan of the step.
        number: The number of the step, the same on all nodes.
        node_index: The node.
        status: ``success``, ``failed`` or ``running``.
        exit_code: The exit code; None while it runs.
        started_at: In seconds since 1970.
        stopped_at: In seconds since 1970; None while it runs.
    """

    plan: StepPlan
    number: int
    node_index: int
    status: str
    exit_code: int | None
    started_at: float
    stopped_at: float | None


def steps_of(job: FakeJob) -> tuple[StepPlan, ...]:
    """Return the planned steps of a job, or else typical ones that fit its outcome and its failed tests."""
    if job.plan.steps:
        return job.plan.steps
    failed = job.outcome_planned in FAILURES
    return (
        StepPlan(name="Spin up environment", output=f"Build-agent version 1.0\n{job.plan.executor} is ready\n"),
        StepPlan(name="Checkout code", output="Cloning git repository\nHEAD is now at the commit of the pipeline\n"),
        StepPlan(
            name=f"Run {job.name}",
            output=_output(job, failed=failed),
            exit_code=1 if failed else 0,
            seconds=max(1.0, job.plan.seconds - 2),
        ),
    )


def _output(job: FakeJob, *, failed: bool) -> str:
    tests = job.tests()
    lines = [f"$ make {job.name}"]
    lines += [f"{test.file or test.classname}::{test.name} {test.result.upper()}" for test in tests]
    for test in tests:
        if test.result in {"failure", "error"}:
            lines += ["", f"\x1b[31m_____ {test.name} _____\x1b[0m", "", *test.message.splitlines()]
    if failed:
        lines += ["", f"make: *** [{job.name}] Error 1", "Exited with code exit status 1"]
    return "\n".join(lines) + "\n"


def actions_of(job: FakeJob, position: int, now: float) -> list[FakeAction]:
    """Return the step at a position on each node that has come that far."""
    if job.started_at is None or not job.started(now):
        return []
    steps = steps_of(job)
    plan, number = steps[position], _number(position)
    started_at = job.started_at + sum(step.seconds for step in steps[:position])
    end = job.stopped_at if job.stopped_at is not None and job.stopped_at <= now else now
    if started_at > end:
        return []
    stopped_at = started_at + plan.seconds
    actions: list[FakeAction] = []
    for node in range(job.plan.parallelism):
        if any(step.exit_code not in {0, None} and step.node_index == node for step in steps[:position]):
            continue  # a node runs nothing after a step that failed
        failed = plan.exit_code not in {0, None} and plan.node_index == node
        running = stopped_at > now and not job.ended(now)
        status = "running" if running else "failed" if failed else "success"
        exit_code = None if running else plan.exit_code if failed or plan.exit_code is None else 0
        actions.append(
            FakeAction(
                plan=plan,
                number=number,
                node_index=node,
                status=status,
                exit_code=exit_code,
                started_at=started_at,
                stopped_at=None if running else min(stopped_at, end),
            )
        )
    return actions


def _number(position: int) -> int:
    if position < len(_FIRST_NUMBERS):
        return _FIRST_NUMBERS[position]
    return _FIRST_NUMBERS[-1] + position - len(_FIRST_NUMBERS) + 1


def output_as_json(job: FakeJob, node_index: int, number: int) -> bytes:
    """Return the output of a step as the storage holds it: a JSON array of messages.

    Args:
        job: The job.
        node_index: The node; all nodes write the same.
        number: The number of the step.
    """
    del node_index
    plan = next((plan for position, plan in enumerate(steps_of(job)) if _number(position) == number), None)
    if plan is None:
        return b"[]"
    messages: list[dict[str, str]] = []
    for kind, text in (("out", plan.output), ("err", plan.error_output)):
        lines = text.splitlines(keepends=True)
        for start in range(0, len(lines), _LINES_PER_MESSAGE):
            message = "".join(lines[start : start + _LINES_PER_MESSAGE])
            messages.append({"message": message, "time": rfc3339(job.started_at or 0.0), "type": kind})
    return json.dumps(messages).encode()
