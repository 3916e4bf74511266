"""Project: its pipelines, its settings and whatever else hangs on it."""

from __future__ import annotations

from typing import Final

import attrs

from circleci_v2.testing.state.organizations import Organization
from circleci_v2.testing.state.plans import DEFAULT_WORKFLOW, WorkflowPlan
from circleci_v2.testing.state.runs import Job, Pipeline, Workflow

__all__ = ["Project"]

_PROVIDERS: Final = {"github": "GitHub", "bitbucket": "Bitbucket", "circleci": "CircleCI"}


@attrs.define(kw_only=True, eq=False)
class Project:
    """One project.

    Attributes:
        slug: What the API calls it, for example ``gh/acme/web``.
        workflows: What a new pipeline of it runs.
        pipelines: Its pipelines, the oldest first.
        jobs: Its jobs by their numbers, as far as anybody has looked.
        next_job_number: The number that the next job gets.
    """

    id: str
    name: str
    slug: str
    organization: Organization
    default_branch: str = "main"
    workflows: tuple[WorkflowPlan, ...] = (DEFAULT_WORKFLOW,)
    pipelines: list[Pipeline] = attrs.field(factory=list[Pipeline])
    jobs: dict[int, Job] = attrs.field(factory=dict[int, Job])
    next_job_number: int = 1

    @property
    def provider(self) -> str:
        """Who hosts the repository, spelled as the API spells it."""
        return _PROVIDERS[self.organization.vcs_type]

    @property
    def vcs_url(self) -> str:
        """The address of the repository."""
        if self.organization.vcs_type == "circleci":
            return f"//circleci.com/{self.organization.id}/{self.id}"
        return f"https://{self.organization.vcs_type}.com/{self.organization.name}/{self.name}"

    def pipeline(self, number: int) -> Pipeline | None:
        """The pipeline of a number; None when there is none."""
        return self.pipelines[number - 1] if 1 <= number <= len(self.pipelines) else None

    def planned_workflows(self) -> list[Workflow]:
        """Every workflow of every pipeline, those that do not exist yet included."""
        return [workflow for pipeline in self.pipelines for workflow in pipeline.planned_workflows]

    def job(self, number: int) -> Job | None:
        """The job of a number; None when there is none."""
        if number not in self.jobs:
            self.planned_workflows()
        return self.jobs.get(number)
