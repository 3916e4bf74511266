"""Changes between consecutive documents of the vendor, each looked up by hand in the two documents as published.

Each has a subject, a kind, a grade, and a part of the message.
"""

from __future__ import annotations

from codegen.diff.changes import Grade

__all__ = ["CHECKED", "UNCHANGED"]

CALLERS, RUN_TIME, SAFE = Grade.BREAKS_CALLERS, Grade.BREAKS_AT_RUN_TIME, Grade.SAFE

CHECKED: dict[tuple[str, str], list[tuple[str, str, Grade, str]]] = {
    ("2022-04", "2023-10"): [
        ("insights.get_project_job_runs", "operation-removed", CALLERS, "is removed"),
        ("insights.get_workflow_timeseries", "operation-removed", CALLERS, "is removed"),
        (
            "insights.job_timeseries",
            "argument-removed",
            CALLERS,
            "`timeseries_granularity`; possibly renamed to `granularity`",
        ),
        ("insights.job_timeseries", "argument-added", SAFE, "`granularity`"),
        ("insights.workflow_summary", "argument-removed", CALLERS, "`branches`"),
        ("insights.workflow_summary", "argument-added", SAFE, "`branch`"),
        ("Schedule.timetable", "field-type", RUN_TIME, "is `TimetableByDayOfWeek | TimetableByDayOfMonth`"),
        ("schedules.create(timetable)", "argument-type", SAFE, "TimetableByDayOfMonth"),
        ("TimetableByDayOfWeek.months", "field-added", SAFE, "is new"),
        ("contexts.list_environment_variables", "argument-added", SAFE, "`page_token`"),
        ("jobs.cancel_by_number", "success-status", SAFE, "succeeds with 200, was 202"),
        ("FlakyTestReport.total_flaky_tests", "field-added", SAFE, "is new"),
        ("WorkflowRun.is_approval", "field-added", SAFE, "is new"),
        ("WorkflowJob.status", "field-type", SAFE, "is `JobStatus`, was `Any`"),
        ("webhooks.create", "operation-added", SAFE, "is new (POST /webhook)"),
    ],
    ("2023-10", "2024-11"): [
        ("insights.branches", "response-type", CALLERS, "returns `InsightsBranches`, was `Any`"),
        ("FlakyTest.workflow_created_at", "field-type", CALLERS, "is `datetime`, was `Any`"),
        ("jobs.cancel_by_number", "operation-id", RUN_TIME, 'OPERATIONS["cancelJobByJobNumber"] now'),
        ("jobs.cancel", "operation-added", SAFE, "is new (POST /jobs/{job-id}/cancel)"),
        ("insights.list_jobs", "argument-added", SAFE, "`job_name`"),
        ("projects.list_checkout_keys", "argument-added", SAFE, "`digest`"),
        ("PipelineErrorType.TRIGGER_RULE", "value-added", SAFE, "'trigger-rule'"),
        ("contexts.create_restriction", "operation-added", SAFE, "is new"),
    ],
    ("2024-11", "2025-05"): [
        ("pipelines.run", "response-type", RUN_TIME, "returns `PipelineNotTriggered | PipelineCreation`"),
        ("pipelines.run", "success-status", SAFE, "succeeds with 200 and 201, was 201"),
        ("projects.create_from_repository", "operation-id", RUN_TIME, 'OPERATIONS["createProject1"] now'),
        (
            "contexts.create_restriction(restriction_type)",
            "argument-type",
            CALLERS,
            "accepts `ContextRestrictionType`, was `str`",
        ),
        ("PipelineErrorType.INVALID_TRIGGER_SETUP", "value-added", SAFE, "'invalid-trigger-setup'"),
        ("WorkflowJob.requires", "field-added", SAFE, "is new"),
        ("triggers.create", "operation-added", SAFE, "is new"),
    ],
    ("2025-05", "2025-10"): [
        ("contexts.create", "body-closed", RUN_TIME, "no longer accepts other fields in ContextOwnerBySlug than"),
        ("contexts.create", "body-closed", RUN_TIME, "no longer accepts other fields in ContextOwnerById than"),
        ("contexts.create_restriction", "argument-removed", CALLERS, "`project_id`"),
        ("triggers.create", "argument-removed", CALLERS, "`name`"),
        ("triggers.create", "argument-removed", CALLERS, "`description`"),
        ("triggers.update", "argument-removed", CALLERS, "`name`"),
        ("Trigger.description", "field-removed", CALLERS, "is removed"),
        ("Trigger.name", "field-removed", CALLERS, "is removed"),
        ("CheckoutSourceInput.provider", "field-type", CALLERS, "is `RepositoryProvider`, was `str`"),
        ("pipeline_definitions.create(config_source)", "argument-type", SAFE, "CircleciConfigSourceInput"),
        ("triggers.create", "argument-added", SAFE, "`disabled`"),
        ("triggers.update", "argument-added", SAFE, "`event_source`"),
        ("contexts.create", "body-closed", SAFE, "other fields in CreateContextRequest"),
        ("contexts.set_environment_variable", "body-closed", SAFE, "other fields in SetContext"),
        ("contexts.create", "error-statuses", SAFE, "lists the errors 401, 404, 429 and 500 now, no longer default"),
        ("ContextRestrictionType.GROUP", "value-added", SAFE, "'group'"),
        ("TriggerEventPreset.ONLY_MERGED_OR_CLOSED_PRS", "value-added", SAFE, "'only-merged-or-closed-prs'"),
        ("User.avatar_url", "field-added", SAFE, "is new"),
        ("Workflow.auto_rerun_number", "field-added", SAFE, "is new"),
        ("TriggerWebhook.sender", "field-added", SAFE, "is new"),
    ],
    ("2025-10", "2026-08-partial"): [
        ("webhooks.create", "body-closed", RUN_TIME, "no longer accepts other fields in WebhookScopeInput than"),
        ("TriggerEventPreset.ONLY_BRANCH_DELETE", "value-removed", CALLERS, "is removed ('only-branch-delete')"),
        ("TriggerEventPreset.PR_COMMENT_EQUALS_RUN_CI", "value-added", SAFE, "'pr-comment-equals-run-ci'"),
        ("WebhookScopeInput.id", "field-type", CALLERS, "is `str`, was `UUID`"),
        ("pipelines.get_values", "response-type", RUN_TIME, "returns `dict[str, Any]`"),
        ("webhooks.create(events)", "argument-bounds", RUN_TIME, "now has the uniqueItems True"),
        ("webhooks.update(events)", "argument-bounds", RUN_TIME, "now has the uniqueItems True"),
        ("Webhook.signing_secret", "field-key", SAFE, "has the JSON key 'signing_secret', was 'signing-secret'"),
        ("Webhook.verify_tls", "field-key", SAFE, "has the JSON key 'verify_tls', was 'verify-tls'"),
        ("triggers.create", "argument-added", SAFE, "`parameters`"),
        ("TriggerEventSourceInput.schedule", "field-added", SAFE, "is new"),
        ("RepositoryProvider.GITHUB_SERVER", "value-added", SAFE, "'github_server'"),
        ("jobs.get", "operation-added", SAFE, "is new (GET /jobs/{job_id})"),
        ("jobs.get_by_number", "operation-retained", SAFE, "is no longer in the document"),
        ("jobs.list_artifacts", "operation-retained", SAFE, "is no longer in the document"),
        (
            "workflows.get",
            "error-statuses",
            SAFE,
            "lists the errors 400, 401, 404, 429 and 500 now, no longer default",
        ),
        ("security", "security-added", SAFE, "'bearer_auth'"),
    ],
}

UNCHANGED: dict[tuple[str, str], list[str]] = {
    # Only the spelling of their path parameters changed: {context-id} became {context_id}.
    ("2025-05", "2025-10"): ["contexts.delete(context_id)", "contexts.list_environment_variables(context_id)"],
    # {webhook-id} became {webhook_id}, {pipeline-id} became {pipeline_id}, and the presets moved into a component.
    ("2025-10", "2026-08-partial"): [
        "webhooks.get(webhook_id)",
        "pipelines.get_values(pipeline_id)",
        "webhooks.create(url)",
    ],
    # Only the tags of these operations changed, and their responses moved from inline schemas to components.
    ("2024-11", "2025-05"): ["contexts.list_restrictions", "usage.create_export", "Workflow", "Pipeline"],
}
