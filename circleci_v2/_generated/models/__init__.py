"""The models and enums of the API, each imported on first use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from circleci_v2._lazy import lazy_names

if TYPE_CHECKING:
    from circleci_v2._generated.models.advanced_project_settings import AdvancedProjectSettings
    from circleci_v2._generated.models.artifact import Artifact
    from circleci_v2._generated.models.attribution_actor import AttributionActor
    from circleci_v2._generated.models.checkout_key import CheckoutKey
    from circleci_v2._generated.models.checkout_key_type import CheckoutKeyType
    from circleci_v2._generated.models.checkout_source import CheckoutSource
    from circleci_v2._generated.models.checkout_source_change import CheckoutSourceChange
    from circleci_v2._generated.models.checkout_source_input import CheckoutSourceInput
    from circleci_v2._generated.models.circleci_config_source_input import CircleciConfigSourceInput
    from circleci_v2._generated.models.circleci_provider import CircleciProvider
    from circleci_v2._generated.models.collaboration import Collaboration
    from circleci_v2._generated.models.config_source import ConfigSource
    from circleci_v2._generated.models.config_source_change import ConfigSourceChange
    from circleci_v2._generated.models.context import Context
    from circleci_v2._generated.models.context_environment_variable import ContextEnvironmentVariable
    from circleci_v2._generated.models.context_owner_by_id import ContextOwnerById
    from circleci_v2._generated.models.context_owner_by_id_type import ContextOwnerByIdType
    from circleci_v2._generated.models.context_owner_by_slug import ContextOwnerBySlug
    from circleci_v2._generated.models.context_owner_by_slug_type import ContextOwnerBySlugType
    from circleci_v2._generated.models.context_restriction import ContextRestriction
    from circleci_v2._generated.models.context_restriction_creation import ContextRestrictionCreation
    from circleci_v2._generated.models.context_restriction_type import ContextRestrictionType
    from circleci_v2._generated.models.decision import Decision
    from circleci_v2._generated.models.decision_log import DecisionLog
    from circleci_v2._generated.models.decision_metadata import DecisionMetadata
    from circleci_v2._generated.models.decision_settings import DecisionSettings
    from circleci_v2._generated.models.decision_vcs import DecisionVcs
    from circleci_v2._generated.models.deploy_component import DeployComponent
    from circleci_v2._generated.models.deploy_component_version import DeployComponentVersion
    from circleci_v2._generated.models.deploy_environment import DeployEnvironment
    from circleci_v2._generated.models.deploy_label import DeployLabel
    from circleci_v2._generated.models.duration_metrics import DurationMetrics
    from circleci_v2._generated.models.fingerprint_digest import FingerprintDigest
    from circleci_v2._generated.models.flaky_test import FlakyTest
    from circleci_v2._generated.models.flaky_test_report import FlakyTestReport
    from circleci_v2._generated.models.git_reference import GitReference
    from circleci_v2._generated.models.group import Group
    from circleci_v2._generated.models.insights_branches import InsightsBranches
    from circleci_v2._generated.models.insights_totals import InsightsTotals
    from circleci_v2._generated.models.insights_totals_metrics import InsightsTotalsMetrics
    from circleci_v2._generated.models.insights_totals_trends import InsightsTotalsTrends
    from circleci_v2._generated.models.job import Job
    from circleci_v2._generated.models.job_context import JobContext
    from circleci_v2._generated.models.job_details import JobDetails
    from circleci_v2._generated.models.job_executor import JobExecutor
    from circleci_v2._generated.models.job_insights import JobInsights
    from circleci_v2._generated.models.job_insights_metrics import JobInsightsMetrics
    from circleci_v2._generated.models.job_message import JobMessage
    from circleci_v2._generated.models.job_organization import JobOrganization
    from circleci_v2._generated.models.job_parallel_run import JobParallelRun
    from circleci_v2._generated.models.job_pipeline import JobPipeline
    from circleci_v2._generated.models.job_project import JobProject
    from circleci_v2._generated.models.job_status import JobStatus
    from circleci_v2._generated.models.job_test import JobTest
    from circleci_v2._generated.models.job_timeseries_duration_metrics import JobTimeseriesDurationMetrics
    from circleci_v2._generated.models.job_timeseries_metrics import JobTimeseriesMetrics
    from circleci_v2._generated.models.job_timeseries_point import JobTimeseriesPoint
    from circleci_v2._generated.models.job_workflow import JobWorkflow
    from circleci_v2._generated.models.message_response import MessageResponse
    from circleci_v2._generated.models.month import Month
    from circleci_v2._generated.models.new_checkout_key_type import NewCheckoutKeyType
    from circleci_v2._generated.models.oidc_claims import OidcClaims
    from circleci_v2._generated.models.organization import Organization
    from circleci_v2._generated.models.organization_insights_summary import OrganizationInsightsSummary
    from circleci_v2._generated.models.organization_vcs_type import OrganizationVcsType
    from circleci_v2._generated.models.otel_exporter import OtelExporter
    from circleci_v2._generated.models.otel_protocol import OtelProtocol
    from circleci_v2._generated.models.owner_type import OwnerType
    from circleci_v2._generated.models.pipeline import Pipeline
    from circleci_v2._generated.models.pipeline_actor import PipelineActor
    from circleci_v2._generated.models.pipeline_commit import PipelineCommit
    from circleci_v2._generated.models.pipeline_config import PipelineConfig
    from circleci_v2._generated.models.pipeline_creation import PipelineCreation
    from circleci_v2._generated.models.pipeline_definition import PipelineDefinition
    from circleci_v2._generated.models.pipeline_error import PipelineError
    from circleci_v2._generated.models.pipeline_error_type import PipelineErrorType
    from circleci_v2._generated.models.pipeline_not_triggered import PipelineNotTriggered
    from circleci_v2._generated.models.pipeline_state import PipelineState
    from circleci_v2._generated.models.pipeline_trigger import PipelineTrigger
    from circleci_v2._generated.models.pipeline_trigger_type import PipelineTriggerType
    from circleci_v2._generated.models.pipeline_vcs import PipelineVcs
    from circleci_v2._generated.models.policy import Policy
    from circleci_v2._generated.models.policy_bundle_diff import PolicyBundleDiff
    from circleci_v2._generated.models.policy_violation import PolicyViolation
    from circleci_v2._generated.models.project import Project
    from circleci_v2._generated.models.project_environment_variable import ProjectEnvironmentVariable
    from circleci_v2._generated.models.project_insights import ProjectInsights
    from circleci_v2._generated.models.project_insights_metrics import ProjectInsightsMetrics
    from circleci_v2._generated.models.project_insights_summary import ProjectInsightsSummary
    from circleci_v2._generated.models.project_insights_trends import ProjectInsightsTrends
    from circleci_v2._generated.models.project_settings import ProjectSettings
    from circleci_v2._generated.models.project_vcs_info import ProjectVcsInfo
    from circleci_v2._generated.models.project_vcs_provider import ProjectVcsProvider
    from circleci_v2._generated.models.project_workflow_branch_insights import ProjectWorkflowBranchInsights
    from circleci_v2._generated.models.project_workflow_insights import ProjectWorkflowInsights
    from circleci_v2._generated.models.project_workflow_insights_metrics import ProjectWorkflowInsightsMetrics
    from circleci_v2._generated.models.project_workflow_insights_trends import ProjectWorkflowInsightsTrends
    from circleci_v2._generated.models.reporting_window import ReportingWindow
    from circleci_v2._generated.models.repository import Repository
    from circleci_v2._generated.models.repository_change import RepositoryChange
    from circleci_v2._generated.models.repository_config_source_input import RepositoryConfigSourceInput
    from circleci_v2._generated.models.repository_input import RepositoryInput
    from circleci_v2._generated.models.repository_provider import RepositoryProvider
    from circleci_v2._generated.models.required_job_status import RequiredJobStatus
    from circleci_v2._generated.models.rollback import Rollback
    from circleci_v2._generated.models.schedule import Schedule
    from circleci_v2._generated.models.timeseries_granularity import TimeseriesGranularity
    from circleci_v2._generated.models.timetable_by_day_of_month import TimetableByDayOfMonth
    from circleci_v2._generated.models.timetable_by_day_of_week import TimetableByDayOfWeek
    from circleci_v2._generated.models.timetable_change import TimetableChange
    from circleci_v2._generated.models.trigger import Trigger
    from circleci_v2._generated.models.trigger_event_preset import TriggerEventPreset
    from circleci_v2._generated.models.trigger_event_source import TriggerEventSource
    from circleci_v2._generated.models.trigger_event_source_change import TriggerEventSourceChange
    from circleci_v2._generated.models.trigger_event_source_input import TriggerEventSourceInput
    from circleci_v2._generated.models.trigger_schedule import TriggerSchedule
    from circleci_v2._generated.models.trigger_schedule_actor import TriggerScheduleActor
    from circleci_v2._generated.models.trigger_schedule_input import TriggerScheduleInput
    from circleci_v2._generated.models.trigger_webhook import TriggerWebhook
    from circleci_v2._generated.models.trigger_webhook_input import TriggerWebhookInput
    from circleci_v2._generated.models.url_orb_allow_list_change import UrlOrbAllowListChange
    from circleci_v2._generated.models.url_orb_allow_list_entry import UrlOrbAllowListEntry
    from circleci_v2._generated.models.url_orb_auth import UrlOrbAuth
    from circleci_v2._generated.models.usage_export_job import UsageExportJob
    from circleci_v2._generated.models.usage_export_state import UsageExportState
    from circleci_v2._generated.models.usage_export_status import UsageExportStatus
    from circleci_v2._generated.models.user import User
    from circleci_v2._generated.models.vcs_provider import VcsProvider
    from circleci_v2._generated.models.webhook import Webhook
    from circleci_v2._generated.models.webhook_event_type import WebhookEventType
    from circleci_v2._generated.models.webhook_scope import WebhookScope
    from circleci_v2._generated.models.webhook_scope_input import WebhookScopeInput
    from circleci_v2._generated.models.webhook_scope_type import WebhookScopeType
    from circleci_v2._generated.models.weekday import Weekday
    from circleci_v2._generated.models.workflow import Workflow
    from circleci_v2._generated.models.workflow_insights import WorkflowInsights
    from circleci_v2._generated.models.workflow_insights_metrics import WorkflowInsightsMetrics
    from circleci_v2._generated.models.workflow_insights_summary import WorkflowInsightsSummary
    from circleci_v2._generated.models.workflow_insights_summary_metrics import WorkflowInsightsSummaryMetrics
    from circleci_v2._generated.models.workflow_insights_summary_trends import WorkflowInsightsSummaryTrends
    from circleci_v2._generated.models.workflow_job import WorkflowJob
    from circleci_v2._generated.models.workflow_job_type import WorkflowJobType
    from circleci_v2._generated.models.workflow_rerun import WorkflowRerun
    from circleci_v2._generated.models.workflow_run import WorkflowRun
    from circleci_v2._generated.models.workflow_run_status import WorkflowRunStatus
    from circleci_v2._generated.models.workflow_status import WorkflowStatus
    from circleci_v2._generated.models.workflow_tag import WorkflowTag
    from circleci_v2._generated.models.workflow_test import WorkflowTest
    from circleci_v2._generated.models.workflow_test_counts import WorkflowTestCounts
    from circleci_v2._generated.models.workflow_test_metrics import WorkflowTestMetrics
    from circleci_v2._generated.models.workflow_test_run import WorkflowTestRun

__all__ = [
    "AdvancedProjectSettings",
    "Artifact",
    "AttributionActor",
    "CheckoutKey",
    "CheckoutKeyType",
    "CheckoutSource",
    "CheckoutSourceChange",
    "CheckoutSourceInput",
    "CircleciConfigSourceInput",
    "CircleciProvider",
    "Collaboration",
    "ConfigSource",
    "ConfigSourceChange",
    "Context",
    "ContextEnvironmentVariable",
    "ContextOwnerById",
    "ContextOwnerByIdType",
    "ContextOwnerBySlug",
    "ContextOwnerBySlugType",
    "ContextRestriction",
    "ContextRestrictionCreation",
    "ContextRestrictionType",
    "Decision",
    "DecisionLog",
    "DecisionMetadata",
    "DecisionSettings",
    "DecisionVcs",
    "DeployComponent",
    "DeployComponentVersion",
    "DeployEnvironment",
    "DeployLabel",
    "DurationMetrics",
    "FingerprintDigest",
    "FlakyTest",
    "FlakyTestReport",
    "GitReference",
    "Group",
    "InsightsBranches",
    "InsightsTotals",
    "InsightsTotalsMetrics",
    "InsightsTotalsTrends",
    "Job",
    "JobContext",
    "JobDetails",
    "JobExecutor",
    "JobInsights",
    "JobInsightsMetrics",
    "JobMessage",
    "JobOrganization",
    "JobParallelRun",
    "JobPipeline",
    "JobProject",
    "JobStatus",
    "JobTest",
    "JobTimeseriesDurationMetrics",
    "JobTimeseriesMetrics",
    "JobTimeseriesPoint",
    "JobWorkflow",
    "MessageResponse",
    "Month",
    "NewCheckoutKeyType",
    "OidcClaims",
    "Organization",
    "OrganizationInsightsSummary",
    "OrganizationVcsType",
    "OtelExporter",
    "OtelProtocol",
    "OwnerType",
    "Pipeline",
    "PipelineActor",
    "PipelineCommit",
    "PipelineConfig",
    "PipelineCreation",
    "PipelineDefinition",
    "PipelineError",
    "PipelineErrorType",
    "PipelineNotTriggered",
    "PipelineState",
    "PipelineTrigger",
    "PipelineTriggerType",
    "PipelineVcs",
    "Policy",
    "PolicyBundleDiff",
    "PolicyViolation",
    "Project",
    "ProjectEnvironmentVariable",
    "ProjectInsights",
    "ProjectInsightsMetrics",
    "ProjectInsightsSummary",
    "ProjectInsightsTrends",
    "ProjectSettings",
    "ProjectVcsInfo",
    "ProjectVcsProvider",
    "ProjectWorkflowBranchInsights",
    "ProjectWorkflowInsights",
    "ProjectWorkflowInsightsMetrics",
    "ProjectWorkflowInsightsTrends",
    "ReportingWindow",
    "Repository",
    "RepositoryChange",
    "RepositoryConfigSourceInput",
    "RepositoryInput",
    "RepositoryProvider",
    "RequiredJobStatus",
    "Rollback",
    "Schedule",
    "TimeseriesGranularity",
    "TimetableByDayOfMonth",
    "TimetableByDayOfWeek",
    "TimetableChange",
    "Trigger",
    "TriggerEventPreset",
    "TriggerEventSource",
    "TriggerEventSourceChange",
    "TriggerEventSourceInput",
    "TriggerSchedule",
    "TriggerScheduleActor",
    "TriggerScheduleInput",
    "TriggerWebhook",
    "TriggerWebhookInput",
    "UrlOrbAllowListChange",
    "UrlOrbAllowListEntry",
    "UrlOrbAuth",
    "UsageExportJob",
    "UsageExportState",
    "UsageExportStatus",
    "User",
    "VcsProvider",
    "Webhook",
    "WebhookEventType",
    "WebhookScope",
    "WebhookScopeInput",
    "WebhookScopeType",
    "Weekday",
    "Workflow",
    "WorkflowInsights",
    "WorkflowInsightsMetrics",
    "WorkflowInsightsSummary",
    "WorkflowInsightsSummaryMetrics",
    "WorkflowInsightsSummaryTrends",
    "WorkflowJob",
    "WorkflowJobType",
    "WorkflowRerun",
    "WorkflowRun",
    "WorkflowRunStatus",
    "WorkflowStatus",
    "WorkflowTag",
    "WorkflowTest",
    "WorkflowTestCounts",
    "WorkflowTestMetrics",
    "WorkflowTestRun",
]

__getattr__ = lazy_names(
    __name__,
    globals(),
    {
        "AdvancedProjectSettings": ".advanced_project_settings",
        "Artifact": ".artifact",
        "AttributionActor": ".attribution_actor",
        "CheckoutKey": ".checkout_key",
        "CheckoutKeyType": ".checkout_key_type",
        "CheckoutSource": ".checkout_source",
        "CheckoutSourceChange": ".checkout_source_change",
        "CheckoutSourceInput": ".checkout_source_input",
        "CircleciConfigSourceInput": ".circleci_config_source_input",
        "CircleciProvider": ".circleci_provider",
        "Collaboration": ".collaboration",
        "ConfigSource": ".config_source",
        "ConfigSourceChange": ".config_source_change",
        "Context": ".context",
        "ContextEnvironmentVariable": ".context_environment_variable",
        "ContextOwnerById": ".context_owner_by_id",
        "ContextOwnerByIdType": ".context_owner_by_id_type",
        "ContextOwnerBySlug": ".context_owner_by_slug",
        "ContextOwnerBySlugType": ".context_owner_by_slug_type",
        "ContextRestriction": ".context_restriction",
        "ContextRestrictionCreation": ".context_restriction_creation",
        "ContextRestrictionType": ".context_restriction_type",
        "Decision": ".decision",
        "DecisionLog": ".decision_log",
        "DecisionMetadata": ".decision_metadata",
        "DecisionSettings": ".decision_settings",
        "DecisionVcs": ".decision_vcs",
        "DeployComponent": ".deploy_component",
        "DeployComponentVersion": ".deploy_component_version",
        "DeployEnvironment": ".deploy_environment",
        "DeployLabel": ".deploy_label",
        "DurationMetrics": ".duration_metrics",
        "FingerprintDigest": ".fingerprint_digest",
        "FlakyTest": ".flaky_test",
        "FlakyTestReport": ".flaky_test_report",
        "GitReference": ".git_reference",
        "Group": ".group",
        "InsightsBranches": ".insights_branches",
        "InsightsTotals": ".insights_totals",
        "InsightsTotalsMetrics": ".insights_totals_metrics",
        "InsightsTotalsTrends": ".insights_totals_trends",
        "Job": ".job",
        "JobContext": ".job_context",
        "JobDetails": ".job_details",
        "JobExecutor": ".job_executor",
        "JobInsights": ".job_insights",
        "JobInsightsMetrics": ".job_insights_metrics",
        "JobMessage": ".job_message",
        "JobOrganization": ".job_organization",
        "JobParallelRun": ".job_parallel_run",
        "JobPipeline": ".job_pipeline",
        "JobProject": ".job_project",
        "JobStatus": ".job_status",
        "JobTest": ".job_test",
        "JobTimeseriesDurationMetrics": ".job_timeseries_duration_metrics",
        "JobTimeseriesMetrics": ".job_timeseries_metrics",
        "JobTimeseriesPoint": ".job_timeseries_point",
        "JobWorkflow": ".job_workflow",
        "MessageResponse": ".message_response",
        "Month": ".month",
        "NewCheckoutKeyType": ".new_checkout_key_type",
        "OidcClaims": ".oidc_claims",
        "Organization": ".organization",
        "OrganizationInsightsSummary": ".organization_insights_summary",
        "OrganizationVcsType": ".organization_vcs_type",
        "OtelExporter": ".otel_exporter",
        "OtelProtocol": ".otel_protocol",
        "OwnerType": ".owner_type",
        "Pipeline": ".pipeline",
        "PipelineActor": ".pipeline_actor",
        "PipelineCommit": ".pipeline_commit",
        "PipelineConfig": ".pipeline_config",
        "PipelineCreation": ".pipeline_creation",
        "PipelineDefinition": ".pipeline_definition",
        "PipelineError": ".pipeline_error",
        "PipelineErrorType": ".pipeline_error_type",
        "PipelineNotTriggered": ".pipeline_not_triggered",
        "PipelineState": ".pipeline_state",
        "PipelineTrigger": ".pipeline_trigger",
        "PipelineTriggerType": ".pipeline_trigger_type",
        "PipelineVcs": ".pipeline_vcs",
        "Policy": ".policy",
        "PolicyBundleDiff": ".policy_bundle_diff",
        "PolicyViolation": ".policy_violation",
        "Project": ".project",
        "ProjectEnvironmentVariable": ".project_environment_variable",
        "ProjectInsights": ".project_insights",
        "ProjectInsightsMetrics": ".project_insights_metrics",
        "ProjectInsightsSummary": ".project_insights_summary",
        "ProjectInsightsTrends": ".project_insights_trends",
        "ProjectSettings": ".project_settings",
        "ProjectVcsInfo": ".project_vcs_info",
        "ProjectVcsProvider": ".project_vcs_provider",
        "ProjectWorkflowBranchInsights": ".project_workflow_branch_insights",
        "ProjectWorkflowInsights": ".project_workflow_insights",
        "ProjectWorkflowInsightsMetrics": ".project_workflow_insights_metrics",
        "ProjectWorkflowInsightsTrends": ".project_workflow_insights_trends",
        "ReportingWindow": ".reporting_window",
        "Repository": ".repository",
        "RepositoryChange": ".repository_change",
        "RepositoryConfigSourceInput": ".repository_config_source_input",
        "RepositoryInput": ".repository_input",
        "RepositoryProvider": ".repository_provider",
        "RequiredJobStatus": ".required_job_status",
        "Rollback": ".rollback",
        "Schedule": ".schedule",
        "TimeseriesGranularity": ".timeseries_granularity",
        "TimetableByDayOfMonth": ".timetable_by_day_of_month",
        "TimetableByDayOfWeek": ".timetable_by_day_of_week",
        "TimetableChange": ".timetable_change",
        "Trigger": ".trigger",
        "TriggerEventPreset": ".trigger_event_preset",
        "TriggerEventSource": ".trigger_event_source",
        "TriggerEventSourceChange": ".trigger_event_source_change",
        "TriggerEventSourceInput": ".trigger_event_source_input",
        "TriggerSchedule": ".trigger_schedule",
        "TriggerScheduleActor": ".trigger_schedule_actor",
        "TriggerScheduleInput": ".trigger_schedule_input",
        "TriggerWebhook": ".trigger_webhook",
        "TriggerWebhookInput": ".trigger_webhook_input",
        "UrlOrbAllowListChange": ".url_orb_allow_list_change",
        "UrlOrbAllowListEntry": ".url_orb_allow_list_entry",
        "UrlOrbAuth": ".url_orb_auth",
        "UsageExportJob": ".usage_export_job",
        "UsageExportState": ".usage_export_state",
        "UsageExportStatus": ".usage_export_status",
        "User": ".user",
        "VcsProvider": ".vcs_provider",
        "Webhook": ".webhook",
        "WebhookEventType": ".webhook_event_type",
        "WebhookScope": ".webhook_scope",
        "WebhookScopeInput": ".webhook_scope_input",
        "WebhookScopeType": ".webhook_scope_type",
        "Weekday": ".weekday",
        "Workflow": ".workflow",
        "WorkflowInsights": ".workflow_insights",
        "WorkflowInsightsMetrics": ".workflow_insights_metrics",
        "WorkflowInsightsSummary": ".workflow_insights_summary",
        "WorkflowInsightsSummaryMetrics": ".workflow_insights_summary_metrics",
        "WorkflowInsightsSummaryTrends": ".workflow_insights_summary_trends",
        "WorkflowJob": ".workflow_job",
        "WorkflowJobType": ".workflow_job_type",
        "WorkflowRerun": ".workflow_rerun",
        "WorkflowRun": ".workflow_run",
        "WorkflowRunStatus": ".workflow_run_status",
        "WorkflowStatus": ".workflow_status",
        "WorkflowTag": ".workflow_tag",
        "WorkflowTest": ".workflow_test",
        "WorkflowTestCounts": ".workflow_test_counts",
        "WorkflowTestMetrics": ".workflow_test_metrics",
        "WorkflowTestRun": ".workflow_test_run",
    },
    public="circleci_v2.models",
)
