"""A service that triggers a pipeline when asked to, and tells how it goes: pip install fastapi uvicorn.

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


class Order(BaseModel):
    """What to deploy."""

    project: str
    branch: str = "main"


class Deployment(BaseModel):
    """What became of it so far."""

    number: int
    order: Order
    status: str = "triggered"
    messages: list[str] = Field(default_factory=list)
    events: list[str] = Field(default_factory=list)

    def tell(self, change: StateChange) -> None:
        """Note what happened."""
        name = change.workflow.name if change.workflow else "pipeline"
        self.events.append(f"{name}: {change.before or 'new'} -> {change.after}")


def create_app(make_client: Callable[[], CircleCI] = CircleCI, polling: Polling | None = None) -> FastAPI:
    """The service.

    Args:
        make_client: Makes the client; it lives as long as the service.
        polling: How often to look at a pipeline. Default: that of the library.
    """
    deployments: list[Deployment] = []
    tools: dict[str, Any] = {}

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
        async with make_client() as circleci, anyio.create_task_group() as tasks:
            tools.update(circleci=circleci, tasks=tasks)
            yield
            tasks.cancel_scope.cancel()

    app = FastAPI(title="Deployments", lifespan=lifespan)

    async def deploy(deployment: Deployment) -> None:
        try:
            result = await tools["circleci"].trigger_and_wait(
                deployment.order.project,
                branch=deployment.order.branch,
                timeout=TIMEOUT,
                on_hold="return",
                on_change=deployment.tell,
                polling=polling or Polling(),
            )
        except CircleCIError as error:
            deployment.status = "unknown"
            deployment.messages.append(str(error))
        else:
            deployment.status = result.status
            deployment.messages += result.messages

    @app.post("/deployments", status_code=202)
    async def create(order: Order) -> Deployment:
        """Trigger a pipeline; look at its deployment for the outcome."""
        try:
            ProjectSlug(order.project)
        except InvalidSlugError as error:
            raise HTTPException(422, str(error)) from error
        deployment = Deployment(number=len(deployments) + 1, order=order)
        deployments.append(deployment)
        tools["tasks"].start_soon(deploy, deployment)
        return deployment

    @app.get("/deployments/{number}")
    async def read(number: int) -> Deployment:
        """How a deployment goes."""
        if not 1 <= number <= len(deployments):
            raise HTTPException(404, f"There is no deployment {number}.")
        return deployments[number - 1]

    return app


app = create_app()
