"""The events that deliveries report, and the objects in them, from the project to the commit.

CircleCI may add fields without notice, and live deliveries omit or null fields that the reference promises. So every
value may be None, and ``raw`` holds each object as it was received. The objects that all deliveries of a type have are
present even when one was missing, so that ``event.workflow.name`` needs no guard; ``vcs``, ``commit`` and
``trigger_parameters`` are None when absent, because their absence has a meaning.

Source: https://circleci.com/docs/webhooks-reference/ and recorded deliveries.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import attrs

from circleci_v2._wire.json import is_object
from circleci_v2.errors import DecodeError
from circleci_v2.webhooks.lenient_mapping import EMPTY, LenientMapping, Raw, to_mapping, to_text

__all__ = [
    "Commit",
    "Job",
    "JobCompleted",
    "Organization",
    "Person",
    "Ping",
    "Pipeline",
    "Project",
    "RunEvent",
    "Subscription",
    "Trigger",
    "TriggerEvent",
    "TriggerParameters",
    "UnknownEvent",
    "VersionControl",
    "WebhookEvent",
    "Workflow",
    "WorkflowCompleted",
    "parse",
]


@attrs.frozen(kw_only=True)
class Subscription(LenientMapping):
    """The object ``webhook``: the webhook, as configured at CircleCI, that a delivery belongs to."""

    id: str | None = None
    name: str | None = None


@attrs.frozen(kw_only=True)
class Project(LenientMapping):
    """The project. Its slug may start with ``github/`` where the API says ``gh/``; opaque ones start with ``circleci/``."""

    id: str | None = None
    name: str | None = None
    slug: str | None = None


@attrs.frozen(kw_only=True)
class Organization(LenientMapping):
    """The organization that the project belongs to."""

    id: str | None = None
    name: str | None = None


@attrs.frozen(kw_only=True)
class Workflow(LenientMapping):
    """The workflow.

    Attributes:
        status: ``success``, ``failed``, ``error``, ``canceled`` or ``unauthorized``; None in events about a job.
        url: The page of the workflow in CircleCI's web application.
    """

    id: str | None = None
    name: str | None = None
    status: str | None = None
    created_at: datetime | None = None
    stopped_at: datetime | None = None
    url: str | None = None


@attrs.frozen(kw_only=True)
class Job(LenientMapping):
    """The job.

    Attributes:
        number: The number of the job in its project, as the methods of `CircleCI.jobs` expect it.
        status: ``success``, ``failed``, ``canceled`` or ``unauthorized``.
    """

    id: str | None = None
    name: str | None = None
    number: int | None = None
    status: str | None = None
    started_at: datetime | None = None
    stopped_at: datetime | None = None


@attrs.frozen(kw_only=True)
class Person(LenientMapping):
    """The author or committer of a commit."""

    name: str | None = None
    email: str | None = None


@attrs.frozen(kw_only=True)
class Commit(LenientMapping):
    """The commit that was built; for API triggers and tag pushes its fields may be null. `subject` and `body` may be cut."""

    subject: str | None = None
    body: str | None = None
    author: Person = attrs.field(factory=Person)
    authored_at: datetime | None = None
    committer: Person = attrs.field(factory=Person)
    committed_at: datetime | None = None


@attrs.frozen(kw_only=True)
class VersionControl(LenientMapping):
    """The object ``vcs``: the branch, tag and commit that were built, for projects of GitHub OAuth and Bitbucket Cloud.

    A push to a branch has ``branch``, a push of a tag has ``tag``, an API trigger may have neither.
    """

    provider_name: str | None = None
    origin_repository_url: str | None = None
    target_repository_url: str | None = None
    revision: str | None = None
    branch: str | None = None
    tag: str | None = None
    commit: Commit | None = None

    @property
    def commit_subject(self) -> str | None:
        """The first line of the commit's message."""
        return self.commit.subject if self.commit else None


@attrs.frozen(kw_only=True)
class TriggerEvent(LenientMapping):
    """The object ``trigger_parameters.circleci``: the event at the provider that created the pipeline.

    Attributes:
        trigger_type: The provider, for example ``gitlab`` or ``github_app``.
        event_type: The provider's name of the event, for example ``push``.
        actor_id: The CircleCI user that the pipeline is attributed to.
    """

    trigger_type: str | None = None
    event_type: str | None = None
    event_time: datetime | None = None
    actor_id: str | None = None


@attrs.frozen(kw_only=True)
class TriggerParameters(LenientMapping):
    """The branch, tag and commit that were built, for projects of GitHub App, GitLab and Bitbucket Data Center.

    Attributes:
        circleci: The event that created the pipeline.
        git: The git data in the same form for every provider, with values of mixed types, often empty text.
    """

    circleci: TriggerEvent = attrs.field(factory=TriggerEvent)
    git: Raw = attrs.field(default=EMPTY, hash=False)

    @property
    def provider(self) -> Raw:
        """The object named after the provider, for example ``gitlab``; empty when there is none."""
        return to_mapping(self.raw.get(self.circleci.trigger_type or ""))

    @property
    def branch(self) -> str | None:
        """The branch that was built."""
        return self._find("branch") or self._from_ref("refs/heads/")

    @property
    def tag(self) -> str | None:
        """The tag that was built."""
        return self._find("tag") or self._from_ref("refs/tags/")

    @property
    def revision(self) -> str | None:
        """The hash of the commit that was built."""
        return self._find("checkout_sha", "commit_sha")

    @property
    def commit_subject(self) -> str | None:
        """The first line of the commit's message."""
        message = self._find("commit_title", "commit_message")
        return message.partition("\n")[0] if message else None

    def _find(self, *names: str) -> str | None:
        values = (to_text(source.get(name)) for source in (self.git, self.provider) for name in names)
        return next((value for value in values if value), None)

    def _from_ref(self, prefix: str) -> str | None:
        ref = self._find("ref", "full_ref") or ""
        return to_text(ref.removeprefix(prefix)) if ref.startswith(prefix) else None


@attrs.frozen(kw_only=True)
class Trigger(LenientMapping):
    """How the pipeline was triggered: type ``webhook``, ``api``, ``schedule``, ``gitlab`` and others."""

    type: str | None = None


@attrs.frozen(kw_only=True)
class Pipeline(LenientMapping):
    """The pipeline, with the same properties for the branch, tag and commit of every provider.

    Attributes:
        vcs: The git data of GitHub OAuth and Bitbucket Cloud projects, else None.
        trigger_parameters: The git data of all other projects, else None.
    """

    id: str | None = None
    number: int | None = None
    created_at: datetime | None = None
    trigger: Trigger = attrs.field(factory=Trigger)
    vcs: VersionControl | None = None
    trigger_parameters: TriggerParameters | None = None

    @property
    def branch(self) -> str | None:
        """The branch that was built; None for a tag, or when the delivery has neither."""
        return self._first(lambda source: source.branch)

    @property
    def tag(self) -> str | None:
        """The tag that was built; None for a branch, or when the delivery has neither."""
        return self._first(lambda source: source.tag)

    @property
    def revision(self) -> str | None:
        """The hash of the commit that was built."""
        return self._first(lambda source: source.revision)

    @property
    def commit_subject(self) -> str | None:
        """The first line of the commit's message."""
        return self._first(lambda source: source.commit_subject)

    def _first(self, read: Callable[[VersionControl | TriggerParameters], str | None]) -> str | None:
        values = (read(source) for source in (self.vcs, self.trigger_parameters) if source is not None)
        return next((value for value in values if value), None)


@attrs.frozen(kw_only=True)
class WebhookEvent(LenientMapping):
    """The fields that every delivery has.

    Attributes:
        id: The id of the event, equal in all its deliveries: the key for `Deduplicator`.
        type: CircleCI's name of the event, for example ``workflow-completed``.
        happened_at: When the event happened; it is delivered later.
        webhook: The webhook that the delivery was sent for.
    """

    id: str | None = None
    type: str | None = None
    happened_at: datetime | None = None
    webhook: Subscription = attrs.field(factory=Subscription)


@attrs.frozen(kw_only=True)
class RunEvent(WebhookEvent):
    """The fields of every event about a workflow or a job.

    Attributes:
        project: The project of the pipeline.
        organization: The organization of the project.
        pipeline: The pipeline, with the branch, tag or commit that was built.
        workflow: The workflow that has ended, or the one of the job that has ended.
    """

    project: Project = attrs.field(factory=Project)
    organization: Organization = attrs.field(factory=Organization)
    pipeline: Pipeline = attrs.field(factory=Pipeline)
    workflow: Workflow = attrs.field(factory=Workflow)


@attrs.frozen(kw_only=True)
class WorkflowCompleted(RunEvent):
    """``workflow-completed``: a workflow has ended, with whatever status."""


@attrs.frozen(kw_only=True)
class JobCompleted(RunEvent):
    """``job-completed``: a job has ended, with whatever status; its workflow may still be running.

    Attributes:
        job: The job.
    """

    job: Job = attrs.field(factory=Job)


@attrs.frozen(kw_only=True)
class Ping(WebhookEvent):
    """``ping``: a test delivery, requested by a user of CircleCI."""


@attrs.frozen(kw_only=True)
class UnknownEvent(WebhookEvent):
    """An event of a type that this library does not know; its fields are in ``raw``. Respond with 2xx all the same."""


_EVENT_TYPES: Mapping[str, type[WebhookEvent]] = {
    "workflow-completed": WorkflowCompleted,
    "job-completed": JobCompleted,
    "ping": Ping,
}


def parse(body: bytes) -> WebhookEvent:
    """Parse a delivery. Verify its signature first: this function trusts the body.

    Args:
        body: The raw body, JSON in UTF-8.

    Returns:
        `WorkflowCompleted`, `JobCompleted`, `Ping`, or `UnknownEvent` for every other type.

    Raises:
        DecodeError: The body is not a JSON object.
    """
    raw = _load(body)
    kind = raw.get("type")
    event_type = _EVENT_TYPES.get(kind, UnknownEvent) if isinstance(kind, str) else UnknownEvent
    return event_type.read(raw)


def _load(body: bytes) -> Raw:
    try:
        # Given bytes, json.loads would also accept UTF-16 and UTF-32, which CircleCI never sends.
        value: Any = json.loads(body.decode())
    except (ValueError, RecursionError) as error:
        msg = f"the delivery is not JSON: {error}"
        raise DecodeError(msg) from error
    if not is_object(value):
        msg = f"the delivery is JSON, but not an object: it begins with {body[:40]!r}"
        raise DecodeError(msg)
    return value
