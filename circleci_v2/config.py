"""Settings of a client, resolved from arguments, the environment, the files of CircleCI's CLI, and defaults.

No other module reads the environment or those files.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol, get_args
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import getproxies_environment

import attrs

from circleci_v2.errors import ArgumentTypeError, ConfigurationError
from circleci_v2.policies import RateLimitPolicy, RetryPolicy, Timeout

if TYPE_CHECKING:
    from circleci_v2.events import Event

__all__ = ["AsyncTransport", "AuthScheme", "ConnectionOptions", "Secret", "Settings", "Token", "is_loopback", "resolve"]

AuthScheme = Literal["header", "bearer", "basic"]

DEFAULT_BASE_URL: Final = "https://circleci.com/api/v2"
TOKEN_VARIABLES: Final = ("CIRCLE_TOKEN", "CIRCLECI_TOKEN", "CIRCLECI_CLI_TOKEN", "CIRCLE_CLI_TOKEN")
HOST_VARIABLES: Final = ("CIRCLECI_BASE_URL", "CIRCLE_HOST", "CIRCLECI_CLI_HOST")
CLI_FILES: Final = (".circleci/cli.yml", ".config/circleci/config.yml")
"""The files of CircleCI's CLI (https://github.com/CircleCI-Public/circleci-cli), relative to the home directory.

The older CLI writes the first; the newer one writes the second, and mostly keeps the token in the system keyring.
"""


class Secret:
    """Text that is neither part of a repr nor of the local variables in a traceback."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text."""
        return self._text

    def is_valid_header_value(self) -> bool:
        """Whether the text can be sent in a header: printable ASCII without spaces, and not empty."""
        return _is_valid_header_value(self._text)

    def __repr__(self) -> str:
        return "Secret(…)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other.reveal() == self._text

    def __hash__(self) -> int:
        return hash(self._text)


def _is_valid_header_value(text: object) -> bool:
    # A user's token function may return something other than text.
    return isinstance(text, str) and text.isascii() and text.isprintable() and bool(text) and " " not in text


Token = str | Callable[[], Awaitable[str]]
"""A personal API token, or an async function that returns one for each request."""


class AsyncTransport(Protocol):
    """Carries requests: an `httpx.AsyncBaseTransport` or an `httpx2.AsyncBaseTransport`, both of which have these methods."""

    async def handle_async_request(self, request: Any) -> Any:
        """Send a request of the library that the transport belongs to, and return a response of it."""

    async def aclose(self) -> None:
        """Close every connection."""


def _token_hosts(hosts: Iterable[str]) -> tuple[str, ...]:
    if not isinstance(hosts, (list, tuple, set, frozenset)):
        # Text is iterable, too, and each of its characters would be taken for a host.
        msg = f"token_hosts={hosts!r} must be a list of hosts, such as ['files.example.com']"
        raise ConfigurationError(msg)
    return tuple(hosts)


@attrs.frozen(kw_only=True)
class ConnectionOptions:
    """How the client connects to CircleCI.

    Attributes:
        http2: Use HTTP/2 where the server supports it. Needs the extra ``http2``. Default: False.
        fast: Send through aiohttp, which uses less CPU time at high concurrency. Needs asyncio, and the extra
            ``fast``. Default: False.
        proxy: The URL of a proxy: ``http://``, ``https://`` or (not with `fast`) ``socks5://``. Default: ``HTTPS_PROXY``,
            ``HTTP_PROXY``, ``ALL_PROXY`` and ``NO_PROXY`` of the environment, by the rules of `urllib.request`.
        verify: Whether to verify the certificate of the server; or a file or folder of CA certificates to trust; or an
            `ssl.SSLContext`. Default: True.
        cert: A client certificate: a PEM file, or a pair of certificate file and key file. Default: none.
        trust_env: Whether to read proxies and CA certificates from the environment. Default: True.
        allow_http: Send the token unencrypted to a host other than this machine. Use it only for a CircleCI server
            inside a network that you trust. Default: False.
        token_hosts: Other hosts that may receive the token, for the artifacts of a CircleCI server that keeps them on
            another host than its API: ``files.example.com``, ``*.example.com`` for all hosts below a domain, or with a
            port, ``files.example.com:8443``. The token always goes to the origin of ``base_url``, and from CircleCI's
            cloud to its artifact hosts, ``*.circle-artifacts.com``; a URL on any other host is rejected where a method
            would send the token to it. Default: none.
        keepalive: Seconds that an idle connection is kept open. Default: 30.

    Raises:
        ConfigurationError: `http2` and `fast` are both set, or `token_hosts` is not a list.
    """

    http2: bool = False
    fast: bool = False
    proxy: str | None = attrs.field(default=None, repr=False)
    verify: bool | str | ssl.SSLContext = True
    cert: str | tuple[str, str] | None = None
    trust_env: bool = True
    allow_http: bool = False
    token_hosts: tuple[str, ...] = attrs.field(default=(), converter=_token_hosts)
    keepalive: float = 30.0

    def __attrs_post_init__(self) -> None:
        if self.http2 and self.fast:
            msg = "http2=True and fast=True exclude each other: aiohttp does not support HTTP/2"
            raise ConfigurationError(msg)


def _secret(token: Token | Secret) -> Secret | Callable[[], Awaitable[str]]:
    if isinstance(token, str):
        return Secret(token)
    if not isinstance(token, Secret) and not callable(token):
        # The value may be a token of another type, so that the message does not show it.
        msg = f"token must be text, or an async function that returns text, not {type(token).__name__}"
        raise ArgumentTypeError(msg)
    return token


# The defaults of a client, which are immutable.
_TIMEOUT: Final = Timeout()
_RETRY: Final = RetryPolicy()
_RATE_LIMIT: Final = RateLimitPolicy()
_CONNECTION: Final = ConnectionOptions()
_NO_PROXIES: Final[Mapping[str, str]] = {}


class Settings:
    """The resolved settings of a client.

    They are the arguments of `CircleCI`, which documents them, and:

    Attributes:
        base_url: As resolved: with a path, and without a trailing slash.
        proxies: The URLs of proxies by scheme, and the value of ``NO_PROXY`` under ``no``.
        log: The value of ``CIRCLECI_V2_LOG``: ``info`` or ``debug`` to log to standard error.
    """

    def __init__(
        self,
        *,
        base_url: str,
        token: Token | Secret,
        auth: AuthScheme = "header",
        timeout: float | Timeout = _TIMEOUT,
        max_concurrency: int = 100,
        retry: RetryPolicy = _RETRY,
        rate_limit: RateLimitPolicy = _RATE_LIMIT,
        connection: ConnectionOptions = _CONNECTION,
        proxies: Mapping[str, str] = _NO_PROXIES,
        strict: bool = False,
        on_event: Callable[[Event], None] | None = None,
        max_response_bytes: int = 64 * 1024 * 1024,
        log: str | None = None,
    ) -> None:
        self.base_url = base_url
        self.token = _secret(token)
        self.auth: AuthScheme = auth
        self.timeout = Timeout.of(timeout)
        self.max_concurrency = max_concurrency
        self.retry = retry
        self.rate_limit = rate_limit
        self.connection = connection
        self.proxies = proxies
        self.strict = strict
        self.on_event = on_event
        self.max_response_bytes = max_response_bytes
        self.log = log
        self._check()

    def _check(self) -> None:
        if self.auth not in get_args(AuthScheme):
            msg = f"auth={self.auth!r}: choose one of {', '.join(get_args(AuthScheme))}"
            raise ConfigurationError(msg)
        for name in ("max_concurrency", "max_response_bytes"):
            value: object = getattr(self, name)
            if not isinstance(value, int):
                msg = f"{name}={value!r} must be a whole number, not {type(value).__name__}"
                raise ArgumentTypeError(msg)
            if value < 1:
                msg = f"{name}={value!r} must be at least 1"
                raise ConfigurationError(msg)
        _check_type("retry", self.retry, RetryPolicy)
        _check_type("rate_limit", self.rate_limit, RateLimitPolicy)
        if self.on_event is not None and not callable(self.on_event):
            msg = f"on_event={self.on_event!r}: pass a function that takes an event"
            raise ArgumentTypeError(msg)


def _check_type(name: str, value: object, expected: type) -> None:
    if not isinstance(value, expected):
        # The value is not shown: an object may hold a token.
        msg = f"{name}: pass a {expected.__name__}, not {type(value).__name__}"
        raise ArgumentTypeError(msg)


def resolve(
    token: Token | None = None,
    *,
    base_url: str | None = None,
    connection: ConnectionOptions | None = None,
    home: Path | None = None,
    **options: Any,
) -> Settings:
    """Resolve the settings from arguments, then the environment, then the files of CircleCI's CLI, then defaults.

    Args:
        token: The token. Default: the variables ``CIRCLE_TOKEN``, ``CIRCLECI_TOKEN``, ``CIRCLECI_CLI_TOKEN``,
            ``CIRCLE_CLI_TOKEN``, then the CLI's files.
        base_url: Default: ``CIRCLECI_BASE_URL``, ``CIRCLE_HOST``, ``CIRCLECI_CLI_HOST``, then the CLI's files, then
            ``https://circleci.com/api/v2``. A host alone is completed to ``https://<host>/api/v2``.
        connection: How the client connects. Default: ``ConnectionOptions()``.
        home: The directory that holds the CLI's files. Default: the home directory of the user.
        options: Other fields of `Settings`.

    Raises:
        ConfigurationError: There is no token, or a value is not valid.
    """
    # From here on no local variable of this module holds the token as plain text.
    token = _checked(_secret(token)) if token is not None else None  # type: ignore[assignment]
    home = _home() if home is None else home
    files = [_read_cli_file(home / name) for name in CLI_FILES] if home else []
    if connection is None:
        connection = ConnectionOptions()
    _check_type("connection", connection, ConnectionOptions)
    # The token of a file is sent to the host in the same file, and never to the host in another one.
    owner = next((entries for entries in files if "token" in entries), None)
    found_token = token or _token_from_environment() or (_checked(owner["token"]) if owner else None)
    if found_token is None:
        searched = ", ".join((*TOKEN_VARIABLES, *(f"~/{name}" for name in CLI_FILES)))
        msg = f"no token: pass token=..., or set CIRCLE_TOKEN to a personal API token. Searched: {searched}."
        raise ConfigurationError(msg)
    host = base_url or _host_from_environment() or _host([owner] if owner else files) or DEFAULT_BASE_URL
    return Settings(
        base_url=_base_url(host, allow_http=connection.allow_http),
        token=found_token,
        connection=connection,
        proxies=getproxies_environment() if connection.trust_env else {},
        log=os.environ.get("CIRCLECI_V2_LOG") or None,
        **options,
    )


def _home() -> Path | None:
    try:
        return Path.home()
    except RuntimeError:
        # Users in containers may have no home directory.
        return None


def _token_from_environment() -> Secret | Callable[[], Awaitable[str]] | None:
    name = next((name for name in TOKEN_VARIABLES if os.environ.get(name)), None)
    return None if name is None else _checked(Secret(os.environ[name]))


def _host_from_environment() -> str | None:
    return next((os.environ[name] for name in HOST_VARIABLES if os.environ.get(name)), None)


def _checked(token: Secret | Callable[[], Awaitable[str]]) -> Secret | Callable[[], Awaitable[str]]:
    """Return the token without surrounding blanks; the error message must not show it."""
    if not isinstance(token, Secret):
        return token
    stripped = Secret(token.reveal().strip())
    if not stripped.is_valid_header_value():
        msg = "the token is empty, or holds characters that no token has; copy it again from CircleCI's user settings"
        raise ConfigurationError(msg)
    return stripped


def _base_url(given: object, *, allow_http: bool) -> str:
    if not isinstance(given, str):
        msg = f"base_url={given!r} must be text, not {type(given).__name__}: use https://circleci.example.com/api/v2"
        raise ArgumentTypeError(msg)
    text = given.strip()
    parts = _split(text if "://" in text else f"https://{text}")
    if parts is None or not _is_api_url(parts) or not text.isprintable() or " " in text:
        # `urlsplit` drops tabs and line breaks without a word. The part before an "@" may hold a password.
        shown = text.rpartition("@")[2]
        msg = f"base_url={shown!r} is not the URL of an API: use a form like https://circleci.example.com/api/v2"
        raise ConfigurationError(msg)
    if parts.scheme == "http" and not allow_http and not is_loopback(parts.hostname or ""):
        msg = (
            f"base_url={text!r} would send the token unencrypted: use https://, or, inside a network that you trust, "
            "pass connection=ConnectionOptions(allow_http=True)"
        )
        raise ConfigurationError(msg)
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/') or '/api/v2'}"


def _split(url: str) -> SplitResult | None:
    try:
        return urlsplit(url)
    except ValueError:
        # Brackets that are not closed, or hold no IPv6 address.
        return None


def _is_api_url(parts: SplitResult) -> bool:
    try:
        has_valid_port = parts.port is None or parts.port > 0
    except ValueError:
        return False
    if any(unquote(segment) in {".", ".."} for segment in parts.path.split("/")):
        return False
    is_web_url = parts.scheme in {"http", "https"} and bool(parts.hostname) and has_valid_port
    return is_web_url and not (parts.query or parts.fragment or "@" in parts.netloc)


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, which requests reach without a network."""
    # RFC 6761, section 6.3, reserves `localhost` and everything below it for the loopback interface.
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _host(files: list[dict[str, Any]]) -> str | None:
    for entries in files:
        host, endpoint = entries.get("host"), entries.get("rest_endpoint")
        if endpoint and "://" in endpoint:
            return str(endpoint)
        if host:
            return f"{host.rstrip('/')}/{endpoint.strip('/')}" if endpoint else str(host)
    return None


def _read_cli_file(path: Path) -> dict[str, Any]:
    """Return the top-level entries of a CLI file that matter here, without a YAML parser; the token as a `Secret`."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        # Missing or not readable: the next file is tried, and if no token is found, the error names all of them.
        return {}
    return dict(_entries(lines))


def _entries(lines: list[str]) -> Iterator[tuple[str, Any]]:
    for line in lines:
        key, colon, rest = line.partition(":")
        value = rest.split(" #", 1)[0].strip().strip("'\"")
        if colon and value and key in {"host", "rest_endpoint", "token"}:
            yield key, Secret(value) if key == "token" else value
