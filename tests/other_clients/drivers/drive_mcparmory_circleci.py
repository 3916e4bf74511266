"""mcparmory-circleci, an MCP server; its tools are called in process, by an MCP client."""

import asyncio
import os

from calls import KNOWN as K
from calls import call_async, check, finish

# The server reads its environment when it is imported.
os.environ |= {"BASE_URL": K["url"], "API_KEY": K["token"], "RATE_LIMIT_REQUESTS_PER_SECOND": "1000"}

import server
from fastmcp import Client

WEB = {"project-slug": K["project_slug"]}
WORKFLOW = {**WEB, "workflow-name": K["workflow_name"]}
THREE = {"provider": "gh", "organization": "acme", "project": "web"}
ORGANIZATION = {"org_id": K["organization_id"]}
CLAIMS = {"orgID": K["organization_id"]}
CONTEXT = {"context_id": K["context_id"]}
DEFINITION = {"project_id": K["project_id"], "pipeline_definition_id": K["definition_id"]}
POLICIES = {"ownerID": K["organization_id"], "context": "config"}
WEBHOOK = {
    "name": "ours",
    "events": ["workflow-completed"],
    "url": "http://127.0.0.1:9/",
    "verify-tls": True,
    "signing-secret": "a-long-secret",
}

CALLS = [
    ("get_project_workflow_summary", {**WEB, "reporting-window": "last-7-days"}),
    ("list_job_timeseries", {**WORKFLOW, "granularity": "daily"}),
    ("get_org_summary", {"org-slug": "gh/acme"}),
    ("list_project_branches", WEB),
    ("list_flaky_tests", WEB),
    ("list_workflow_metrics", WEB),
    ("list_workflow_runs", {**WORKFLOW, "all-branches": True}),
    ("list_workflow_job_metrics", {**WORKFLOW, "all-branches": True, "job-name": K["job_name"]}),
    ("get_workflow_summary", {**WORKFLOW, "all-branches": True}),
    ("get_workflow_test_metrics", WORKFLOW),
    ("get_current_user", {}),
    ("list_collaborations", {}),
    ("get_organization", {"org-slug-or-id": "gh/acme"}),
    ("list_url_orb_allow_list_entries", {"org-slug-or-id": "gh/acme"}),
    (
        "create_url_orb_allow_list_entry",
        {"org-slug-or-id": "gh/acme", "name": "ours", "prefix": "https://orbs.example/"},
    ),
    (
        "delete_url_orb_allow_list_entry",
        {"org-slug-or-id": "gh/acme", "allow-list-entry-id": K["allow_list_entry_id"]},
    ),
    ("create_organization", {"name": "new", "vcs_type": "circleci"}),
    ("create_project", {"org-slug-or-id": "gh/acme", "name": "new"}),
    ("list_pipelines", {"org-slug": "gh/acme", "mine": True}),
    ("get_pipeline", {"pipeline-id": K["pipeline_id"]}),
    ("get_pipeline_config", {"pipeline-id": K["pipeline_id"]}),
    ("get_pipeline_values", {"pipeline-id": K["pipeline_id"]}),
    ("list_pipeline_workflows", {"pipeline-id": K["pipeline_id"]}),
    ("get_project", WEB),
    ("list_checkout_keys", {**WEB, "digest": "md5"}),
    ("create_checkout_key", {**WEB, "type": "deploy-key"}),
    ("get_checkout_key", {**WEB, "fingerprint": K["fingerprint"]}),
    ("delete_checkout_key", {**WEB, "fingerprint": K["fingerprint"]}),
    ("list_env_vars", WEB),
    ("create_env_var", {**WEB, "name": "KEY", "value": "value"}),
    ("get_env_var", {**WEB, "name": "REGION"}),
    ("delete_env_var", {**WEB, "name": "REGION"}),
    ("get_job_details", {**WEB, "job-number": K["job_number"]}),
    ("list_project_pipelines", {**WEB, "branch": "main"}),
    ("list_my_pipelines", WEB),
    ("get_pipeline_by_number", {**WEB, "pipeline-number": K["pipeline_number"]}),
    ("list_project_schedules", WEB),
    (
        "create_schedule",
        {
            **WEB,
            "name": "weekly",
            "timetable": {"per-hour": 1, "hours-of-day": [4], "days-of-week": ["TUE"]},
            "attribution-actor": "current",
            "parameters": {"branch": "main"},
        },
    ),
    ("list_job_artifacts", {**WEB, "job-number": K["job_number"]}),
    ("list_job_tests", {**WEB, "job-number": K["test_job_number"]}),
    ("get_schedule", {"schedule-id": K["schedule_id"]}),
    ("update_schedule", {"schedule-id": K["schedule_id"], "description": "changed"}),
    ("delete_schedule", {"schedule-id": K["schedule_id"]}),
    ("get_user", {"id": K["user_id"]}),
    ("list_webhooks", {"scope-id": K["project_id"], "scope-type": "project"}),
    ("create_webhook", {**WEBHOOK, "id": K["project_id"], "type": "project"}),
    ("get_webhook", {"webhook-id": K["webhook_id"]}),
    ("update_webhook", {**WEBHOOK, "webhook-id": K["webhook_id"]}),
    ("delete_webhook", {"webhook-id": K["webhook_id"]}),
    ("get_workflow", {"id": K["workflow_id"]}),
    ("list_workflow_jobs", {"id": K["workflow_id"]}),
    ("list_org_oidc_custom_claims", CLAIMS),
    ("update_org_oidc_claims", {**CLAIMS, "audience": ["ours"], "ttl": "1h"}),
    ("delete_org_oidc_claims", {**CLAIMS, "claims": "audience"}),
    ("get_project_oidc_claims", {**CLAIMS, "projectID": K["project_id"]}),
    ("update_project_oidc_claims", {**CLAIMS, "projectID": K["project_id"], "ttl": "1h"}),
    ("delete_project_oidc_claims", {**CLAIMS, "projectID": K["project_id"], "claims": "ttl"}),
    ("list_decision_logs", POLICIES),
    ("get_policy_bundle", POLICIES),
    ("get_decision_log", {**POLICIES, "decisionID": K["decision_id"]}),
    ("get_decision_policy_bundle", {**POLICIES, "decisionID": K["decision_id"]}),
    ("list_contexts", {"owner-slug": "gh/acme"}),
    ("create_context", {"name": "new", "owner": {"id": K["organization_id"], "type": "organization"}}),
    ("get_context", CONTEXT),
    ("list_context_environment_variables", CONTEXT),
    ("set_context_environment_variable", {**CONTEXT, "env_var_name": "KEY", "value": "value"}),
    ("delete_context_environment_variable", {**CONTEXT, "env_var_name": "KEY"}),
    ("list_context_restrictions", CONTEXT),
    (
        "add_context_restriction",
        {**CONTEXT, "restriction_type": "project", "restriction_value": K["project_id"]},
    ),
    ("delete_context_restriction", {**CONTEXT, "restriction_id": K["restriction_id"]}),
    ("delete_context", CONTEXT),
    ("get_project_settings", THREE),
    ("update_project_settings", {**THREE, "disable_ssh": True}),
    ("list_organization_groups", ORGANIZATION),
    ("create_group", {**ORGANIZATION, "name": "new"}),
    ("get_group", {**ORGANIZATION, "group_id": K["group_id"]}),
    ("delete_group", {**ORGANIZATION, "group_id": K["group_id"]}),
    ("create_usage_export", {**ORGANIZATION, "start": K["last_week"], "end": K["yesterday"]}),
    ("get_usage_export_job", {**ORGANIZATION, "usage_export_job_id": K["usage_export_job_id"]}),
    (
        "trigger_pipeline_run",
        {**THREE, "definition_id": K["definition_id"], "configBranch": "main", "checkoutBranch": "main"},
    ),
    ("list_pipeline_definitions", {"project_id": K["project_id"]}),
    ("get_pipeline_definition", DEFINITION),
    (
        "create_pipeline_definition",
        {
            "project_id": K["project_id"],
            "name": "new",
            "config_source": {
                "provider": "github_app",
                "repo": {"external_id": "1"},
                "file_path": ".circleci/config.yml",
            },
            "provider": "github_app",
            "external_id": "1",
        },
    ),
    ("update_pipeline_definition", {**DEFINITION, "description": "changed"}),
    ("list_pipeline_definition_triggers", DEFINITION),
    (
        "create_pipeline_trigger",
        {**DEFINITION, "provider": "github_app", "external_id": "1", "event_preset": "all-pushes"},
    ),
    ("get_trigger", {"project_id": K["project_id"], "trigger_id": K["trigger_id"]}),
    ("update_trigger", {"project_id": K["project_id"], "trigger_id": K["trigger_id"], "disabled": True}),
    ("delete_trigger", {"project_id": K["project_id"], "trigger_id": K["trigger_id"]}),
    ("delete_pipeline_definition", DEFINITION),
    ("list_environments", {"org-id": K["organization_id"], "page-size": 10}),
    ("get_environment", {"environment_id": K["environment_id"]}),
    ("list_components", {"org-id": K["organization_id"], "page-size": 10}),
    ("get_component", {"component_id": K["component_id"]}),
    ("list_component_versions", {"component_id": K["component_id"]}),
    (
        "rollback_project",
        {
            "project_id": K["project_id"],
            "component_name": K["component_name"],
            "environment_name": "production",
            "current_version": K["current_version"],
            "target_version": K["target_version"],
        },
    ),
    ("list_otel_exporters", {"org-id": K["organization_id"]}),
    ("create_otlp_exporter", {**ORGANIZATION, "endpoint": "otel.example:4317", "protocol": "grpc"}),
    ("delete_otlp_exporter", {"otel_exporter_id": K["exporter_id"]}),
    ("trigger_pipeline", {**WEB, "branch": "main", "parameters": {"deploy": True}}),
    ("continue_pipeline", {"continuation-key": K["continuation_key"], "configuration": "version: 2.1"}),
    (
        "approve_workflow_job",
        {"id": K["held_workflow_id"], "approval_request_id": K["approval_request_id"]},
    ),
    ("rerun_workflow", {"id": K["workflow_id"], "from_failed": True}),
    ("cancel_job", {"job-id": K["running_job_id"]}),
    ("cancel_job_by_number", {**WEB, "job-number": K["running_job_number"]}),
    ("cancel_workflow", {"id": K["running_workflow_id"]}),
    ("delete_project", WEB),
    ("delete_organization", {"org-slug-or-id": "gh/acme"}),
]


async def use(client, name, arguments):
    result = await client.call_tool(name, arguments)
    content = result.structured_content or {}
    # The server returns error responses as successful results.
    check(content.get("ok") is not False, content.get("error"))


async def main():
    async with Client(server.mcp) as client:
        for name, arguments in CALLS:
            await call_async(name, use, client, name, arguments)


asyncio.run(main())
finish()
