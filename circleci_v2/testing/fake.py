"""FakeCircleCI: the CircleCI API v2 on the local machine."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Sequence
from random import Random
from typing import Final, Self, get_args

import anyio.lowlevel
import attrs

from circleci_v2._validation import require_one_of
from circleci_v2.errors import ConfigurationError
from circleci_v2.testing.clock import Clock, SkippedWaits
from circleci_v2.testing.deliveries import WebhookDelivery, due_deliveries, send_each
from circleci_v2.testing.dispatch import (
    CheckedResponse,
    Mode,
    RequestChecks,
    Spelling,
    published_routes,
    respond_to_api,
    respond_to_download,
)
from circleci_v2.testing.faults import Faults, Transmission
from circleci_v2.testing.messages import FakeRequest, Journal, JournalEntry
from circleci_v2.testing.routes import Routes
from circleci_v2.testing.routes.triggers import run_schedules
from circleci_v2.testing.routes.unpublished import UNPUBLISHED_PREFIXES, UNPUBLISHED_ROUTES
from circleci_v2.testing.seeding import seed_project
from circleci_v2.testing.specification import require_extra
from circleci_v2.testing.state import FakeState
from circleci_v2.testing.state.execution import PipelineStatus, add_pipeline
from circleci_v2.testing.state.plans import JobPlan, WorkflowPlan
from circleci_v2.testing.state.projects import FakePipeline, FakeProject
from circleci_v2.testing.state.resources import DecidePolicies, FakeOrganization, PolicyDecision, uuid
from circleci_v2.testing.transport import FakeTransport, Serving, SkippingTransport
from circleci_v2.usage_export import Timing
from circleci_v2.waiting.polling import Polling

__all__ = ["API_PREFIX", "FakeCircleCI"]

API_PREFIX: Final = "/api/v2"
"""The path of the API's base URL."""


class FakeCircleCI:
    """A stateful, deterministic CircleCI API v2 that runs in this process and needs no network.

    All operations are implemented: triggered pipelines run, created resources exist, deleted ones are gone. An operation
    of the OpenAPI document without a handler gets a response that is made from its schema. Use the fake in process, as the
    transport of a client::

        fake = FakeCircleCI()
        fake.add_project("gh/acme/web")
        async with CircleCI(fake.token, transport=fake.transport()) as circleci: ...

    or over a socket on the loopback interface::

        async with fake.serve() as url, CircleCI(fake.token, base_url=url) as circleci: ...

    Called on the class, `serve` creates a seeded fake first::

        async with FakeCircleCI.serve() as url, CircleCI("fake-token", base_url=url) as circleci: ...

    Args:
        token: The only valid API token. Default: ``fake-token``.
        seed: The seed of all random values; the same seed and the same requests produce the same responses. Default: 0.
        clock: The clock of the fake. Default: a clock that stays at `EPOCH` until `advance` is called.
        realistic: Deviate from the OpenAPI document like the live API: nulls, unknown enum values, plain-text 401
            responses, workflows that appear with a delay, ignored page tokens, slugs with ``%2F`` that are not found. All
            deviations are known from recorded responses. Default: False.
        spelling: Whose keys the responses have. ``live``: as in recorded live responses, for example ``vcs_type`` and
            ``created_at``. ``document``: as in the OpenAPI document, ``vcs-type`` and ``created-at``. Default: ``live``.
        check_requests: Which requests are rejected with 400, with the errors in `journal`. ``lenient``: those that the
            live API rejects; what the document does not allow and the live API accepts becomes one of the `complaints`,
            such as an unknown query parameter. ``strict``: all that the document does not allow. ``off``: none, and there
            are no complaints. Default: ``lenient``.

    Raises:
        ConfigurationError: `spelling` or `check_requests` is unknown, or the extra ``testing`` is not installed.

    Attributes:
        token: The only valid API token.
        clock: The clock of the fake.
        state: All projects, pipelines and other resources, for setup that the methods of this class do not offer.
        faults: Errors, delays, disconnects and rate limits for upcoming requests.
        journal: All API requests with their responses.
        deliveries: The webhook deliveries so far, including those that the receiver did not accept.
        realistic: Whether responses deviate from the OpenAPI document; may be changed at any time.
    """

    def __init__(
        self,
        *,
        token: str = "fake-token",
        seed: int = 0,
        clock: Clock | None = None,
        realistic: bool = False,
        spelling: Spelling = "live",
        check_requests: RequestChecks = "lenient",
    ) -> None:
        require_extra()
        require_one_of("spelling", spelling, get_args(Spelling))
        require_one_of("check_requests", check_requests, get_args(RequestChecks))
        self.token = token
        self.clock = clock or Clock()
        self.state = FakeState(seed=seed, clock=self.clock)
        self._waits = SkippedWaits(self.clock)
        named = Routes((*published_routes(), *UNPUBLISHED_ROUTES)).named
        self.faults = Faults(named, timer=self._waits.now)
        self.journal = Journal(named)
        self.deliveries: list[WebhookDelivery] = []
        self._undelivered: list[WebhookDelivery] = []
        self.realistic = realistic
        self._spelling: Spelling = spelling
        self._check_requests: RequestChecks = check_requests
        self._seed = seed
        self._request_ids = Random(f"{seed} request ids")
        # A served fake handles requests in the server's thread, concurrently with the test.
        self._lock = threading.RLock()

    @classmethod
    def seeded(
        cls,
        slug: str = "gh/acme/web",
        *,
        pipelines: int = 400,
        seed: int = 0,
        clock: Clock | None = None,
        realistic: bool = False,
        spelling: Spelling = "live",
        check_requests: RequestChecks = "lenient",
    ) -> Self:
        """Create a fake with one project that has a realistic history.

        Args:
            slug: The slug of the project. Default: ``gh/acme/web``.
            pipelines: The number of pipelines, spread over the weeks before the current time. Default: 400.
            seed: The seed of all random values. Default: 0.
            clock: The clock of the fake. Default: a clock that stays at `EPOCH`.
            realistic: Deviate from the OpenAPI document like the live API. Default: False.
            spelling: Whose keys the responses have, ``live`` or ``document``. Default: ``live``.
            check_requests: Which requests are rejected, ``lenient``, ``strict`` or ``off``. Default: ``lenient``.

        Raises:
            ConfigurationError: `slug` is not a project slug, `pipelines` is negative, or another argument is unknown.
        """
        fake = cls(seed=seed, clock=clock, realistic=realistic, spelling=spelling, check_requests=check_requests)
        fake.add_seeded_project(slug, pipelines=pipelines)
        return fake

    def add_seeded_project(self, slug: str, *, pipelines: int = 400) -> FakeProject:
        """Add a project with a realistic history.

        The history contains releases with approvals, pull requests, tags, scheduled pipelines, dynamic configuration,
        flaky tests, reruns and configuration errors. It is the same for the same slug, size and seed.

        Args:
            slug: The slug of the project, for example ``gh/acme/web``.
            pipelines: The number of pipelines, spread over the weeks before the current time. Default: 400.

        Raises:
            ConfigurationError: `slug` is not a project slug, the project exists already, or `pipelines` is negative.
        """
        with self._lock:
            return seed_project(self.state, slug, pipelines=pipelines, seed=self._seed)

    def add_project(
        self,
        slug: str,
        *,
        name: str | None = None,
        default_branch: str = "main",
        workflows: Iterable[WorkflowPlan] = (),
    ) -> FakeProject:
        """Add a project without pipelines, and its organization if needed.

        Args:
            slug: The slug of the project, for example ``gh/acme/web``. After ``circleci/`` come the ids of a standalone
                organization and its project, as UUIDs or in base58; from names, new ids are made, so use ``slug`` of the
                project that is returned.
            name: The name of the project. Default: the last part of `slug`.
            default_branch: The branch of pipelines that are triggered without a branch or tag. Default: ``main``.
            workflows: The workflows that each new pipeline runs. Default: one workflow, ``build-and-test``, with the
                jobs ``build`` (90 seconds) and ``test`` (240 seconds), both of which succeed.

        Raises:
            ConfigurationError: `slug` is not a project slug, or the project exists already.
        """
        with self._lock:
            return self.state.add_project(slug, name=name, default_branch=default_branch, workflows=workflows)

    def add_pipeline(
        self,
        project: FakeProject | str,
        *,
        status: PipelineStatus = "success",
        jobs: Sequence[JobPlan | str] | None = None,
        workflows: Sequence[WorkflowPlan] | None = None,
        branch: str | None = None,
        tag: str | None = None,
    ) -> FakePipeline:
        """Add a pipeline that has a given status at the current time.

        Args:
            project: The project or its slug. A project that does not exist is added.
            status: The status: ``success``, ``failed`` or ``canceled`` for a pipeline that has ended, ``running``,
                ``on_hold`` for one that waits for an approval, or ``errored`` for one whose configuration is invalid
                and that has no workflows. For ``failed``, the last job fails unless a plan in `jobs` or `workflows`
                fails. For ``running``, the last job is unfinished. For ``on_hold``, an approval job is appended unless
                a plan contains one. Default: ``success``.
            jobs: The jobs of a single workflow, ``build-and-test``. Jobs given as names run one after the other.
                Default: the workflows of the project.
            workflows: The workflows, in full; not together with `jobs`.
            branch: The branch. Default: the project's default branch.
            tag: A tag instead of a branch.

        Raises:
            ConfigurationError: Both `jobs` and `workflows` are given, or both `branch` and `tag`, or the plans contradict
                `status`.
        """
        with self._lock:
            run_schedules(self.state)  # pipelines that were due earlier get the lower numbers
            if isinstance(project, str):
                project = self.state.find_project(project) or self.state.add_project(project)
            return add_pipeline(
                self.state, project, status=status, jobs=jobs, workflows=workflows, branch=branch, tag=tag
            )

    def transport(self, *, skip_waits: bool = False) -> FakeTransport:
        """Create an httpx transport that sends all requests to this fake, in process.

        Pass it as ``CircleCI(transport=...)`` or to an ``httpx.AsyncClient`` or ``httpx.Client``. Delays that `faults` adds
        move the clock of the fake and take no real time, unless that clock runs with real time.

        Args:
            skip_waits: Let the waits of a `CircleCI` client take no real time either: those between retries, for
                ``Retry-After`` and for rate limits move the clock of the fake instead. Default: False.

        Raises:
            ConfigurationError: `skip_waits` is given although the clock runs with real time.
        """
        if skip_waits and self.clock.running:
            msg = "skip_waits=True needs a clock that stands still: create the fake with a clock whose speed is 0"
            raise ConfigurationError(msg)
        if skip_waits:
            return SkippingTransport(self.handle, self._waits)
        return FakeTransport(self.handle, None if self.clock.running else self._waits)

    serve = Serving()
    """Serve the fake over a socket: ``async with fake.serve() as url``; see `Serve.__call__` for the arguments."""

    def decide_policies(
        self,
        organization: FakeOrganization | str,
        decide: PolicyDecision | DecidePolicies,
    ) -> None:
        """Set the decisions of an organization's config policies; each decision is logged as usual.

        The fake does not evaluate policies, which are written in Rego. Without this method every configuration passes.

        Args:
            organization: The organization or its slug. An organization that does not exist is added.
            decide: The decision for every configuration, or a function from the configuration (YAML text) to the
                decision.

        Raises:
            ConfigurationError: `organization` is not an organization slug.
        """
        with self._lock:
            if isinstance(organization, str):
                organization = self.state.add_organization(organization)
            organization.policies.decide = decide if callable(decide) else lambda _: decide

    @property
    def complaints(self) -> list[str]:
        """What is unusual about the requests so far although they were accepted; the same as ``journal.complaints``.

        For example unknown query parameters, unknown keys of bodies, and slugs with ``%2F``.
        """
        return self.journal.complaints

    async def advance(self, seconds: float) -> list[WebhookDelivery]:
        """Advance the clock, start the scheduled pipelines that became due, and deliver the webhooks that became due.

        Always yields to other tasks, even if nothing is due, so that a loop of `advance` calls can be cancelled.

        Args:
            seconds: The time to advance by, in seconds; 0 only delivers.

        Returns:
            The deliveries, in the order of their events.

        Raises:
            ConfigurationError: `seconds` is negative, or the URL of a webhook is invalid or not on this machine. In the latter
                case all other webhooks have been delivered; see `deliveries`.
        """
        self.clock.advance(seconds)
        return await self.deliver_webhooks()

    def polling(self) -> Polling:
        """Create the ``polling`` argument of the client's wait methods so that waits advance this fake's clock.

        ::

            await circleci.wait_for_pipeline(pipeline.id, timeout=3600, polling=fake.polling())
        """
        return Polling(clock=self.clock.now, sleep=self.advance)

    def timing(self) -> Timing:
        """Create the ``timing`` argument of a usage export so that its waits advance this fake's clock.

        ::

            await circleci.export_usage(organization_id, start, end, "usage.csv", timing=fake.timing())
        """
        return Timing(now=self.clock.moment, monotonic=self.clock.now, sleep=self.advance)

    async def deliver_webhooks(self) -> list[WebhookDelivery]:
        """Deliver the webhooks that are due.

        `advance` does this, and so does a served fake with a running clock; call it after moving `clock` directly.

        Returns:
            The deliveries, in the order of their events.

        Raises:
            ConfigurationError: The URL of a webhook is invalid or not on this machine; all other webhooks have been delivered.
        """
        await anyio.lowlevel.checkpoint()
        with self._lock:
            run_schedules(self.state)
            due = deque([*self._undelivered, *due_deliveries(self.state)])
            self._undelivered.clear()
        try:
            return await send_each(due, record=self.deliveries.append)
        finally:
            with self._lock:
                self._undelivered.extend(due)

    def handle(self, request: FakeRequest) -> Transmission:
        """Respond to one request, whether it arrived in process or over a socket.

        Args:
            request: The request; its path includes `API_PREFIX`, unless it is for API v1.1, an artifact or storage.

        Returns:
            The response, with the delay or disconnect that `faults` adds to it.
        """
        with self._lock:
            run_schedules(self.state)
            if request.path.startswith(API_PREFIX + "/"):
                request = attrs.evolve(request, path=request.path.removeprefix(API_PREFIX))
                return self._handle_api(request, published_routes(), self._mode())
            if request.path.startswith(UNPUBLISHED_PREFIXES):
                mode = attrs.evolve(self._mode(), realistic=False, check_requests="off")  # no document describes them
                return self._handle_api(request, UNPUBLISHED_ROUTES, mode)
            return Transmission(response=respond_to_download(self.state, request, token=self.token))

    def _handle_api(self, request: FakeRequest, routes: Routes, mode: Mode) -> Transmission:
        match = routes.find(request.method, request.path)
        if match is not None:
            request = attrs.evolve(request, route=match.route.template, path_params=match.path_params)
        response = self.faults.intercept(request)
        outcome = CheckedResponse(response) if response else respond_to_api(self.state, request, match, mode)
        response = outcome.response.with_headers({"x-request-id": uuid(self._request_ids), "x-route": request.route})
        entry = JournalEntry(
            request=request,
            response=response,
            at=self.clock.now(),
            validation_errors=outcome.errors,
            complaints=outcome.complaints,
        )
        self.journal.add(entry)
        return self.faults.transmit(request, response)

    def _mode(self) -> Mode:
        return Mode(
            token=self.token,
            realistic=self.realistic,
            spelling=self._spelling,
            check_requests=self._check_requests,
        )
