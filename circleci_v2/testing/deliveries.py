"""Webhook deliveries: collected when events are due, signed, and sent to receivers on this machine."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Sequence
from ipaddress import ip_address
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

import attrs
import httpx

from circleci_v2.errors import ConfigurationError
from circleci_v2.testing.clock import rfc3339
from circleci_v2.testing.state import FakeState
from circleci_v2.testing.state.projects import FakeJob, FakePipeline, FakeProject, FakeWorkflow
from circleci_v2.testing.state.resources import FakeWebhook
from circleci_v2.webhooks import EVENT_TYPE_HEADER, SIGNATURE_HEADER, sign

__all__ = ["WebhookDelivery", "due_deliveries", "send_each"]

_USER_AGENT: Final = "CircleCI-Webhook/1.0"
_MAX_ATTEMPTS: Final = 3
_TIMEOUT_SECONDS: Final = 5.0
_MAX_PORT: Final = 65_535


@attrs.frozen(kw_only=True)
class WebhookDelivery:
    """A webhook delivery.

    Attributes:
        url: The URL of the receiver.
        headers: The request headers, including the signature.
        body: The request body; the signature is over exactly these bytes.
        verify_tls: Whether the certificate of the receiver is verified.
        status_codes: The status of the response to each attempt; 0 for an attempt without a valid response, for example
            because the receiver could not be reached. There are up to 3 attempts, until the receiver accepts.
    """

    url: str
    headers: dict[str, str]
    body: bytes
    verify_tls: bool = True
    status_codes: tuple[int, ...] = ()

    @property
    def accepted(self) -> bool:
        """Whether the receiver responded to the last attempt with 2xx."""
        return _is_success(self.status_codes)


def due_deliveries(state: FakeState) -> list[WebhookDelivery]:
    """Return deliveries for all events since the last call, in the order of the events."""
    now = state.now()
    due = [
        (at, _delivery(webhook, ended, at))
        for project in state.projects.values()
        for webhook in project.webhooks.values()
        for at, ended in project.collect_endings(webhook, now)
        if _event_of(ended) in webhook.events
    ]
    return [delivery for _, delivery in sorted(due, key=lambda pair: pair[0])]


def _event_of(ended: FakeWorkflow | FakeJob) -> str:
    return "job-completed" if isinstance(ended, FakeJob) else "workflow-completed"


def _delivery(webhook: FakeWebhook, ended: FakeWorkflow | FakeJob, happened_at: float) -> WebhookDelivery:
    pipeline = ended.workflow.pipeline if isinstance(ended, FakeJob) else ended.pipeline
    project, organization = pipeline.project, pipeline.project.organization
    event = _event_of(ended)
    body = json.dumps(
        {
            # The id is the same for repeated deliveries of an event.
            "id": str(uuid5(NAMESPACE_URL, f"{webhook.id} {ended.id}")),
            "type": event,
            "happened_at": rfc3339(happened_at),
            "webhook": {"id": webhook.id, "name": webhook.name},
            "project": {"id": project.id, "name": project.name, "slug": _long_slug(project)},
            "organization": {"id": organization.id, "name": organization.name},
            "pipeline": _render_pipeline(pipeline),
            **_render_ended(ended, happened_at),
        }
    ).encode()
    headers = {"content-type": "application/json", "user-agent": _USER_AGENT, EVENT_TYPE_HEADER: event}
    if webhook.secret:
        headers[SIGNATURE_HEADER] = sign(body, webhook.secret)
    return WebhookDelivery(url=webhook.url, headers=headers, body=body, verify_tls=webhook.verify_tls)


def _render_ended(ended: FakeWorkflow | FakeJob, at: float) -> dict[str, Any]:
    if isinstance(ended, FakeWorkflow):
        return {"workflow": _render_workflow(ended, at)}
    workflow = _render_workflow(ended.workflow, at)
    del workflow["status"]  # not part of job-completed events
    return {"workflow": workflow, "job": _render_job(ended)}


def _long_slug(project: FakeProject) -> str:
    """Return the slug as in webhooks, with ``github`` instead of the API's ``gh``."""
    return f"{project.organization.vcs_type}/{project.slug.partition('/')[2]}"


def _render_pipeline(pipeline: FakePipeline) -> dict[str, Any]:
    rendered: dict[str, Any] = {
        "id": pipeline.id,
        "number": pipeline.number,
        "created_at": rfc3339(pipeline.created_at),
        "trigger": {"type": pipeline.trigger_type},
    }
    commit, project = pipeline.commit, pipeline.project
    if commit is None:
        return rendered | {"trigger_parameters": dict(pipeline.trigger_parameters or {})}
    return rendered | {
        "vcs": {
            "provider_name": project.organization.vcs_type,
            "origin_repository_url": project.vcs_url,
            "target_repository_url": project.vcs_url,
            "revision": commit.revision,
            "branch": commit.branch,
            "tag": commit.tag,
            "commit": {"subject": commit.subject, "body": commit.body},
        }
    }


def _render_workflow(workflow: FakeWorkflow, at: float) -> dict[str, Any]:
    stopped_at = workflow.stopped_at(at)
    return {
        "id": workflow.id,
        "name": workflow.name,
        "status": workflow.status(at),
        "created_at": rfc3339(workflow.created_at),
        "stopped_at": None if stopped_at is None else rfc3339(stopped_at),
        "url": f"https://app.circleci.com/pipelines/workflows/{workflow.id}",
    }


def _render_job(job: FakeJob) -> dict[str, Any]:
    return {
        "id": job.id,
        "name": job.name,
        "number": job.number,
        "status": job.result,
        "started_at": rfc3339(job.started_at or 0.0),
        "stopped_at": rfc3339(job.stopped_at or 0.0),
    }


async def send_each(due: deque[WebhookDelivery], *, record: Callable[[WebhookDelivery], None]) -> list[WebhookDelivery]:
    """Send deliveries one by one, continuing after invalid ones.

    Args:
        due: The deliveries. Each is removed once it is sent, so that the rest can be sent later after a cancellation.
        record: Called with each delivery that was sent.

    Returns:
        The deliveries that were sent.

    Raises:
        ConfigurationError: Some URLs are invalid or not on this machine; all other deliveries were sent.
    """
    sent: list[WebhookDelivery] = []
    errors: list[str] = []
    while due:
        try:
            sent.append(await _send(due[0]))
        except ValueError as error:
            errors.append(str(error))
        else:
            record(sent[-1])
        due.popleft()
    if errors:
        raise ConfigurationError("; ".join(dict.fromkeys(errors)))
    return sent


async def _send(delivery: WebhookDelivery) -> WebhookDelivery:
    """Send a delivery, up to three times until the receiver accepts it."""
    _require_loopback(delivery.url)
    status_codes: list[int] = []
    # Plain HTTP needs no CA bundle, and loading it takes longer than the delivery.
    verify = delivery.verify_tls and httpx.URL(delivery.url).scheme == "https"
    async with httpx.AsyncClient(timeout=_TIMEOUT_SECONDS, trust_env=False, verify=verify) as client:
        while len(status_codes) < _MAX_ATTEMPTS and not _is_success(status_codes):
            try:
                response = await client.post(delivery.url, content=delivery.body, headers=delivery.headers)
            except httpx.RequestError:
                status_codes.append(0)
            else:
                status_codes.append(response.status_code)
    return attrs.evolve(delivery, status_codes=tuple(status_codes))


def _is_success(status_codes: Sequence[int]) -> bool:
    return bool(status_codes) and 200 <= status_codes[-1] < 300


def _require_loopback(url: str) -> None:
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        msg = f"the webhook goes to {url!r}, which is not a valid URL: {error}"
        raise ConfigurationError(msg) from error
    if (parsed.port or 0) > _MAX_PORT:
        msg = f"the webhook goes to {url!r}: ports go up to {_MAX_PORT}"
        raise ConfigurationError(msg)
    if not _is_loopback(parsed.host):
        msg = f"the webhook goes to {url!r}: a fake delivers to this machine only, for example http://127.0.0.1:8000/"
        raise ConfigurationError(msg)


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
