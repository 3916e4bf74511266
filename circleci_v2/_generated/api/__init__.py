"""The namespaces of the client, one module per tag of the API's document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from circleci_v2._lazy import lazy_names

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

__all__ = [
    "Contexts",
    "ContextsWithRawResponse",
    "Deploy",
    "DeployWithRawResponse",
    "Groups",
    "GroupsWithRawResponse",
    "Insights",
    "InsightsWithRawResponse",
    "Jobs",
    "JobsWithRawResponse",
    "Oidc",
    "OidcWithRawResponse",
    "Organizations",
    "OrganizationsWithRawResponse",
    "Otel",
    "OtelWithRawResponse",
    "PipelineDefinitions",
    "PipelineDefinitionsWithRawResponse",
    "Pipelines",
    "PipelinesWithRawResponse",
    "Policies",
    "PoliciesWithRawResponse",
    "Projects",
    "ProjectsWithRawResponse",
    "Rollbacks",
    "RollbacksWithRawResponse",
    "Schedules",
    "SchedulesWithRawResponse",
    "Triggers",
    "TriggersWithRawResponse",
    "Usage",
    "UsageWithRawResponse",
    "Users",
    "UsersWithRawResponse",
    "Webhooks",
    "WebhooksWithRawResponse",
    "Workflows",
    "WorkflowsWithRawResponse",
]

__getattr__ = lazy_names(
    __name__,
    globals(),
    {
        "Contexts": ".contexts",
        "ContextsWithRawResponse": ".contexts",
        "Deploy": ".deploy",
        "DeployWithRawResponse": ".deploy",
        "Groups": ".groups",
        "GroupsWithRawResponse": ".groups",
        "Insights": ".insights",
        "InsightsWithRawResponse": ".insights",
        "Jobs": ".jobs",
        "JobsWithRawResponse": ".jobs",
        "Oidc": ".oidc",
        "OidcWithRawResponse": ".oidc",
        "Organizations": ".organizations",
        "OrganizationsWithRawResponse": ".organizations",
        "Otel": ".otel",
        "OtelWithRawResponse": ".otel",
        "PipelineDefinitions": ".pipeline_definitions",
        "PipelineDefinitionsWithRawResponse": ".pipeline_definitions",
        "Pipelines": ".pipelines",
        "PipelinesWithRawResponse": ".pipelines",
        "Policies": ".policies",
        "PoliciesWithRawResponse": ".policies",
        "Projects": ".projects",
        "ProjectsWithRawResponse": ".projects",
        "Rollbacks": ".rollbacks",
        "RollbacksWithRawResponse": ".rollbacks",
        "Schedules": ".schedules",
        "SchedulesWithRawResponse": ".schedules",
        "Triggers": ".triggers",
        "TriggersWithRawResponse": ".triggers",
        "Usage": ".usage",
        "UsageWithRawResponse": ".usage",
        "Users": ".user",
        "UsersWithRawResponse": ".user",
        "Webhooks": ".webhooks",
        "WebhooksWithRawResponse": ".webhooks",
        "Workflows": ".workflows",
        "WorkflowsWithRawResponse": ".workflows",
    },
    public="circleci_v2.namespaces",
)
