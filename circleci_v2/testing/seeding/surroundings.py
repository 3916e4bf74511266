"""What a seeded project has around it: contexts, variables, and what of it is deployed where."""

from __future__ import annotations

from random import Random
from typing import Final

from circleci_v2.testing.clock import rfc3339
from circleci_v2.testing.insights.runs import DAY
from circleci_v2.testing.state.identifiers import uuid
from circleci_v2.testing.state.organizations import Context, Organization
from circleci_v2.testing.state.projects import Project
from circleci_v2.testing.state.records import Record, masked
from circleci_v2.testing.state.runs import Job, Pipeline
from circleci_v2.testing.state.world import World

__all__ = ["furnish"]

_CONTEXTS: Final = {
    "staging": ("DATABASE_URL", "DEPLOY_KEY"),
    "production": ("DATABASE_URL", "DEPLOY_KEY", "PAGER_KEY"),
    "registry": ("REGISTRY_USER", "REGISTRY_PASSWORD"),
}
_VARIABLES: Final = ("COVERAGE_KEY", "NOTIFICATION_URL")
_ENVIRONMENTS: Final = {"staging": "deploy-staging", "production": "deploy-production"}
_VERSIONS_PER_ENVIRONMENT: Final = 12
_PIPELINES_LOOKED_AT: Final = 60


def furnish(world: World, project: Project, random: Random) -> None:
    """Add to a project, and to its organization, what a project of some age has."""
    made_at = world.now() - 300 * DAY
    for name, variables in _CONTEXTS.items():
        _add_context(project.organization, Context(id=uuid(random), name=name, created_at=made_at), variables)
    for name in _VARIABLES:
        variable = {"name": name, "value": masked(uuid(random)), "created-at": rfc3339(made_at)}
        project.environment_variables[name] = variable
    component: Record = {
        "id": uuid(random),
        "name": project.name,
        "project_id": project.id,
        "labels": [{"key": "team", "value": "storefront"}],
        "release_count": 0,
        "created_at": rfc3339(made_at),
        "updated_at": rfc3339(world.now()),
    }
    project.organization.components[component["id"]] = component
    project.organization.component_versions[component["id"]] = [
        version
        for name, job_name in _ENVIRONMENTS.items()
        for version in _versions(
            world, project, _add_environment(project.organization, name, made_at, random), job_name
        )
    ]
    component["release_count"] = len(project.organization.component_versions[component["id"]])


def _add_context(organization: Organization, context: Context, variables: tuple[str, ...]) -> None:
    at = rfc3339(context.created_at)
    for name in variables:
        context.variables[name] = {"variable": name, "created_at": at, "updated_at": at, "context_id": context.id}
        context.values[name] = f"value of {name}"
    organization.contexts[context.id] = context


def _add_environment(organization: Organization, name: str, made_at: float, random: Random) -> Record:
    environment: Record = {
        "id": uuid(random),
        "name": name,
        "description": f"The {name} environment.",
        "labels": [],
        "created_at": rfc3339(made_at),
        "updated_at": rfc3339(made_at),
    }
    organization.environments[environment["id"]] = environment
    return environment


def _versions(world: World, project: Project, environment: Record, job_name: str) -> list[Record]:
    """What the latest deploy jobs brought to an environment, the newest first."""
    deploys = [
        (pipeline, job)
        for pipeline in reversed(project.pipelines[-_PIPELINES_LOOKED_AT:])
        for workflow in pipeline.workflows(world.now())
        for job in workflow.jobs
        if job.name == job_name and job.kept is None and job.status(world.now()) == "success"
    ]
    return [
        _version(environment, pipeline, job, is_live=position == 0)
        for position, (pipeline, job) in enumerate(deploys[:_VERSIONS_PER_ENVIRONMENT])
    ]


def _version(environment: Record, pipeline: Pipeline, job: Job, *, is_live: bool) -> Record:
    return {
        "name": f"1.{pipeline.number}",
        "environment_id": environment["id"],
        "namespace": "default",
        "is_live": is_live,
        "pipeline_id": pipeline.id,
        "workflow_id": job.workflow.id,
        "job_id": job.id,
        "job_number": job.number,
        "last_deployed_at": rfc3339(job.stopped_at or 0.0),
    }
