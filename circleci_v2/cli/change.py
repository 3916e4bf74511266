"""Commands that change something at CircleCI: approve, cancel, rerun, setenv, rotate."""

from __future__ import annotations

import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from circleci_v2.cli.options import AsCsv, AsJson, AsJsonl, AsObject, Demo, connect, polling, select_format
from circleci_v2.cli.output import Format, activity, print_error, print_json, print_message, print_rows, progress
from circleci_v2.cli.process import CommandError, ExitCode
from circleci_v2.cli.runner import describe_error, exit_code_of, run
from circleci_v2.client import CircleCI
from circleci_v2.environment import VariableOutcome
from circleci_v2.errors import CircleCIError, WaitTimeoutError
from circleci_v2.failures import find_workflows
from circleci_v2.history import ProjectSource
from circleci_v2.slugs import OrgSlug, Target
from circleci_v2.waiting.states import has_ended, newest_of_each_name

if TYPE_CHECKING:
    from circleci_v2.models import Workflow

__all__ = ["approve", "cancel", "rerun", "rotate", "setenv"]

WorkflowTarget = Annotated[
    str,
    typer.Argument(
        help="The UUID of a pipeline or workflow, or the URL of a pipeline, workflow or job in the web app.",
        metavar="TARGET",
    ),
]


def approve(
    target: WorkflowTarget,
    job: Annotated[str, typer.Argument(help="The name of the approval job.", metavar="JOB")],
    *,
    as_json: AsObject = False,
    demo: Demo = False,
) -> None:
    """Approve one approval job by its name, in the name of the token's owner.

    Of a pipeline, the job is searched for in all workflows. A job that was approved before is left as it is.

    Example:  circleci-v2 approve 5034460f-c7c4-4c43-9457-de07e2029e7b hold-production
    """
    run(_approve(target, job, as_json, demo))


async def _approve(target: str, job: str, as_json: bool, demo: bool) -> None:
    async with connect(demo=demo) as circleci:
        with activity("Approving"):
            workflows = newest_of_each_name(await _find(circleci, target))
            holders: list[Workflow] = []
            for workflow in workflows:
                jobs = await circleci.workflows.list_jobs(workflow.id).collect()
                if any(other.type == "approval" and other.name == job for other in jobs):
                    holders.append(workflow)
            # Without any or with several, the error for the first one names its approvals.
            workflow = _only(holders, job) if holders else workflows[0]
            before = await circleci.approve(workflow, job)
    if as_json:
        print_json({"workflow": str(workflow.id), "job": before.name, "before": str(before.status)})
    already = " had been approved before" if before.status == "success" else ": approved"
    print_message(f"{before.name} of workflow {workflow.name}{already}.")


def _only(workflows: Sequence[Workflow], job: str) -> Workflow:
    if len(workflows) > 1:
        ids = ", ".join(str(workflow.id) for workflow in workflows)
        msg = f"{len(workflows)} workflows have an approval job {job!r}: pass the id of one of them: {ids}"
        raise CommandError(msg, ExitCode.USAGE)
    return workflows[0]


async def _find(circleci: CircleCI, target: str) -> list[Workflow]:
    """Return the workflows of a pipeline, or the one workflow that a target names."""
    found = await find_workflows(circleci, Target.parse(target))
    workflows = found[1] if isinstance(found, tuple) else [found]
    if not workflows:
        msg = f"{target} has no workflows."
        raise CommandError(msg, ExitCode.NOT_FOUND)
    return workflows


def cancel(target: WorkflowTarget, *, as_json: AsObject = False, demo: Demo = False) -> None:
    """Cancel a workflow, or all workflows of a pipeline that have not ended.

    Example:  circleci-v2 cancel https://app.circleci.com/pipelines/gh/acme/web/412
    """
    run(_cancel(target, as_json, demo))


async def _cancel(target: str, as_json: bool, demo: bool) -> None:
    async with connect(demo=demo) as circleci:
        with activity("Cancelling"):
            unfinished = [workflow for workflow in await _find(circleci, target) if not has_ended(workflow)]
            for workflow in unfinished:
                await circleci.workflows.cancel(workflow.id)
    if as_json:
        print_json({"cancelled": [str(workflow.id) for workflow in unfinished]})
    names = ", ".join(workflow.name for workflow in unfinished)
    print_message(f"Cancelled: {names}." if names else "Nothing to cancel: every workflow has ended.")


def rerun(
    target: WorkflowTarget,
    *,
    failed: Annotated[
        bool, typer.Option("--failed", help="Only the failed jobs and those that depend on them.")
    ] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until it ends; exit with 1 unless it succeeds.")] = False,
    timeout: Annotated[float, typer.Option(min=1, help="The maximum time to wait, in seconds.")] = 3600,
    as_json: AsObject = False,
    demo: Demo = False,
) -> None:
    """Rerun a workflow; of a pipeline with --failed, those that failed.

    Example:  circleci-v2 rerun 5034460f-c7c4-4c43-9457-de07e2029e7b --failed --wait
    """
    run(_rerun(target, failed, timeout if wait else None, as_json, demo))


async def _rerun(target: str, failed: bool, seconds: float | None, as_json: bool, demo: bool) -> ExitCode:
    async with connect(demo=demo) as circleci:
        with activity("Rerunning"):
            found = newest_of_each_name(await _find(circleci, target))
            chosen = [
                workflow for workflow in found if not failed or workflow.status in {"failed", "error", "unauthorized"}
            ]
            reruns: list[dict[str, Any]] = []
            for workflow in chosen:
                with _reported_as_started(reruns):
                    again = await circleci.workflows.rerun(workflow.id, from_failed=failed or None)
                reruns.append({"workflow": workflow.name, "rerun_of": str(workflow.id), "id": str(again.workflow_id)})
                print_message(f"{workflow.name}: rerun as workflow {again.workflow_id}.")
            succeeded = True
            if seconds is not None:
                for row in reruns:
                    with _reported_as_started(reruns):
                        ended = await circleci.wait_for_workflow(row["id"], timeout=seconds, polling=polling(demo=demo))
                    row["status"] = str(ended.status)
                    succeeded = succeeded and ended.status == "success"
                    print_message(f"{ended.name}: {ended.status}")
    if as_json:
        print_json({"reruns": reruns})
    if not reruns:
        print_message("Nothing to rerun: no workflow failed.")
    return ExitCode.SUCCESS if succeeded else ExitCode.FAILED


@contextmanager
def _reported_as_started(reruns: Sequence[object]) -> Generator[None]:
    """Give errors after the first rerun their own exit code: repeating the command would rerun it again."""
    try:
        yield
    except WaitTimeoutError:
        raise  # its message says that the workflow continues
    except CircleCIError as error:
        if not reruns:
            raise
        msg = f"{len(reruns)} workflows were rerun, but then an error occurred: {describe_error(error)}"
        raise CommandError(msg, ExitCode.STARTED) from error


VariableName = Annotated[str, typer.Argument(help="The name of the environment variable.", metavar="NAME")]


def _reads_from_terminal() -> bool:
    return sys.stdin.isatty()


def _read_value(name: str) -> str:
    """Read a secret from standard input, or from a prompt that does not show it; never from an argument.

    Arguments are visible in the list of processes and in the history of the shell.
    """
    if _reads_from_terminal():
        return str(typer.prompt(f"Value of {name}", hide_input=True, confirmation_prompt=True, err=True))
    value = sys.stdin.read().removesuffix("\n").removesuffix("\r")
    if not value:
        msg = f'Standard input is empty: pass the value of {name} there, as in  printf %s "$VALUE" | circleci-v2 …'
        raise typer.BadParameter(msg)
    return value


def setenv(
    place: Annotated[
        str,
        typer.Argument(
            help="A project slug, such as gh/acme/web; the UUID of a context; or, with --context, an organization slug.",
            metavar="PLACE",
        ),
    ],
    name: VariableName,
    *,
    context: Annotated[str | None, typer.Option(help="The name of a context of the organization PLACE.")] = None,
    as_json: AsObject = False,
    demo: Demo = False,
) -> None:
    """Create or overwrite an environment variable; its value is read from standard input, or from a prompt.

    Example:  pass show web/token | circleci-v2 setenv gh/acme/web TOKEN
    """
    run(_setenv(place, context, name, _read_value(name), as_json=as_json, demo=demo))


async def _setenv(place: str, context: str | None, name: str, value: str, *, as_json: bool, demo: bool) -> None:
    async with connect(demo=demo) as circleci:
        with activity(f"Setting {name}"):
            where = place if context is None else await _context_id(circleci, place, context)
            outcome = await circleci.set_environment_variable(where, name, value)
    if as_json:
        print_json(_outcome_row(outcome))
    print_message(f"{name} of {outcome.place}: {outcome.action}.")


async def _context_id(circleci: CircleCI, organization: str, name: str) -> UUID:
    async for context in circleci.contexts.list(owner_slug=OrgSlug(organization)):
        if context.name == name:
            return context.id
    msg = f"{organization} has no context {name!r}, or the token may not see it."
    raise CommandError(msg, ExitCode.NOT_FOUND)


def rotate(
    organization: Annotated[
        str, typer.Argument(help="The organization slug, such as gh/acme.", metavar="ORGANIZATION")
    ],
    name: VariableName,
    *,
    contexts: Annotated[bool, typer.Option(help="Whether to rotate it in contexts.")] = True,
    projects: Annotated[bool, typer.Option(help="Whether to rotate it in projects.")] = True,
    followed: Annotated[
        bool,
        typer.Option("--followed", help="Also look at the projects that you follow, from routes outside of API v2."),
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Find the places only; no value is read.")] = False,
    demo: Demo = False,
    as_json: AsJson = False,
    as_jsonl: AsJsonl = False,
    as_csv: AsCsv = False,
) -> None:
    """Give an environment variable a new value in every context and project of an organization that has it.

    Repeat it with the same value until it exits with 0: places that failed keep their old value, and nothing is deleted.

    Example:  pass show deploy-key | circleci-v2 rotate gh/acme DEPLOY_KEY
    """
    output_format = select_format(as_json=as_json, as_jsonl=as_jsonl, as_csv=as_csv)
    value = None if dry_run else _read_value(name)
    sources: list[ProjectSource] = ["insights", "pipelines", *(("followed", "followed-v1") if followed else ())]
    options = {"contexts": contexts, "projects": projects, "sources": sources, "dry_run": dry_run}
    run(_rotate(organization, name, value, options, output_format, demo=demo))


async def _rotate(
    organization: str, name: str, value: str | None, options: Mapping[str, Any], output_format: Format, *, demo: bool
) -> ExitCode:
    outcomes: list[VariableOutcome] = []

    async with connect(demo=demo) as circleci:
        with progress("places") as update:

            def count(outcome: VariableOutcome) -> None:
                outcomes.append(outcome)
                update(len(outcomes), None)

            rotation = await circleci.rotate_environment_variable(
                name, value, organization=organization, on_outcome=count, **options
            )
    rows = [_outcome_row(outcome) for outcome in rotation.outcomes]
    columns = {"place": "place", "name": "name", "action": "action"}  # errors are printed below
    print_rows(rows, output_format, title=f"{name} in {organization}", columns=columns)
    if not rotation.outcomes:
        msg = f"No context or project of {organization} that CircleCI lists has the variable {name}."
        raise CommandError(msg, ExitCode.NOT_FOUND)
    for outcome in rotation.failed:
        print_error(f"{outcome.place}: {describe_error(outcome.error or CircleCIError())}")
    codes = {exit_code_of(outcome.error) for outcome in rotation.failed}
    if codes:
        print_message(f"{len(rotation.failed)} of {len(rows)} places failed: repeat the command with the same value.")
    return ExitCode.SUCCESS if not codes else codes.pop() if len(codes) == 1 else ExitCode.ERROR


def _outcome_row(outcome: VariableOutcome) -> dict[str, Any]:
    error = None if outcome.error is None else describe_error(outcome.error)
    return {"place": outcome.place.kind, "name": outcome.place.name, "action": outcome.action, "error": error}
