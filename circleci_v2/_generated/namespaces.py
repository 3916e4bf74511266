"""The namespaces of the client as typed attributes, each imported on first use."""

from __future__ import annotations

from circleci_v2._generated import api
from circleci_v2._wire.namespace import NamespaceHolder

__all__ = ["Namespaces", "NamespacesWithRawResponse"]


class Namespaces(NamespaceHolder):
    """One attribute for each kind of resource in the API."""

    __module__ = "circleci_v2.namespaces"

    @property
    def insights(self) -> api.Insights:
        """Insights: frequency, duration, cost and flaky tests of workflows and jobs.

        Figures lag up to 24 hours.
        """
        return self._namespace(api.Insights)

    @property
    def user(self) -> api.Users:
        """Users: the owner of the API token, and the organizations the user works with."""
        return self._namespace(api.Users)

    @property
    def organizations(self) -> api.Organizations:
        """Organizations, and their allow-lists of URL prefixes for orbs."""
        return self._namespace(api.Organizations)

    @property
    def projects(self) -> api.Projects:
        """Projects, with their settings, environment variables and checkout keys."""
        return self._namespace(api.Projects)

    @property
    def pipelines(self) -> api.Pipelines:
        """Pipelines: trigger them, list them, read their configuration, continue them from a setup workflow."""
        return self._namespace(api.Pipelines)

    @property
    def workflows(self) -> api.Workflows:
        """Workflows: get one, list its jobs, approve jobs on hold, cancel it, rerun it."""
        return self._namespace(api.Workflows)

    @property
    def jobs(self) -> api.Jobs:
        """Jobs: get one, list its test results and artifacts, cancel it."""
        return self._namespace(api.Jobs)

    @property
    def schedules(self) -> api.Schedules:
        """Scheduled pipelines: timetables that trigger pipelines."""
        return self._namespace(api.Schedules)

    @property
    def webhooks(self) -> api.Webhooks:
        """Outbound webhooks: notifications of finished workflows and jobs."""
        return self._namespace(api.Webhooks)

    @property
    def oidc(self) -> api.Oidc:
        """OIDC custom claims: the audience and lifetime of the identity tokens that jobs receive."""
        return self._namespace(api.Oidc)

    @property
    def policies(self) -> api.Policies:
        """Config policies: an organization's rules for its configuration, and the decisions based on them."""
        return self._namespace(api.Policies)

    @property
    def contexts(self) -> api.Contexts:
        """Contexts: shared environment variables, and the restrictions on their use."""
        return self._namespace(api.Contexts)

    @property
    def groups(self) -> api.Groups:
        """Groups: sets of members of an organization."""
        return self._namespace(api.Groups)

    @property
    def usage(self) -> api.Usage:
        """Usage exports: credits and run times of every job, as CSV files.

        At most 31 days in one export, 10 exports and 10 status requests an hour for each organization.
        """
        return self._namespace(api.Usage)

    @property
    def pipeline_definitions(self) -> api.PipelineDefinitions:
        """Pipeline definitions: the configuration that a project runs, and the repository that it checks out."""
        return self._namespace(api.PipelineDefinitions)

    @property
    def triggers(self) -> api.Triggers:
        """Triggers: the event sources that start a pipeline definition."""
        return self._namespace(api.Triggers)

    @property
    def rollbacks(self) -> api.Rollbacks:
        """Rollbacks: return a component to an earlier version."""
        return self._namespace(api.Rollbacks)

    @property
    def deploy(self) -> api.Deploy:
        """Deploys: environments, components and the versions that run in them."""
        return self._namespace(api.Deploy)

    @property
    def otel(self) -> api.Otel:
        """OpenTelemetry exporters: traces of pipelines, sent to a collector.

        At most five for each organization.
        """
        return self._namespace(api.Otel)


class NamespacesWithRawResponse(NamespaceHolder):
    """The same attributes, whose methods return the `Response`."""

    __module__ = "circleci_v2.namespaces"

    @property
    def insights(self) -> api.InsightsWithRawResponse:
        """The methods of `Insights`, returning the `Response` with the decoded value."""
        return self._namespace(api.InsightsWithRawResponse)

    @property
    def user(self) -> api.UsersWithRawResponse:
        """The methods of `Users`, returning the `Response` with the decoded value."""
        return self._namespace(api.UsersWithRawResponse)

    @property
    def organizations(self) -> api.OrganizationsWithRawResponse:
        """The methods of `Organizations`, returning the `Response` with the decoded value."""
        return self._namespace(api.OrganizationsWithRawResponse)

    @property
    def projects(self) -> api.ProjectsWithRawResponse:
        """The methods of `Projects`, returning the `Response` with the decoded value."""
        return self._namespace(api.ProjectsWithRawResponse)

    @property
    def pipelines(self) -> api.PipelinesWithRawResponse:
        """The methods of `Pipelines`, returning the `Response` with the decoded value."""
        return self._namespace(api.PipelinesWithRawResponse)

    @property
    def workflows(self) -> api.WorkflowsWithRawResponse:
        """The methods of `Workflows`, returning the `Response` with the decoded value."""
        return self._namespace(api.WorkflowsWithRawResponse)

    @property
    def jobs(self) -> api.JobsWithRawResponse:
        """The methods of `Jobs`, returning the `Response` with the decoded value."""
        return self._namespace(api.JobsWithRawResponse)

    @property
    def schedules(self) -> api.SchedulesWithRawResponse:
        """The methods of `Schedules`, returning the `Response` with the decoded value."""
        return self._namespace(api.SchedulesWithRawResponse)

    @property
    def webhooks(self) -> api.WebhooksWithRawResponse:
        """The methods of `Webhooks`, returning the `Response` with the decoded value."""
        return self._namespace(api.WebhooksWithRawResponse)

    @property
    def oidc(self) -> api.OidcWithRawResponse:
        """The methods of `Oidc`, returning the `Response` with the decoded value."""
        return self._namespace(api.OidcWithRawResponse)

    @property
    def policies(self) -> api.PoliciesWithRawResponse:
        """The methods of `Policies`, returning the `Response` with the decoded value."""
        return self._namespace(api.PoliciesWithRawResponse)

    @property
    def contexts(self) -> api.ContextsWithRawResponse:
        """The methods of `Contexts`, returning the `Response` with the decoded value."""
        return self._namespace(api.ContextsWithRawResponse)

    @property
    def groups(self) -> api.GroupsWithRawResponse:
        """The methods of `Groups`, returning the `Response` with the decoded value."""
        return self._namespace(api.GroupsWithRawResponse)

    @property
    def usage(self) -> api.UsageWithRawResponse:
        """The methods of `Usage`, returning the `Response` with the decoded value."""
        return self._namespace(api.UsageWithRawResponse)

    @property
    def pipeline_definitions(self) -> api.PipelineDefinitionsWithRawResponse:
        """The methods of `PipelineDefinitions`, returning the `Response` with the decoded value."""
        return self._namespace(api.PipelineDefinitionsWithRawResponse)

    @property
    def triggers(self) -> api.TriggersWithRawResponse:
        """The methods of `Triggers`, returning the `Response` with the decoded value."""
        return self._namespace(api.TriggersWithRawResponse)

    @property
    def rollbacks(self) -> api.RollbacksWithRawResponse:
        """The methods of `Rollbacks`, returning the `Response` with the decoded value."""
        return self._namespace(api.RollbacksWithRawResponse)

    @property
    def deploy(self) -> api.DeployWithRawResponse:
        """The methods of `Deploy`, returning the `Response` with the decoded value."""
        return self._namespace(api.DeployWithRawResponse)

    @property
    def otel(self) -> api.OtelWithRawResponse:
        """The methods of `Otel`, returning the `Response` with the decoded value."""
        return self._namespace(api.OtelWithRawResponse)
