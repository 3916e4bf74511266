"""Deploy with two gates: pass the one to staging, and the one to production only if a check of staging succeeds.

CIRCLE_TOKEN=… python examples/deploy_with_gates.py gh/acme/web main
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable

import anyio

from circleci_v2 import CircleCI, WaitTimeoutError
from circleci_v2.models import WorkflowJob
from circleci_v2.waiting import Decision, PipelineResult, Polling


async def deploy(
    circleci: CircleCI,
    project: str,
    branch: str,
    *,
    staging_is_healthy: Callable[[], Awaitable[bool]],
    polling: Polling | None = None,
) -> PipelineResult:
    """Deploy a branch; the production gate is declined when staging is not healthy."""

    async def decide(job: WorkflowJob) -> Decision:
        if job.name == "hold-production":
            return "approve" if await staging_is_healthy() else "cancel"
        return "approve" if job.name == "hold-staging" else "wait"  # a person decides about any other gate

    return await circleci.trigger_and_wait(
        project, branch=branch, timeout=3600, on_hold=decide, cancel_at_circleci=True, polling=polling or Polling()
    )


async def main(project: str, branch: str) -> int:
    """Deploy, and say why when it failed."""

    async def staging_is_healthy() -> bool:
        return True  # request the health check of your staging environment here

    async with CircleCI() as circleci:
        try:
            result = await deploy(circleci, project, branch, staging_is_healthy=staging_is_healthy)
        except WaitTimeoutError as error:
            print(error, file=sys.stderr)
            return 1
        if not result.succeeded:
            print((await circleci.failure_report(result.pipeline)).to_markdown())
        return 0 if result.succeeded else 1


if __name__ == "__main__":
    sys.exit(anyio.run(main, *sys.argv[1:]))
