"""A client that openapi-python-client generates from openapi.json, with its own templates.

It percent-encodes the slashes of slugs. With the option --literal-slashes, it does not.
"""

import datetime as dt
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from urllib.parse import quote

from calls import KNOWN as K
from calls import call, check, finish

folder = Path(os.environ["TMPDIR"])
generate = [sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none"]
subprocess.run(
    [*generate, "--path", K["document"], "--output-path", str(folder / "stock")], check=True, stdout=subprocess.DEVNULL
)
sys.path.insert(0, str(folder))
models = import_module("stock.models")
client = import_module("stock").AuthenticatedClient(
    base_url=K["url"], token=K["token"], prefix="", auth_header_name="Circle-Token", raise_on_unexpected_status=True
)

SLUG, ORGANIZATION, PROJECT = K["project_slug"], K["organization_id"], K["project_id"]
WORKFLOW, CONTEXT = K["workflow_name"], K["context_id"]
THREE = (models.VcsProvider("gh"), "acme", "web")
DEFINITION = (PROJECT, K["definition_id"])
POLICIES = (ORGANIZATION, "config")
REPOSITORY = {"provider": "github_app", "repo": {"external_id": "1"}}
TIMETABLE = {"per-hour": 1, "hours-of-day": [4], "days-of-week": ["TUE"]}
WEBHOOK = {
    "name": "ours",
    "events": ["workflow-completed"],
    "url": "http://127.0.0.1:9/",
    "verify-tls": True,
    "signing-secret": "a-long-secret",
}
LAST_WEEK, YESTERDAY = (dt.datetime.fromisoformat(K[name]) for name in ("last_week", "yesterday"))


def body(model, **fields):
    return getattr(models, model).from_dict(fields)


CALLS = [
    ("user.get_current_user", (), {}),
    ("user.get_user", (K["user_id"],), {}),
    ("user.get_collaborations", (), {}),
    ("organization.get_organization", ("gh/acme",), {}),
    ("organization.list_url_orb_allow_list_entries", ("gh/acme",), {}),
    (
        "organization.create_url_orb_allow_list_entry",
        ("gh/acme",),
        {"body": body("CreateUrlOrbAllowListEntryRequest", name="ours", prefix="https://orbs.example/", auth="none")},
    ),
    ("organization.remove_url_orb_allow_list_entry", ("gh/acme", K["allow_list_entry_id"]), {}),
    (
        "organization.create_organization",
        (),
        {"body": body("CreateOrganizationRequest", name="new", vcs_type="circleci")},
    ),
    ("project.get_project_by_slug", (SLUG,), {}),
    ("project.create_project", ("gh/acme",), {"body": body("CreateProjectRequest", name="new")}),
    ("project.create_project_1", (models.VcsProvider("gh"), "acme", "newer"), {}),
    ("project.get_project_settings", THREE, {}),
    (
        "project.patch_project_settings",
        THREE,
        {"body": body("ProjectSettings", advanced={"disable_ssh": True})},
    ),
    ("project.list_checkout_keys", (SLUG,), {}),
    ("project.create_checkout_key", (SLUG,), {"body": body("CreateCheckoutKeyRequest", type="deploy-key")}),
    ("project.get_checkout_key", (SLUG, K["fingerprint"]), {}),
    ("project.delete_checkout_key", (SLUG, K["fingerprint"]), {}),
    ("project.list_env_vars", (SLUG,), {}),
    (
        "project.create_env_var",
        (SLUG,),
        {"body": body("CreateProjectEnvironmentVariableRequest", name="KEY", value="value")},
    ),
    ("project.get_env_var", (SLUG, "REGION"), {}),
    ("project.delete_env_var", (SLUG, "REGION"), {}),
    ("pipeline.list_pipelines", (), {"org_slug": "gh/acme", "mine": True}),
    ("pipeline.list_pipelines_for_project", (SLUG,), {"branch": "main"}),
    ("pipeline.list_my_pipelines", (SLUG,), {}),
    ("pipeline.get_pipeline_by_id", (K["pipeline_id"],), {}),
    ("pipeline.get_pipeline_by_number", (SLUG, K["pipeline_number"]), {}),
    ("pipeline.get_pipeline_config_by_id", (K["pipeline_id"],), {}),
    ("pipeline.get_pipeline_values_by_id", (K["pipeline_id"],), {}),
    ("pipeline.list_workflows_by_pipeline_id", (K["pipeline_id"],), {}),
    ("workflow.get_workflow_by_id", (K["workflow_id"],), {}),
    ("workflow.list_workflow_jobs", (K["workflow_id"],), {}),
    ("job.get_job", (K["job_id"],), {}),
    ("job.get_job_details", (SLUG, K["job_number"]), {}),
    ("job.get_job_artifacts", (SLUG, K["job_number"]), {}),
    ("job.get_tests", (SLUG, K["test_job_number"]), {}),
    ("insights.get_all_insights_branches", (SLUG,), {}),
    ("insights.get_flaky_tests", (SLUG,), {}),
    (
        "insights.get_job_timeseries",
        (SLUG, WORKFLOW),
        {"granularity": models.TimeseriesGranularity("daily"), "start_date": LAST_WEEK, "end_date": YESTERDAY},
    ),
    ("insights.get_org_summary_data", ("gh/acme",), {"project_names": ["web"]}),
    ("insights.get_project_workflow_job_metrics", (SLUG, WORKFLOW), {"all_branches": True}),
    ("insights.get_project_workflow_metrics", (SLUG,), {"reporting_window": models.ReportingWindow("last-7-days")}),
    ("insights.get_project_workflow_runs", (SLUG, WORKFLOW), {"start_date": LAST_WEEK, "end_date": YESTERDAY}),
    ("insights.get_project_workflow_test_metrics", (SLUG, WORKFLOW), {"all_branches": True}),
    ("insights.get_project_workflows_page_data", (SLUG,), {"branches": ["main"]}),
    ("insights.get_workflow_summary", (SLUG, WORKFLOW), {"all_branches": True}),
    ("context.list_contexts", (), {"owner_slug": "gh/acme"}),
    ("context.get_context", (CONTEXT,), {}),
    ("context.list_environment_variables_from_context", (CONTEXT,), {}),
    (
        "context.add_environment_variable_to_context",
        (CONTEXT, "KEY"),
        {"body": body("SetContextEnvironmentVariableRequest", value="value")},
    ),
    ("context.delete_environment_variable_from_context", (CONTEXT, "KEY"), {}),
    ("context.get_context_restrictions", (CONTEXT,), {}),
    (
        "context.create_context_restriction",
        (CONTEXT,),
        {"body": body("CreateContextRestrictionRequest", restriction_type="project", restriction_value=PROJECT)},
    ),
    ("context.delete_context_restriction", (CONTEXT, K["restriction_id"]), {}),
    (
        "context.create_context",
        (),
        {"body": body("CreateContextRequest", name="new", owner={"id": ORGANIZATION, "type": "organization"})},
    ),
    ("context.delete_context", (CONTEXT,), {}),
    ("schedule.list_schedules_for_project", (SLUG,), {}),
    ("schedule.get_schedule_by_id", (K["schedule_id"],), {}),
    (
        "schedule.create_schedule",
        (SLUG,),
        {
            "body": body(
                "CreateScheduleRequest",
                **{
                    "name": "weekly",
                    "attribution-actor": "current",
                    "parameters": {"branch": "main"},
                    "timetable": TIMETABLE,
                },
            )
        },
    ),
    ("schedule.update_schedule", (K["schedule_id"],), {"body": body("UpdateScheduleRequest", description="changed")}),
    ("schedule.delete_schedule_by_id", (K["schedule_id"],), {}),
    ("webhook.get_webhooks", (), {"scope_id": PROJECT, "scope_type": models.WebhookScopeType("project")}),
    ("webhook.get_webhook_by_id", (K["webhook_id"],), {}),
    (
        "webhook.create_webhook",
        (),
        {"body": body("CreateWebhookRequest", **WEBHOOK, scope={"id": PROJECT, "type": "project"})},
    ),
    ("webhook.update_webhook", (K["webhook_id"],), {"body": body("UpdateWebhookRequest", **WEBHOOK)}),
    ("webhook.delete_webhook", (K["webhook_id"],), {}),
    ("groups.get_organization_groups", (ORGANIZATION,), {}),
    ("groups.get_group", (ORGANIZATION, K["group_id"]), {}),
    ("groups.create_organization_group", (ORGANIZATION,), {"body": body("CreateGroupRequest", name="new")}),
    ("groups.delete_group", (ORGANIZATION, K["group_id"]), {}),
    ("o_tel.list_otel_exporters", (), {"org_id": ORGANIZATION}),
    (
        "o_tel.create_otel_exporter",
        (),
        {"body": body("CreateOtelExporterRequest", org_id=ORGANIZATION, endpoint="otel.example:4317", protocol="grpc")},
    ),
    ("o_tel.delete_otel_exporter", (K["exporter_id"],), {}),
    ("oidc_token_management.get_org_claims", (ORGANIZATION,), {}),
    (
        "oidc_token_management.patch_org_claims",
        (ORGANIZATION,),
        {"body": body("UpdateOidcClaimsRequest", audience=["ours"], ttl="1h")},
    ),
    ("oidc_token_management.delete_org_claims", (ORGANIZATION,), {"claims": "audience,ttl"}),
    ("oidc_token_management.get_project_claims", (ORGANIZATION, PROJECT), {}),
    (
        "oidc_token_management.patch_project_claims",
        (ORGANIZATION, PROJECT),
        {"body": body("UpdateOidcClaimsRequest", ttl="1h")},
    ),
    ("oidc_token_management.delete_project_claims", (ORGANIZATION, PROJECT), {"claims": "ttl"}),
    (
        "policy_management.create_policy_bundle",
        POLICIES,
        {"body": body("CreatePolicyBundleRequest", policies={"images": 'enable_rule["pinned"]'})},
    ),
    ("policy_management.get_policy_bundle", POLICIES, {}),
    ("policy_management.get_policy_document", (*POLICIES, "images"), {}),
    ("policy_management.set_decision_settings", POLICIES, {"body": body("DecisionSettings", enabled=True)}),
    ("policy_management.get_decision_settings", POLICIES, {}),
    ("policy_management.make_decision", POLICIES, {"body": body("MakeDecisionRequest", input="version: 2.1")}),
    ("policy_management.get_decision_logs", POLICIES, {}),
    ("policy_management.get_decision_log", (*POLICIES, K["decision_id"]), {}),
    ("policy_management.get_decision_log_policy_bundle", (*POLICIES, K["decision_id"]), {}),
    ("usage.get_usage_export", (ORGANIZATION, K["usage_export_job_id"]), {}),
    (
        "usage.create_usage_export",
        (ORGANIZATION,),
        {"body": body("CreateUsageExportRequest", start=K["last_week"], end=K["yesterday"])},
    ),
    ("pipeline_definition.list_pipeline_definitions", (PROJECT,), {}),
    ("pipeline_definition.get_pipeline_definition", DEFINITION, {}),
    (
        "pipeline_definition.create_pipeline_definition",
        (PROJECT,),
        {
            "body": body(
                "CreatePipelineDefinitionRequest",
                name="new",
                checkout_source=REPOSITORY,
                config_source={**REPOSITORY, "file_path": ".circleci/config.yml"},
            )
        },
    ),
    (
        "pipeline_definition.update_pipeline_definition",
        DEFINITION,
        {"body": body("UpdatePipelineDefinitionRequest", description="changed")},
    ),
    ("trigger.list_pipeline_definition_triggers", DEFINITION, {}),
    ("trigger.get_trigger", (PROJECT, K["trigger_id"]), {}),
    (
        "trigger.create_trigger",
        DEFINITION,
        {"body": body("CreateTriggerRequest", event_source=REPOSITORY, event_preset="all-pushes")},
    ),
    ("trigger.update_trigger", (PROJECT, K["trigger_id"]), {"body": body("UpdateTriggerRequest", disabled=True)}),
    ("trigger.delete_trigger", (PROJECT, K["trigger_id"]), {}),
    (
        "pipeline.trigger_pipeline_run",
        THREE,
        {"body": body("RunPipelineRequest", definition_id=K["definition_id"], checkout={"branch": "main"})},
    ),
    ("pipeline_definition.delete_pipeline_definition", DEFINITION, {}),
    ("deploy.list_environments", (), {"org_id": ORGANIZATION, "page_size": 10}),
    ("deploy.get_environment", (K["environment_id"],), {}),
    ("deploy.list_components", (), {"org_id": ORGANIZATION, "page_size": 10}),
    ("deploy.get_component", (K["component_id"],), {}),
    ("deploy.list_component_versions", (K["component_id"],), {}),
    (
        "rollback.rollback_project",
        (PROJECT,),
        {
            "body": body(
                "CreateRollbackRequest",
                component_name=K["component_name"],
                environment_name="production",
                current_version=K["current_version"],
                target_version=K["target_version"],
            )
        },
    ),
    (
        "pipeline.trigger_pipeline",
        (SLUG,),
        {"body": body("TriggerPipelineRequest", branch="main", parameters={"deploy": True})},
    ),
    (
        "pipeline.continue_pipeline",
        (),
        {
            "body": body(
                "ContinuePipelineRequest",
                **{"continuation-key": K["continuation_key"], "configuration": "version: 2.1"},
            )
        },
    ),
    (
        "workflow.approve_pending_approval_job_by_id",
        (K["held_workflow_id"], K["approval_request_id"]),
        {},
    ),
    ("workflow.rerun_workflow", (K["workflow_id"],), {"body": body("RerunWorkflowRequest", from_failed=True)}),
    ("job.cancel_job_by_job_id", (K["running_job_id"],), {}),
    ("job.cancel_job_by_job_number", (SLUG, K["running_job_number"]), {}),
    ("workflow.cancel_workflow", (K["running_workflow_id"],), {}),
    ("project.delete_project_by_slug", (SLUG,), {}),
    ("organization.delete_organization", ("gh/acme",), {}),
]


def quote_without_slashes(text, safe=""):
    return quote(text, safe="/")


def send(operation, arguments, keywords):
    module = import_module(f"stock.api.{operation}")
    if "--literal-slashes" in sys.argv and hasattr(module, "quote"):
        module.quote = quote_without_slashes
    response = module.sync_detailed(*arguments, client=client, **keywords)
    check(response.status_code < 400, f"{response.status_code} {response.content.decode()}")
    return response.parsed


for operation, arguments, keywords in CALLS:
    call(operation, send, operation, arguments, keywords)
finish()
