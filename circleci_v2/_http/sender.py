"""Sending: one request through one transport, redirects followed, the answer read within bounds."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Iterator
from typing import Final

import attrs
import httpx

from circleci_v2._http.abandoning import abandon
from circleci_v2._http.auth import Credential, is_web_address, same_origin
from circleci_v2._http.decompression import Unpacker
from circleci_v2._http.headers import read_retry_after
from circleci_v2._http.transports.factory import Transports
from circleci_v2.errors import CircleCIError
from circleci_v2.policies import Failure, Timeout

__all__ = ["CLIENT_CLOSED", "REDIRECTS", "Answer", "NoAnswer", "Outgoing", "Sender", "TooLongError"]

REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
"""The statuses that send a request on to another place."""

_MOST_REDIRECTS: Final = 5
_FOLLOWED: Final = frozenset({"GET", "HEAD"})
_WITHOUT_BODY: Final = frozenset({"GET", "HEAD", "DELETE", "OPTIONS"})
_CONFIDENTIAL: Final = frozenset({b"authorization", b"circle-token", b"cookie"})
_NEVER_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)


class TooLongError(CircleCIError):
    """The body of an answer is longer than the client accepts; becomes a `DecodeError`."""


@attrs.frozen(kw_only=True)
class Outgoing:
    """A request that is ready but for the token.

    Attributes:
        method: The HTTP method.
        url: Where it goes first.
        headers: Its headers without the token. Those that hold other credentials are not for other origins either.
        content: Its body; None for none.
        credential: The token; None to send none. Only the origin of `url` ever gets it.
        timeout: How long its parts may take.
    """

    method: str
    url: httpx.URL
    headers: tuple[tuple[bytes, bytes], ...]
    content: bytes | None
    credential: Credential | None
    timeout: Timeout

    def message(self, url: httpx.URL) -> httpx.Request:
        """The request to one address of a chain of redirects."""
        at_home = url is self.url or same_origin(url, self.url)
        headers = [(b"Host", url.netloc), *(self.headers if at_home else self._headers_for_strangers())]
        if self.content is not None or self.method not in _WITHOUT_BODY:
            headers.append((b"Content-Length", str(len(self.content or b"")).encode()))
        if self.credential is not None and at_home:
            headers.append(self.credential.header)
        # With all of its headers and a stream there is nothing left that httpx has to work out.
        request = httpx.Request(
            self.method,
            url,
            headers=headers,
            stream=httpx.ByteStream(self.content or b""),
            extensions={
                "timeout": {
                    "connect": self.timeout.connect,
                    "read": self.timeout.read,
                    "write": self.timeout.write,
                    # No request queues in a pool of ours; a proxy or a given transport may make it do so.
                    "pool": self.timeout.connect,
                }
            },
        )
        # Transports that users write look at `request.content`.
        request.read()
        return request

    def _headers_for_strangers(self) -> Iterator[tuple[bytes, bytes]]:
        return (header for header in self.headers if header[0].lower() not in _CONFIDENTIAL)


@attrs.frozen(kw_only=True)
class Answer:
    """A whole answer.

    Attributes:
        status: The HTTP status.
        headers: Its headers, case-insensitive.
        content: Its body, decompressed.
    """

    status: int
    headers: httpx.Headers
    content: bytes = attrs.field(repr=False)

    @property
    def retry_after(self) -> float | None:
        """Seconds that it asks to wait; None when it does not."""
        return read_retry_after(self.headers.get("retry-after"))


@attrs.frozen(kw_only=True)
class NoAnswer:
    """Why there is no whole answer.

    Attributes:
        failure: Whether the request can have reached CircleCI.
        name: The kind of error, for example ``ReadTimeout``.
        text: What happened.
        timed_out: Whether it was a matter of time.
        cause: The error of httpx, without the traceback: the frames of the libraries below hold the headers that were
            sent, and tools that show local variables would show the token.
        final: Whether trying again cannot help.
    """

    failure: Failure
    name: str
    text: str
    timed_out: bool
    cause: Exception | None = None
    final: bool = False

    @classmethod
    def of(cls, error: httpx.RequestError, timeout: Timeout) -> NoAnswer:
        """What an error of httpx comes down to."""
        return cls(
            failure="never sent" if isinstance(error, _NEVER_SENT) else "broken",
            name=type(error).__name__,
            text=_told(error, timeout),
            timed_out=isinstance(error, httpx.TimeoutException),
            final=isinstance(error, httpx.TooManyRedirects) or _is_untrusted(error),
            cause=_bare(error),
        )


CLIENT_CLOSED: Final = NoAnswer(
    failure="broken",
    name="Closed",
    text="the client was closed while this call was under way: wait for the calls before closing it",
    timed_out=False,
    final=True,
)
"""What comes of a call that is under way when its client is closed."""


def _told(error: httpx.RequestError, timeout: Timeout) -> str:
    match error:
        case httpx.ConnectTimeout() | httpx.PoolTimeout():
            return f"no connection within {timeout.connect:g} s"
        case httpx.WriteTimeout():
            return f"the request could not be sent on for {timeout.write:g} s"
        case httpx.TimeoutException():
            return f"nothing was received for {timeout.read:g} s"
        case _:
            return str(error) or "the connection was lost"


def _is_untrusted(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False


def _bare(error: Exception) -> Exception:
    error.__cause__ = error.__context__ = None
    return error.with_traceback(None)


class Sender:
    """Sends requests and reads answers; must run isolated.

    Args:
        transports: What carries them.
        max_response_bytes: How long the body of an answer may be.
        allow_http: Whether a redirect may lead from an encrypted connection to one that is not.
    """

    def __init__(self, transports: Transports, *, max_response_bytes: int, allow_http: bool) -> None:
        self._transports = transports
        self._most = max_response_bytes
        self._allow_http = allow_http

    async def send(self, outgoing: Outgoing) -> Answer | NoAnswer:
        """Send a request and read its answer.

        Raises:
            TooLongError: The body is longer than allowed.
        """
        try:
            response = await self.open(outgoing)
            return await self.read(response, method=outgoing.method)
        except httpx.RequestError as error:
            return NoAnswer.of(error, outgoing.timeout)

    async def open(self, outgoing: Outgoing) -> httpx.Response:
        """Send a request and follow redirects; the body of the answer is still to be read.

        Raises:
            httpx.RequestError: There is no answer.
        """
        url = outgoing.url
        for _ in range(1 + _MOST_REDIRECTS):
            response = await self._transports.for_url(url).handle_async_request(outgoing.message(url))
            location = response.headers.get("location") if response.status_code in REDIRECTS else None
            target = None if location is None or outgoing.method not in _FOLLOWED else self._target(url, location)
            if target is None:
                return response
            await response.aclose()
            url = target
        msg = f"more than {_MOST_REDIRECTS} redirects, the last one to {url.scheme}://{url.host}"
        raise httpx.TooManyRedirects(msg)

    def _target(self, url: httpx.URL, location: str) -> httpx.URL | None:
        """Where a redirect leads; None when it must not be followed, or cannot be."""
        try:
            target = url.join(location)
            followed = is_web_address(target) and (target.scheme == "https" or url.scheme == "http" or self._allow_http)
        except (httpx.InvalidURL, ValueError):
            # ValueError comes from the rules for host names beyond ASCII, some of them only when the host is looked at.
            return None
        return target if followed else None

    async def read(self, response: httpx.Response, *, method: str) -> Answer:
        """Read the body of an answer to a request of this method, and close it.

        Raises:
            httpx.RequestError: The body broke off, or is not what its headers say.
            TooLongError: It is longer than allowed.
        """
        assert isinstance(response.stream, httpx.AsyncByteStream)  # noqa: S101 - what asynchronous transports answer with
        arriving = aiter(response.stream)
        try:
            content = await self._body(response, arriving, is_announced=method != "HEAD")
        except BaseException:
            await abandon(response, arriving)
            raise
        return Answer(status=response.status_code, headers=response.headers, content=content)

    async def _body(self, response: httpx.Response, arriving: AsyncIterator[bytes], *, is_announced: bool) -> bytes:
        # What a HEAD is told is the length of a body that does not come.
        declared = response.headers.get("content-length", "") if is_announced else ""
        if declared.isdecimal() and int(declared) > self._most:
            raise self._too_long(f"{int(declared):,} bytes")
        encoding = response.headers.get("content-encoding")
        unpacker = Unpacker(encoding) if encoding else None
        pieces: list[bytes] = []
        size = 0
        async for arrived in arriving:
            for piece in unpacker.unpack(arrived) if unpacker else (arrived,):
                pieces.append(piece)
                size += len(piece)
                if size > self._most:
                    raise self._too_long("more bytes")
        if unpacker:
            unpacker.finish()
        await response.aclose()
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _too_long(self, length: str) -> TooLongError:
        return TooLongError(
            f"the body of the answer has {length}, and the client accepts {self._most:,}: "
            "raise max_response_bytes if such answers are to be expected"
        )
