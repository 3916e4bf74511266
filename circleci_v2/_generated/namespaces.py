"""The namespaces of the client, each imported when it is first used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from circleci_v2._wire.namespace import NamespaceHolder

if TYPE_CHECKING:
    from circleci_v2._generated.api.contexts import Contexts, ContextsWithRawResponse
    from circleci_v2._generated.api.deploy import Deploy, DeployWithRawResponse
    from circleci_v2._generated.api.groups import Groups, GroupsWithRawResponse
    from circleci_v2._generated.api.insights import Insights, InsightsWithRawResponse
    from circleci_v2._generated.api.jobs import Jobs, JobsWithRawResponse
    from circleci_v2._generated.api.oidc import Oidc, OidcWithRawResponse
    from circleci_v2._generated.api.organizations import Organizations, OrganizationsWithRawResponse
    from circleci_v2._generated.api.otel import Otel, OtelWithRawResponse
    from circleci_v2._generated.api.pipeline_definitions import PipelineDefinitions, PipelineDefinitionsWithRawResponse
    from circleci_v2._generated.api.pipelines import Pipelines, PipelinesWithRawResponse
    from circleci_v2._generated.api.policies import Policies, PoliciesWithRawResponse
    from circleci_v2._generated.api.projects import Projects, ProjectsWithRawResponse
    from circleci_v2._generated.api.rollbacks import Rollbacks, RollbacksWithRawResponse
    from circleci_v2._generated.api.schedules import Schedules, SchedulesWithRawResponse
    from circleci_v2._generated.api.triggers import Triggers, TriggersWithRawResponse
    from circleci_v2._generated.api.usage import Usage, UsageWithRawResponse
    from circleci_v2._generated.api.user import Users, UsersWithRawResponse
    from circleci_v2._generated.api.webhooks import Webhooks, WebhooksWithRawResponse
    from circleci_v2._generated.api.workflows import Workflows, WorkflowsWithRawResponse

__all__ = ["Namespaces", "NamespacesWithRawResponse"]


class Namespaces(NamespaceHolder):
    """One attribute for each kind of thing that the API deals with."""

    @property
    def insights(self) -> Insights:
        """Insights: frequency, duration, cost and flaky tests of workflows and jobs.

        Figures lag up to 24 hours.
        """
        from circleci_v2._generated.api.insights import Insights

        return self._namespace(Insights)

    @property
    def user(self) -> Users:
        """Users: the owner of the API token, and the organizations the user works with."""
        from circleci_v2._generated.api.user import Users

        return self._namespace(Users)

    @property
    def organizations(self) -> Organizations:
        """Organizations, and their allow-lists of URL prefixes for orbs."""
        from circleci_v2._generated.api.organizations import Organizations

        return self._namespace(Organizations)

    @property
    def projects(self) -> Projects:
        """Projects, with their settings, environment variables and checkout keys."""
        from circleci_v2._generated.api.projects import Projects

        return self._namespace(Projects)

    @property
    def pipelines(self) -> Pipelines:
        """Pipelines: trigger them, list them, read their configuration, continue them from a setup workflow."""
        from circleci_v2._generated.api.pipelines import Pipelines

        return self._namespace(Pipelines)

    @property
    def workflows(self) -> Workflows:
        """Workflows: get one, list its jobs, approve jobs on hold, cancel it, rerun it."""
        from circleci_v2._generated.api.workflows import Workflows

        return self._namespace(Workflows)

    @property
    def jobs(self) -> Jobs:
        """Jobs: get one, list its test results and artifacts, cancel it."""
        from circleci_v2._generated.api.jobs import Jobs

        return self._namespace(Jobs)

    @property
    def schedules(self) -> Schedules:
        """Scheduled pipelines: timetables that trigger pipelines."""
        from circleci_v2._generated.api.schedules import Schedules

        return self._namespace(Schedules)

    @property
    def webhooks(self) -> Webhooks:
        """Outbound webhooks: notifications of finished workflows and jobs."""
        from circleci_v2._generated.api.webhooks import Webhooks

        return self._namespace(Webhooks)

    @property
    def oidc(self) -> Oidc:
        """OIDC custom claims: the audience and lifetime of the identity tokens that jobs receive."""
        from circleci_v2._generated.api.oidc import Oidc

        return self._namespace(Oidc)

    @property
    def policies(self) -> Policies:
        """Config policies: an organization's rules for its configuration, and the decisions based on them."""
        from circleci_v2._generated.api.policies import Policies

        return self._namespace(Policies)

    @property
    def contexts(self) -> Contexts:
        """Contexts: shared environment variables, and the restrictions on their use."""
        from circleci_v2._generated.api.contexts import Contexts

        return self._namespace(Contexts)

    @property
    def groups(self) -> Groups:
        """Groups: sets of members of an organization."""
        from circleci_v2._generated.api.groups import Groups

        return self._namespace(Groups)

    @property
    def usage(self) -> Usage:
        """Usage exports: credits and run times of every job, as CSV files.

        At most 31 days in one export, 10 exports and 10 status requests an hour for each organization.
        """
        from circleci_v2._generated.api.usage import Usage

        return self._namespace(Usage)

    @property
    def pipeline_definitions(self) -> PipelineDefinitions:
        """Pipeline definitions: the configuration that a project runs, and the repository that it checks out."""
        from circleci_v2._generated.api.pipeline_definitions import PipelineDefinitions

        return self._namespace(PipelineDefinitions)

    @property
    def triggers(self) -> Triggers:
        """Triggers: the event sources that start a pipeline definition."""
        from circleci_v2._generated.api.triggers import Triggers

        return self._namespace(Triggers)

    @property
    def rollbacks(self) -> Rollbacks:
        """Rollbacks: return a component to an earlier version."""
        from circleci_v2._generated.api.rollbacks import Rollbacks

        return self._namespace(Rollbacks)

    @property
    def deploy(self) -> Deploy:
        """Deploys: environments, components and the versions that run in them."""
        from circleci_v2._generated.api.deploy import Deploy

        return self._namespace(Deploy)

    @property
    def otel(self) -> Otel:
        """OpenTelemetry exporters: traces of pipelines, sent to a collector.

        At most five for each organization.
        """
        from circleci_v2._generated.api.otel import Otel

        return self._namespace(Otel)


class NamespacesWithRawResponse(NamespaceHolder):
    """The same attributes, whose methods return the whole `Response`."""

    @property
    def insights(self) -> InsightsWithRawResponse:
        """The methods of `Insights`, with the response around what they return."""
        from circleci_v2._generated.api.insights import InsightsWithRawResponse

        return self._namespace(InsightsWithRawResponse)

    @property
    def user(self) -> UsersWithRawResponse:
        """The methods of `Users`, with the response around what they return."""
        from circleci_v2._generated.api.user import UsersWithRawResponse

        return self._namespace(UsersWithRawResponse)

    @property
    def organizations(self) -> OrganizationsWithRawResponse:
        """The methods of `Organizations`, with the response around what they return."""
        from circleci_v2._generated.api.organizations import OrganizationsWithRawResponse

        return self._namespace(OrganizationsWithRawResponse)

    @property
    def projects(self) -> ProjectsWithRawResponse:
        """The methods of `Projects`, with the response around what they return."""
        from circleci_v2._generated.api.projects import ProjectsWithRawResponse

        return self._namespace(ProjectsWithRawResponse)

    @property
    def pipelines(self) -> PipelinesWithRawResponse:
        """The methods of `Pipelines`, with the response around what they return."""
        from circleci_v2._generated.api.pipelines import PipelinesWithRawResponse

        return self._namespace(PipelinesWithRawResponse)

    @property
    def workflows(self) -> WorkflowsWithRawResponse:
        """The methods of `Workflows`, with the response around what they return."""
        from circleci_v2._generated.api.workflows import WorkflowsWithRawResponse

        return self._namespace(WorkflowsWithRawResponse)

    @property
    def jobs(self) -> JobsWithRawResponse:
        """The methods of `Jobs`, with the response around what they return."""
        from circleci_v2._generated.api.jobs import JobsWithRawResponse

        return self._namespace(JobsWithRawResponse)

    @property
    def schedules(self) -> SchedulesWithRawResponse:
        """The methods of `Schedules`, with the response around what they return."""
        from circleci_v2._generated.api.schedules import SchedulesWithRawResponse

        return self._namespace(SchedulesWithRawResponse)

    @property
    def webhooks(self) -> WebhooksWithRawResponse:
        """The methods of `Webhooks`, with the response around what they return."""
        from circleci_v2._generated.api.webhooks import WebhooksWithRawResponse

        return self._namespace(WebhooksWithRawResponse)

    @property
    def oidc(self) -> OidcWithRawResponse:
        """The methods of `Oidc`, with the response around what they return."""
        from circleci_v2._generated.api.oidc import OidcWithRawResponse

        return self._namespace(OidcWithRawResponse)

    @property
    def policies(self) -> PoliciesWithRawResponse:
        """The methods of `Policies`, with the response around what they return."""
        from circleci_v2._generated.api.policies import PoliciesWithRawResponse

        return self._namespace(PoliciesWithRawResponse)

    @property
    def contexts(self) -> ContextsWithRawResponse:
        """The methods of `Contexts`, with the response around what they return."""
        from circleci_v2._generated.api.contexts import ContextsWithRawResponse

        return self._namespace(ContextsWithRawResponse)

    @property
    def groups(self) -> GroupsWithRawResponse:
        """The methods of `Groups`, with the response around what they return."""
        from circleci_v2._generated.api.groups import GroupsWithRawResponse

        return self._namespace(GroupsWithRawResponse)

    @property
    def usage(self) -> UsageWithRawResponse:
        """The methods of `Usage`, with the response around what they return."""
        from circleci_v2._generated.api.usage import UsageWithRawResponse

        return self._namespace(UsageWithRawResponse)

    @property
    def pipeline_definitions(self) -> PipelineDefinitionsWithRawResponse:
        """The methods of `PipelineDefinitions`, with the response around what they return."""
        from circleci_v2._generated.api.pipeline_definitions import PipelineDefinitionsWithRawResponse

        return self._namespace(PipelineDefinitionsWithRawResponse)

    @property
    def triggers(self) -> TriggersWithRawResponse:
        """The methods of `Triggers`, with the response around what they return."""
        from circleci_v2._generated.api.triggers import TriggersWithRawResponse

        return self._namespace(TriggersWithRawResponse)

    @property
    def rollbacks(self) -> RollbacksWithRawResponse:
        """The methods of `Rollbacks`, with the response around what they return."""
        from circleci_v2._generated.api.rollbacks import RollbacksWithRawResponse

        return self._namespace(RollbacksWithRawResponse)

    @property
    def deploy(self) -> DeployWithRawResponse:
        """The methods of `Deploy`, with the response around what they return."""
        from circleci_v2._generated.api.deploy import DeployWithRawResponse

        return self._namespace(DeployWithRawResponse)

    @property
    def otel(self) -> OtelWithRawResponse:
        """The methods of `Otel`, with the response around what they return."""
        from circleci_v2._generated.api.otel import OtelWithRawResponse

        return self._namespace(OtelWithRawResponse)
