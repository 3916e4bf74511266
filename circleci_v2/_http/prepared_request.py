"""Call: what is known of one call of a method, from its description on and between its attempts."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote, urlencode

import attrs
import httpx

from circleci_v2 import __version__
from circleci_v2._http.auth import is_web_address
from circleci_v2._http.instrumentation import Observed
from circleci_v2._wire.request import Request
from circleci_v2.config import Settings
from circleci_v2.policies import Priority, RetryPolicy, Timeout, current_priority

__all__ = ["Call", "CallOptions"]

_USER_AGENT: Final = (b"User-Agent", f"circleci-v2-python/{__version__}".encode())
_HEADERS: Final = ((b"Accept", b"application/json"), (b"Accept-Encoding", b"gzip, deflate"), _USER_AGENT)
_HEADERS_WITH_BODY: Final = (*_HEADERS, (b"Content-Type", b"application/json"))


@attrs.frozen(kw_only=True)
class CallOptions:
    """What `CircleCI.with_options` can set for some calls; None leaves it as the client has it.

    Attributes:
        timeout: How long the parts of one attempt may take, in seconds.
        max_retries: How often a request may be sent again.
        deadline: Seconds that a call may take from its first attempt on.
        priority: Where calls stand in line: ``bulk`` lets every ``interactive`` one go first. None: ``bulk`` inside
            the bulk helpers, else ``interactive``.
    """

    timeout: float | Timeout | None = None
    max_retries: int | None = None
    deadline: float | None = None
    priority: Priority | None = attrs.field(default=None, validator=attrs.validators.in_((None, "interactive", "bulk")))

    @property
    def urgent(self) -> bool:
        """Whether a call that is made now goes before bulk calls."""
        return (self.priority or current_priority()) == "interactive"

    def on(self, policy: RetryPolicy) -> RetryPolicy:
        """A policy with these options."""
        given: dict[str, Any] = {"max_retries": self.max_retries, "deadline": self.deadline}
        changes = {name: value for name, value in given.items() if value is not None}
        return attrs.evolve(policy, **changes) if changes else policy


@attrs.define(kw_only=True)
class Call:
    """One call of a method, which takes one or more attempts.

    Attributes:
        number: Counts the calls of a client; its place in line.
        method: The HTTP method.
        url: Where it goes.
        operation_id: The operation, or None.
        bucket: What is limited together with it, as far as is known before the first answer.
        headers: Its headers, without the token.
        content: Its body, or None.
        authenticate: Whether the token goes with it.
        timeout: How long the parts of an attempt may take.
        retry: Whether there may be another attempt.
        urgent: Whether it goes before calls that are not.
        attempt: How many attempts have begun.
        queued_at: When the method was called.
        sent_at: When the first attempt began; None before.
        pause: Seconds to wait after the attempt that was last.
        counted_at: When the attempt was counted against a limit that CircleCI publishes; None for nearly all.
    """

    number: int
    method: str
    url: httpx.URL
    operation_id: str | None
    bucket: str
    headers: tuple[tuple[bytes, bytes], ...]
    content: bytes | None = attrs.field(repr=False)
    authenticate: bool
    timeout: Timeout
    retry: RetryPolicy
    urgent: bool
    queued_at: float
    attempt: int = 0
    sent_at: float | None = None
    pause: float = 0.0
    counted_at: float | None = None

    @classmethod
    def of_request(cls, request: Request, options: CallOptions, settings: Settings, *, number: int, now: float) -> Call:
        """A call of the API.

        Raises:
            ValueError: The path cannot be sent as it is.
        """
        operation_id = request.operation.id if request.operation else None
        query = urlencode(request.query, quote_via=quote) if request.query else ""
        return cls(
            number=number,
            method=request.method,
            url=_literal(settings.base_url, f"{request.path}?{query}" if query else request.path),
            operation_id=operation_id,
            bucket=operation_id or f"{request.method} /{request.path.split('/', 2)[1]}",
            headers=_HEADERS_WITH_BODY if request.has_body else _HEADERS,
            content=_json(request.json) if request.has_body else None,
            authenticate=True,
            timeout=settings.timeout if options.timeout is None else Timeout.of(options.timeout),
            retry=options.on(settings.retry),
            urgent=options.urgent,
            queued_at=now,
        )

    @classmethod
    def of_download(
        cls,
        url: str,
        headers: Mapping[str, str],
        options: CallOptions,
        settings: Settings,
        *,
        authenticate: bool,
        number: int,
        now: float,
    ) -> Call:
        """A GET of any address.

        Raises:
            ValueError: It is no address.
        """
        address = _web_address(url)
        own = tuple((name.encode("ascii"), value.encode("latin-1")) for name, value in headers.items())
        given = {name.lower() for name in headers}
        usual = ((b"Accept", b"*/*"), *_HEADERS[1:])
        return cls(
            number=number,
            method="GET",
            url=address,
            operation_id=None,
            bucket=f"{address.scheme}://{address.host}",
            headers=(*(pair for pair in usual if pair[0].decode().lower() not in given), *own),
            content=None,
            authenticate=authenticate,
            timeout=settings.timeout if options.timeout is None else Timeout.of(options.timeout),
            retry=options.on(settings.retry),
            urgent=options.urgent,
            queued_at=now,
        )

    def begin(self, now: float) -> None:
        """Count an attempt that begins now."""
        self.attempt += 1
        if self.sent_at is None:
            self.sent_at = now

    def left(self, now: float) -> float:
        """Seconds until the deadline, which is counted from the first attempt."""
        if self.retry.deadline is None:
            return math.inf
        return self.retry.deadline - (0.0 if self.sent_at is None else now - self.sent_at)

    def seen(self) -> Observed:
        """The attempt that is under way, for those who tell of it."""
        return Observed(
            operation_id=self.operation_id,
            call=self.number,
            attempt=self.attempt,
            method=self.method,
            url=str(self.url),
        )


def _web_address(url: str) -> httpx.URL:
    try:
        address = httpx.URL(url)
        is_complete = is_web_address(address)
    except (httpx.InvalidURL, ValueError) as error:
        msg = f"{url!r} is not an address: {error}"
        raise ValueError(msg) from None
    if not is_complete:
        msg = f"{url!r} is not an address of the form https://host/path"
        raise ValueError(msg)
    return address


def _literal(base_url: str, target: str) -> httpx.URL:
    """The address whose path travels exactly as it is written."""
    address = base_url + target
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL as error:
        msg = f"{target!r} cannot be sent: {error}"
        raise ValueError(msg) from None
    # httpx resolves dot segments and encodes what is not allowed; both would ask for something else than was meant.
    if not address.endswith(url.raw_path.decode("ascii")):
        msg = f"{target!r} cannot be sent as it is: percent-encode its parts, and leave out '.' and '..'"
        raise ValueError(msg)
    return url


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
