"""A random walk through what callers can change: the fake, seen through the client, agrees with a model of
dictionaries."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from circleci_v2 import CircleCI, NotFoundError, PermissionDeniedError
from circleci_v2.testing import FakeCircleCI

T = TypeVar("T")

PROJECT = "gh/acme/web"
names = st.text(st.characters(categories=("L", "N")), min_size=1, max_size=8)
secrets = st.text(min_size=1, max_size=12)


class Organization(RuleBasedStateMachine):
    """Contexts and their variables, a project's variables, webhooks and schedules."""

    contexts = Bundle("contexts")
    webhooks = Bundle("webhooks")
    schedules = Bundle("schedules")

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()  # a client belongs to one event loop
        self.fake = FakeCircleCI(spelling="document")  # the client is strict
        self.project = self.fake.add_project(PROJECT)
        self.org_id = self.project.organization.id
        self.circleci = CircleCI(self.fake.token, transport=self.fake.transport(), strict=True)
        self.variables_of: dict[str, set[str]] = {}
        self.context_names: dict[str, str] = {}
        self.variables: dict[str, str] = {}
        self.webhook_names: dict[str, str] = {}
        self.schedule_names: dict[str, str] = {}

    def do(self, request: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(request)

    def teardown(self) -> None:
        self.runner.close()

    @rule(target=contexts, name=names)
    def create_context(self, name: str) -> str:
        unique = f"{name}-{len(self.fake.journal)}"
        created = self.do(self.circleci.contexts.create(name=unique, owner={"id": self.org_id}))
        self.context_names[str(created.id)] = unique
        self.variables_of[str(created.id)] = set()
        return str(created.id)

    @rule(context=contexts, name=names, value=secrets)
    def set_context_variable(self, context: str, name: str, value: str) -> None:
        self.do(self.circleci.contexts.set_environment_variable(context, name, value=value))
        self.variables_of[context].add(name)

    @rule(context=contexts, name=names)
    def delete_context_variable(self, context: str, name: str) -> None:
        deleting = self.circleci.contexts.delete_environment_variable(context, name)
        if name in self.variables_of[context]:
            self.do(deleting)
            self.variables_of[context].remove(name)
        else:
            with pytest.raises(NotFoundError):
                self.do(deleting)

    @rule(context=consumes(contexts))
    def delete_context(self, context: str) -> None:
        self.do(self.circleci.contexts.delete(context))
        del self.context_names[context], self.variables_of[context]
        with pytest.raises(PermissionDeniedError):
            self.do(self.circleci.contexts.get(context))

    @rule(name=names, value=secrets)
    def set_project_variable(self, name: str, value: str) -> None:
        self.do(self.circleci.projects.create_environment_variable(PROJECT, name=name, value=value))
        self.variables[name] = "xxxx" + value[len(value) - min(4, len(value) // 2) :]

    @rule(name=names)
    def delete_project_variable(self, name: str) -> None:
        deleting = self.circleci.projects.delete_environment_variable(PROJECT, name)
        if self.variables.pop(name, None) is not None:
            self.do(deleting)
        else:
            with pytest.raises(NotFoundError):
                self.do(deleting)

    @rule(target=webhooks, name=names)
    def create_webhook(self, name: str) -> str:
        creating = self.circleci.webhooks.create(
            name=name,
            events=["job-completed"],
            scope={"id": self.project.id, "type": "project"},
            signing_secret="secret",
            url="http://127.0.0.1:9/",
            verify_tls=True,
        )
        identifier = str(self.do(creating).id)
        self.webhook_names[identifier] = name
        return identifier

    @rule(webhook=webhooks, name=names)
    def rename_webhook(self, webhook: str, name: str) -> None:
        updating = self.circleci.webhooks.update(
            webhook,
            name=name,
            events=["job-completed"],
            signing_secret="secret",
            url="http://127.0.0.1:9/",
            verify_tls=True,
        )
        assert self.do(updating).events == ["job-completed"]
        self.webhook_names[webhook] = name

    @rule(webhook=consumes(webhooks))
    def delete_webhook(self, webhook: str) -> None:
        self.do(self.circleci.webhooks.delete(webhook))
        del self.webhook_names[webhook]

    @rule(target=schedules, name=names)
    def create_schedule(self, name: str) -> str:
        creating = self.circleci.schedules.create(
            PROJECT,
            name=name,
            attribution_actor="system",
            parameters={"branch": "main"},
            timetable={"per-hour": 1, "hours-of-day": [1], "days-of-week": ["SUN"]},
        )
        identifier = str(self.do(creating).id)
        self.schedule_names[identifier] = name
        return identifier

    @rule(schedule=schedules, name=names)
    def rename_schedule(self, schedule: str, name: str) -> None:
        self.do(self.circleci.schedules.update(schedule, name=name))
        self.schedule_names[schedule] = name

    @rule(schedule=consumes(schedules))
    def delete_schedule(self, schedule: str) -> None:
        self.do(self.circleci.schedules.delete(schedule))
        del self.schedule_names[schedule]

    @invariant()
    def the_fake_agrees_with_the_model(self) -> None:
        self.do(self._compare())

    async def _compare(self) -> None:
        contexts = await self.circleci.contexts.list(owner_id=self.org_id).collect()
        assert {str(context.id): context.name for context in contexts} == self.context_names
        for identifier, names_of in self.variables_of.items():
            variables = await self.circleci.contexts.list_environment_variables(identifier).collect()
            assert {variable.variable for variable in variables} == names_of
        variables_of_project = await self.circleci.projects.list_environment_variables(PROJECT).collect()
        assert {variable.name: variable.value for variable in variables_of_project} == self.variables
        webhooks = await self.circleci.webhooks.list(scope_id=self.project.id, scope_type="project").collect()
        assert {str(webhook.id): webhook.name for webhook in webhooks} == self.webhook_names
        schedules = await self.circleci.schedules.list(PROJECT).collect()
        assert {str(schedule.id): schedule.name for schedule in schedules} == self.schedule_names


TestOrganization = Organization.TestCase
TestOrganization.settings = settings(max_examples=15, stateful_step_count=15, deadline=None)
