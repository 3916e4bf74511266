"""PreparedRequest: a request that is ready to be sent; and beside it the options and the progress of its call.

A `PreparedRequest` does not change from one attempt to the next; `CallState` holds everything that does.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any, Final, get_args
from urllib.parse import quote, urlencode

import attrs
import httpx

from circleci_v2._http.auth import Credential, is_same_origin, is_web_address
from circleci_v2._http.headers import (
    CALL_HEADERS,
    DOWNLOAD_HEADERS,
    HEADERS_FOR_ANY_ORIGIN,
    call_headers,
    encode_header,
)
from circleci_v2._http.logging import AttemptInfo, url_without_query
from circleci_v2._wire.encoding import has_dot_segments
from circleci_v2._wire.request import Request
from circleci_v2.config import Settings
from circleci_v2.errors import APIError, ConfigurationError, InvalidURLError
from circleci_v2.policies import MAX_DELAY_WITHOUT_DEADLINE, Failure, Priority, RetryPolicy, Timeout, current_priority

__all__ = ["CallOptions", "CallState", "PreparedRequest"]

_METHODS_WITHOUT_BODY: Final = frozenset({"GET", "HEAD", "DELETE", "OPTIONS"})
_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
"""The methods that change nothing (RFC 9110, section 9.2.1)."""
# What httpx leaves as it is, up to a length that it accepts: the characters of RFC 3986, sections 3.3 and 3.4.
_UNCHANGED_PATH: Final = re.compile(r"/(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2}){0,16384}")
_UNCHANGED_QUERY: Final = re.compile(r"(?:[A-Za-z0-9._~!$&()*+,;=:@/?-]|%[0-9A-Fa-f]{2}){0,16384}")


class CallOptions:
    """The options that `CircleCI.with_options` can change, which documents them.

    Args:
        timeout: See `CircleCI.with_options`.
        retry: The policy with its ``max_retries`` and ``deadline``.
        priority: See `CircleCI.with_options`. None: that of the running code, see `circleci_v2.policies.in_bulk`.
    """

    def __init__(
        self, *, timeout: Timeout | None = None, retry: RetryPolicy | None = None, priority: Priority | None = None
    ) -> None:
        if priority is not None and priority not in get_args(Priority):
            msg = f"priority={priority!r}: pass one of {', '.join(map(repr, get_args(Priority)))}"
            raise ConfigurationError(msg)
        self.timeout = timeout or Timeout()
        self.retry = retry or RetryPolicy()
        self.priority: Priority | None = priority

    @classmethod
    def of(cls, settings: Settings) -> CallOptions:
        """Return the options of a client as it was configured."""
        return cls(timeout=settings.timeout, retry=settings.retry)

    def replace(
        self,
        *,
        timeout: float | Timeout | None,
        max_retries: int | None,
        deadline: float | None,
        priority: Priority | None,
    ) -> CallOptions:
        """Return these options with every argument that is not None applied.

        Args:
            timeout: See `CircleCI.with_options`, like all others.
            max_retries: Replaces that of the retry policy.
            deadline: Replaces that of the retry policy.
            priority: The priority of the calls.
        """
        changes = {"max_retries": max_retries, "deadline": deadline}
        given: dict[str, Any] = {name: value for name, value in changes.items() if value is not None}
        return CallOptions(
            timeout=self.timeout if timeout is None else Timeout.of(timeout),
            retry=attrs.evolve(self.retry, **given),
            priority=priority or self.priority,
        )


class PreparedRequest:
    """A request that is complete but for the token.

    Args:
        method: The HTTP method.
        url: The URL, before any redirect.
        headers: The headers, without the token. Other origins receive only those that cannot hold credentials.
        content: The body, or None.
        authenticate: Whether the token is sent with it, to the origin of `url` only.
        timeout: The limits for the parts of an attempt.
        operation_id: The operation, or None.
        bucket: The requests that are assumed to share a rate limit with it, until a response shows which ones do.
        hides_query: Whether errors, events and logs show `url` without its query, which signs a presigned URL.
    """

    __slots__ = (
        *("authenticate", "bucket", "content", "headers", "hides_query", "method", "operation_id", "timeout", "url"),
    )

    def __init__(
        self,
        *,
        method: str,
        url: httpx.URL,
        headers: tuple[tuple[bytes, bytes], ...],
        content: bytes | None,
        authenticate: bool,
        timeout: Timeout,
        operation_id: str | None,
        bucket: str,
        hides_query: bool = False,
    ) -> None:
        self.method = method
        self.url = url
        self.headers = headers
        self.content = content
        self.authenticate = authenticate
        self.timeout = timeout
        self.operation_id = operation_id
        self.bucket = bucket
        self.hides_query = hides_query

    @property
    def shown_url(self) -> str:
        """The URL as errors, events and logs show it."""
        return url_without_query(str(self.url)) if self.hides_query else str(self.url)

    @classmethod
    def for_operation(cls, request: Request, *, base_url: str, timeout: Timeout) -> PreparedRequest:
        """Prepare a request to the API.

        Args:
            request: The request, relative to the base URL.
            base_url: The base URL, without a trailing slash.
            timeout: The limits for the parts of an attempt.

        Raises:
            ConfigurationError: The path would be changed on the way to the server, or a value cannot be sent.
        """
        operation_id = request.operation.id if request.operation else None
        content = request.body
        target = f"{request.path}?{_encoded_query(request.query)}" if request.query else request.path
        return cls(
            method=request.method,
            url=_exact_url(base_url, target),
            headers=CALL_HEADERS if content is None and request.accept is None else call_headers(request),
            content=content,
            authenticate=True,
            timeout=timeout,
            operation_id=operation_id,
            bucket=operation_id or f"{request.method} /{request.path.split('/', 2)[1]}",
        )

    @classmethod
    def for_download(
        cls, url: str, *, headers: Mapping[str, str], authenticate: bool, timeout: Timeout
    ) -> PreparedRequest:
        """Prepare a GET of any URL.

        Args:
            url: The complete URL.
            headers: Headers in addition to, or instead of, the usual ones.
            authenticate: Whether the token is sent to the origin of `url`.
            timeout: The limits for the parts of an attempt.

        Raises:
            InvalidURLError: `url` is not an http or https URL.
            ConfigurationError: A header is not valid.
        """
        address = _web_address(url)
        own = tuple(encode_header(name, value) for name, value in headers.items())
        replaced = {name.lower() for name, _ in own}
        return cls(
            method="GET",
            url=address,
            headers=(*(header for header in DOWNLOAD_HEADERS if header[0].lower() not in replaced), *own),
            content=None,
            authenticate=authenticate,
            timeout=timeout,
            operation_id=None,
            bucket=f"{address.scheme}://{address.host}",
            hides_query=True,
        )

    def to_httpx(self, url: httpx.URL, credential: Credential | None) -> httpx.Request:
        """Return the request for httpx.

        Args:
            url: `self.url`, or the URL that a redirect leads to.
            credential: The token; sent to the origin of `self.url` only.
        """
        is_own_origin = url is self.url or is_same_origin(url, self.url)
        has_content = self.content is not None or self.method not in _METHODS_WITHOUT_BODY
        if credential is not None and is_own_origin and self.headers is CALL_HEADERS and not has_content:
            headers: Any = credential.headers_of_calls(CALL_HEADERS, url.netloc)
        else:
            headers = [(b"Host", url.netloc), *(self.headers if is_own_origin else self._headers_for_other_origins())]
            if has_content:
                headers.append((b"Content-Length", str(len(self.content or b"")).encode()))
            if credential is not None and is_own_origin:
                headers.append(credential.header)
        # With all headers and a stream set, httpx computes nothing more.
        request = httpx.Request(
            self.method,
            url,
            headers=headers,
            stream=_Content(self.content) if self.content else _NO_CONTENT,
            extensions={
                "timeout": {
                    "connect": self.timeout.connect,
                    "read": self.timeout.read,
                    "write": self.timeout.write,
                    # The client's own pools never queue a request; a proxy or a custom transport may.
                    "pool": self.timeout.connect,
                }
            },
        )
        # Custom transports access `request.content`, which httpx sets here.
        request.read()
        return request

    def _headers_for_other_origins(self) -> Iterator[tuple[bytes, bytes]]:
        return (header for header in self.headers if header[0].lower() in HEADERS_FOR_ANY_ORIGIN)


class CallState:
    """The progress of one call, which takes one or more attempts.

    Args:
        request: The request.
        options: The options of the call.
        sequence: The number of the call, counted from 1 for each client; its position among calls that wait.
        queued_at: When the method was called.

    Attributes:
        retry: Whether and when the request is sent again.
        interactive: Whether it goes before bulk calls.
        attempt: How many attempts have begun.
        started_at: When the latest attempt began.
        deadline_at: When the call has to have ended, counted from its first attempt.
        pause: Seconds to wait after the latest attempt.
        waits_in_queue: Whether that is the cooldown of a rate limit, which ends for all calls at once.
        rejection: The error of the latest attempt, if it was rejected with 429.
        rejected_at: When it was.
        counted_at: When the attempt was counted against a published limit; None for nearly all.
        is_observed: Whether the log or ``on_event`` receives this attempt.
        may_have_taken_effect: Whether an attempt may have done what the request asks for, although it failed.
        credential: The token of the latest attempt; kept so that it is redacted from an error of that attempt.
    """

    def __init__(self, request: PreparedRequest, options: CallOptions, *, sequence: int, queued_at: float) -> None:
        self.request = request
        self.retry = options.retry
        self.interactive = (options.priority or current_priority()) == "interactive"
        self.sequence = sequence
        self.queued_at = queued_at
        self.attempt = 0
        self.started_at = 0.0
        self.deadline_at = math.inf
        self.pause = 0.0
        self.waits_in_queue = False
        self.rejection: APIError | None = None
        self.rejected_at = 0.0
        self.counted_at: float | None = None
        self.is_observed = False
        self.may_have_taken_effect = False
        self.credential: Credential | None = None

    def note_unknown_effect(self, cause: int | Failure) -> None:
        """Record that the latest attempt may have taken effect, if its outcome leaves that open.

        Args:
            cause: The status of the response, or why there was none.
        """
        if cause not in {429, "never sent"} and self.request.method not in _SAFE_METHODS:
            self.may_have_taken_effect = True

    def remaining(self, now: float) -> float:
        """Return the seconds until the deadline; all of them before the first attempt."""
        if not self.attempt:
            return math.inf if self.retry.deadline is None else self.retry.deadline
        return self.deadline_at - now

    def max_wait(self, now: float) -> float:
        """Return the longest delay in seconds that the call may begin."""
        return MAX_DELAY_WITHOUT_DEADLINE if self.retry.deadline is None else self.remaining(now)

    def info(self) -> AttemptInfo:
        """Return the identification of the latest attempt."""
        return AttemptInfo(
            operation_id=self.request.operation_id,
            call=self.sequence,
            attempt=self.attempt,
            method=self.request.method,
            url=self.request.shown_url,
        )


class _Content(httpx.ByteStream):
    """The body of a request, whose iterator is no generator: trio would report one that a cancellation leaves unfinished."""

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self._chunks = (content,)

    def __aiter__(self) -> AsyncIterator[bytes]:
        return _ContentIterator(iter(self._chunks))


class _ContentIterator(AsyncIterator[bytes]):
    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks

    async def __anext__(self) -> bytes:
        for chunk in self._chunks:
            return chunk
        raise StopAsyncIteration


_NO_CONTENT: Final = _Content(b"")


def _encoded_query(query: Sequence[tuple[str, str]]) -> str:
    try:
        return urlencode(query, quote_via=quote)
    except UnicodeEncodeError as error:
        msg = f"query={dict(query)!r} cannot be sent: {error.object[error.start]!r} is half of a character"
        raise ConfigurationError(msg) from None


def _web_address(url: str) -> httpx.URL:
    try:
        address = httpx.URL(url)
        if is_web_address(address):
            return address
    except (httpx.InvalidURL, ValueError, TypeError):
        # TypeError: not text. The messages of the others quote the URL, with its query.
        pass
    msg = f"{url_without_query(str(url))!r} is not an address of the form https://host/path"
    raise InvalidURLError(msg)


def _exact_url(base_url: str, target: str) -> httpx.URL:
    """Return the URL of a path, which is sent exactly as written."""
    path, has_query, query = target.partition("?")
    if _UNCHANGED_PATH.fullmatch(path) and _UNCHANGED_QUERY.fullmatch(query) and not has_dot_segments(path):
        parts: Any = getattr(_parse_base(base_url), "_uri_reference", None)
        if hasattr(parts, "_replace"):
            # Parsing takes a third of the CPU time of a call, and there is no public way around it.
            url = httpx.URL.__new__(httpx.URL)
            url._uri_reference = parts._replace(path=parts.path + path, query=query if has_query else None)  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
            return url
    address = base_url + target
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL as error:
        msg = f"{target!r} cannot be sent: {error}"
        raise ConfigurationError(msg) from None
    # httpx resolves dot segments and percent-encodes invalid characters; both would request a different resource.
    if not address.endswith(url.raw_path.decode("ascii")) or has_dot_segments(path):
        msg = f"{target!r} cannot be sent unchanged: percent-encode its parts, and leave out '.' and '..'"
        raise ConfigurationError(msg)
    return url


@functools.lru_cache(maxsize=16)
def _parse_base(base_url: str) -> httpx.URL:
    return httpx.URL(base_url)
