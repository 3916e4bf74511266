"""A web service that triggers pipelines and reports their progress: pip install fastapi uvicorn.

CIRCLE_TOKEN=… uvicorn examples.deploy_service:app
curl -X POST localhost:8000/deployments -H 'content-type: application/json' -d '{"project": "gh/acme/web", "branch": "main"}'
curl localhost:8000/deployments/1
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

import anyio
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, Field

from circleci_v2 import CircleCI, CircleCIError, InvalidSlugError, ProjectSlug
from circleci_v2.waiting import Polling, StateChange

TIMEOUT = 3600.0


class DeploymentRequest(BaseModel):
    """The project and the branch to deploy."""

    project: str
    branch: str = "main"


class Deployment(BaseModel):
    """The state of a deployment."""

    number: int
    request: DeploymentRequest
    status: str = "triggered"
    messages: list[str] = Field(default_factory=list)
    events: list[str] = Field(default_factory=list)

    def record(self, change: StateChange) -> None:
        """Append a change of the pipeline or of a workflow to the events."""
        name = change.workflow.name if change.workflow else "pipeline"
        self.events.append(f"{name}: {change.before or 'new'} -> {change.after}")


def create_app(make_client: Callable[[], CircleCI] = CircleCI, polling: Polling | None = None) -> FastAPI:
    """Create the application.

    Args:
        make_client: Creates the client, which is open while the service runs.
        polling: The intervals at which to poll a pipeline. Default: those of the library.
    """
    deployments: list[Deployment] = []
    resources: dict[str, Any] = {}

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
        async with make_client() as circleci, anyio.create_task_group() as tasks:
            resources.update(circleci=circleci, tasks=tasks)
            yield
            tasks.cancel_scope.cancel()

    app = FastAPI(title="Deployments", lifespan=lifespan)

    async def deploy(deployment: Deployment) -> None:
        try:
            result = await resources["circleci"].trigger_and_wait(
                deployment.request.project,
                branch=deployment.request.branch,
                timeout=TIMEOUT,
                on_hold="return",
                on_change=deployment.record,
                polling=polling or Polling(),
            )
        except CircleCIError as error:
            deployment.status = "unknown"
            deployment.messages.append(str(error))
        else:
            deployment.status = result.status
            deployment.messages += result.messages

    @app.post("/deployments", status_code=202)
    async def create(request: DeploymentRequest) -> Deployment:
        """Start a deployment in the background."""
        try:
            ProjectSlug(request.project)
        except InvalidSlugError as error:
            raise HTTPException(422, str(error)) from error
        deployment = Deployment(number=len(deployments) + 1, request=request)
        deployments.append(deployment)
        resources["tasks"].start_soon(deploy, deployment)
        return deployment

    @app.get("/deployments/{number}")
    async def read(number: int) -> Deployment:
        """Return the state of a deployment."""
        if not 1 <= number <= len(deployments):
            raise HTTPException(404, f"There is no deployment {number}.")
        return deployments[number - 1]

    return app


app = create_app()
