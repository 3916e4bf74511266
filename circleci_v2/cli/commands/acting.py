"""Commands that run things: trigger, wait, api."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import parse_qsl
from uuid import UUID

import typer

from circleci_v2.cli.connection import DEMO_PROJECT, Demo, connect, polling
from circleci_v2.cli.options import Project, key_and_value
from circleci_v2.cli.output import print_line, show
from circleci_v2.cli.running import ExitCode, run, stderr
from circleci_v2.client import CircleCI
from circleci_v2.pagination import Page, Paginator
from circleci_v2.waiting import PipelineResult, StateChange

__all__ = ["api", "trigger", "wait"]

Timeout = Annotated[float, typer.Option(min=1, help="Seconds until the wait gives up.")]


def trigger(
    project: Project,
    *,
    branch: Annotated[str | None, typer.Option(help="Default: the project's default branch.")] = None,
    tag: Annotated[str | None, typer.Option(help="Run this tag instead of a branch.")] = None,
    parameter: Annotated[
        list[str] | None,
        typer.Option("--parameter", "-p", metavar="KEY=VALUE", help="A pipeline parameter; may repeat."),
    ] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Wait for its end; exit with 1 unless it succeeds.")] = False,
    timeout: Timeout = 3600,
    demo: Demo = False,
) -> None:
    """Start a pipeline.

    Values of parameters that are JSON, such as true or 7, are sent as such; all others as text.

    Example:  circleci-v2 trigger gh/acme/web --branch main -p deploy=true --wait
    """
    if branch and tag:
        msg = "--branch and --tag exclude each other: a pipeline runs for one of them."
        raise typer.BadParameter(msg)
    parameters = {key: _value(text) for key, text in map(key_and_value, parameter or [])}
    arguments = {"branch": branch, "tag": tag, "parameters": parameters or None}
    run(_trigger_and_wait(project, arguments, timeout, demo) if wait else _trigger(project, arguments, demo))


def _value(text: str) -> str | int | bool:
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, int) else text


async def _trigger(project: str, arguments: Mapping[str, Any], demo: bool) -> None:
    async with connect(demo=demo) as circleci:
        created = await circleci.pipelines.trigger(project, **arguments)
    sys.stdout.write(f"{created.id}\n")
    stderr.print(f"Pipeline {created.number} is {created.state}.")


async def _trigger_and_wait(project: str, arguments: Mapping[str, Any], seconds: float, demo: bool) -> ExitCode:
    async with connect(demo=demo) as circleci:
        return _told(
            await circleci.trigger_and_wait(
                project, timeout=seconds, on_change=_tell, polling=polling(demo=demo), **arguments
            )
        )


def wait(
    pipeline: Annotated[
        UUID | None,
        typer.Argument(help="The UUID of the pipeline. Default with --demo: the newest.", metavar="PIPELINE"),
    ] = None,
    *,
    timeout: Timeout = 3600,
    demo: Demo = False,
) -> None:
    """Wait until a pipeline has ended; exit with 1 unless it succeeded, with 124 when time is up.

    Example:  circleci-v2 wait "$(circleci-v2 trigger gh/acme/web)" && ./celebrate
    """
    if pipeline is None and not demo:
        msg = "Say which pipeline to wait for: give its UUID."
        raise typer.BadParameter(msg)
    run(_wait(pipeline, timeout, demo))


async def _wait(pipeline: UUID | None, seconds: float, demo: bool) -> ExitCode:
    async with connect(demo=demo) as circleci:
        identifier = pipeline or await _newest(circleci)
        return _told(
            await circleci.wait_for_pipeline(identifier, timeout=seconds, on_change=_tell, polling=polling(demo=demo))
        )


async def _newest(circleci: CircleCI) -> UUID:
    page = await circleci.pipelines.list_for_project(DEMO_PROJECT)
    return page.items[0].id


def _tell(change: StateChange) -> None:
    what = f"workflow {change.workflow.name}" if change.workflow else "pipeline"
    stderr.print(f"{what}: {change.before or 'new'} → {change.after}", markup=False, highlight=False)


def _told(result: PipelineResult) -> ExitCode:
    rows = [
        {"workflow": workflow.name, "status": workflow.status, "stopped_at": workflow.stopped_at, "id": workflow.id}
        for workflow in result.workflows
    ]
    show(rows, "table", title=f"Pipeline {result.pipeline.number}: {result.status}")
    for message in result.messages:
        stderr.print(message, markup=False, highlight=False)
    return ExitCode.SUCCESS if result.succeeded else ExitCode.FAILED


def api(
    path: Annotated[
        str, typer.Argument(help="The path below /api/v2, such as /me; may end in ?query.", metavar="PATH")
    ],
    *,
    method: Annotated[str | None, typer.Option("--method", "-X", help="Default: GET, or POST with --data.")] = None,
    query: Annotated[
        list[str] | None, typer.Option("--query", "-q", metavar="KEY=VALUE", help="A query parameter; may repeat.")
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(
            "--data", "-d", metavar="JSON", help="The body; @file reads it from there, @- from standard input."
        ),
    ] = None,
    paginate: Annotated[
        bool, typer.Option("--paginate", help="Follow next_page_token; print one item a line.")
    ] = False,
    demo: Demo = False,
) -> None:
    """Call anything of the API, with the same token, retries and rate limits.

    Example:  circleci-v2 api /project/gh/acme/web/pipeline -q branch=main --paginate
    """
    path, _, query_of_path = path.partition("?")
    parameters: dict[str, list[str]] = {}
    for key, value in (*parse_qsl(query_of_path, keep_blank_values=True), *map(key_and_value, query or [])):
        parameters.setdefault(key, []).append(value)
    body = _body(data) if data is not None else None
    run(_api(path, method or ("GET" if data is None else "POST"), parameters, body, paginate=paginate, demo=demo))


def _body(data: str) -> Any:
    try:
        if data == "@-":
            data = sys.stdin.read()
        elif data.startswith("@"):  # no JSON does
            data = Path(data[1:]).read_text(encoding="utf-8")
        return json.loads(data)
    except OSError as error:
        msg = f"--data cannot be read from {error.filename}: {error.strerror}"
        raise typer.BadParameter(msg) from error
    except ValueError as error:
        msg = f"--data is not JSON: {error}"
        raise typer.BadParameter(msg) from error


async def _api(
    path: str, method: str, parameters: dict[str, list[str]], body: Any, *, paginate: bool, demo: bool
) -> None:
    async with connect(demo=demo) as circleci:

        async def ask(page_token: str | None = None) -> Any:
            query = {**parameters, "page-token": page_token} if page_token else parameters
            try:
                return await circleci.request(method, f"/{path.removeprefix('/')}", query=query, json=body)
            except ValueError as error:
                raise typer.BadParameter(str(error)) from error

        if not paginate:
            sys.stdout.write(json.dumps(await ask(), indent=2) + "\n")
            return

        async def page(page_token: str | None) -> Page[Any]:
            answer = await ask(page_token)
            try:
                return Page(items=answer["items"], next_page_token=answer.get("next_page_token"))
            except (KeyError, TypeError) as error:
                msg = f"{path} is not answered with pages: leave --paginate out."
                raise typer.BadParameter(msg) from error

        async for item in Paginator(page):
            print_line(item)
