"""Webhooks of a project."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from circleci_v2.testing.clock import rfc3339
from circleci_v2.testing.messages import Answer, Call, Refusal
from circleci_v2.testing.paging import page
from circleci_v2.testing.routing import Routes
from circleci_v2.testing.state.projects import Project, Webhook
from circleci_v2.testing.state.records import Record, masked
from circleci_v2.testing.state.world import World

__all__ = ["routes"]

routes = Routes()


def _render(project: Project, webhook: Webhook) -> dict[str, Any]:
    return {
        "id": webhook.id,
        "name": webhook.name,
        "url": webhook.url,
        "verify_tls": webhook.verify_tls,
        "signing_secret": masked(webhook.secret),
        "events": webhook.events,
        "scope": {"id": project.id, "type": "project"},
        "created_at": rfc3339(webhook.created_at),
        "updated_at": rfc3339(webhook.updated_at),
    }


def _located(world: World, call: Call) -> tuple[Project, Webhook]:
    for project in world.projects.values():
        if webhook := project.webhooks.get(call.parameters["webhook_id"]):
            return project, webhook
    raise Refusal(HTTPStatus.NOT_FOUND, "Webhook not found")


def _spelled_in_snake_case(fields: Record) -> Record:
    # The document says kebab-case, the live API is seen to read snake_case; both are taken.
    return {name.replace("-", "_"): value for name, value in fields.items()}


@routes.get("/webhook")
def list_webhooks(world: World, call: Call) -> Answer:
    """The webhooks of a project."""
    project = world.project_of(call.value("scope-id") or "")
    return page(world.tokens, call, list(project.webhooks.values()), lambda webhook: _render(project, webhook))


@routes.post("/webhook")
def create(world: World, call: Call) -> Answer:
    """Create a webhook; what happens from now on is delivered."""
    fields = _spelled_in_snake_case(call.fields())
    project, now = world.project_of(fields["scope"]["id"]), world.now()
    webhook = Webhook(
        id=world.uuid(),
        name=fields["name"],
        url=fields["url"],
        events=fields["events"],
        verify_tls=fields.get("verify_tls", True),
        secret=fields.get("signing_secret", ""),
        created_at=now,
        updated_at=now,
        since=now,
    )
    project.tell_endings(webhook, now)  # what has ended at this moment already is the past
    project.webhooks[webhook.id] = webhook
    return Answer.json(_render(project, webhook), HTTPStatus.CREATED)


@routes.get("/webhook/{webhook_id}")
def get(world: World, call: Call) -> Answer:
    """One webhook."""
    return Answer.json(_render(*_located(world, call)))


@routes.put("/webhook/{webhook_id}")
def update(world: World, call: Call) -> Answer:
    """Change what is given."""
    project, webhook = _located(world, call)
    fields = _spelled_in_snake_case(call.fields())
    webhook.name = fields.get("name", webhook.name)
    webhook.url = fields.get("url", webhook.url)
    webhook.events = fields.get("events", webhook.events)
    webhook.verify_tls = fields.get("verify_tls", webhook.verify_tls)
    webhook.secret = fields.get("signing_secret", webhook.secret)
    webhook.updated_at = world.now()
    return Answer.json(_render(project, webhook))


@routes.delete("/webhook/{webhook_id}")
def delete(world: World, call: Call) -> Answer:
    """Delete a webhook."""
    project, webhook = _located(world, call)
    del project.webhooks[webhook.id]
    return Answer.message("ok")
