"""FakeState: all resources of one fake, with lookups."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from random import Random
from typing import Final

import attrs

from circleci_v2.errors import ConfigurationError
from circleci_v2.testing.clock import Clock
from circleci_v2.testing.messages import HTTPError, PageTokens
from circleci_v2.testing.state.plans import WorkflowPlan
from circleci_v2.testing.state.projects import FakeJob, FakePipeline, FakeProject, FakeWorkflow
from circleci_v2.testing.state.resources import (
    FakeOrganization,
    FakeUser,
    VcsType,
    base58,
    find_or_404,
    id_of_slug,
    uuid,
)

__all__ = ["FakeState", "Origins"]

_VCS_TYPES: Final[dict[str, VcsType]] = {"gh": "github", "bb": "bitbucket", "circleci": "circleci"}
_SHORT_PROVIDERS: Final = {"github": "gh", "bitbucket": "bb"}
_STANDALONE: Final = "circleci"


def _short(slug: str) -> str:
    """Return a slug with the provider as in the API's responses: ``gh/acme`` for ``github/acme``."""
    provider, slash, rest = slug.partition("/")
    return f"{_SHORT_PROVIDERS.get(provider, provider)}{slash}{rest}"


@attrs.frozen(kw_only=True)
class Origins:
    """The origins (scheme, host and port) of download URLs.

    Attributes:
        artifacts: Needs the API token, and redirects to `storage`.
        storage: A different host, which accepts signed URLs and rejects the API token.
    """

    artifacts: str = "https://output.circle-artifacts.com"
    storage: str = "https://storage.example"


class FakeState:
    """All resources of one fake.

    Args:
        seed: The seed of all random values.
        clock: The clock.

    Attributes:
        random: The source of random values.
        clock: The clock.
        tokens: Issues and verifies page tokens.
        user: The owner of the API token.
        users: All users, by id.
        organizations: By id.
        projects: By slug.
        origins: The origins of artifact and usage export URLs.
        storage_key: The key that signs storage URLs.
    """

    def __init__(self, *, seed: int, clock: Clock) -> None:
        self.random = Random(seed)
        self.clock = clock
        self.tokens = PageTokens(seed)
        self.origins = Origins()
        self.storage_key = self.random.randbytes(32)
        self.user = FakeUser(
            id=uuid(self.random),
            login="fake-user",
            name="Fake User",
            avatar_url="https://avatars.example/fake-user.png",
        )
        self.users: dict[str, FakeUser] = {self.user.id: self.user}
        self.organizations: dict[str, FakeOrganization] = {}
        self.projects: dict[str, FakeProject] = {}
        self._pipelines: dict[str, FakePipeline] = {}
        self._workflows: dict[str, FakeWorkflow] = {}
        self._jobs: dict[str, FakeJob] = {}

    def now(self) -> float:
        """Return the current time, in seconds since 1970-01-01T00:00:00Z."""
        return self.clock.now()

    def uuid(self) -> str:
        """Generate an id."""
        return uuid(self.random)

    def add_user(self, login: str, name: str) -> FakeUser:
        """Add a user."""
        user = FakeUser(id=self.uuid(), login=login, name=name)
        self.users[user.id] = user
        return user

    def add_organization(self, slug: str) -> FakeOrganization:
        """Return the organization with a given slug, and add it if it does not exist.

        Args:
            slug: For example ``gh/acme`` or ``github/acme``. After ``circleci/`` comes the id of a standalone organization,
                as a UUID or in base58, or the name of one, whose slug then contains a new id.

        Raises:
            ConfigurationError: `slug` is not an organization slug.
        """
        slug = _short(slug)
        provider, _, name = slug.partition("/")
        if provider not in _VCS_TYPES or not name or "/" in name:
            msg = f"{slug!r} is not an organization slug: write provider/organization, for example 'gh/acme'"
            raise ConfigurationError(msg)
        known = self._organization(slug) or next(
            (found for found in self.organizations.values() if (found.vcs_type, found.name) == (provider, name)), None
        )
        if known:
            return known
        identifier = self.uuid()
        if provider == _STANDALONE:
            given = id_of_slug(name)
            identifier, slug = (given, slug) if given else (identifier, f"{_STANDALONE}/{base58(identifier)}")
        organization = FakeOrganization(id=identifier, name=name, slug=slug, vcs_type=_VCS_TYPES[provider])
        self.organizations[organization.id] = organization
        return organization

    def add_project(
        self,
        slug: str,
        *,
        name: str | None = None,
        default_branch: str = "main",
        workflows: Iterable[WorkflowPlan] = (),
    ) -> FakeProject:
        """Add a project, and its organization if needed; see `FakeCircleCI.add_project`.

        Raises:
            ConfigurationError: `slug` is not a project slug, or the project exists already.
        """
        organization_slug, _, last = slug.rpartition("/")
        if slug.count("/") != 2 or not last:
            msg = f"{slug!r} is not a project slug: write provider/organization/project, for example 'gh/acme/web'"
            raise ConfigurationError(msg)
        if self.find_project(slug) is not None:
            msg = f"project {slug!r} exists already: use it, or choose another slug"
            raise ConfigurationError(msg)
        organization = self.add_organization(organization_slug)
        identifier, slug = self.uuid(), f"{organization.slug}/{last}"
        if organization.vcs_type == _STANDALONE:
            given = id_of_slug(last)
            identifier, slug = (given, slug) if given else (identifier, f"{organization.slug}/{base58(identifier)}")
        project = FakeProject(
            id=identifier,
            name=name or last,
            slug=slug,
            organization=organization,
            default_branch=default_branch,
        )
        project.workflows = tuple(workflows) or project.workflows
        self.projects[slug] = project
        return project

    def find_project(self, slug: str) -> FakeProject | None:
        """Return the project with a given slug, which may contain the names of standalone ones, or None."""
        provider, _, rest = _short(slug).partition("/")
        if provider != _STANDALONE:
            return self.projects.get(_short(slug))
        organization_part, _, part = rest.partition("/")
        for project in self.projects.values():
            organization = project.organization
            if (
                organization.vcs_type == _STANDALONE
                and (id_of_slug(organization_part) or organization_part) in {organization.id, organization.name}
                and (id_of_slug(part) or part) in {project.id, project.name}
            ):
                return project
        return None

    def project(self, slug: str) -> FakeProject:
        """Return the project with a given slug or id; ``github`` and ``gh`` are equivalent, and ``bitbucket`` and ``bb``.

        Raises:
            HTTPError: There is no such project (404), or the slug contains the name of a standalone one (400).
        """
        if "/" not in slug:
            return self.project_by_id(slug)
        provider, *parts = slug.split("/")
        if provider == _STANDALONE and not all(id_of_slug(part) for part in parts):
            raise HTTPError(HTTPStatus.BAD_REQUEST, f"Invalid project slug {slug}")  # the live API's response, not 404
        project = self.find_project(slug)
        if project is None:
            raise HTTPError(HTTPStatus.NOT_FOUND, "Project not found")
        return project

    def organization(self, slug_or_id: str) -> FakeOrganization:
        """Return the organization with a given slug or id; ``github`` and ``gh`` are equivalent, and ``bitbucket`` and ``bb``.

        Raises:
            HTTPError: There is no such organization (404).
        """
        organization = self._organization(_short(slug_or_id))
        if organization is None:
            raise HTTPError(HTTPStatus.NOT_FOUND, "Org not found.")
        return organization

    def _organization(self, slug_or_id: str) -> FakeOrganization | None:
        provider, _, name = slug_or_id.partition("/")
        identifier = id_of_slug(name) if provider == _STANDALONE else slug_or_id
        for organization in self.organizations.values():
            if identifier == organization.id or slug_or_id == organization.slug:
                return organization
        return None

    def remove_project(self, project: FakeProject) -> None:
        """Remove a project with its pipelines."""
        del self.projects[project.slug]
        for pipeline in project.pipelines:
            del self._pipelines[pipeline.id]
            for workflow in pipeline.planned_workflows:
                del self._workflows[workflow.id]
                for job in workflow.jobs:
                    del self._jobs[job.id]

    def remove_organization(self, organization: FakeOrganization) -> None:
        """Remove an organization with its projects."""
        for project in [project for project in self.projects.values() if project.organization is organization]:
            self.remove_project(project)
        del self.organizations[organization.id]

    def organization_by_id(self, identifier: str) -> FakeOrganization:
        """Return the organization with a given id.

        Raises:
            HTTPError: There is no such organization (404).
        """
        return find_or_404(self.organizations, identifier, "Organization")

    def project_by_id(self, identifier: str) -> FakeProject:
        """Return the project with a given id.

        Raises:
            HTTPError: There is no such project (404).
        """
        for project in self.projects.values():
            if project.id == identifier:
                return project
        raise HTTPError(HTTPStatus.NOT_FOUND, "Project not found")

    def index(self, item: FakePipeline | FakeWorkflow | FakeJob) -> None:
        """Make an item available for lookup by id."""
        match item:
            case FakePipeline():
                self._pipelines[item.id] = item
            case FakeWorkflow():
                self._workflows[item.id] = item
            case FakeJob():
                self._jobs[item.id] = item

    def pipeline(self, identifier: str) -> FakePipeline:
        """Return the pipeline with a given id.

        Raises:
            HTTPError: There is no such pipeline (404).
        """
        return find_or_404(self._pipelines, identifier, "Pipeline")

    def pipeline_to_continue(self, key: str) -> FakePipeline:
        """Return the pipeline with a given continuation key.

        Raises:
            HTTPError: There is no such pipeline (404).
        """
        for pipeline in self._pipelines.values():
            if pipeline.continuation_key == key:
                return pipeline
        raise HTTPError(HTTPStatus.NOT_FOUND, "No pipeline can be continued with this key.")

    def workflow(self, identifier: str) -> FakeWorkflow:
        """Return the workflow with a given id.

        Raises:
            HTTPError: There is no such workflow at the current time (404).
        """
        if identifier not in self._workflows:
            self._plan_everything()
        workflow = self._workflows.get(identifier)
        if workflow is None or workflow.created_at > self.now():
            raise HTTPError(HTTPStatus.NOT_FOUND, "Workflow not found")
        return workflow

    def job(self, identifier: str) -> FakeJob:
        """Return the job with a given id.

        Raises:
            HTTPError: There is no such job at the current time (404).
        """
        if identifier not in self._jobs:
            self._plan_everything()
        job = self._jobs.get(identifier)
        if job is None or job.workflow.created_at > self.now():
            raise HTTPError(HTTPStatus.NOT_FOUND, "Job not found")
        return job

    def _plan_everything(self) -> None:
        # The workflows of a seeded history are planned when they are first needed. An unknown id may be known from an
        # earlier run with the same seed, and belong to a pipeline that has not been planned in this run.
        for project in self.projects.values():
            project.planned_workflows()
