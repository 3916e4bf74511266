"""The namespaces of the client, each imported when it is first used."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from circleci_v2._wire.namespace import Caller

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


class Namespaces:
    """One attribute for each kind of thing that the API deals with."""

    _caller: Caller

    @cached_property
    def insights(self) -> Insights:
        """The methods of `Insights`."""
        from circleci_v2._generated.api.insights import Insights

        return Insights(self._caller)

    @cached_property
    def user(self) -> Users:
        """The methods of `Users`."""
        from circleci_v2._generated.api.user import Users

        return Users(self._caller)

    @cached_property
    def organizations(self) -> Organizations:
        """The methods of `Organizations`."""
        from circleci_v2._generated.api.organizations import Organizations

        return Organizations(self._caller)

    @cached_property
    def projects(self) -> Projects:
        """The methods of `Projects`."""
        from circleci_v2._generated.api.projects import Projects

        return Projects(self._caller)

    @cached_property
    def pipelines(self) -> Pipelines:
        """The methods of `Pipelines`."""
        from circleci_v2._generated.api.pipelines import Pipelines

        return Pipelines(self._caller)

    @cached_property
    def workflows(self) -> Workflows:
        """The methods of `Workflows`."""
        from circleci_v2._generated.api.workflows import Workflows

        return Workflows(self._caller)

    @cached_property
    def jobs(self) -> Jobs:
        """The methods of `Jobs`."""
        from circleci_v2._generated.api.jobs import Jobs

        return Jobs(self._caller)

    @cached_property
    def schedules(self) -> Schedules:
        """The methods of `Schedules`."""
        from circleci_v2._generated.api.schedules import Schedules

        return Schedules(self._caller)

    @cached_property
    def webhooks(self) -> Webhooks:
        """The methods of `Webhooks`."""
        from circleci_v2._generated.api.webhooks import Webhooks

        return Webhooks(self._caller)

    @cached_property
    def oidc(self) -> Oidc:
        """The methods of `Oidc`."""
        from circleci_v2._generated.api.oidc import Oidc

        return Oidc(self._caller)

    @cached_property
    def policies(self) -> Policies:
        """The methods of `Policies`."""
        from circleci_v2._generated.api.policies import Policies

        return Policies(self._caller)

    @cached_property
    def contexts(self) -> Contexts:
        """The methods of `Contexts`."""
        from circleci_v2._generated.api.contexts import Contexts

        return Contexts(self._caller)

    @cached_property
    def groups(self) -> Groups:
        """The methods of `Groups`."""
        from circleci_v2._generated.api.groups import Groups

        return Groups(self._caller)

    @cached_property
    def usage(self) -> Usage:
        """The methods of `Usage`."""
        from circleci_v2._generated.api.usage import Usage

        return Usage(self._caller)

    @cached_property
    def pipeline_definitions(self) -> PipelineDefinitions:
        """The methods of `PipelineDefinitions`."""
        from circleci_v2._generated.api.pipeline_definitions import PipelineDefinitions

        return PipelineDefinitions(self._caller)

    @cached_property
    def triggers(self) -> Triggers:
        """The methods of `Triggers`."""
        from circleci_v2._generated.api.triggers import Triggers

        return Triggers(self._caller)

    @cached_property
    def rollbacks(self) -> Rollbacks:
        """The methods of `Rollbacks`."""
        from circleci_v2._generated.api.rollbacks import Rollbacks

        return Rollbacks(self._caller)

    @cached_property
    def deploy(self) -> Deploy:
        """The methods of `Deploy`."""
        from circleci_v2._generated.api.deploy import Deploy

        return Deploy(self._caller)

    @cached_property
    def otel(self) -> Otel:
        """The methods of `Otel`."""
        from circleci_v2._generated.api.otel import Otel

        return Otel(self._caller)


class NamespacesWithRawResponse:
    """The same attributes, whose methods return the whole `Response`."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    @cached_property
    def insights(self) -> InsightsWithRawResponse:
        """The methods of `Insights`, with the response around what they return."""
        from circleci_v2._generated.api.insights import InsightsWithRawResponse

        return InsightsWithRawResponse(self._caller)

    @cached_property
    def user(self) -> UsersWithRawResponse:
        """The methods of `Users`, with the response around what they return."""
        from circleci_v2._generated.api.user import UsersWithRawResponse

        return UsersWithRawResponse(self._caller)

    @cached_property
    def organizations(self) -> OrganizationsWithRawResponse:
        """The methods of `Organizations`, with the response around what they return."""
        from circleci_v2._generated.api.organizations import OrganizationsWithRawResponse

        return OrganizationsWithRawResponse(self._caller)

    @cached_property
    def projects(self) -> ProjectsWithRawResponse:
        """The methods of `Projects`, with the response around what they return."""
        from circleci_v2._generated.api.projects import ProjectsWithRawResponse

        return ProjectsWithRawResponse(self._caller)

    @cached_property
    def pipelines(self) -> PipelinesWithRawResponse:
        """The methods of `Pipelines`, with the response around what they return."""
        from circleci_v2._generated.api.pipelines import PipelinesWithRawResponse

        return PipelinesWithRawResponse(self._caller)

    @cached_property
    def workflows(self) -> WorkflowsWithRawResponse:
        """The methods of `Workflows`, with the response around what they return."""
        from circleci_v2._generated.api.workflows import WorkflowsWithRawResponse

        return WorkflowsWithRawResponse(self._caller)

    @cached_property
    def jobs(self) -> JobsWithRawResponse:
        """The methods of `Jobs`, with the response around what they return."""
        from circleci_v2._generated.api.jobs import JobsWithRawResponse

        return JobsWithRawResponse(self._caller)

    @cached_property
    def schedules(self) -> SchedulesWithRawResponse:
        """The methods of `Schedules`, with the response around what they return."""
        from circleci_v2._generated.api.schedules import SchedulesWithRawResponse

        return SchedulesWithRawResponse(self._caller)

    @cached_property
    def webhooks(self) -> WebhooksWithRawResponse:
        """The methods of `Webhooks`, with the response around what they return."""
        from circleci_v2._generated.api.webhooks import WebhooksWithRawResponse

        return WebhooksWithRawResponse(self._caller)

    @cached_property
    def oidc(self) -> OidcWithRawResponse:
        """The methods of `Oidc`, with the response around what they return."""
        from circleci_v2._generated.api.oidc import OidcWithRawResponse

        return OidcWithRawResponse(self._caller)

    @cached_property
    def policies(self) -> PoliciesWithRawResponse:
        """The methods of `Policies`, with the response around what they return."""
        from circleci_v2._generated.api.policies import PoliciesWithRawResponse

        return PoliciesWithRawResponse(self._caller)

    @cached_property
    def contexts(self) -> ContextsWithRawResponse:
        """The methods of `Contexts`, with the response around what they return."""
        from circleci_v2._generated.api.contexts import ContextsWithRawResponse

        return ContextsWithRawResponse(self._caller)

    @cached_property
    def groups(self) -> GroupsWithRawResponse:
        """The methods of `Groups`, with the response around what they return."""
        from circleci_v2._generated.api.groups import GroupsWithRawResponse

        return GroupsWithRawResponse(self._caller)

    @cached_property
    def usage(self) -> UsageWithRawResponse:
        """The methods of `Usage`, with the response around what they return."""
        from circleci_v2._generated.api.usage import UsageWithRawResponse

        return UsageWithRawResponse(self._caller)

    @cached_property
    def pipeline_definitions(self) -> PipelineDefinitionsWithRawResponse:
        """The methods of `PipelineDefinitions`, with the response around what they return."""
        from circleci_v2._generated.api.pipeline_definitions import PipelineDefinitionsWithRawResponse

        return PipelineDefinitionsWithRawResponse(self._caller)

    @cached_property
    def triggers(self) -> TriggersWithRawResponse:
        """The methods of `Triggers`, with the response around what they return."""
        from circleci_v2._generated.api.triggers import TriggersWithRawResponse

        return TriggersWithRawResponse(self._caller)

    @cached_property
    def rollbacks(self) -> RollbacksWithRawResponse:
        """The methods of `Rollbacks`, with the response around what they return."""
        from circleci_v2._generated.api.rollbacks import RollbacksWithRawResponse

        return RollbacksWithRawResponse(self._caller)

    @cached_property
    def deploy(self) -> DeployWithRawResponse:
        """The methods of `Deploy`, with the response around what they return."""
        from circleci_v2._generated.api.deploy import DeployWithRawResponse

        return DeployWithRawResponse(self._caller)

    @cached_property
    def otel(self) -> OtelWithRawResponse:
        """The methods of `Otel`, with the response around what they return."""
        from circleci_v2._generated.api.otel import OtelWithRawResponse

        return OtelWithRawResponse(self._caller)
