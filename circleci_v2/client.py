"""CircleCI: the client, which connects the layers of the package."""

from __future__ import annotations

import copy
from collections.abc import AsyncIterable, Awaitable, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar
from urllib.parse import quote

import attrs

from circleci_v2 import artifacts, usage_export, waiting
from circleci_v2 import history as _history
from circleci_v2._generated.namespaces import Namespaces, NamespacesWithRawResponse
from circleci_v2._http.session import CallOptions, Session
from circleci_v2._wire.deviations import Deviation, DeviationReporter
from circleci_v2._wire.encoding import encode_json, encode_query
from circleci_v2._wire.json import load_json
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.request import Request
from circleci_v2.bulk import OnError, OnProgress, Outcome, map_concurrently
from circleci_v2.config import AuthScheme, ConnectionOptions, Token, resolve
from circleci_v2.errors import DecodeError
from circleci_v2.events import DeviationEvent, Event
from circleci_v2.policies import Priority, RateLimitPolicy, RetryPolicy, Timeout
from circleci_v2.response import StreamedBody
from circleci_v2.streams import Stream

if TYPE_CHECKING:
    import httpx

__all__ = ["CircleCI"]

Item = TypeVar("Item")
Result = TypeVar("Result")


class CircleCI(Namespaces):
    """A client of the CircleCI API v2.

    Use it as an async context manager, or call `aclose` when done. One client serves any number of tasks at once; it
    belongs to the event loop it is first used on.

    Args:
        token: A personal API token, or an async function that gives one for each request. Default: ``CIRCLE_TOKEN``,
            ``CIRCLECI_TOKEN``, ``CIRCLECI_CLI_TOKEN`` or ``CIRCLE_CLI_TOKEN`` of the environment, then the files of
            CircleCI's CLI.
        base_url: Where the API is. Default: ``CIRCLECI_BASE_URL``, ``CIRCLE_HOST`` or ``CIRCLECI_CLI_HOST`` of the
            environment, then the files of CircleCI's CLI, then ``https://circleci.com/api/v2``. A host alone is
            completed to ``https://<host>/api/v2``.
        auth: How the token travels: ``header`` (``Circle-Token``), ``bearer`` or ``basic``. Default: ``header``.
        timeout: How long the parts of one attempt may take, in seconds. Default: 10 to connect, 60 for the rest.
        max_concurrency: How many requests may be under way at once. Default: 100.
        retry: When and how often a request is sent again. Default: ``RetryPolicy()``.
        rate_limit: How the client keeps within CircleCI's rate limits. Default: ``RateLimitPolicy()``.
        connection: How the client connects: proxy, certificates, HTTP/2, aiohttp. Default: ``ConnectionOptions()``.
        transport: An `httpx.AsyncBaseTransport` to send requests through. Default: connections of the client's own.
        strict: Raise `DecodeError` where an answer deviates from its description, instead of warning of it once.
            Default: False.
        on_event: Called with an `Event` for what the client does. Default: nobody is told.
        max_response_bytes: How long the body of an answer may be, decompressed. Default: 64 MiB.

    Raises:
        ConfigurationError: There is no token, or an argument makes no sense.
    """

    def __init__(
        self,
        token: Token | None = None,
        *,
        base_url: str | None = None,
        auth: AuthScheme = "header",
        timeout: float | Timeout | None = None,
        max_concurrency: int = 100,
        retry: RetryPolicy | None = None,
        rate_limit: RateLimitPolicy | None = None,
        connection: ConnectionOptions | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        strict: bool = False,
        on_event: Callable[[Event], None] | None = None,
        max_response_bytes: int = 64 * 1024 * 1024,
    ) -> None:
        self._settings = resolve(
            token,
            base_url=base_url,
            connection=connection,
            auth=auth,
            timeout=Timeout() if timeout is None else timeout,
            max_concurrency=max_concurrency,
            retry=retry or RetryPolicy(),
            rate_limit=rate_limit or RateLimitPolicy(),
            strict=strict,
            on_event=on_event,
            max_response_bytes=max_response_bytes,
        )
        self._session = Session(self._settings, transport=transport)
        self._options = CallOptions()
        self._deviations = DeviationReporter(strict=strict, emit=self._emit_deviation)
        super().__init__(self._send)

    # The jobs that every user has are functions of a client, each in a room of its own; here they become its methods.
    history = _history.history
    org_history = _history.org_history
    trigger_and_wait = waiting.trigger_and_wait
    wait_for_pipeline = waiting.wait_for_pipeline
    wait_for_workflow = waiting.wait_for_workflow
    rerun_and_wait = waiting.rerun_and_wait
    download_artifacts = artifacts.download_artifacts
    download_workflow_artifacts = artifacts.download_workflow_artifacts
    latest_artifacts = artifacts.latest_artifacts
    open_artifact = artifacts.open_artifact
    export_usage = usage_export.export_usage
    iter_usage_rows = usage_export.iter_usage_rows

    def map(
        self,
        fn: Callable[[Item], Awaitable[Result]],
        items: Iterable[Item] | AsyncIterable[Item],
        *,
        concurrency: int | None = None,
        ordered: bool = False,
        on_error: OnError = "raise",
        total: int | None = None,
        on_progress: OnProgress | None = None,
    ) -> Stream[Outcome[Item, Result]]:
        """Call `fn` for each item, many at a time, and give the outcomes as they come.

        The calls let others of this client go first. See `circleci_v2.bulk.map_concurrently`, which this is.

        Args:
            fn: An async function of one item, for example ``circleci.workflows.get``.
            items: What to call it with: any iterable or async iterable, also an endless one.
            concurrency: How many calls may run at a time. Default: the client's ``max_concurrency``.
            ordered: Give the outcomes in the order of the items, and not as they finish. Default: False.
            on_error: ``"raise"`` the first error and cancel the rest, or ``"collect"`` each as the outcome of its item.
                Default: ``"raise"``.
            total: How many items there are, for `on_progress`. Default: their length, when they have one.
            on_progress: Called as ``on_progress(finished, total)`` after each call.

        Raises:
            ConfigurationError: `concurrency` is below 1, or `on_error` is neither.
        """
        return map_concurrently(
            fn,
            items,
            concurrency=self._settings.max_concurrency if concurrency is None else concurrency,
            ordered=ordered,
            on_error=on_error,
            total=total,
            on_progress=on_progress,
        )

    async def request(self, method: str, path: str, *, query: Mapping[str, Any] | None = None, json: Any = None) -> Any:
        """Call anything of the API, also what this library does not know yet, with the same token, retries and limits.

        Args:
            method: The HTTP method.
            path: The path below the base URL, for example ``/project/gh/acme/web``.
            query: Query parameters; None values are left out, sequences repeat their name.
            json: The body; None sends none.

        Returns:
            The answer as JSON; None when it is empty.

        Raises:
            ValueError: The path is not a path below the base URL.
            APIError: CircleCI refused or failed.
            APIConnectionError: No complete answer arrived.
            DecodeError: The answer is not JSON.
        """
        if not path.startswith("/") or path.startswith("//") or "?" in path or "#" in path:
            msg = f"path={path!r} must be a path below the base URL, such as '/me'; parameters go into query="
            raise ValueError(msg)
        encoded_path = quote(path, safe="/%:@!$&'()*+,;=~")
        request = Request(method.upper(), encoded_path, encode_query(query or {}), encode_json(json), json is not None)
        return (await self._send(request)).data

    def stream(
        self, url: str, *, headers: Mapping[str, str] | None = None, authenticate: bool = False
    ) -> AbstractAsyncContextManager[StreamedBody]:
        """GET any address and read the body as it comes, with the same retries, limits and care as every call.

        Args:
            url: The whole address.
            headers: More headers, for example ``Range``. Hosts it redirects to never get those with credentials.
            authenticate: Whether the host of this address gets the token. Hosts it redirects to never do. Default: False.

        Yields:
            The open answer; iterate it for its bytes.

        Raises:
            APIError: The server refused or failed.
            APIConnectionError: No answer arrived, or (while reading) it broke off.
            DecodeError: The server refused, and said so at greater length than the client accepts.
            ValueError: `url` is not an address.
        """
        return self._session.stream(url, headers=headers, authenticate=authenticate, options=self._options)

    @property
    def with_raw_response(self) -> NamespacesWithRawResponse:
        """The same namespaces, whose methods return the whole `Response`; a list gives its first page."""
        return NamespacesWithRawResponse(self._send)

    @property
    def deadline(self) -> float | None:
        """Seconds that a call may take from its first attempt on; None when nothing bounds it."""
        return self._options.on(self._settings.retry).deadline

    def with_options(
        self,
        *,
        timeout: float | Timeout | None = None,
        max_retries: int | None = None,
        deadline: float | None = None,
        priority: Priority | None = None,
    ) -> Self:
        """A client with other options that shares connections and budget with this one.

        What is not given stays as it is. Closing it closes both.

        Args:
            timeout: How long the parts of one attempt may take, in seconds.
            max_retries: How often a request may be sent again.
            deadline: Seconds that a call may take from its first attempt on.
            priority: Where calls stand in line: ``bulk`` lets every ``interactive`` one go first.

        Raises:
            ValueError: `priority` is neither.
        """
        given = {"timeout": timeout, "max_retries": max_retries, "deadline": deadline, "priority": priority}
        changes: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
        other = copy.copy(self)
        Namespaces.__init__(other, other._send)  # the namespaces made so far are bound to this client and its options
        other.__dict__["_options"] = attrs.evolve(self._options, **changes)
        return other

    async def aclose(self) -> None:
        """Close every connection; calls that are under way fail. The client cannot be used any more.

        Raises:
            ConfigurationError: The client belongs to another event loop.
        """
        await self._session.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return f"CircleCI(base_url={self._settings.base_url!r}, auth={self._settings.auth!r})"

    async def _send(self, request: Request) -> Payload:
        response = await self._session.send(request, self._options)
        operation_id = request.operation.id if request.operation else None
        report = partial(self._deviations.report, operation_id)
        try:
            return Payload(response, load_json(response.content), report)
        except ValueError as error:
            if not response.content.strip():
                return Payload(response, None, report)
            kind = response.headers.get("content-type", "an unknown type")
            start = response.content[:80].decode("utf-8", "replace")
            msg = f"the response of {operation_id or 'the request'} is {kind} and not JSON: {start!r}…"
            raise DecodeError(msg, operation_id=operation_id) from error

    def _emit_deviation(self, operation_id: str | None, deviation: Deviation) -> None:
        self._session.tell(DeviationEvent(operation_id=operation_id, path=deviation.path, problem=deviation.problem))
