"""The calls of pycircleci, and of pycircleci-async, which has the same methods."""

from calls import KNOWN as K
from calls import check

WEB = ("acme", "web")
TIMETABLE = {"per-hour": 1, "hours-of-day": [4], "days-of-week": ["TUE"]}


def check_content(name, result):
    """Check that a list that is read contains something."""
    empty = result == [] or (isinstance(result, dict) and result.get("items") == [])
    check(not (name.startswith("get_") and empty), "the list is empty")


def calls_of(client, *, asynchronous=False):
    """Return pairs of a name and a function; version 2 first, then version 1.1."""
    workflow, job = K["workflow_name"], K["job_name"]
    both = [
        ("get_user_info", lambda: client.get_user_info(api_version="v2")),
        ("get_user_id_info", lambda: client.get_user_id_info(K["user_id"])),
        ("get_user_collaborations", client.get_user_collaborations),
        ("get_project", lambda: client.get_project(K["project_slug"])),
        ("get_project of github/", lambda: client.get_project("github/acme/web")),
        ("get_job_details", lambda: client.get_job_details(*WEB, K["job_number"])),
        ("get_project_pipelines", lambda: client.get_project_pipelines(*WEB, paginate=True, limit=30)),
        ("get_project_pipelines of a branch", lambda: client.get_project_pipelines(*WEB, branch="main")),
        ("get_project_pipelines, mine", lambda: client.get_project_pipelines(*WEB, mine=True)),
        ("get_project_pipeline", lambda: client.get_project_pipeline(*WEB, K["pipeline_number"])),
        ("get_pipelines", lambda: client.get_pipelines("acme", paginate=True, limit=30)),
        ("get_pipelines, mine", lambda: client.get_pipelines("acme", mine=True)),
        ("get_pipeline", lambda: client.get_pipeline(K["pipeline_id"])),
        ("get_pipeline_config", lambda: client.get_pipeline_config(K["pipeline_id"])),
        ("get_pipeline_workflow", lambda: client.get_pipeline_workflow(K["pipeline_id"], paginate=True)),
        ("get_workflow", lambda: client.get_workflow(K["workflow_id"])),
        ("get_workflow_jobs", lambda: client.get_workflow_jobs(K["workflow_id"], paginate=True)),
        ("get_project_branches", lambda: client.get_project_branches(*WEB)),
        ("get_project_branches of a workflow", lambda: client.get_project_branches(*WEB, workflow_name=workflow)),
        ("get_project_workflows_metrics", lambda: client.get_project_workflows_metrics(*WEB)),
        ("get_project_workflow_metrics", lambda: client.get_project_workflow_metrics(*WEB, workflow)),
        ("get_project_workflow_test_metrics", lambda: client.get_project_workflow_test_metrics(*WEB, workflow)),
        ("get_project_workflow_jobs_metrics", lambda: client.get_project_workflow_jobs_metrics(*WEB, workflow)),
        ("get_project_workflow_job_metrics", lambda: client.get_project_workflow_job_metrics(*WEB, workflow, job)),
        ("get_contexts of a slug", lambda: client.get_contexts("acme", paginate=True)),
        ("get_contexts of an id", lambda: client.get_contexts(owner_id=K["organization_id"])),
        ("get_context", lambda: client.get_context(K["context_id"])),
        ("get_context_envvars", lambda: client.get_context_envvars(K["context_id"])),
        ("get_schedules", lambda: client.get_schedules(*WEB)),
        ("get_schedule", lambda: client.get_schedule(K["schedule_id"])),
        ("add_context", lambda: client.add_context("new", "acme")),
        ("add_context of an id", lambda: client.add_context("newer", owner_id=K["organization_id"])),
        ("add_context_envvar", lambda: client.add_context_envvar(K["context_id"], "KEY", "value")),
        ("delete_context_envvar", lambda: client.delete_context_envvar(K["context_id"], "KEY")),
        ("delete_context", lambda: client.delete_context(K["context_id"])),
        (
            "add_schedule",
            lambda: client.add_schedule(
                *WEB,
                "weekly",
                {
                    "timetable": TIMETABLE,
                    "attribution-actor": "current",
                    "parameters": {"branch": "main"},
                    "description": "",
                },
            ),
        ),
        ("update_schedule", lambda: client.update_schedule(K["schedule_id"], {"description": "changed"})),
        ("delete_schedule", lambda: client.delete_schedule(K["schedule_id"])),
        ("trigger_pipeline", lambda: client.trigger_pipeline(*WEB, branch="main", params={"deploy": True})),
        ("continue_pipeline", lambda: client.continue_pipeline(K["continuation_key"], "version: 2.1")),
        ("approve_job", lambda: client.approve_job(K["held_workflow_id"], K["approval_request_id"])),
        ("rerun_workflow", lambda: client.rerun_workflow(K["workflow_id"], from_failed=True)),
        ("cancel_job", lambda: client.cancel_job(*WEB, K["running_job_number"])),
        ("cancel_workflow", lambda: client.cancel_workflow(K["running_workflow_id"])),
        ("get_projects", client.get_projects),
        ("follow_project", lambda: client.follow_project(*WEB)),
        ("get_project_build_summary", lambda: client.get_project_build_summary(*WEB)),
        ("get_recent_builds", client.get_recent_builds),
        ("get_build_info", lambda: client.get_build_info(*WEB, K["job_number"])),
        ("get_artifacts", lambda: client.get_artifacts(*WEB, K["job_number"])),
        ("get_latest_artifact", lambda: client.get_latest_artifact(*WEB)),
        ("get_test_metadata", lambda: client.get_test_metadata(*WEB, K["job_number"])),
        ("retry_build", lambda: client.retry_build(*WEB, K["job_number"])),
        ("cancel_build", lambda: client.cancel_build(*WEB, K["job_number"])),
        ("add_ssh_user", lambda: client.add_ssh_user(*WEB, K["job_number"])),
        ("trigger_build", lambda: client.trigger_build(*WEB, branch="main")),
        ("add_ssh_key", lambda: client.add_ssh_key(*WEB, "private key")),
        ("list_checkout_keys", lambda: client.list_checkout_keys(*WEB)),
        ("create_checkout_key", lambda: client.create_checkout_key(*WEB, "deploy-key")),
        ("get_checkout_key", lambda: client.get_checkout_key(*WEB, K["fingerprint"])),
        ("delete_checkout_key", lambda: client.delete_checkout_key(*WEB, K["fingerprint"])),
        ("list_envvars", lambda: client.list_envvars(*WEB)),
        ("add_envvar", lambda: client.add_envvar(*WEB, "KEY", "value")),
        ("get_envvar", lambda: client.get_envvar(*WEB, "REGION")),
        ("delete_envvar", lambda: client.delete_envvar(*WEB, "REGION")),
        ("get_project_settings", lambda: client.get_project_settings(*WEB)),
        ("update_project_settings", lambda: client.update_project_settings(*WEB, {"feature_flags": {}})),
    ]
    if asynchronous:
        return both
    return [
        ("get_flaky_tests", lambda: client.get_flaky_tests(*WEB)),
        *both,
        ("get_user_repos", client.get_user_repos),
    ]
