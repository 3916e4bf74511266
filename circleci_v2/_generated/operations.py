"""Every operation, keyed by its operationId, in the order of openapi.json."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType

from circleci_v2._wire.request import Operation

__all__ = ["OPERATIONS"]

_insights = partial(Operation, namespace="insights", tag="Insights")
_user = partial(Operation, namespace="user", tag="User")
_organizations = partial(Operation, namespace="organizations", tag="Organization")
_projects = partial(Operation, namespace="projects", tag="Project")
_pipelines = partial(Operation, namespace="pipelines", tag="Pipeline")
_workflows = partial(Operation, namespace="workflows", tag="Workflow")
_jobs = partial(Operation, namespace="jobs", tag="Job")
_schedules = partial(Operation, namespace="schedules", tag="Schedule")
_webhooks = partial(Operation, namespace="webhooks", tag="Webhook")
_oidc = partial(Operation, namespace="oidc", tag="OIDC Token Management")
_policies = partial(Operation, namespace="policies", tag="Policy Management")
_contexts = partial(Operation, namespace="contexts", tag="Context")
_groups = partial(Operation, namespace="groups", tag="Groups")
_usage = partial(Operation, namespace="usage", tag="Usage")
_pipeline_definitions = partial(Operation, namespace="pipeline_definitions", tag="Pipeline Definition")
_triggers = partial(Operation, namespace="triggers", tag="Trigger")
_rollbacks = partial(Operation, namespace="rollbacks", tag="Rollback")
_deploy = partial(Operation, namespace="deploy", tag="Deploy")
_otel = partial(Operation, namespace="otel", tag="OTel")

_OPERATIONS = (
    # operationId, HTTP method, path, name of the method
    _insights("getProjectWorkflowsPageData", "GET", "/insights/pages/{project-slug}/summary", "project_summary"),
    _insights(
        "getJobTimeseries",
        "GET",
        "/insights/time-series/{project-slug}/workflows/{workflow-name}/jobs",
        "job_timeseries",
        paginated=True,
    ),
    _insights("getOrgSummaryData", "GET", "/insights/{org-slug}/summary", "organization_summary"),
    _insights("getAllInsightsBranches", "GET", "/insights/{project-slug}/branches", "branches"),
    _insights("getFlakyTests", "GET", "/insights/{project-slug}/flaky-tests", "flaky_tests"),
    _insights(
        "getProjectWorkflowMetrics", "GET", "/insights/{project-slug}/workflows", "list_workflows", paginated=True
    ),
    _insights(
        "getProjectWorkflowRuns",
        "GET",
        "/insights/{project-slug}/workflows/{workflow-name}",
        "list_workflow_runs",
        paginated=True,
    ),
    _insights(
        "getProjectWorkflowJobMetrics",
        "GET",
        "/insights/{project-slug}/workflows/{workflow-name}/jobs",
        "list_jobs",
        paginated=True,
    ),
    _insights(
        "getWorkflowSummary", "GET", "/insights/{project-slug}/workflows/{workflow-name}/summary", "workflow_summary"
    ),
    _insights(
        "getProjectWorkflowTestMetrics",
        "GET",
        "/insights/{project-slug}/workflows/{workflow-name}/test-metrics",
        "test_metrics",
    ),
    _user("getCurrentUser", "GET", "/me", "me"),
    _user("getCollaborations", "GET", "/me/collaborations", "collaborations", paginated=True),
    _user("getUser", "GET", "/user/{id}", "get"),
    _organizations("createOrganization", "POST", "/organization", "create"),
    _organizations("getOrganization", "GET", "/organization/{org-slug-or-id}", "get"),
    _organizations("deleteOrganization", "DELETE", "/organization/{org-slug-or-id}", "delete"),
    _organizations(
        "listURLOrbAllowListEntries",
        "GET",
        "/organization/{org-slug-or-id}/url-orb-allow-list",
        "list_url_orb_allow_list",
        paginated=True,
    ),
    _organizations(
        "createURLOrbAllowListEntry",
        "POST",
        "/organization/{org-slug-or-id}/url-orb-allow-list",
        "create_url_orb_allow_list_entry",
    ),
    _organizations(
        "removeURLOrbAllowListEntry",
        "DELETE",
        "/organization/{org-slug-or-id}/url-orb-allow-list/{allow-list-entry-id}",
        "remove_url_orb_allow_list_entry",
    ),
    _projects("createProject", "POST", "/organization/{org-slug-or-id}/project", "create"),
    _projects("getProjectBySlug", "GET", "/project/{project-slug}", "get"),
    _projects("deleteProjectBySlug", "DELETE", "/project/{project-slug}", "delete"),
    _projects("createProject1", "POST", "/project/{provider}/{organization}/{project}", "create_from_repository"),
    _projects("getProjectSettings", "GET", "/project/{provider}/{organization}/{project}/settings", "get_settings"),
    _projects(
        "patchProjectSettings", "PATCH", "/project/{provider}/{organization}/{project}/settings", "update_settings"
    ),
    _projects("listCheckoutKeys", "GET", "/project/{project-slug}/checkout-key", "list_checkout_keys", paginated=True),
    _projects("createCheckoutKey", "POST", "/project/{project-slug}/checkout-key", "create_checkout_key"),
    _projects("getCheckoutKey", "GET", "/project/{project-slug}/checkout-key/{fingerprint}", "get_checkout_key"),
    _projects(
        "deleteCheckoutKey", "DELETE", "/project/{project-slug}/checkout-key/{fingerprint}", "delete_checkout_key"
    ),
    _projects("listEnvVars", "GET", "/project/{project-slug}/envvar", "list_environment_variables", paginated=True),
    _projects("createEnvVar", "POST", "/project/{project-slug}/envvar", "create_environment_variable"),
    _projects("getEnvVar", "GET", "/project/{project-slug}/envvar/{name}", "get_environment_variable"),
    _projects("deleteEnvVar", "DELETE", "/project/{project-slug}/envvar/{name}", "delete_environment_variable"),
    _pipelines("listPipelines", "GET", "/pipeline", "list", paginated=True),
    _pipelines("continuePipeline", "POST", "/pipeline/continue", "continue_"),
    _pipelines("getPipelineById", "GET", "/pipeline/{pipeline-id}", "get"),
    _pipelines("getPipelineConfigById", "GET", "/pipeline/{pipeline-id}/config", "get_config"),
    _pipelines("getPipelineValuesById", "GET", "/pipeline/{pipeline_id}/values", "get_values"),
    _pipelines(
        "listWorkflowsByPipelineId", "GET", "/pipeline/{pipeline-id}/workflow", "list_workflows", paginated=True
    ),
    _pipelines("triggerPipeline", "POST", "/project/{project-slug}/pipeline", "trigger"),
    _pipelines(
        "listPipelinesForProject", "GET", "/project/{project-slug}/pipeline", "list_for_project", paginated=True
    ),
    _pipelines("listMyPipelines", "GET", "/project/{project-slug}/pipeline/mine", "list_mine", paginated=True),
    _pipelines("getPipelineByNumber", "GET", "/project/{project-slug}/pipeline/{pipeline-number}", "get_by_number"),
    _pipelines("triggerPipelineRun", "POST", "/project/{provider}/{organization}/{project}/pipeline/run", "run"),
    _workflows("getWorkflowById", "GET", "/workflow/{id}", "get"),
    _workflows("approvePendingApprovalJobById", "POST", "/workflow/{id}/approve/{approval_request_id}", "approve"),
    _workflows("cancelWorkflow", "POST", "/workflow/{id}/cancel", "cancel"),
    _workflows("listWorkflowJobs", "GET", "/workflow/{id}/job", "list_jobs", paginated=True),
    _workflows("rerunWorkflow", "POST", "/workflow/{id}/rerun", "rerun"),
    _jobs("getJob", "GET", "/jobs/{job_id}", "get"),
    _jobs("cancelJobByJobID", "POST", "/jobs/{job-id}/cancel", "cancel"),
    _jobs("getJobDetails", "GET", "/project/{project-slug}/job/{job-number}", "get_by_number"),
    _jobs("cancelJobByJobNumber", "POST", "/project/{project-slug}/job/{job-number}/cancel", "cancel_by_number"),
    _jobs("getJobArtifacts", "GET", "/project/{project-slug}/{job-number}/artifacts", "list_artifacts", paginated=True),
    _jobs("getTests", "GET", "/project/{project-slug}/{job-number}/tests", "list_tests", paginated=True),
    _schedules("listSchedulesForProject", "GET", "/project/{project-slug}/schedule", "list", paginated=True),
    _schedules("createSchedule", "POST", "/project/{project-slug}/schedule", "create"),
    _schedules("getScheduleById", "GET", "/schedule/{schedule-id}", "get"),
    _schedules("updateSchedule", "PATCH", "/schedule/{schedule-id}", "update"),
    _schedules("deleteScheduleById", "DELETE", "/schedule/{schedule-id}", "delete"),
    _webhooks("getWebhooks", "GET", "/webhook", "list", paginated=True),
    _webhooks("createWebhook", "POST", "/webhook", "create"),
    _webhooks("getWebhookById", "GET", "/webhook/{webhook_id}", "get"),
    _webhooks("updateWebhook", "PUT", "/webhook/{webhook_id}", "update"),
    _webhooks("deleteWebhook", "DELETE", "/webhook/{webhook_id}", "delete"),
    _oidc("GetOrgClaims", "GET", "/org/{orgID}/oidc-custom-claims", "get_organization_claims"),
    _oidc("PatchOrgClaims", "PATCH", "/org/{orgID}/oidc-custom-claims", "update_organization_claims"),
    _oidc("DeleteOrgClaims", "DELETE", "/org/{orgID}/oidc-custom-claims", "delete_organization_claims"),
    _oidc("GetProjectClaims", "GET", "/org/{orgID}/project/{projectID}/oidc-custom-claims", "get_project_claims"),
    _oidc(
        "PatchProjectClaims", "PATCH", "/org/{orgID}/project/{projectID}/oidc-custom-claims", "update_project_claims"
    ),
    _oidc(
        "DeleteProjectClaims", "DELETE", "/org/{orgID}/project/{projectID}/oidc-custom-claims", "delete_project_claims"
    ),
    _policies(
        "GetDecisionLogs", "GET", "/owner/{ownerID}/context/{context}/decision", "list_decisions", paginated=True
    ),
    _policies("MakeDecision", "POST", "/owner/{ownerID}/context/{context}/decision", "make_decision"),
    _policies(
        "GetDecisionSettings", "GET", "/owner/{ownerID}/context/{context}/decision/settings", "get_decision_settings"
    ),
    _policies(
        "SetDecisionSettings",
        "PATCH",
        "/owner/{ownerID}/context/{context}/decision/settings",
        "update_decision_settings",
    ),
    _policies("GetDecisionLog", "GET", "/owner/{ownerID}/context/{context}/decision/{decisionID}", "get_decision"),
    _policies(
        "GetDecisionLogPolicyBundle",
        "GET",
        "/owner/{ownerID}/context/{context}/decision/{decisionID}/policy-bundle",
        "get_decision_policy_bundle",
    ),
    _policies("GetPolicyBundle", "GET", "/owner/{ownerID}/context/{context}/policy-bundle", "get_policy_bundle"),
    _policies("CreatePolicyBundle", "POST", "/owner/{ownerID}/context/{context}/policy-bundle", "create_policy_bundle"),
    _policies(
        "GetPolicyDocument", "GET", "/owner/{ownerID}/context/{context}/policy-bundle/{policyName}", "get_policy"
    ),
    _contexts("listContexts", "GET", "/context", "list", paginated=True),
    _contexts("createContext", "POST", "/context", "create"),
    _contexts("getContext", "GET", "/context/{context_id}", "get"),
    _contexts("deleteContext", "DELETE", "/context/{context_id}", "delete"),
    _contexts(
        "listEnvironmentVariablesFromContext",
        "GET",
        "/context/{context_id}/environment-variable",
        "list_environment_variables",
        paginated=True,
    ),
    _contexts(
        "addEnvironmentVariableToContext",
        "PUT",
        "/context/{context_id}/environment-variable/{env_var_name}",
        "set_environment_variable",
    ),
    _contexts(
        "deleteEnvironmentVariableFromContext",
        "DELETE",
        "/context/{context_id}/environment-variable/{env_var_name}",
        "delete_environment_variable",
    ),
    _contexts(
        "getContextRestrictions", "GET", "/context/{context_id}/restrictions", "list_restrictions", paginated=True
    ),
    _contexts("createContextRestriction", "POST", "/context/{context_id}/restrictions", "create_restriction"),
    _contexts(
        "deleteContextRestriction",
        "DELETE",
        "/context/{context_id}/restrictions/{restriction_id}",
        "delete_restriction",
    ),
    _groups("getOrganizationGroups", "GET", "/organizations/{org_id}/groups", "list", paginated=True),
    _groups("createOrganizationGroup", "POST", "/organizations/{org_id}/groups", "create"),
    _groups("getGroup", "GET", "/organizations/{org_id}/groups/{group_id}", "get"),
    _groups("deleteGroup", "DELETE", "/organizations/{org_id}/groups/{group_id}", "delete"),
    _usage("createUsageExport", "POST", "/organizations/{org_id}/usage_export_job", "create_export"),
    _usage("getUsageExport", "GET", "/organizations/{org_id}/usage_export_job/{usage_export_job_id}", "get_export"),
    _pipeline_definitions(
        "listPipelineDefinitions", "GET", "/projects/{project_id}/pipeline-definitions", "list", paginated=True
    ),
    _pipeline_definitions("createPipelineDefinition", "POST", "/projects/{project_id}/pipeline-definitions", "create"),
    _pipeline_definitions(
        "getPipelineDefinition", "GET", "/projects/{project_id}/pipeline-definitions/{pipeline_definition_id}", "get"
    ),
    _pipeline_definitions(
        "updatePipelineDefinition",
        "PATCH",
        "/projects/{project_id}/pipeline-definitions/{pipeline_definition_id}",
        "update",
    ),
    _pipeline_definitions(
        "deletePipelineDefinition",
        "DELETE",
        "/projects/{project_id}/pipeline-definitions/{pipeline_definition_id}",
        "delete",
    ),
    _triggers(
        "listPipelineDefinitionTriggers",
        "GET",
        "/projects/{project_id}/pipeline-definitions/{pipeline_definition_id}/triggers",
        "list",
        paginated=True,
    ),
    _triggers(
        "createTrigger",
        "POST",
        "/projects/{project_id}/pipeline-definitions/{pipeline_definition_id}/triggers",
        "create",
    ),
    _triggers("getTrigger", "GET", "/projects/{project_id}/triggers/{trigger_id}", "get"),
    _triggers("updateTrigger", "PATCH", "/projects/{project_id}/triggers/{trigger_id}", "update"),
    _triggers("deleteTrigger", "DELETE", "/projects/{project_id}/triggers/{trigger_id}", "delete"),
    _rollbacks("rollbackProject", "POST", "/projects/{project_id}/rollback", "create"),
    _deploy("listEnvironments", "GET", "/deploy/environments", "list_environments", paginated=True),
    _deploy("getEnvironment", "GET", "/deploy/environments/{environment_id}", "get_environment"),
    _deploy("listComponents", "GET", "/deploy/components", "list_components", paginated=True),
    _deploy("getComponent", "GET", "/deploy/components/{component_id}", "get_component"),
    _deploy(
        "listComponentVersions",
        "GET",
        "/deploy/components/{component_id}/versions",
        "list_component_versions",
        paginated=True,
    ),
    _otel("listOtelExporters", "GET", "/otel/exporters", "list_exporters", paginated=True),
    _otel("createOtelExporter", "POST", "/otel/exporters", "create_exporter"),
    _otel("deleteOtelExporter", "DELETE", "/otel/exporters/{otel_exporter_id}", "delete_exporter"),
)

OPERATIONS: Mapping[str, Operation] = MappingProxyType({operation.id: operation for operation in _OPERATIONS})
"""Every operation of the API, by its operationId."""
