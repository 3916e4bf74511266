"""FakeCircleCI: the CircleCI API v2 on the user's own machine; the one place that wires its rooms together."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from random import Random
from typing import Final, Self

import anyio.lowlevel
import attrs

from circleci_v2.testing.auth import refuse_unknown_token
from circleci_v2.testing.clock import Clock
from circleci_v2.testing.deliveries import WebhookDelivery, due_deliveries, send_each
from circleci_v2.testing.downloads import ARTIFACTS_PREFIX, STORAGE_PREFIX, get_artifact, get_stored
from circleci_v2.testing.faults import Delivery, Faults
from circleci_v2.testing.journal import Entry, Journal
from circleci_v2.testing.messages import Answer, Call, Refusal
from circleci_v2.testing.realistic import forget_page_token, realistic
from circleci_v2.testing.refusals import bad_request, no_route
from circleci_v2.testing.routes import ROUTES
from circleci_v2.testing.routing import Handler
from circleci_v2.testing.scenarios import PipelineStatus, add_pipeline
from circleci_v2.testing.schedules import run_schedules
from circleci_v2.testing.seeding import seed_project
from circleci_v2.testing.serving import Serving
from circleci_v2.testing.specification import Specification
from circleci_v2.testing.state.decisions import DecidePolicies, PolicyDecision
from circleci_v2.testing.state.identifiers import uuid
from circleci_v2.testing.state.organizations import Organization, PolicyStore
from circleci_v2.testing.state.plans import JobPlan, WorkflowPlan
from circleci_v2.testing.state.projects import Project
from circleci_v2.testing.state.runs import Pipeline
from circleci_v2.testing.state.world import World
from circleci_v2.testing.transport import FakeTransport
from circleci_v2.usage_export import Timing
from circleci_v2.waiting.polling import Polling

__all__ = ["API_PREFIX", "FakeCircleCI"]

API_PREFIX: Final = "/api/v2"
"""What stands before every path of the API."""


class FakeCircleCI:
    """A CircleCI that runs in this process: stateful, deterministic, without a network.

    Use it in process, as the transport of a client::

        fake = FakeCircleCI()
        fake.add_project("gh/acme/web")
        async with CircleCI(fake.token, transport=fake.transport()) as circleci: ...

    or over a real socket on the loopback interface; called on the class, `serve` takes a new, seeded one::

        async with fake.serve() as url, CircleCI(fake.token, base_url=url) as circleci: ...
        async with FakeCircleCI.serve() as url, CircleCI("fake-token", base_url=url) as circleci: ...

    Args:
        token: The token that it accepts. Default: ``fake-token``.
        seed: What every random thing is drawn from: the same seed gives the same answers. Default: 0.
        clock: The time. Default: a clock that stands still at `EPOCH` until `clock.advance` is called.
        realistic: Answer as the live API is seen to, where that is not what its document says: nulls, other spellings,
            unknown values, text for a 401, workflows that are late, page tokens that are ignored. Default: every answer
            is what the document says.
        check_calls: Answer 400 to a call that the document does not allow, and name it in the journal. Default: True.

    Attributes:
        token: The token that it accepts.
        clock: The time.
        world: What exists, for what the methods here do not offer.
        faults: What is going to go wrong.
        journal: What was asked and answered.
        deliveries: The webhooks that were delivered, or tried to.
        realistic: Whether it answers as the live API is seen to.
    """

    def __init__(
        self,
        *,
        token: str = "fake-token",
        seed: int = 0,
        clock: Clock | None = None,
        realistic: bool = False,
        check_calls: bool = True,
    ) -> None:
        self.token = token
        self.clock = clock or Clock()
        self.world = World(seed=seed, clock=self.clock)
        self.faults = Faults()
        self.journal = Journal()
        self.deliveries: list[WebhookDelivery] = []
        self._undelivered: list[WebhookDelivery] = []
        self.realistic = realistic
        self._check_calls = check_calls
        self._seed = seed
        self._request_ids = Random(f"{seed} request ids")
        # Served over a socket, calls arrive in the server's thread while the test goes on in its own.
        self._lock = threading.RLock()

    @classmethod
    def seeded(
        cls, slug: str = "gh/acme/web", *, pipelines: int = 400, seed: int = 0, clock: Clock | None = None
    ) -> Self:
        """A fake that knows one project with a believable past.

        Args:
            slug: What the project is called. Default: ``gh/acme/web``.
            pipelines: How many it has run, over the weeks before now. Default: 400.
            seed: What everything is drawn from. Default: 0.
            clock: The time. Default: a clock that stands still at `EPOCH`.
        """
        fake = cls(seed=seed, clock=clock)
        fake.add_seeded_project(slug, pipelines=pipelines)
        return fake

    def add_seeded_project(self, slug: str, *, pipelines: int = 400) -> Project:
        """Add a project with a believable past.

        Args:
            slug: What it is called, for example ``gh/acme/web``.
            pipelines: How many it has run, over the weeks before now. Default: 400.

        Raises:
            ValueError: The text is no slug, there is such a project already, or `pipelines` is negative.
        """
        with self._lock:
            return seed_project(self.world, slug, pipelines=pipelines, seed=self._seed)

    def add_project(
        self,
        slug: str,
        *,
        name: str | None = None,
        default_branch: str = "main",
        workflows: Iterable[WorkflowPlan] = (),
    ) -> Project:
        """Add a project that has run nothing yet.

        Args:
            slug: What it is called, for example ``gh/acme/web``.
            name: Its name. Default: the last part of the slug.
            default_branch: The branch that is built when a trigger names none. Default: ``main``.
            workflows: What its pipelines run. Default: one workflow, ``build-and-test``, of the jobs ``build`` and
                ``test``.

        Raises:
            ValueError: The text is no slug, or there is such a project already.
        """
        with self._lock:
            return self.world.add_project(slug, name=name, default_branch=default_branch, workflows=workflows)

    def add_pipeline(
        self,
        project: Project | str,
        *,
        status: PipelineStatus = "success",
        jobs: Sequence[JobPlan | str] | None = None,
        workflows: Sequence[WorkflowPlan] | None = None,
        branch: str | None = None,
        tag: str | None = None,
    ) -> Pipeline:
        """Add a pipeline that is, now, in the state that a test needs.

        Args:
            project: The project or its slug; a slug that is new adds the project.
            status: How it stands: ended in ``success``, ``failed`` or ``canceled``, still ``running``, ``on_hold`` at
                an approval, or ``errored`` before it ran anything. ``failed`` makes the last job fail, unless a plan
                says what fails; ``running`` leaves the last job unfinished; ``on_hold`` puts an approval at the end,
                unless a plan holds one.
            jobs: What it ran, one after the other where only names are given, in one workflow. Default: the project's
                own.
            workflows: What it ran, in full.
            branch: The branch it ran for. Default: the project's default branch.
            tag: The tag it ran for instead.

        Raises:
            ValueError: `jobs` and `workflows` are both given, `branch` and `tag` are, or the plan cannot have that
                status.
        """
        with self._lock:
            run_schedules(self.world)  # what started earlier has the lower number
            if isinstance(project, str):
                project = self.world.projects.get(project) or self.world.add_project(project)
            return add_pipeline(
                self.world, project, status=status, jobs=jobs, workflows=workflows, branch=branch, tag=tag
            )

    def transport(self) -> FakeTransport:
        """What a client takes as ``transport`` to reach this fake without a socket."""
        return FakeTransport(self)

    serve = Serving()
    """Serves it over a real socket: ``async with fake.serve() as url``; see `Serve`."""

    def decide_policies(
        self,
        organization: Organization | str,
        decide: PolicyDecision | DecidePolicies,
        *,
        context: str = "config",
    ) -> None:
        """Say what the config policies of an organization decide, from now on; each decision is logged as usual.

        Policies are written in Rego, which the fake does not evaluate: as long as this is not called, every
        configuration passes.

        Args:
            organization: The organization or its slug; a slug that is new adds the organization.
            decide: The decision, or a function that makes it from the configuration, which is YAML text.
            context: The policy context. Default: ``config``, the only one that CircleCI has.

        Raises:
            ValueError: The text is no organization slug.
        """
        with self._lock:
            if isinstance(organization, str):
                organization = self.world.add_organization(organization)
            store = organization.policies.setdefault(context, PolicyStore())
            store.decide = decide if callable(decide) else lambda _: decide

    async def advance(self, seconds: float) -> list[WebhookDelivery]:
        """Let time pass, start what schedules start on the way, and deliver the webhooks that become due.

        Other tasks get their turn each time, also when nothing is due, as they do while real time passes.

        Args:
            seconds: How much time.

        Returns:
            What was delivered, in the order in which it happened.

        Raises:
            ValueError: `seconds` is negative, or a webhook goes to another machine or to what is no address; what all
                other webhooks are told was delivered and is in `deliveries`.
        """
        self.clock.advance(seconds)
        return await self.deliver_webhooks()

    def polling(self) -> Polling:
        """What a wait takes as ``polling``: its pauses pass in this fake, and not for real.

        ::

            await circleci.wait_for_pipeline(pipeline.id, timeout=3600, polling=fake.polling())
        """
        return Polling(clock=self.clock.now, sleep=self.advance)

    def timing(self) -> Timing:
        """What a usage export takes as ``timing``: its waits pass in this fake, and not for real.

        ::

            await circleci.export_usage(organization_id, start, end, "usage.csv", timing=fake.timing())
        """
        return Timing(now=self.clock.moment, monotonic=self.clock.now, sleep=self.advance)

    async def deliver_webhooks(self) -> list[WebhookDelivery]:
        """Deliver the webhooks that are due now; `advance` and a served fake whose clock runs do it by themselves.

        Raises:
            ValueError: A webhook goes to another machine or to what is no address; what all other webhooks are told was
                delivered and is in `deliveries`.
        """
        await anyio.lowlevel.checkpoint()
        with self._lock:
            run_schedules(self.world)
            due = deque([*self._undelivered, *due_deliveries(self.world)])
            self._undelivered.clear()
        try:
            return await send_each(due, record=self.deliveries.append)
        finally:
            with self._lock:
                self._undelivered.extend(due)

    def deliver(self, call: Call) -> Delivery:
        """Answer one call, whatever carried it here."""
        with self._lock:
            run_schedules(self.world)
            if call.path.startswith(API_PREFIX + "/"):
                return self._deliver_api(call)
            return Delivery(answer=self._download(call))

    def _deliver_api(self, call: Call) -> Delivery:
        call = attrs.evolve(call, path=call.path.removeprefix(API_PREFIX))
        found = ROUTES.find(call)
        if found is not None:
            call = attrs.evolve(call, route=found[0].template, parameters=found[1])
        complaints: list[str] = []
        answer = self.faults.refuse(call)
        if answer is None:
            answer, complaints = self._answer(call, found[0].handler if found else None)
        answer = answer.with_headers({"x-request-id": uuid(self._request_ids), "x-route": call.route})
        self.journal.add(Entry(call=call, answer=answer, at=self.clock.now(), complaints=tuple(complaints)))
        return self.faults.deliver(call, answer)

    def _answer(self, call: Call, handler: Handler | None) -> tuple[Answer, list[str]]:
        """What CircleCI answers when nothing goes wrong, and what it cannot make sense of."""
        answer, complaints = refuse_unknown_token(call, (self.token,)), list[str]()
        if answer is None and handler is not None:
            complaints = self._complaints(call)
            answer = bad_request(call, complaints) if complaints else self._handled(call, handler)
        answer = answer or no_route(call)
        return realistic(self.world, call, answer) if self.realistic else answer, complaints

    def _handled(self, call: Call, handler: Handler) -> Answer:
        try:
            return handler(self.world, forget_page_token(call) if self.realistic else call)
        except Refusal as refused:
            return refused.answer

    def _complaints(self, call: Call) -> list[str]:
        return Specification.published()[call.method, call.route].complaints(call) if self._check_calls else []

    def _download(self, call: Call) -> Answer:
        try:
            if call.method == "GET" and call.path.startswith(STORAGE_PREFIX):
                return get_stored(self.world, call)
            if call.method == "GET" and call.path.startswith(ARTIFACTS_PREFIX):
                return refuse_unknown_token(call, (self.token,)) or get_artifact(self.world, call)
        except Refusal as refused:
            return refused.answer
        return Answer.message("Not Found", HTTPStatus.NOT_FOUND)
