"""A fake with at least one resource of each kind, and the parameters of requests for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import httpx

from circleci_v2.testing import FakeCircleCI, WorkflowPlan

PROJECT = "gh/acme/web"


class Seeded:
    """A small project with all kinds of resources that the API can create.

    Attributes:
        fake: The fake.
        known: Values of path and query parameters, by name.
        fields: Values of body fields, by name.
    """

    def __init__(self) -> None:
        self.fake = FakeCircleCI.seeded(PROJECT, pipelines=60, spelling="document")
        self._names: Counter[str] = Counter()
        project = self.fake.state.projects[PROJECT]
        organization = project.organization
        held = self.fake.add_pipeline(project, status="on_hold")
        now = self.fake.clock.now()
        workflow = held.workflows(now)[-1]
        approval = next(job for job in workflow.jobs if job.plan.type == "approval")
        job = workflow.jobs[0]
        waiting = self.fake.add_pipeline(
            project, workflows=[WorkflowPlan(name="setup", jobs=("generate",), tag="setup")]
        )
        provider, owner, name = PROJECT.split("/")
        (deployed,) = organization.component_versions.values()
        production = next(key for key, of in organization.environments.items() if of["name"] == "production")
        versions = [version["name"] for version in deployed if version["environment_id"] == production]
        self.known: dict[str, str | int] = {
            "approval_request_id": approval.approval_request_id or approval.id,
            "context": "config",
            "context_id": next(iter(organization.contexts)),
            "claims": "audience",
            "component_id": next(iter(organization.components)),
            "env_var_name": "DATABASE_URL",
            "environment_id": production,
            "environment-id": production,
            "id": workflow.id,
            "job-id": job.id,
            "job-number": job.number or 1,
            "job_id": job.id,
            "name": "COVERAGE_KEY",
            "org-slug": organization.slug,
            "pipeline-number": held.number,
            "policyName": "images",
            "project-slug": PROJECT,
            "workflow-name": workflow.name,
            "provider": provider,
            "organization": owner,
            "project": name,
            **dict.fromkeys(("org_id", "orgID", "ownerID", "org-slug-or-id", "org-id", "owner-id"), organization.id),
            **dict.fromkeys(("pipeline-id", "pipeline_id"), held.id),
            **dict.fromkeys(("project_id", "projectID", "project-id", "scope-id"), project.id),
        }
        self.fields: dict[str, Any] = {
            "org_id": organization.id,
            "owner": {"id": organization.id, "type": "organization"},
            "scope": {"id": project.id, "type": "project"},
            "restriction_type": "project",
            "restriction_value": project.id,
            "start": "2026-02-20T00:00:00Z",
            "end": "2026-03-01T00:00:00Z",
            "component_name": name,
            "environment_name": "production",
            "current_version": versions[0],
            "target_version": versions[1],
            "continuation-key": waiting.continuation_key,
            "timetable": {"per-hour": 1, "hours-of-day": [3], "days-of-week": ["MON"]},
            "parameters": {"branch": "main"},
        }
        ended = self.fake.add_pipeline(project).workflows(now)[-1]
        self._other_ids = {
            "/user/{id}": {"id": self.fake.state.user.id},
            "/workflow/{id}/rerun": {"id": ended.id},  # a workflow that waits for an approval cannot be rerun
        }
        self._make(organization.id, project.id)

    def point(self, case: Any) -> None:
        """Change a generated request of schemathesis to refer to existing resources."""
        known = self.known | self._other_ids.get(case.path, {})
        for values in (case.path_parameters, case.query):
            values.update({name: known[name] for name in values if name in known})
        case.query.pop("page-token", None)  # a generated token belongs to no list
        if isinstance(case.body, dict):
            case.body.update({name: self.fields[name] for name in case.body if name in self.fields})
            if isinstance(name := case.body.get("name"), str):
                # Names of contexts and groups are unique, and generated names often are the same.
                case.body["name"] = name + "'" * self._names[name]
                self._names[name] += 1

    def _make(self, organization: str, project: str) -> None:
        """Create the resources that a seeded project does not have."""
        repository = {"provider": "github_app", "repo": {"external_id": "1"}}
        definition = {
            "name": "ours",
            "checkout_source": repository,
            "config_source": {**repository, "file_path": ".circleci/config.yml"},
        }
        schedule = {
            "name": "nightly",
            "attribution-actor": "current",
            "parameters": self.fields["parameters"],
            "timetable": self.fields["timetable"],
        }
        webhook = {
            "name": "ours",
            "events": ["workflow-completed"],
            "url": "http://127.0.0.1:9/",
            "verify-tls": False,
            "signing-secret": "",
            "scope": {"id": project, "type": "project"},
        }
        context, policies = f"/context/{self.known['context_id']}", f"/owner/{organization}/context/config"
        exporter = {"org_id": organization, "endpoint": "otel.example:4317", "protocol": "grpc"}
        restriction = {"restriction_type": "expression", "restriction_value": 'pipeline.git.branch == "main"'}
        usage = {"start": "2026-02-20T00:00:00Z", "end": "2026-03-01T00:00:00Z", "shared_org_ids": []}
        allowed = {"name": "ours", "prefix": "https://raw.example/", "auth": "none"}
        definitions = f"/projects/{project}/pipeline-definitions"
        self._post("group_id", f"/organizations/{organization}/groups", {"name": "people", "description": ""})
        self._post("otel_exporter_id", "/otel/exporters", exporter)
        self._post("restriction_id", f"{context}/restrictions", restriction)
        self._post("fingerprint", f"/project/{PROJECT}/checkout-key", {"type": "deploy-key"}, shown_as="fingerprint")
        self._post("schedule-id", f"/project/{PROJECT}/schedule", schedule)
        self._post("webhook_id", "/webhook", webhook)
        self._post("allow-list-entry-id", f"/organization/{organization}/url-orb-allow-list", allowed)
        self._post("pipeline_definition_id", definitions, definition)
        trigger = {"event_source": repository, "event_preset": "all-pushes", "checkout_ref": "main"}
        self._post("trigger_id", f"{definitions}/{self.known['pipeline_definition_id']}/triggers", trigger)
        self._post(
            "usage_export_job_id",
            f"/organizations/{organization}/usage_export_job",
            usage,
            shown_as="usage_export_job_id",
        )
        self._call("POST", f"{policies}/policy-bundle", {"policies": {"images": 'enable_rule["pinned"]'}})
        self._call("POST", f"{policies}/decision", {"input": "version: 2.1"})
        self.known["decisionID"] = self._call("GET", f"{policies}/decision")[0]["id"]
        self.fake.clock.advance(60)

    def _post(self, name: str, path: str, body: Mapping[str, Any], *, shown_as: str = "id") -> None:
        self.known[name] = self._call("POST", path, body)[shown_as]

    def _call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        with httpx.Client(transport=self.fake.transport(), headers={"Circle-Token": self.fake.token}) as http:
            response = http.request(method, f"https://circleci.com/api/v2{path}", json=body)
        assert response.status_code < 300, (method, path, response.text)
        return response.json()
