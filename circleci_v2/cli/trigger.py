"""Commands that start pipelines, wait for them, and call any endpoint: trigger, wait, api.

Errors that occur after a pipeline was started are reported as such (`StartedPipeline`), so that no script starts it again.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Annotated, Any, Final, TypedDict
from urllib.parse import parse_qsl
from uuid import UUID

import attrs
import typer

from circleci_v2.cli.options import DEMO_PROJECT, AsObject, Demo, Project, connect, parse_key_value, polling
from circleci_v2.cli.output import activity, print_error, print_json, print_line, print_message, print_rows
from circleci_v2.cli.process import CommandError, ExitCode
from circleci_v2.cli.runner import describe_error, run
from circleci_v2.cli.watch import Watch, show_changes
from circleci_v2.client import CircleCI
from circleci_v2.errors import PipelineNotTriggeredError, WaitTimeoutError
from circleci_v2.events import Event, RequestEvent, ResponseEvent
from circleci_v2.pagination import Page, Paginator
from circleci_v2.waiting import PipelineResult, Polling, StateChange

__all__ = ["StartedPipeline", "api", "trigger", "wait"]

_PIPELINE_URL: Final = re.compile(r"/pipeline/([0-9a-f-]{36})\b")


class StartedPipeline:
    """The pipeline that a command starts: whether it was started, and its id once that is known.

    A pipeline counts as started when the POST request has a response with a status of 2xx, even if the body is unusable.

    Attributes:
        id: The id of the pipeline; None while it is unknown.
    """

    def __init__(self) -> None:
        self.id: str | None = None
        self._posts: set[int] = set()
        self._is_started = False

    def __str__(self) -> str:
        return f"Pipeline {self.id}" if self.id else "A pipeline whose id is unknown"

    def observe(self, event: Event) -> None:
        """Take note of an event of the client that starts the pipeline and, perhaps, waits for it."""
        match event:
            case RequestEvent(method="POST"):
                self._posts.add(event.call)
            case RequestEvent() if self._is_started and self.id is None and (found := _PIPELINE_URL.search(event.url)):
                self.id = found[1]
            case ResponseEvent() if event.call in self._posts and 200 <= event.status_code < 300:
                self._is_started = True
            case _:
                pass

    @contextmanager
    def errors_reported(self) -> Generator[None]:
        """Add to every error of the block that the pipeline was started, if it was.

        Raises:
            CommandError: In place of the error. A broken pipe and Ctrl-C keep their exit codes; the addition is printed.
        """
        try:
            yield
        except (PipelineNotTriggeredError, WaitTimeoutError):
            raise  # their messages are complete: no pipeline was created; this pipeline continues
        except BrokenPipeError:
            self._print_addition()
            raise
        except Exception as error:
            if not self._is_started:
                raise
            msg = f"{self} was started, but then an error occurred: {describe_error(error)}"
            raise CommandError(msg, ExitCode.STARTED) from error
        except BaseException:
            self._print_addition()
            raise

    def _print_addition(self) -> None:
        if self._is_started:
            print_message(f"{self} was started and continues at CircleCI.")


Approve = Annotated[
    list[str] | None,
    typer.Option(metavar="JOB", help="Approve the approval job of this name when it is on hold; repeatable."),
]
Timeout = Annotated[float, typer.Option(min=1, help="The maximum time to wait, in seconds.")]


def trigger(
    project: Project,
    *,
    branch: Annotated[str | None, typer.Option(help="Default: the project's default branch.")] = None,
    tag: Annotated[str | None, typer.Option(help="Run this tag instead of a branch.")] = None,
    parameter: Annotated[
        list[str] | None,
        typer.Option("--parameter", "-p", metavar="KEY=VALUE", help="A pipeline parameter; repeatable."),
    ] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until it ends; exit with 1 unless it succeeds.")] = False,
    approve: Approve = None,
    timeout: Timeout = 3600,
    watch: Watch = False,
    as_json: AsObject = False,
    demo: Demo = False,
) -> None:
    """Start a pipeline.

    Parameter values that are JSON booleans or integers, such as true or 7, are sent as such; all others as text.

    Example:  circleci-v2 trigger gh/acme/web --branch main -p deploy=true --wait
    """
    if branch and tag:
        msg = "--branch and --tag exclude each other: a pipeline runs for one of them."
        raise typer.BadParameter(msg)
    if approve and not wait:
        msg = "--approve needs --wait: the command approves the job while it waits."
        raise typer.BadParameter(msg)
    if watch and not wait:
        msg = "--watch needs --wait: it shows the jobs while the command waits."
        raise typer.BadParameter(msg)
    parameters = {key: _parameter_value(text) for key, text in map(parse_key_value, parameter or [])}
    arguments = {"branch": branch, "tag": tag, "parameters": parameters or None}
    if wait:
        waiting = _WaitOptions(timeout=timeout, approve=approve or [], watch=watch, as_json=as_json)
        run(_trigger_and_wait(project, arguments, waiting, demo=demo))
    else:
        run(_trigger(project, arguments, as_json=as_json, demo=demo))


def _parameter_value(text: str) -> str | int | bool:
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, int) else text


async def _trigger(project: str, arguments: Mapping[str, Any], *, as_json: bool, demo: bool) -> None:
    started = StartedPipeline()
    with started.errors_reported():
        async with connect(demo=demo, on_event=started.observe) as circleci:
            with activity("Starting a pipeline"):
                created = await circleci.pipelines.trigger(project, **arguments)
            started.id = _received_id(created.id)
        if as_json:
            print_json(created.to_dict())
        else:
            print_line(started.id)
    print_message(f"Pipeline {created.number} is {created.state}.")


def _received_id(value: object) -> str:
    if not isinstance(value, UUID | str):  # a model keeps any value that the server sent
        msg = f"the id in the response is {value!r}"
        raise CommandError(msg, ExitCode.STARTED)
    return str(value)


@attrs.frozen(kw_only=True)
class _WaitOptions:
    """The options of `wait`, and of `trigger` with ``--wait``."""

    timeout: float
    approve: list[str]
    watch: bool
    as_json: bool


async def _trigger_and_wait(
    project: str, arguments: Mapping[str, Any], options: _WaitOptions, *, demo: bool
) -> ExitCode:
    started = StartedPipeline()
    with started.errors_reported():
        async with (
            connect(demo=demo, on_event=started.observe) as circleci,
            _waiting(circleci, options, demo=demo) as common,
        ):
            result = await circleci.trigger_and_wait(
                project, timeout=options.timeout, approve=options.approve, **common, **arguments
            )
        return _print_result(result, as_json=options.as_json)


class _Common(TypedDict):
    on_change: Callable[[StateChange], None]
    polling: Polling


@asynccontextmanager
async def _waiting(circleci: CircleCI, options: _WaitOptions, *, demo: bool) -> AsyncGenerator[_Common]:
    """Show the changes of the wait in the block, and print with ``--json`` what it saw before a timeout."""
    intervals = polling(demo=demo)
    try:
        async with show_changes(circleci, intervals, watch=options.watch) as on_change:
            yield {"on_change": on_change, "polling": intervals}
    except WaitTimeoutError as error:
        if options.as_json and isinstance(error.seen, PipelineResult):
            print_json(error.seen.to_dict())
        raise


def wait(
    pipeline: Annotated[
        UUID | None,
        typer.Argument(help="The UUID of the pipeline. Default with --demo: the newest one.", metavar="PIPELINE"),
    ] = None,
    *,
    approve: Approve = None,
    timeout: Timeout = 3600,
    watch: Watch = False,
    as_json: AsObject = False,
    demo: Demo = False,
) -> None:
    """Wait until a pipeline has ended; exit with 1 unless it succeeded, with 124 on a timeout.

    Example:  circleci-v2 wait "$(circleci-v2 trigger gh/acme/web)" && ./celebrate
    """
    if pipeline is None and not demo:
        msg = "Missing argument PIPELINE: the UUID of the pipeline to wait for."
        raise typer.BadParameter(msg)
    options = _WaitOptions(timeout=timeout, approve=approve or [], watch=watch, as_json=as_json)
    run(_wait(pipeline, options, demo=demo))


async def _wait(pipeline: UUID | None, options: _WaitOptions, *, demo: bool) -> ExitCode:
    async with connect(demo=demo) as circleci, _waiting(circleci, options, demo=demo) as common:
        result = await circleci.wait_for_pipeline(
            pipeline or await _newest(circleci), timeout=options.timeout, approve=options.approve, **common
        )
    return _print_result(result, as_json=options.as_json)


async def _newest(circleci: CircleCI) -> UUID:
    page = await circleci.pipelines.list_for_project(DEMO_PROJECT)
    return page.items[0].id


def _print_result(result: PipelineResult, *, as_json: bool) -> ExitCode:
    if as_json:
        print_json(result.to_dict())
        return ExitCode.SUCCESS if result.succeeded else ExitCode.FAILED
    rows = [
        {"workflow": workflow.name, "status": workflow.status, "stopped_at": workflow.stopped_at, "id": workflow.id}
        for workflow in result.workflows
    ]
    print_rows(rows, "table", title=f"Pipeline {result.pipeline.number}: {result.status}", spare=["stopped_at"])
    for message in result.messages:
        print_error(message)
    return ExitCode.SUCCESS if result.succeeded else ExitCode.FAILED


def api(
    path: Annotated[
        str, typer.Argument(help="The path below /api/v2, such as /me, with or without ?query.", metavar="PATH")
    ],
    *,
    method: Annotated[str | None, typer.Option("--method", "-X", help="Default: GET, or POST with --data.")] = None,
    query: Annotated[
        list[str] | None, typer.Option("--query", "-q", metavar="KEY=VALUE", help="A query parameter; repeatable.")
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(
            "--data", "-d", metavar="JSON", help="The body; @FILE reads it from a file, @- from standard input."
        ),
    ] = None,
    paginate: Annotated[
        bool, typer.Option("--paginate", help="Follow next_page_token; print one item per line.")
    ] = False,
    demo: Demo = False,
) -> None:
    """Call any endpoint of the API, with the retries and rate limits of the other commands.

    Example:  circleci-v2 api /project/gh/acme/web/pipeline -q branch=main --paginate
    """
    path, _, path_query = path.partition("?")
    parameters: dict[str, list[str]] = {}
    for key, value in (*parse_qsl(path_query, keep_blank_values=True), *map(parse_key_value, query or [])):
        parameters.setdefault(key, []).append(value)
    body = _body(data) if data is not None else None
    run(_api(path, method or ("GET" if data is None else "POST"), parameters, body, paginate=paginate, demo=demo))


def _body(data: str) -> Any:
    try:
        if data == "@-":
            data = sys.stdin.read()
        elif data.startswith("@"):  # no JSON document starts with it
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

        async def request(page_token: str | None = None) -> Any:
            query = {**parameters, "page-token": page_token} if page_token else parameters
            try:
                return await circleci.request(method, f"/{path.removeprefix('/')}", query=query, json=body)
            except ValueError as error:
                raise typer.BadParameter(str(error)) from error

        if not paginate:
            with activity(f"{method} {path}"):
                response = await request()
            print_json(response, indent=2)
            return

        async def page(page_token: str | None) -> Page[Any]:
            response = await request(page_token)
            try:
                return Page(items=response["items"], next_page_token=response.get("next_page_token"))
            except (KeyError, TypeError) as error:
                msg = f"The response to {path} is not a page: leave out --paginate."
                raise typer.BadParameter(msg) from error

        with activity(f"{method} {path}", between_results=True):
            async for item in Paginator(page):
                print_json(item)
