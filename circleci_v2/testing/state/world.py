"""World: everything that exists at one fake CircleCI, and how it is found."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from random import Random
from typing import Final

import attrs

from circleci_v2.testing.clock import Clock
from circleci_v2.testing.messages import Refusal
from circleci_v2.testing.paging import PageTokens
from circleci_v2.testing.state.identifiers import uuid
from circleci_v2.testing.state.organizations import Organization, User, VcsType
from circleci_v2.testing.state.plans import WorkflowPlan
from circleci_v2.testing.state.projects import Project
from circleci_v2.testing.state.records import find
from circleci_v2.testing.state.runs import Job, Pipeline, Workflow

__all__ = ["Origins", "World"]

_VCS_TYPES: Final[dict[str, VcsType]] = {
    "gh": "github",
    "github": "github",
    "bb": "bitbucket",
    "bitbucket": "bitbucket",
    "circleci": "circleci",
}


@attrs.frozen(kw_only=True)
class Origins:
    """Where the world outside finds things, each an address without a path.

    Attributes:
        artifacts: Asked with the token, redirects to `storage`.
        storage: Another host, which wants no token but a signature in the address.
    """

    artifacts: str = "https://output.circle-artifacts.com"
    storage: str = "https://storage.example"


class World:
    """Everything that exists.

    Args:
        seed: What every random thing is drawn from.
        clock: The time.

    Attributes:
        user: The owner of the token.
        users: Everybody, by id.
        organizations: By id.
        projects: By slug.
        origins: Where artifacts and exports are fetched.
        storage_key: What signs the addresses of the storage.
    """

    def __init__(self, *, seed: int, clock: Clock) -> None:
        self.random = Random(seed)
        self.clock = clock
        self.tokens = PageTokens(seed)
        self.origins = Origins()
        self.storage_key = self.random.randbytes(32)
        self.user = User(
            id=uuid(self.random),
            login="fake-user",
            name="Fake User",
            avatar_url="https://avatars.example/fake-user.png",
        )
        self.users: dict[str, User] = {self.user.id: self.user}
        self.organizations: dict[str, Organization] = {}
        self.projects: dict[str, Project] = {}
        self._pipelines: dict[str, Pipeline] = {}
        self._workflows: dict[str, Workflow] = {}
        self._jobs: dict[str, Job] = {}

    def now(self) -> float:
        """The present moment, in seconds since 1970-01-01T00:00:00Z."""
        return self.clock.now()

    def uuid(self) -> str:
        """A new identifier."""
        return uuid(self.random)

    def add_user(self, login: str, name: str) -> User:
        """Add a person."""
        user = User(id=self.uuid(), login=login, name=name)
        self.users[user.id] = user
        return user

    def add_organization(self, slug: str) -> Organization:
        """Add an organization, or find the one that has the slug.

        Raises:
            ValueError: The text is not an organization slug.
        """
        known = next((organization for organization in self.organizations.values() if organization.slug == slug), None)
        if known:
            return known
        provider, _, name = slug.partition("/")
        if provider not in _VCS_TYPES or not name or "/" in name:
            msg = f"{slug!r} is no organization slug: write provider/organization, for example 'gh/acme'"
            raise ValueError(msg)
        organization = Organization(id=self.uuid(), name=name, slug=slug, vcs_type=_VCS_TYPES[provider])
        self.organizations[organization.id] = organization
        return organization

    def add_project(
        self,
        slug: str,
        *,
        name: str | None = None,
        default_branch: str = "main",
        workflows: Iterable[WorkflowPlan] = (),
    ) -> Project:
        """Add a project, and its organization when that is new.

        Raises:
            ValueError: The text is not a project slug, or there is such a project already.
        """
        organization_slug, _, last = slug.rpartition("/")
        if slug.count("/") != 2 or not last:
            msg = f"{slug!r} is no project slug: write provider/organization/project, for example 'gh/acme/web'"
            raise ValueError(msg)
        if slug in self.projects:
            msg = f"there is a project {slug!r} already: use it, or choose another slug"
            raise ValueError(msg)
        project = Project(
            id=self.uuid(),
            name=name or last,
            slug=slug,
            organization=self.add_organization(organization_slug),
            default_branch=default_branch,
        )
        project.workflows = tuple(workflows) or project.workflows
        self.projects[slug] = project
        return project

    def project(self, slug: str) -> Project:
        """The project of a slug; ``github`` and ``gh`` are one, as are ``bitbucket`` and ``bb``.

        Raises:
            Refusal: There is none.
        """
        if slug in self.projects:
            return self.projects[slug]
        provider, _, rest = slug.partition("/")
        for other, vcs_type in _VCS_TYPES.items():
            if vcs_type == _VCS_TYPES.get(provider) and f"{other}/{rest}" in self.projects:
                return self.projects[f"{other}/{rest}"]
        raise Refusal(HTTPStatus.NOT_FOUND, "Project not found")

    def organization(self, slug_or_id: str) -> Organization:
        """The organization of a slug or an id.

        Raises:
            Refusal: There is none.
        """
        for organization in self.organizations.values():
            if slug_or_id in {organization.id, organization.slug}:
                return organization
        raise Refusal(HTTPStatus.NOT_FOUND, "Organization not found")

    def remove_project(self, project: Project) -> None:
        """Remove a project and everything it ran."""
        del self.projects[project.slug]
        for pipeline in project.pipelines:
            del self._pipelines[pipeline.id]
            for workflow in pipeline.planned_workflows:
                del self._workflows[workflow.id]
                for job in workflow.jobs:
                    del self._jobs[job.id]

    def remove_organization(self, organization: Organization) -> None:
        """Remove an organization and its projects."""
        for project in [project for project in self.projects.values() if project.organization is organization]:
            self.remove_project(project)
        del self.organizations[organization.id]

    def organization_of(self, identifier: str) -> Organization:
        """The organization of an id.

        Raises:
            Refusal: There is none.
        """
        return find(self.organizations, identifier, "Organization")

    def project_of(self, identifier: str) -> Project:
        """The project of an id.

        Raises:
            Refusal: There is none.
        """
        for project in self.projects.values():
            if project.id == identifier:
                return project
        raise Refusal(HTTPStatus.NOT_FOUND, "Project not found")

    def index(self, item: Pipeline | Workflow | Job) -> None:
        """Make something findable by its id."""
        match item:
            case Pipeline():
                self._pipelines[item.id] = item
            case Workflow():
                self._workflows[item.id] = item
            case Job():
                self._jobs[item.id] = item

    def pipeline(self, identifier: str) -> Pipeline:
        """The pipeline of an id.

        Raises:
            Refusal: There is none.
        """
        if identifier not in self._pipelines:
            raise Refusal(HTTPStatus.NOT_FOUND, "Pipeline not found")
        return self._pipelines[identifier]

    def pipeline_to_continue(self, key: str) -> Pipeline:
        """The pipeline that waits to be continued with a key.

        Raises:
            Refusal: None does.
        """
        for pipeline in self._pipelines.values():
            if pipeline.continuation_key == key:
                return pipeline
        raise Refusal(HTTPStatus.NOT_FOUND, "No pipeline waits to be continued with this key.")

    def workflow(self, identifier: str) -> Workflow:
        """The workflow of an id.

        Raises:
            Refusal: There is none, or not yet.
        """
        if identifier not in self._workflows:
            self._grow_everything()
        workflow = self._workflows.get(identifier)
        if workflow is None or workflow.created_at > self.now():
            raise Refusal(HTTPStatus.NOT_FOUND, "Workflow not found")
        return workflow

    def job(self, identifier: str) -> Job:
        """The job of an id.

        Raises:
            Refusal: There is none, or not yet.
        """
        if identifier not in self._jobs:
            self._grow_everything()
        job = self._jobs.get(identifier)
        if job is None or job.workflow.created_at > self.now():
            raise Refusal(HTTPStatus.NOT_FOUND, "Job not found")
        return job

    def _grow_everything(self) -> None:
        # A long history is planned pipeline by pipeline, when somebody looks; an id from an earlier run of the same
        # seed may belong to one at which nobody has looked in this run.
        for project in self.projects.values():
            project.planned_workflows()
