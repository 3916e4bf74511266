"""CircleCI: the client, which connects the layers of the package."""

from __future__ import annotations

import copy
import inspect
import re
from collections.abc import AsyncIterable, Awaitable, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from functools import partial
from types import FunctionType, TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from circleci_v2._generated.namespaces import Namespaces, NamespacesWithRawResponse
from circleci_v2._http.logging import redact_message
from circleci_v2._http.session import CallOptions, Session
from circleci_v2._lazy import LazyModule
from circleci_v2._wire.json import load_json
from circleci_v2._wire.namespace import copy_function
from circleci_v2._wire.payload import DeviationReporter, Payload
from circleci_v2._wire.request import Request
from circleci_v2._wire.types import Deviation
from circleci_v2.config import AsyncTransport, AuthScheme, ConnectionOptions, Token, resolve
from circleci_v2.errors import DecodeError
from circleci_v2.policies import Priority, RateLimitPolicy, RetryPolicy, Timeout

if TYPE_CHECKING:
    from circleci_v2 import artifacts, bulk, environment, events, failures, usage_export, waiting
    from circleci_v2 import history as _history
    from circleci_v2._http.sender import RawResponse
    from circleci_v2.bulk import OnError, OnProgress, Outcome
    from circleci_v2.events import Event
    from circleci_v2.response import StreamedBody
    from circleci_v2.streams import Stream

__all__ = ["CircleCI"]

Function = TypeVar("Function", bound=Callable[..., Any])
Item = TypeVar("Item")
Result = TypeVar("Result")


# A program that makes one call needs none of these.
if not TYPE_CHECKING:
    artifacts = LazyModule("circleci_v2.artifacts")
    bulk = LazyModule("circleci_v2.bulk")
    environment = LazyModule("circleci_v2.environment")
    events = LazyModule("circleci_v2.events")
    failures = LazyModule("circleci_v2.failures")
    usage_export = LazyModule("circleci_v2.usage_export")
    waiting = LazyModule("circleci_v2.waiting")
    _history = LazyModule("circleci_v2.history")


class _DeferredMethod:
    """A function of a client as its method, which replaces this descriptor when it is first used."""

    def __init__(self, load: Callable[[], Callable[..., Any]]) -> None:
        self._load = load

    def __set_name__(self, owner: type, name: str) -> None:
        self._owner, self._attribute = owner, name

    def __get__(self, instance: object, owner: type) -> Any:
        method = self._create()
        setattr(self._owner, self._attribute, method)
        return getattr(owner if instance is None else instance, self._attribute)

    def _create(self) -> Callable[..., Any]:
        """Copy the function; the client is `self`, so the docstring does not list it as an argument."""
        function = cast("FunctionType", self._load())
        client = next(iter(inspect.signature(function).parameters))
        method = copy_function(function)
        method.__doc__ = re.sub(
            rf"^( +){client}: .*\n(?:\1 +.*\n)*", "", method.__doc__ or "", count=1, flags=re.MULTILINE
        )
        method.__module__, method.__qualname__ = self._owner.__module__, f"{self._owner.__qualname__}.{self._attribute}"
        return method


def _method(load: Callable[[], Function]) -> Function:
    """Declare a method whose package is imported when it is first used; for type checkers it is the function itself."""
    return cast("Function", _DeferredMethod(load))


def _is_json(content_type: str) -> bool:
    return content_type.partition(";")[0].strip().lower().endswith(("/json", "+json"))


def _load(response: RawResponse, operation_id: str | None) -> Any:
    """The JSON of a response; None if it is empty."""
    try:
        return load_json(response.content)
    except ValueError as error:
        if not response.content.strip():
            return None
        kind = response.headers.get("content-type", "an unknown type")
        # A token that the server echoes is redacted before a cut could leave a part of it.
        start = redact_message(response.content[:4096].decode("utf-8", "replace"))[:80]
        msg = f"the response of {operation_id or 'the request'} is {kind} and not JSON: {start!r}…"
        raise DecodeError(msg, operation_id=operation_id) from error


class CircleCI(Namespaces):
    """A client of the CircleCI API v2.

    Use it as an async context manager, or call `aclose` when done. One client serves any number of concurrent tasks; it
    belongs to the event loop on which it is first used.

    Args:
        token: A personal API token, or an async function that returns one and is called for each request. Default: the
            first of ``CIRCLE_TOKEN``, ``CIRCLECI_TOKEN``, ``CIRCLECI_CLI_TOKEN`` and ``CIRCLE_CLI_TOKEN`` in the
            environment, then the configuration files of CircleCI's CLI.
        base_url: The URL of the API, for example ``https://ci.example.com/api/v2``; a host alone is completed to
            ``https://<host>/api/v2``. Default: the first of ``CIRCLECI_BASE_URL``, ``CIRCLE_HOST`` and
            ``CIRCLECI_CLI_HOST`` in the environment, then the configuration files of CircleCI's CLI, then
            ``https://circleci.com/api/v2``.
        auth: The header that carries the token: ``header`` for ``Circle-Token``, ``bearer`` or ``basic`` for
            ``Authorization``. Default: ``header``.
        timeout: The limits for the phases of one attempt: a `Timeout`, or one number of seconds for all of them. Default:
            10 seconds to connect, 60 seconds for each of the other phases. The total duration of a call, retries
            included, is limited by `RetryPolicy.deadline`.
        max_concurrency: The maximum number of requests in flight. Further calls wait for a free slot. Default: 100.
        retry: When and how often a request is sent again. Default: ``RetryPolicy()``.
        rate_limit: How the client stays within CircleCI's rate limits. Default: ``RateLimitPolicy()``.
        connection: Proxy, certificates, HTTP/2, aiohttp, and further hosts for the token. Default: ``ConnectionOptions()``.
        transport: An `httpx.AsyncBaseTransport` or `httpx2.AsyncBaseTransport` that carries all requests; it is closed with
            the client. Default: the client's own connections.
        strict: Whether to raise `DecodeError` where a response deviates from the API's document. Default: False, which
            decodes what can be decoded and reports each kind of deviation once, as a warning and an event.
        on_event: Called with an `Event` for each request, response, retry, wait and deviation. Default: no events.
        max_response_bytes: The maximum size of a response body in bytes, decompressed; `stream` has no limit. Default:
            67,108,864 (64 MiB).

    Raises:
        ConfigurationError: No token was found, or an argument is not valid.
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
        transport: AsyncTransport | None = None,
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
        self._options = CallOptions.of(self._settings)
        self._deviations = DeviationReporter(strict=strict, emit=self._emit_deviation, redact=redact_message)
        super().__init__(self._send)

    # Each common job is a function of a client, in a package of its own; here it becomes a method.
    history = _method(lambda: _history.history)
    org_history = _method(lambda: _history.org_history)
    organization_projects = _method(lambda: _history.organization_projects)
    trigger_and_wait = _method(lambda: waiting.trigger_and_wait)
    wait_for_pipeline = _method(lambda: waiting.wait_for_pipeline)
    wait_for_workflow = _method(lambda: waiting.wait_for_workflow)
    approve = _method(lambda: waiting.approve)
    rerun_and_wait = _method(lambda: waiting.rerun_and_wait)
    download_artifacts = _method(lambda: artifacts.download_artifacts)
    download_workflow_artifacts = _method(lambda: artifacts.download_workflow_artifacts)
    latest_artifacts = _method(lambda: artifacts.latest_artifacts)
    open_artifact = _method(lambda: artifacts.open_artifact)
    failure_report = _method(lambda: failures.failure_report)
    job_log = _method(lambda: failures.job_log)
    set_environment_variable = _method(lambda: environment.set_environment_variable)
    rotate_environment_variable = _method(lambda: environment.rotate_environment_variable)
    export_usage = _method(lambda: usage_export.export_usage)
    iter_usage_rows = _method(lambda: usage_export.iter_usage_rows)

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
        """Call `fn` for each item, several at a time, and yield the outcomes as the calls finish.

        Other calls of this client have priority over these. The implementation is `circleci_v2.bulk.map_concurrently`.

        Args:
            fn: An async function of one item, for example ``circleci.workflows.get``.
            items: The items: any iterable or async iterable, which may be endless.
            concurrency: The maximum number of concurrent calls. Default: the client's ``max_concurrency``.
            ordered: Whether to yield the outcomes in the order of the items instead of as they finish. Default: False.
            on_error: ``"raise"`` the first error and cancel the other calls, or ``"collect"`` each error as the outcome of
                its item. Default: ``"raise"``.
            total: The number of items, for `on_progress`. Default: ``len(items)``, where the items have a length.
            on_progress: Called as ``on_progress(finished, total)`` after each call. Default: not called.

        Raises:
            ConfigurationError: `concurrency` is below 1, or `on_error` has another value.
        """
        return bulk.map_concurrently(
            fn,
            items,
            concurrency=self._settings.max_concurrency if concurrency is None else concurrency,
            ordered=ordered,
            on_error=on_error,
            total=total,
            on_progress=on_progress,
        )

    async def request(self, method: str, path: str, *, query: Mapping[str, Any] | None = None, json: Any = None) -> Any:
        """Call any operation of the API, including ones this library does not know, with the same token, retries and limits.

        Args:
            method: The HTTP method.
            path: The path below the base URL, for example ``/project/gh/acme/web``.
            query: Query parameters; None values are left out, sequences repeat their name.
            json: The body; None sends no body.

        Returns:
            The response body as JSON; None when it is empty.

        Raises:
            ConfigurationError: The path is not a path below the base URL, the method is not one of HTTP, or a value
                cannot be sent.
            APIError: CircleCI rejected the request, or failed.
            APIConnectionError: No complete response arrived.
            DecodeError: The response is not JSON.
        """
        request = Request.free(method, path, query=query, json=json)
        return (await self._send(request)).loaded()

    def stream(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        authenticate: bool = False,
        decode_content: bool = False,
    ) -> AbstractAsyncContextManager[StreamedBody]:
        """GET any URL and stream the body, with the same retries, limits and events as every call.

        Errors, events and logs show the URL without its query, which in a presigned URL grants access to the file.

        Args:
            url: The complete URL.
            headers: Additional headers, for example ``Range``. Hosts that the URL redirects to receive only those that
                cannot hold credentials: the ``Accept`` headers, ``Range``, conditions, and a few more.
            authenticate: Whether to send the token to the host of the URL, which must be that of ``base_url``, one of
                CircleCI's artifact hosts, or one of `ConnectionOptions.token_hosts`, over https unless ``allow_http`` is
                set. Hosts it redirects to never get it. Default: False.
            decode_content: Whether to decode a body with a ``Content-Encoding``; gzip and deflate can be decoded. Default:
                False.

        Yields:
            The open response; iterate over it for its bytes.

        Raises:
            APIError: The server rejected the request, or failed.
            APIConnectionError: No response arrived, or the connection broke while reading.
            DecodeError: The server sent an error whose body exceeds ``max_response_bytes``, or an encoding that the
                client cannot decode.
            InvalidURLError: `url` is not a valid URL, or must not receive the token.
            ConfigurationError: A header is not valid.
        """
        return self._session.stream(
            url, headers=headers, authenticate=authenticate, decode_content=decode_content, options=self._options
        )

    @property
    def with_raw_response(self) -> NamespacesWithRawResponse:
        """The same namespaces, whose methods return the `Response`; that of a list holds its first page."""
        return NamespacesWithRawResponse(self._send)

    @property
    def base_url(self) -> str:
        """The URL of the API, without a trailing slash, for example ``https://circleci.com/api/v2``."""
        return self._settings.base_url

    @property
    def deadline(self) -> float | None:
        """The maximum duration of a call in seconds, from its first attempt; None when it is unlimited."""
        return self._options.retry.deadline

    def with_options(
        self,
        *,
        timeout: float | Timeout | None = None,
        max_retries: int | None = None,
        deadline: float | None = None,
        priority: Priority | None = None,
    ) -> Self:
        """A client with other options that shares connections and rate limits with this one.

        Options that are not passed stay as they are. Closing either client closes both.

        Args:
            timeout: The limits for the phases of one attempt: a `Timeout`, or one number of seconds for all of them.
            max_retries: How often a request may be sent again.
            deadline: The maximum duration of a call in seconds, from its first attempt.
            priority: The priority of calls that wait for a slot: ``interactive`` ones precede ``bulk`` ones.

        Raises:
            ConfigurationError: `priority` has another value, or another argument is not a number in its range.
        """
        other = copy.copy(self)
        # The copied namespaces are bound to this client and its options.
        Namespaces.__init__(other, other._send)  # noqa: SLF001 - the same class
        other._options = self._options.replace(  # noqa: SLF001 - the same class
            timeout=timeout, max_retries=max_retries, deadline=deadline, priority=priority
        )
        return other

    def emit(self, event: Event) -> None:
        """Pass an event to ``on_event``, as functions that build on the client do.

        Args:
            event: The event.
        """
        self._session.emit(event)

    async def aclose(self) -> None:
        """Close every connection; calls in flight fail. The client cannot be used afterwards.

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
        if request.accept is not None and not _is_json(response.headers.get("content-type", "")):
            return Payload(response, None, report)
        return Payload(response, None, report, partial(_load, response, operation_id))

    def _emit_deviation(self, operation_id: str | None, deviation: Deviation) -> None:
        if self._settings.on_event is not None:
            event = events.DeviationEvent(operation_id=operation_id, path=deviation.path, problem=deviation.problem)
            self.emit(event)
