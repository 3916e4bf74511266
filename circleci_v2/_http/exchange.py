"""Exchange: one described request, sent until it is answered or given up."""

from __future__ import annotations

import base64
import json
import random
import time
from collections.abc import Awaitable, Callable

import anyio
import attrs
import httpx

from circleci_v2._http.failures import error_from
from circleci_v2._wire.request import Request
from circleci_v2.config import Settings
from circleci_v2.errors import APIConnectionError, APITimeoutError
from circleci_v2.response import Response

__all__ = ["CallOptions", "Exchange"]

_SAFE_TO_REPEAT = frozenset({"GET", "HEAD", "PUT", "DELETE", "OPTIONS"})


@attrs.frozen(kw_only=True)
class CallOptions:
    """What `CircleCI.with_options` can set for some calls."""

    timeout: float | None = None
    max_retries: int | None = None


class Exchange:
    """Sends requests and reads their answers."""

    def __init__(
        self,
        settings: Settings,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
    ) -> None:
        self._settings = settings
        self._sleep = sleep
        self._client = httpx.AsyncClient(
            transport=transport, timeout=settings.timeout, headers={"Accept": "application/json"}
        )
        self._base = httpx.URL(settings.base_url)

    async def send(self, request: Request, options: CallOptions = CallOptions()) -> Response[None]:  # noqa: B008 - frozen
        """Send a request; retry what is safe to retry; raise what is refused."""
        retries = self._settings.retry.max_retries if options.max_retries is None else options.max_retries
        started = time.monotonic()
        attempt = 1
        while True:
            outcome = await self._attempt(request, options)
            if isinstance(outcome, httpx.Response) and outcome.status_code < 400:
                return Response(
                    status_code=outcome.status_code,
                    headers=outcome.headers,
                    content=outcome.content,
                    parsed=None,
                    attempts=attempt,
                    elapsed=time.monotonic() - started,
                )
            if attempt > retries or not _repeatable(request, outcome):
                raise self._failure(request, outcome)
            await self._sleep(_delay(outcome, attempt))
            attempt += 1

    async def _attempt(self, request: Request, options: CallOptions) -> httpx.Response | httpx.TransportError:
        try:
            return await self._client.send(await self._built(request, options))
        except httpx.TransportError as error:
            return error

    async def _built(self, request: Request, options: CallOptions) -> httpx.Request:
        query = str(httpx.QueryParams(request.query))
        raw_path = self._base.raw_path + request.path.encode("ascii") + (f"?{query}".encode() if query else b"")
        content = json.dumps(request.json).encode() if request.has_body else None
        headers = await self._credentials()
        if content is not None:
            headers["Content-Type"] = "application/json"
        timeout = options.timeout if options.timeout is not None else self._settings.timeout
        return self._client.build_request(
            request.method, self._base.copy_with(raw_path=raw_path), content=content, headers=headers, timeout=timeout
        )

    async def _credentials(self) -> dict[str, str]:
        token = self._settings.token
        text = token if isinstance(token, str) else await token()
        match self._settings.auth:
            case "header":
                return {"Circle-Token": text}
            case "bearer":
                return {"Authorization": f"Bearer {text}"}
            case "basic":
                return {"Authorization": "Basic " + base64.b64encode(f"{text}:".encode()).decode()}

    def _failure(self, request: Request, outcome: httpx.Response | httpx.TransportError) -> Exception:
        if isinstance(outcome, httpx.Response):
            return error_from(request, outcome, outcome.content, _retry_after(outcome))
        kind = APITimeoutError if isinstance(outcome, httpx.TimeoutException) else APIConnectionError
        url = f"{self._settings.base_url}{request.path}"
        operation_id = request.operation.id if request.operation else None
        return kind(f"{type(outcome).__name__}: {outcome}", method=request.method, url=url, operation_id=operation_id)

    async def aclose(self) -> None:
        """Close every connection."""
        await self._client.aclose()


def _repeatable(request: Request, outcome: httpx.Response | httpx.TransportError) -> bool:
    if isinstance(outcome, httpx.Response):
        again = outcome.status_code in {408} or outcome.status_code >= 500
        return outcome.status_code == 429 or (again and request.method in _SAFE_TO_REPEAT)
    return isinstance(outcome, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout) or request.method in _SAFE_TO_REPEAT


def _retry_after(response: httpx.Response) -> float | None:
    try:
        return float(response.headers["retry-after"])
    except (KeyError, ValueError):
        return None


def _delay(outcome: httpx.Response | httpx.TransportError, attempt: int) -> float:
    asked = _retry_after(outcome) if isinstance(outcome, httpx.Response) else None
    return asked if asked is not None else random.uniform(0, min(30.0, 0.5 * 2**attempt))  # noqa: S311 - no secret
