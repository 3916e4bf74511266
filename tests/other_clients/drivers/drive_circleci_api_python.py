"""circleci-api-python; its host is a constant of the class."""

from calls import KNOWN as K
from calls import call, check, finish
from circleci_api_python import CircleCI

CircleCI.BASE_URL = K["origin"]
client = CircleCI(K["token"], logging=False)
slug, organization, project = K["project_slug"], K["organization_id"], K["project_id"]
webhook = {
    "name": "ours",
    "events": ["workflow-completed"],
    "url": "http://127.0.0.1:9/",
    "verify_tls": True,
    "signing_secret": "a-long-secret",
}


def create_webhook():
    created = client.create_outbound_webhook(**webhook, scope={"id": project, "type": "project"})
    check(created.raw_data["verify_tls"] is True, "the webhook was not stored as sent")


for name, function in {
    "get_current_user_information": client.get_current_user_information,
    "get_user_projects": client.get_user_projects,
    "get_user_collaborations": client.get_user_collaborations,
    "get_user_information": lambda: client.get_user_information(K["user_id"]),
    "list_contexts": client.list_contexts,
    "get_context": lambda: client.get_context(K["context_id"]),
    "list_environment_variables_in_context": lambda: client.list_environment_variables_in_context(K["context_id"]),
    "get_context_restrictions": lambda: client.get_context_restrictions(K["context_id"]),
    "create_context": lambda: client.create_context("new", organization),
    "add_or_update_env_variable": lambda: client.add_or_update_env_variable(K["context_id"], "KEY", "value"),
    "remove_environment_variable_from_context": lambda: client.remove_environment_variable_from_context(
        K["context_id"], "KEY"
    ),
    "create_context_restriction": lambda: client.create_context_restriction(K["context_id"], "project", project),
    "delete_context_restriction": lambda: client.delete_context_restriction(K["context_id"], K["restriction_id"]),
    "delete_context": lambda: client.delete_context(K["context_id"]),
    "get_list_of_pipelines_user_follow": client.get_list_of_pipelines_user_follow,
    "get_list_of_pipelines_user_follow of an organization": lambda: client.get_list_of_pipelines_user_follow(
        org_slug="gh/acme", mine=True
    ),
    "get_pipeline_by_id": lambda: client.get_pipeline_by_id(K["pipeline_id"]),
    "get_pipeline_config_by_id": lambda: client.get_pipeline_config_by_id(K["pipeline_id"]),
    "get_pipeline_values_by_id": lambda: client.get_pipeline_values_by_id(K["pipeline_id"]),
    "get_pipeline_workflow_by_id": lambda: client.get_pipeline_workflow_by_id(K["pipeline_id"]),
    "get_all_pipelines_for_project": lambda: client.get_all_pipelines_for_project(slug, branch="main"),
    "get_pipeline_triggered_by_current_user": lambda: client.get_pipeline_triggered_by_current_user(slug),
    "get_pipeline_by_number": lambda: client.get_pipeline_by_number(slug, K["pipeline_number"]),
    "get_job_by_number": lambda: client.get_job_by_number(slug, K["job_number"]),
    "get_job_artifacts": lambda: client.get_job_artifacts(slug, K["job_number"]),
    "get_job_metadata": lambda: client.get_job_metadata(slug, K["test_job_number"]),
    "get_workflow_by_id": lambda: client.get_workflow_by_id(K["workflow_id"]),
    "get_last_build_artifacts_by_project_name": lambda: client.get_last_build_artifacts_by_project_name(slug, "main"),
    "get_workflow_jobs": lambda: client.get_workflow_jobs(K["workflow_id"]),
    "get_webhooks": lambda: client.get_webhooks(project, "project"),
    "create_outbound_webhook": create_webhook,
    "get_webhook_by_id": lambda: client.get_webhook_by_id(K["webhook_id"]),
    "update_webhook_by_id": lambda: client.update_webhook_by_id(K["webhook_id"], **webhook),
    "delete_webhook_by_id": lambda: client.delete_webhook_by_id(K["webhook_id"]),
    "create_or_update_org_level_claims": lambda: client.create_or_update_org_level_claims(
        organization, ["ours"], "90m"
    ),
    "get_org_level_claims": lambda: client.get_org_level_claims(organization),
    "delete_org_level_claims": lambda: client.delete_org_level_claims(organization, "audience,ttl"),
    "create_or_update_project_level_claims": lambda: client.create_or_update_project_level_claims(
        organization, project, ["ours"], "1h"
    ),
    "get_project_level_claims": lambda: client.get_project_level_claims(organization, project),
    "delete_project_level_claims": lambda: client.delete_project_level_claims(organization, project, "audience"),
    "get_project": lambda: client.get_project(slug),
    "create_checkout_key": lambda: client.create_checkout_key(slug, "deploy-key"),
    "get_all_checkout_keys": lambda: client.get_all_checkout_keys(slug, "sha256"),
    "get_checkout_key": lambda: client.get_checkout_key(slug, K["fingerprint"]),
    "delete_checkout_key": lambda: client.delete_checkout_key(slug, K["fingerprint"]),
    "create_env_var": lambda: client.create_env_var(slug, "KEY", "value"),
    "get_all_env_vars": lambda: client.get_all_env_vars(slug),
    "get_masked_env_var": lambda: client.get_masked_env_var(slug, "REGION"),
    "delete_env_var": lambda: client.delete_env_var(slug, "REGION"),
    "create_new_project": lambda: client.create_new_project("gh", "acme", "new"),
    "get_project_setting": lambda: client.get_project_setting("gh", "acme", "web"),
    "update_project_setting": lambda: client.update_project_setting("gh", "acme", "web", {"disable_ssh": True}),
    "trigger_pipeline": lambda: client.trigger_pipeline(slug, branch="main", parameters={"deploy": True}),
    "continue_pipeline": lambda: client.continue_pipeline(K["continuation_key"], "version: 2.1", {}),
    "approve_workflow_job": lambda: client.approve_workflow_job(K["held_workflow_id"], K["approval_request_id"]),
    "rerun_workflow": lambda: client.rerun_workflow(K["workflow_id"], from_failed=True),
    "cancel_job_by_id": lambda: client.cancel_job_by_id(K["running_job_id"]),
    "cancel_job_by_number": lambda: client.cancel_job_by_number(slug, K["running_job_number"]),
    "cancel_workflow": lambda: client.cancel_workflow(K["running_workflow_id"]),
}.items():
    call(name, function)
finish()
