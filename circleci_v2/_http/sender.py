"""Sender: one request through a transport, redirects followed, and its response read within bounds.

Everything here runs inside `Lifecycle.run` (or the child task of a stream), because it holds a connection.
"""

from __future__ import annotations

import ssl
from typing import Final

import httpx

from circleci_v2._http.auth import Credential, is_web_address
from circleci_v2._http.decompression import ContentDecoder, UnsupportedEncodingError
from circleci_v2._http.headers import read_retry_after
from circleci_v2._http.lifecycle import drain_and_close
from circleci_v2._http.prepared_request import PreparedRequest
from circleci_v2._http.transports import NotProcessedError
from circleci_v2._http.transports.factory import Transports
from circleci_v2.errors import DecodeError
from circleci_v2.policies import Failure, RateLimit, Timeout

__all__ = ["CLIENT_CLOSED", "REDIRECTS", "RawResponse", "Sender", "TransportFailure"]

REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
"""The statuses that redirect a request."""

_MAX_REDIRECTS: Final = 5
_FOLLOWED_METHODS: Final = frozenset({"GET", "HEAD"})
_NEVER_SENT: Final = (
    *(httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError),
    NotProcessedError,
)
# Interim responses are for the transports. aiohttp returns 101; HTTP/2 responses without a status have 0.
_NO_RESPONSE: Final = "the response has the status {}, which ends no request"


class RawResponse:
    """A complete response, before its body is parsed.

    Args:
        status_code: The HTTP status.
        headers: The headers, case-insensitive.
        content: The body, decompressed.

    Attributes, which belong to the call and are set by `Session`:
        attempts: How many requests the call took.
        elapsed: Seconds from the beginning of the call to the last byte.
        rate_limit: The rate limit in the headers, or None.
    """

    __slots__ = ("attempts", "content", "elapsed", "headers", "rate_limit", "status_code")

    def __init__(self, *, status_code: int, headers: httpx.Headers, content: bytes) -> None:
        self.status_code = status_code
        self.headers = headers
        self.content = content
        self.attempts = 1
        self.elapsed = 0.0
        self.rate_limit: RateLimit | None = None

    @property
    def retry_after(self) -> float | None:
        """Seconds to wait, from the ``Retry-After`` header; None without one."""
        return read_retry_after(self.headers.get("retry-after"))


class TransportFailure:
    """Why there is no complete response.

    Args:
        kind: Whether the request may have reached CircleCI.
        name: The kind of error, for example ``ReadTimeout``.
        message: What happened.
        timed_out: Whether a timeout ended it.
        cause: The error of httpx, without its traceback: frames of the HTTP libraries hold the headers that were sent,
            and tools that show local variables would show the token.
        is_final: Whether sending the request again cannot help.
    """

    def __init__(
        self,
        *,
        kind: Failure,
        name: str,
        message: str,
        timed_out: bool,
        cause: Exception | None = None,
        is_final: bool = False,
    ) -> None:
        self.kind: Failure = kind
        self.name = name
        self.message = message
        self.timed_out = timed_out
        self.cause = cause
        self.is_final = is_final

    @classmethod
    def from_error(cls, error: httpx.RequestError, timeout: Timeout) -> TransportFailure:
        """Classify an error of httpx.

        Args:
            error: The error; its traceback is cleared.
            timeout: The limits that applied, for the message.
        """
        is_final = isinstance(error, (httpx.TooManyRedirects, UnsupportedEncodingError)) or _is_untrusted(error)
        error.__cause__ = error.__context__ = None
        return cls(
            kind="never sent" if isinstance(error, _NEVER_SENT) else "broken",
            name=type(error).__name__,
            message=_describe(error, timeout),
            timed_out=isinstance(error, httpx.TimeoutException),
            cause=error.with_traceback(None),
            is_final=is_final,
        )

    @classmethod
    def for_deadline(cls, seconds: float | None) -> TransportFailure:
        """Return the failure of a call that is in flight at its deadline.

        Args:
            seconds: The duration that was allowed.
        """
        message = f"no complete response within the deadline of {seconds:g} s"
        return cls(kind="broken", name="Timeout", message=message, timed_out=True, is_final=True)

    @classmethod
    def for_queue(cls, seconds: float | None) -> TransportFailure:
        """Return the failure of a call that waits for a permit at its deadline.

        Args:
            seconds: The duration that was allowed.
        """
        message = f"no permit within the deadline of {seconds:g} s"
        return cls(kind="never sent", name="Timeout", message=message, timed_out=True, is_final=True)


CLIENT_CLOSED: Final = TransportFailure(
    kind="broken",
    name="Closed",
    message="the client was closed while this call was in flight: wait for the calls before closing it",
    timed_out=False,
    is_final=True,
)
"""The outcome of a call that is in flight when its client is closed."""


def _describe(error: httpx.RequestError, timeout: Timeout) -> str:
    match error:
        case httpx.ConnectTimeout() | httpx.PoolTimeout():
            return f"no connection within {timeout.connect:g} s"
        case httpx.WriteTimeout():
            return f"nothing of the request could be sent for {timeout.write:g} s"
        case httpx.TimeoutException():
            return f"nothing was received for {timeout.read:g} s"
        case _:
            return str(error) or "the connection was lost"


def _is_untrusted(error: BaseException | None) -> bool:
    """Whether the server's certificate was rejected."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False


class Sender:
    """Sends requests and reads responses; everything it does must be shielded from native cancellation.

    Args:
        transports: The transports to send through.
        max_response_bytes: The maximum length of a response body, decompressed.
        allow_http: Whether a redirect may lead from https to http.
    """

    def __init__(self, transports: Transports, *, max_response_bytes: int, allow_http: bool) -> None:
        self._transports = transports
        self._max_bytes = max_response_bytes
        self._allow_http = allow_http

    async def send(self, request: PreparedRequest, credential: Credential | None) -> RawResponse | TransportFailure:
        """Send a request and read its response.

        Args:
            request: The request.
            credential: The token, or None to send none.

        Raises:
            DecodeError: The body is longer than allowed.
        """
        try:
            return await self.read(await self.open(request, credential), request)
        except httpx.RequestError as error:
            return TransportFailure.from_error(error, request.timeout)

    async def open(self, request: PreparedRequest, credential: Credential | None) -> httpx.Response:
        """Send a request and follow redirects; the body of the response is not read yet.

        Args:
            request: The request.
            credential: The token, or None to send none.

        Raises:
            httpx.RequestError: There is no response.
        """
        url = request.url
        for _ in range(1 + _MAX_REDIRECTS):
            response = await self._transports.for_url(url).handle_async_request(request.to_httpx(url, credential))
            if response.status_code < 200:
                await response.aclose()
                raise httpx.RemoteProtocolError(_NO_RESPONSE.format(response.status_code))
            if response.status_code not in REDIRECTS or request.method not in _FOLLOWED_METHODS:
                return response
            target = self._redirect_target(url, response.headers.get("location"))
            if target is None:
                return response
            await response.aclose()
            url = target
        msg = f"more than {_MAX_REDIRECTS} redirects, the last one to {url.scheme}://{url.host}"
        raise httpx.TooManyRedirects(msg)

    def _redirect_target(self, url: httpx.URL, location: str | None) -> httpx.URL | None:
        """Return the URL that a redirect leads to; None when it must not or cannot be followed."""
        if location is None:
            return None
        try:
            target = url.join(location)
            allowed = is_web_address(target) and (target.scheme == "https" or url.scheme == "http" or self._allow_http)
        except (httpx.InvalidURL, ValueError):
            # IDNA rules raise ValueError, some of them only when the host is accessed.
            return None
        return target if allowed else None

    async def read(self, response: httpx.Response, request: PreparedRequest) -> RawResponse:
        """Read the body of a response, and close it.

        Args:
            response: The open response.
            request: The request that it belongs to.

        Raises:
            httpx.RequestError: The connection broke, or the body is not what its headers say.
            DecodeError: The body is longer than allowed.
        """
        assert isinstance(response.stream, httpx.AsyncByteStream)  # noqa: S101 - async transports return async streams
        # HEAD responses carry Content-Length but no body (RFC 9110, section 8.6).
        declared = "" if request.method == "HEAD" else response.headers.get("content-length", "")
        encoding = response.headers.get("content-encoding")
        decoder = ContentDecoder(encoding) if encoding else None
        incoming = aiter(response.stream)
        chunks: list[bytes] = []
        size = 0
        try:
            if declared.isdecimal() and int(declared) > self._max_bytes:
                raise self._too_large(f"{int(declared):,} bytes", request)  # noqa: TRY301 - closed like any failure
            async for received in incoming:
                for chunk in decoder.decode(received) if decoder else (received,):
                    chunks.append(chunk)
                    size += len(chunk)
                    if size > self._max_bytes:
                        raise self._too_large("more bytes", request)  # noqa: TRY301 - likewise
            if decoder:
                decoder.finish()
            await response.aclose()
        except BaseException:
            await drain_and_close(response, incoming)
            raise
        content = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        return RawResponse(status_code=response.status_code, headers=response.headers, content=content)

    def _too_large(self, length: str, request: PreparedRequest) -> DecodeError:
        return DecodeError(
            f"the body of the response has {length}, and the client accepts {self._max_bytes:,}: "
            "raise max_response_bytes if such responses are expected",
            operation_id=request.operation_id,
        )
