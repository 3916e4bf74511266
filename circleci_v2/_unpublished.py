"""Read what API v2 does not have: the steps of a job with their output, and the projects that a user follows.

These routes are outside of CircleCI's OpenAPI document, and no other module of this package depends on their form:

- API v1.1, https://circleci.com/docs/api/v1/: ``/project/<slug>/<job number>`` lists steps, each with the presigned URL of
  its output; ``/projects`` lists the followed projects.
- ``/api/private``, which CircleCI's MCP server uses (https://github.com/CircleCI-Public/mcp-server-circleci):
  ``/output/raw/...`` is the output of a step as text, and ``/me/followed-projects`` lists the followed projects.

CircleCI may change or remove them without notice. So every field may be absent or of another type, which makes it None or
its default, and callers treat the error of a call as one part that is missing.

The token is sent to the origin of the API only; presigned URLs are read without it. Output is passed on in pieces as it
arrives, because that of one step may be larger than the memory.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Final, Protocol, TypeAlias

import attrs

from circleci_v2._wire.json import MessageScanner, is_array, is_object, load_json
from circleci_v2.errors import APIError, CircleCIError, DecodeError, InvalidURLError, NotFoundError
from circleci_v2.response import StreamedBody
from circleci_v2.slugs import ProjectSlug, project_path

__all__ = [
    "FAILED_STATUSES",
    "JobRun",
    "JobStep",
    "UnpublishedClient",
    "fetch_job_run",
    "list_followed",
    "list_followed_v1",
    "read_output",
]

FAILED_STATUSES: Final = frozenset({"failed", "infrastructure_fail", "timedout", "terminated-unknown", "unauthorized"})
"""The statuses of jobs and steps that make their workflow fail."""

_MAX_DOCUMENT: Final = 16 * 1024 * 1024
"""Bytes of a JSON document. The largest part of a job is its compiled configuration, of which CircleCI accepts 3 MB
(https://circleci.com/docs/guides/orchestrate/dynamic-config/)."""

_MAX_PAGES: Final = 1_000
"""Pages of followed projects, so that a list that leads in a circle ends."""


_Receive: TypeAlias = Callable[[str], Awaitable[object]]


class UnpublishedClient(Protocol):
    """The part of the client that these routes need."""

    @property
    def base_url(self) -> str:
        """The URL of API v2."""
        ...

    def stream(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        authenticate: bool = False,
        decode_content: bool = False,
    ) -> AbstractAsyncContextManager[StreamedBody]:
        """GET any URL and stream the body."""
        ...


@attrs.frozen(kw_only=True)
class JobStep:
    """A step of a job on one of its nodes, as API v1.1 describes it.

    Attributes:
        name: The name of the step.
        number: The number of the step in its job; not its position.
        node_index: The node that ran it.
        status: The status, such as ``success``, ``failed``, ``timedout`` or ``running``.
        failed: Whether it failed.
        exit_code: The exit code of its command; None without one, and while it runs.
        seconds: How long it took; None while it runs.
        has_output: Whether it wrote anything.
        truncated: Whether CircleCI kept only a part of its output.
        output_url: The presigned URL of its output; None when CircleCI sent none.
    """

    name: str
    number: int
    node_index: int = 0
    status: str = ""
    failed: bool = False
    exit_code: int | None = None
    seconds: float | None = None
    has_output: bool = True
    truncated: bool = False
    output_url: str | None = attrs.field(default=None, repr=False)


@attrs.frozen(kw_only=True)
class JobRun:
    """A job, as API v1.1 describes it.

    Attributes:
        steps: Its steps on all nodes, in the order in which they ran.
        author: The name of the author of the commit; None when unknown.
    """

    steps: tuple[JobStep, ...]
    author: str | None = None


async def fetch_job_run(client: UnpublishedClient, project_slug: ProjectSlug | str, job_number: int) -> JobRun:
    """Fetch the steps of a job from API v1.1.

    Raises:
        CircleCIError: The job cannot be read.
    """
    url = f"{_sibling(client, 'v1.1')}/project/{project_path(project_slug)}/{job_number:d}"
    job = _object(await _fetch_json(client, url))
    return JobRun(steps=tuple(_steps(job)), author=_text(job.get("author_name")) or _text(job.get("committer_name")))


def _steps(job: dict[str, Any]) -> list[JobStep]:
    found: list[JobStep] = []
    for step in map(_object, _array(job.get("steps"))):
        for action in map(_object, _array(step.get("actions"))):
            status, milliseconds = _text(action.get("status")) or "", _number(action.get("run_time_millis"))
            found.append(
                JobStep(
                    name=_text(step.get("name")) or _text(action.get("name")) or "",
                    number=_number(action.get("step")) or 0,
                    node_index=_number(action.get("index")) or 0,
                    status=status,
                    failed=action.get("failed") is True or status in FAILED_STATUSES,
                    exit_code=_number(action.get("exit_code")),
                    seconds=None if milliseconds is None else milliseconds / 1000,
                    has_output=action.get("has_output") is not False,
                    truncated=action.get("truncated") is True,
                    output_url=_text(action.get("output_url")),
                )
            )
    return found


async def read_output(
    client: UnpublishedClient,
    project_slug: ProjectSlug | str,
    job_number: int,
    step: JobStep,
    receive: _Receive,
) -> None:
    """Read the output of a step, piece by piece.

    Its presigned URL comes first, because it is part of API v1.1. When that is absent or CircleCI's storage rejects it, for
    example because it has expired, the private route is used.

    Args:
        client: The client.
        project_slug: The project.
        job_number: The job.
        step: The step.
        receive: Called with each piece, in order.

    Raises:
        CircleCIError: The output cannot be read.
    """
    if not step.has_output:
        return
    if step.output_url is not None:
        try:
            await _read_presigned(client, step.output_url, receive)
        except (APIError, InvalidURLError):
            pass  # nothing was received: both are raised before the body begins
        else:
            return
    await _read_raw(client, f"{project_path(project_slug)}/{job_number:d}", step, receive)


async def _read_raw(client: UnpublishedClient, job: str, step: JobStep, receive: _Receive) -> None:
    """Read standard output and then standard error of a step; one of the two may be missing."""
    missing: list[NotFoundError] = []
    for kind in ("output", "error"):
        url = f"{_sibling(client, 'private')}/output/raw/{job}/{kind}/{step.node_index:d}/{step.number:d}"
        headers = {"Accept": "text/plain, */*"}
        try:
            async with client.stream(url, headers=headers, authenticate=True, decode_content=True) as body:
                await _decode(body, receive)
        except NotFoundError as error:
            missing.append(error)
    if len(missing) == 2:
        raise missing[0]


async def _read_presigned(client: UnpublishedClient, url: str, receive: _Receive) -> None:
    scanner = MessageScanner()

    async def receive_json(text: str) -> None:
        if message := scanner.feed(text):
            await receive(message)

    try:
        async with client.stream(url, decode_content=True) as body:
            await _decode(body, receive_json)
        scanner.finish()
    except ValueError as error:
        # Also a `ConfigurationError` of the client, which is passed on.
        if isinstance(error, CircleCIError):
            raise
        msg = f"the output of a step is not the JSON of API v1.1: {error}"
        raise DecodeError(msg) from None


async def _decode(body: StreamedBody, receive: _Receive) -> None:
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    async for chunk in body:
        if text := decoder.decode(chunk):
            await receive(text)
    if text := decoder.decode(b"", final=True):
        await receive(text)


async def list_followed_v1(client: UnpublishedClient) -> list[dict[str, Any]]:
    """Fetch the projects that the owner of the token follows from API v1.1, which has no pages.

    Raises:
        CircleCIError: The list cannot be read.
    """
    return [*map(_object, _array(await _fetch_json(client, f"{_sibling(client, 'v1.1')}/projects")))]


async def list_followed(client: UnpublishedClient) -> list[dict[str, Any]]:
    """Fetch the projects that the owner of the token follows from the private route.

    Raises:
        CircleCIError: The list cannot be read.
    """
    url = f"{_sibling(client, 'private')}/me/followed-projects"
    projects: list[dict[str, Any]] = []
    token = ""
    for _ in range(_MAX_PAGES):
        page = _object(await _fetch_json(client, f"{url}?page-token={_quoted(token)}" if token else url))
        projects += map(_object, _array(page.get("items")))
        following = _text(page.get("next_page_token"))
        if following is None or following == token:
            break
        token = following
    return projects


def _quoted(token: str) -> str:
    return re.sub(r"[^A-Za-z0-9._~-]", lambda match: "".join(f"%{byte:02X}" for byte in match[0].encode()), token)


def _sibling(client: UnpublishedClient, name: str) -> str:
    """Return the URL of another API beside v2, for example ``https://circleci.com/api/v1.1``."""
    return f"{client.base_url.rpartition('/')[0]}/{name}"


async def _fetch_json(client: UnpublishedClient, url: str) -> Any:
    content = bytearray()
    # For other types, API v1.1 indents its JSON.
    headers = {"Accept": "application/json"}
    async with client.stream(url, headers=headers, authenticate=True, decode_content=True) as body:
        async for chunk in body:
            content += chunk
            if len(content) > _MAX_DOCUMENT:
                msg = f"the response to {url.partition('?')[0]} is longer than {_MAX_DOCUMENT:,} bytes"
                raise DecodeError(msg)
    try:
        return load_json(bytes(content))
    except ValueError as error:
        msg = f"the response to {url.partition('?')[0]} is not JSON: {error}"
        raise DecodeError(msg) from None


def _object(value: object) -> dict[str, Any]:
    return value if is_object(value) else {}


def _array(value: object) -> list[Any]:
    return value if is_array(value) else []


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
