"""Entities: the maps that deliveries have in common, from the project to the commit.

Source: https://circleci.com/docs/webhooks-reference/ and recorded deliveries.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import attrs

from circleci_v2.webhooks.open_map import NOTHING_SAID, OpenMap, Raw, as_map, as_text

__all__ = [
    "Commit",
    "Job",
    "Organization",
    "Person",
    "Pipeline",
    "Project",
    "Subscription",
    "Trigger",
    "TriggerEvent",
    "TriggerParameters",
    "VersionControl",
    "Workflow",
]


@attrs.frozen(kw_only=True)
class Subscription(OpenMap):
    """The map ``webhook``: the webhook, as it was set up at CircleCI, that a delivery belongs to."""

    id: str | None = None
    name: str | None = None


@attrs.frozen(kw_only=True)
class Project(OpenMap):
    """The project; its slug starts with ``github/`` where the API says ``gh/`` for the same project."""

    id: str | None = None
    name: str | None = None
    slug: str | None = None


@attrs.frozen(kw_only=True)
class Organization(OpenMap):
    """The organization that the project belongs to."""

    id: str | None = None
    name: str | None = None


@attrs.frozen(kw_only=True)
class Workflow(OpenMap):
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
class Job(OpenMap):
    """The job.

    Attributes:
        number: The number of the job in its project, as `CircleCI.jobs` takes it.
        status: ``success``, ``failed``, ``canceled`` or ``unauthorized``.
    """

    id: str | None = None
    name: str | None = None
    number: int | None = None
    status: str | None = None
    started_at: datetime | None = None
    stopped_at: datetime | None = None


@attrs.frozen(kw_only=True)
class Person(OpenMap):
    """The author or committer of a commit."""

    name: str | None = None
    email: str | None = None


@attrs.frozen(kw_only=True)
class Commit(OpenMap):
    """The commit that was built; for API triggers and tag pushes its fields may be null."""

    subject: str | None = None
    body: str | None = None
    author: Person = attrs.field(factory=Person)
    authored_at: datetime | None = None
    committer: Person = attrs.field(factory=Person)
    committed_at: datetime | None = None


@attrs.frozen(kw_only=True)
class VersionControl(OpenMap):
    """The map ``vcs``: what was built, for projects of GitHub OAuth and Bitbucket Cloud.

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
class TriggerEvent(OpenMap):
    """The map ``trigger_parameters.circleci``: the event at the provider that made the pipeline.

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
class TriggerParameters(OpenMap):
    """What was built, for projects of GitHub App, GitLab and Bitbucket Data Center.

    Attributes:
        circleci: The event that made the pipeline.
        git: The git data in the same form for every provider; values of mixed types, often empty text.
    """

    circleci: TriggerEvent = attrs.field(factory=TriggerEvent)
    git: Raw = attrs.field(default=NOTHING_SAID, hash=False)

    @property
    def provider(self) -> Raw:
        """The provider's own map, for example ``gitlab``; empty when there is none."""
        return as_map(self.raw.get(self.circleci.trigger_type or ""))

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
        values = (as_text(source.get(name)) for source in (self.git, self.provider) for name in names)
        return next((value for value in values if value), None)

    def _from_ref(self, prefix: str) -> str | None:
        ref = self._find("ref", "full_ref") or ""
        return as_text(ref.removeprefix(prefix)) if ref.startswith(prefix) else None


@attrs.frozen(kw_only=True)
class Trigger(OpenMap):
    """How the pipeline was triggered: type ``webhook``, ``api``, ``schedule``, ``gitlab`` and others."""

    type: str | None = None


@attrs.frozen(kw_only=True)
class Pipeline(OpenMap):
    """The pipeline, with what was built told the same way for every provider.

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
        """The branch that was built; None for a tag, or when the delivery does not say."""
        return self._built(lambda told: told.branch)

    @property
    def tag(self) -> str | None:
        """The tag that was built; None for a branch, or when the delivery does not say."""
        return self._built(lambda told: told.tag)

    @property
    def revision(self) -> str | None:
        """The hash of the commit that was built."""
        return self._built(lambda told: told.revision)

    @property
    def commit_subject(self) -> str | None:
        """The first line of the commit's message."""
        return self._built(lambda told: told.commit_subject)

    def _built(self, tell: Callable[[VersionControl | TriggerParameters], str | None]) -> str | None:
        told = (tell(source) for source in (self.vcs, self.trigger_parameters) if source is not None)
        return next((value for value in told if value), None)
