"""A walk through every operation of the API, through the client's own methods."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import attrs

from circleci_v2 import CircleCI
from circleci_v2.testing import FakeCircleCI, JobPlan

PROJECT = "gh/acme/web"


@attrs.define
class Walk:
    """Where the walk goes: a client, the fake behind it, and the identifiers of what the fake knows."""

    circleci: CircleCI
    fake: FakeCircleCI
    org_id: str
    project_id: str

    @classmethod
    def through(cls, circleci: CircleCI, fake: FakeCircleCI) -> Walk:
        project = fake.state.projects[PROJECT]
        return cls(circleci, fake, project.organization.id, project.id)

    async def everywhere(self) -> None:
        await self.people()
        await self.organizations()
        await self.projects()
        await self.variables_and_keys()
        await self.pipelines()
        await self.workflows()
        await self.jobs()
        await self.insights()
        await self.contexts()
        await self.groups_and_exporters()
        await self.schedules()
        await self.webhooks()
        await self.definitions_and_triggers()
        await self.deploys()
        await self.policies()
        await self.claims()
        await self.usage()

    async def people(self) -> None:
        me = await self.circleci.user.me()
        assert (await self.circleci.user.get(me.id)).login == me.login
        await self.circleci.user.collaborations()

    async def organizations(self) -> None:
        organizations = self.circleci.organizations
        created = await organizations.create(name="new", vcs_type="circleci")
        assert (await organizations.get(created.id)).slug == created.slug
        entry = await organizations.create_url_orb_allow_list_entry(
            created.slug, name="ours", prefix="https://orbs.example/", auth="none"
        )
        assert [item.id for item in (await organizations.list_url_orb_allow_list(created.slug)).items] == [entry.id]
        await organizations.remove_url_orb_allow_list_entry(created.slug, entry.id)
        await organizations.delete(created.slug)

    async def projects(self) -> None:
        projects = self.circleci.projects
        assert (await projects.get(PROJECT)).slug == PROJECT
        await projects.create("gh/acme", name="created")
        await projects.create_from_repository("gh/acme/followed")
        await projects.update_settings("gh/acme/followed", advanced={"disable_ssh": True})
        assert (await projects.get_settings("gh/acme/followed")).advanced.disable_ssh is True
        await projects.delete("gh/acme/followed")

    async def variables_and_keys(self) -> None:
        projects = self.circleci.projects
        await projects.create_environment_variable(PROJECT, name="KEY", value="a-long-secret")
        assert (await projects.get_environment_variable(PROJECT, "KEY")).value == "xxxxcret"
        assert any(variable.name == "KEY" for variable in await projects.list_environment_variables(PROJECT))
        await projects.delete_environment_variable(PROJECT, "KEY")
        key = await projects.create_checkout_key(PROJECT, type="deploy-key")
        await projects.list_checkout_keys(PROJECT)
        fingerprint = key.fingerprint
        assert (await projects.get_checkout_key(PROJECT, fingerprint)).public_key == key.public_key
        await projects.delete_checkout_key(PROJECT, fingerprint)

    async def pipelines(self) -> None:
        pipelines = self.circleci.pipelines
        everything = await pipelines.list_for_project(PROJECT).collect()
        assert len(everything) == len(self.fake.state.projects[PROJECT].pipelines)
        newest = everything[0]
        assert (await pipelines.get(newest.id)).number == newest.number
        assert (await pipelines.get_by_number(PROJECT, newest.number)).id == newest.id
        await pipelines.get_config(newest.id)
        await pipelines.get_values(newest.id)
        await pipelines.list(org_slug="gh/acme")
        await pipelines.list_mine(PROJECT)
        for pipeline in everything[:40]:
            for workflow in await pipelines.list_workflows(pipeline.id):
                await self.circleci.workflows.list_jobs(workflow.id)
        await pipelines.trigger(PROJECT, branch="main", parameters={"deploy": True})
        await pipelines.run(PROJECT, checkout={"branch": "main"})
        await self.continuation()

    async def continuation(self) -> None:
        from circleci_v2.testing import WorkflowPlan

        setup = WorkflowPlan(name="setup", jobs=("generate",), tag="setup")
        waiting = self.fake.add_pipeline(PROJECT, workflows=[setup])
        await self.circleci.pipelines.continue_(continuation_key=waiting.continuation_key, configuration="version: 2.1")
        self.fake.clock.advance(10)
        assert len(await self.circleci.pipelines.list_workflows(waiting.id)) > 1

    async def workflows(self) -> None:
        workflows = self.circleci.workflows
        held = self.fake.add_pipeline(PROJECT, status="on_hold").workflows(self.fake.clock.now())[-1]
        job = next(job for job in await workflows.list_jobs(held.id) if job.approval_request_id)
        await workflows.approve(held.id, job.approval_request_id)
        assert (await workflows.get(held.id)).status == "success"
        again = await workflows.rerun(held.id)
        await workflows.cancel(again.workflow_id)
        assert (await workflows.get(again.workflow_id)).status == "canceled"

    async def jobs(self) -> None:
        jobs = self.circleci.jobs
        project = self.fake.state.projects[PROJECT]
        project.planned_workflows()
        now = self.fake.clock.now()
        tested = next(job for job in project.jobs.values() if job.name == "unit-tests" and job.status(now) == "success")
        details = await jobs.get_by_number(PROJECT, tested.number)
        assert details.name == "unit-tests"
        assert (await jobs.get(tested.id)).job_number == tested.number
        assert len(await jobs.list_tests(PROJECT, tested.number).collect()) > 20
        assert len(await jobs.list_artifacts(PROJECT, tested.number).collect()) > 20
        running = self.fake.add_pipeline(PROJECT, status="running", jobs=["first", "second"])
        first, second = running.workflows(self.fake.clock.now())[0].jobs
        await jobs.cancel(second.id)
        await jobs.cancel_by_number(PROJECT, first.number)
        self.fake.add_pipeline(PROJECT, status="running", jobs=[JobPlan(name="lonely")])

    async def insights(self) -> None:
        insights = self.circleci.insights
        await insights.project_summary(PROJECT, branches=["main"], workflow_names=["release"])
        await insights.job_timeseries(PROJECT, "release", granularity="daily")
        await insights.organization_summary("gh/acme", project_names=["web"])
        await insights.branches(PROJECT)
        assert (await insights.flaky_tests(PROJECT)).total_flaky_tests
        await insights.list_workflows(PROJECT)
        await insights.list_workflow_runs(PROJECT, "release", all_branches=True)
        await insights.list_jobs(PROJECT, "release")
        await insights.workflow_summary(PROJECT, "release")
        await insights.test_metrics(PROJECT, "pull-request", all_branches=True)

    async def contexts(self) -> None:
        contexts = self.circleci.contexts
        created = await contexts.create(name="walked", owner={"id": self.org_id, "type": "organization"})
        assert any(context.id == created.id for context in await contexts.list(owner_id=self.org_id))
        assert (await contexts.get(created.id)).name == "walked"
        await contexts.set_environment_variable(created.id, "KEY", value="secret")
        assert [variable.variable for variable in await contexts.list_environment_variables(created.id)] == ["KEY"]
        await contexts.delete_environment_variable(created.id, "KEY")
        restriction = await contexts.create_restriction(
            created.id, restriction_type="project", restriction_value=self.project_id
        )
        await contexts.list_restrictions(created.id)
        await contexts.delete_restriction(created.id, str(restriction.id))
        await contexts.delete(created.id)

    async def groups_and_exporters(self) -> None:
        groups, otel = self.circleci.groups, self.circleci.otel
        group = await groups.create(self.org_id, name="people")
        assert (await groups.get(self.org_id, group.id)).name == "people"
        assert len(await groups.list(self.org_id, limit=5)) == 1
        await groups.delete(self.org_id, group.id)
        exporter = await otel.create_exporter(org_id=self.org_id, endpoint="otel.example:4317", protocol="grpc")
        assert len(await otel.list_exporters(org_id=self.org_id)) == 1
        await otel.delete_exporter(exporter.id)

    async def schedules(self) -> None:
        schedules = self.circleci.schedules
        timetable = {"per-hour": 1, "hours-of-day": [3], "days-of-week": ["MON"]}
        created = await schedules.create(
            PROJECT, name="nightly", attribution_actor="current", parameters={"branch": "main"}, timetable=timetable
        )
        assert len(await schedules.list(PROJECT)) == 1
        await schedules.update(created.id, description="every Monday", timetable={"hours-of-day": [4]})
        assert (await schedules.get(created.id)).description == "every Monday"
        await schedules.delete(created.id)

    async def webhooks(self) -> None:
        webhooks = self.circleci.webhooks
        created = await webhooks.create(
            name="ours",
            events=["workflow-completed"],
            scope={"id": self.project_id, "type": "project"},
            signing_secret="a-long-secret",
            url="http://127.0.0.1:9/",
            verify_tls=False,
        )
        assert len(await webhooks.list(scope_id=self.project_id, scope_type="project")) == 1
        await webhooks.update(
            created.id,
            name="renamed",
            events=created.events,
            signing_secret="a-long-secret",
            url=created.url,
            verify_tls=created.verify_tls,
        )
        assert (await webhooks.get(created.id)).name == "renamed"
        await webhooks.delete(created.id)

    async def definitions_and_triggers(self) -> None:
        definitions, triggers = self.circleci.pipeline_definitions, self.circleci.triggers
        repository = {"provider": "github_app", "repo": {"external_id": "1"}}
        definition = await definitions.create(
            self.project_id,
            name="ours",
            checkout_source=repository,
            config_source={**repository, "file_path": ".circleci/config.yml"},
        )
        identifier = str(definition.id)
        assert len((await definitions.list(self.project_id)).items) == 2  # a seeded project has one
        await definitions.get(self.project_id, identifier)
        await definitions.update(self.project_id, identifier, description="changed")
        trigger = await triggers.create(
            self.project_id, identifier, event_source=repository, event_preset="all-pushes", checkout_ref="main"
        )
        assert len((await triggers.list(self.project_id, identifier)).items) == 1
        await triggers.update(self.project_id, str(trigger.id), disabled=True)
        assert (await triggers.get(self.project_id, str(trigger.id))).disabled is True
        await triggers.delete(self.project_id, str(trigger.id))
        await definitions.delete(self.project_id, identifier)

    async def deploys(self) -> None:
        deploy = self.circleci.deploy
        environments = await deploy.list_environments(org_id=self.org_id, page_size=10).collect()
        production = next(environment for environment in environments if environment.name == "production")
        await deploy.get_environment(production.id)
        component = (await deploy.list_components(org_id=self.org_id, page_size=10)).items[0]
        await deploy.get_component(str(component.id))
        versions = await deploy.list_component_versions(str(component.id), environment_id=production.id).collect()
        await self.circleci.rollbacks.create(
            self.project_id,
            component_name=component.name,
            environment_name="production",
            current_version=versions[0].name,
            target_version=versions[1].name,
        )
        versions = await deploy.list_component_versions(str(component.id), environment_id=production.id).collect()
        assert [version.is_live for version in versions[:2]] == [False, True]

    async def policies(self) -> None:
        policies, owner = self.circleci.policies, self.org_id
        await policies.create_policy_bundle(owner, policies={"images": 'enable_rule["pinned"]'})
        assert (await policies.get_policy(owner, "images")).name == "images"
        assert "images" in _plain(await policies.get_policy_bundle(owner))
        await policies.update_decision_settings(owner, enabled=True)
        assert (await policies.get_decision_settings(owner)).enabled is True
        decision = await policies.make_decision(owner, input="version: 2.1")
        assert decision.enabled_rules == ["pinned"]
        logged = (await policies.list_decisions(owner).collect())[0]
        await policies.get_decision(owner, str(logged.id))
        await policies.get_decision_policy_bundle(owner, str(logged.id))

    async def claims(self) -> None:
        oidc = self.circleci.oidc
        await oidc.update_organization_claims(self.org_id, audience=["ours"], ttl="1h")
        assert (await oidc.get_organization_claims(self.org_id)).audience == ["ours"]
        await oidc.delete_organization_claims(self.org_id, claims="audience,ttl")
        await oidc.update_project_claims(self.org_id, self.project_id, ttl="30m")
        assert (await oidc.get_project_claims(self.org_id, self.project_id)).ttl == "30m0s"
        await oidc.delete_project_claims(self.org_id, self.project_id, claims="ttl")

    async def usage(self) -> None:
        end = self.fake.clock.moment()
        asked = await self.circleci.usage.create_export(self.org_id, start=end - timedelta(days=10), end=end)
        self.fake.clock.advance(60)
        ready = await self.circleci.usage.get_export(self.org_id, asked.usage_export_job_id)
        assert ready.state == "completed"
        assert ready.download_urls


def _plain(bundle: Any) -> Any:
    return bundle if isinstance(bundle, dict) else bundle.to_dict()
