"""CircleCI: the client, and the one place that wires the layers together."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar
from urllib.parse import quote

import attrs

from circleci_v2._generated.namespaces import Namespaces, NamespacesWithRawResponse
from circleci_v2._http.exchange import CallOptions, Exchange
from circleci_v2._http.policy import RateLimitPolicy, RetryPolicy
from circleci_v2._wire.answer import Answer
from circleci_v2._wire.deviations import DeviationReporter
from circleci_v2._wire.encoding import encode_json, encode_query
from circleci_v2._wire.namespace import Caller
from circleci_v2._wire.request import Request
from circleci_v2._wire.trail import Deviation
from circleci_v2.config import AuthScheme, Token, resolve
from circleci_v2.errors import DecodeError
from circleci_v2.events import DeviationEvent, Event
from circleci_v2.response import Response

if TYPE_CHECKING:
    import httpx

__all__ = ["CircleCI"]

T = TypeVar("T")


class CircleCI(Namespaces):
    """A client of the CircleCI API v2.

    Use it as an async context manager, or call `aclose` when done. One client serves any number of tasks at once; it belongs
    to the event loop it is first used on.

    Args:
        token: A personal API token, or an async function that gives one for each request. Default: ``CIRCLE_TOKEN``,
            ``CIRCLECI_TOKEN`` or ``CIRCLECI_CLI_TOKEN`` of the environment, then the files of CircleCI's CLI.
        base_url: Where the API is. Default: ``CIRCLECI_BASE_URL`` or ``CIRCLE_HOST`` of the environment, then the files of
            CircleCI's CLI, then ``https://circleci.com/api/v2``. A host alone is completed to ``https://<host>/api/v2``.
        auth: How the token travels: ``header`` (``Circle-Token``), ``bearer`` or ``basic``. Default: ``header``.
        timeout: Seconds for one attempt of a request. Default: 60.
        max_concurrency: How many requests may be under way at once. Default: 100.
        retry: When and how often a request is sent again.
        rate_limit: How the client keeps within CircleCI's rate limits.
        transport: An `httpx.AsyncBaseTransport` to send requests through instead of the client's own connections.
        strict: Raise `DecodeError` where an answer deviates from its description, instead of warning of it once.
        on_event: Called with an `Event` for what the client does.

    Raises:
        ConfigurationError: There is no token, or an argument makes no sense.
    """

    def __init__(
        self,
        token: Token | None = None,
        *,
        base_url: str | None = None,
        auth: AuthScheme = "header",
        timeout: float = 60.0,
        max_concurrency: int = 100,
        retry: RetryPolicy | None = None,
        rate_limit: RateLimitPolicy | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        strict: bool = False,
        on_event: Callable[[Event], None] | None = None,
    ) -> None:
        self._settings = resolve(
            token,
            base_url=base_url,
            auth=auth,
            timeout=timeout,
            max_concurrency=max_concurrency,
            retry=retry or RetryPolicy(),
            rate_limit=rate_limit or RateLimitPolicy(),
            strict=strict,
            on_event=on_event,
        )
        self._exchange = Exchange(self._settings, transport=transport)
        self._options = CallOptions()
        self._deviations = DeviationReporter(strict=strict, tell=self._tell_deviation)

    @property
    def _caller(self) -> Caller:  # type: ignore[override]  # read-only is enough
        return self

    async def call(self, request: Request, parse: Callable[[Answer], T]) -> Response[T]:
        """Send a described request and parse its answer; what every method of every namespace comes down to.

        Args:
            request: The request, as the ``build`` of an operation describes it.
            parse: Makes the result out of the answer.

        Raises:
            APIError: CircleCI refused or failed.
            APIConnectionError: No complete answer arrived.
            DecodeError: The answer is not JSON, or in strict mode not what its description says.
        """
        response = await self._exchange.send(request, self._options)
        operation_id = request.operation.id if request.operation else None
        answer = Answer(
            response.status_code, _json(response, operation_id), self._deviations.for_operation(operation_id)
        )
        return attrs.evolve(response, parsed=parse(answer))  # type: ignore[arg-type,return-value]  # parsed was None

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
        request = Request(
            method.upper(),
            quote(path, safe="/%:@!$&'()*+,;=~"),
            encode_query(query or {}),
            encode_json(json),
            json is not None,
        )
        return (await self.call(request, lambda answer: answer.data)).parsed

    @property
    def with_raw_response(self) -> NamespacesWithRawResponse:
        """The same namespaces, whose methods return the whole `Response`; a list gives its first page."""
        return NamespacesWithRawResponse(self)

    def with_options(self, *, timeout: float | None = None, max_retries: int | None = None) -> Self:
        """A client with other options that shares connections and budget with this one.

        Closing it closes both.

        Args:
            timeout: Seconds for one attempt of a request.
            max_retries: How often a request may be sent again.
        """
        given = {"timeout": timeout, "max_retries": max_retries}
        other = copy.copy(self)
        # The namespaces that were made so far are bound to this client and its options.
        other.__dict__ = {name: value for name, value in self.__dict__.items() if name.startswith("_")}
        options = attrs.evolve(self._options, **{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]  # each has its own type
        other.__dict__["_options"] = options
        return other

    async def aclose(self) -> None:
        """Close every connection. The client cannot be used any more."""
        await self._exchange.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return f"CircleCI(base_url={self._settings.base_url!r}, auth={self._settings.auth!r})"

    def _tell_deviation(self, operation_id: str | None, deviation: Deviation) -> None:
        if self._settings.on_event:
            self._settings.on_event(
                DeviationEvent(operation_id=operation_id, path=deviation.path, problem=deviation.problem)
            )


def _json(response: Response[None], operation_id: str | None) -> Any:
    if not response.content.strip():
        return None
    try:
        return json.loads(response.content)
    except ValueError as error:
        kind = response.headers.get("content-type", "an unknown type")
        start = response.content[:80].decode("utf-8", "replace")
        msg = f"the answer of {operation_id or 'the request'} is {kind} and not JSON: {start!r}…"
        raise DecodeError(msg, operation_id=operation_id) from error
