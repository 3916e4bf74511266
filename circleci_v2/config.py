"""Settings of a client, and where they come from: arguments, the environment, the files of CircleCI's CLI.

This is the only place that reads any of them.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Awaitable, Callable, Iterator, Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final, Literal, get_args
from urllib.parse import SplitResult, urlsplit

import attrs

from circleci_v2.errors import ConfigurationError
from circleci_v2.events import Event
from circleci_v2.policies import RateLimitPolicy, RetryPolicy, Timeout

__all__ = ["AuthScheme", "ConnectionOptions", "Secret", "Settings", "Token", "resolve"]

AuthScheme = Literal["header", "bearer", "basic"]

DEFAULT_BASE_URL: Final = "https://circleci.com/api/v2"
TOKEN_VARIABLES: Final = ("CIRCLE_TOKEN", "CIRCLECI_TOKEN", "CIRCLECI_CLI_TOKEN", "CIRCLE_CLI_TOKEN")
HOST_VARIABLES: Final = ("CIRCLECI_BASE_URL", "CIRCLE_HOST", "CIRCLECI_CLI_HOST")
CLI_FILES: Final = (".circleci/cli.yml", ".config/circleci/config.yml")
"""The older CLI writes the first, the newer one the second (with the token mostly in the keyring of the system)."""


class Secret:
    """Text that shows itself only when asked to: not in a repr, not among the local variables of a traceback."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself."""
        return self._text

    def can_travel(self) -> bool:
        """Whether it can be sent in a header."""
        return _can_travel(self._text)

    def __repr__(self) -> str:
        return "Secret(…)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other.reveal() == self._text

    def __hash__(self) -> int:
        return hash(self._text)


def _can_travel(text: object) -> bool:
    # What a function of the user gives need not be text.
    return isinstance(text, str) and text.isascii() and text.isprintable() and bool(text) and " " not in text


Token = str | Callable[[], Awaitable[str]]


@attrs.frozen(kw_only=True)
class ConnectionOptions:
    """How the client connects to CircleCI.

    Attributes:
        http2: Speak HTTP/2 where the server does. Needs the extra ``http2``. Default: False.
        fast: Send through aiohttp, which takes less time of the CPU at high concurrency. Needs the extra ``fast``, and
            asyncio. Default: False.
        proxy: The address of a proxy, ``http://``, ``https://`` or (not with ``fast``) ``socks5://``. Default: ``HTTPS_PROXY``,
            ``HTTP_PROXY``, ``ALL_PROXY`` and ``NO_PROXY`` of the environment.
        verify: Whether to check the certificate of the server; or a file or folder with the certificates of the
            authorities to trust; or a ready `ssl.SSLContext`. Default: True.
        cert: A client certificate: a PEM file, or a pair of certificate file and key file. Default: none.
        trust_env: Whether proxies and authorities may come from the environment. Default: True.
        allow_http: Send the token over a connection that is not encrypted, to a host other than this machine. Only for
            a CircleCI server inside a network that you trust. Default: False.
        keepalive: Seconds that an idle connection is kept open. Default: 30.

    Raises:
        ConfigurationError: `http2` and `fast` are both set.
    """

    http2: bool = False
    fast: bool = False
    proxy: str | None = attrs.field(default=None, repr=False)
    verify: bool | str | ssl.SSLContext = True
    cert: str | tuple[str, str] | None = None
    trust_env: bool = True
    allow_http: bool = False
    keepalive: float = 30.0

    def __attrs_post_init__(self) -> None:
        if self.http2 and self.fast:
            msg = "http2=True and fast=True exclude each other: aiohttp does not speak HTTP/2"
            raise ConfigurationError(msg)


def _secret(token: Token | Secret) -> Secret | Callable[[], Awaitable[str]]:
    return Secret(token) if isinstance(token, str) else token


def _timeout(value: float | Timeout) -> Timeout:
    return Timeout.of(value)


@attrs.frozen(kw_only=True)
class Settings:
    """Everything a client was set up with.

    Attributes:
        base_url: Where the API is, with its path and without a trailing slash.
        token: A personal API token, or an async function that gives one for each request.
        auth: How the token travels: in ``Circle-Token``, as a bearer token, or as the user name of HTTP basic.
        timeout: How long the parts of one attempt may take; a number of seconds means the same for each.
        max_concurrency: How many requests may be under way at once.
        retry: When and how often a request is sent again.
        rate_limit: How the client keeps within the rate limits.
        connection: How the client connects.
        proxies: Addresses of proxies by scheme, and under ``no`` the hosts that need none, as the environment says.
        strict: Whether an answer that deviates from its description raises.
        on_event: Told what the client does.
        max_response_bytes: How long the body of an answer may be, decompressed. Streamed answers have no bound.
        log: ``info`` or ``debug`` to show on standard error what the client does; from ``CIRCLECI_V2_LOG``.
    """

    base_url: str
    token: Secret | Callable[[], Awaitable[str]] = attrs.field(converter=_secret, repr=False)
    auth: AuthScheme = "header"
    timeout: Timeout = attrs.field(factory=Timeout, converter=_timeout)
    max_concurrency: int = 100
    retry: RetryPolicy = attrs.field(factory=RetryPolicy)
    rate_limit: RateLimitPolicy = attrs.field(factory=RateLimitPolicy)
    connection: ConnectionOptions = attrs.field(factory=ConnectionOptions)
    proxies: Mapping[str, str] = attrs.field(factory=dict[str, str], repr=False)
    strict: bool = False
    on_event: Callable[[Event], None] | None = None
    max_response_bytes: int = 64 * 1024 * 1024
    log: str | None = None

    def __attrs_post_init__(self) -> None:
        if self.auth not in get_args(AuthScheme):
            msg = f"auth={self.auth!r}: choose one of {', '.join(get_args(AuthScheme))}"
            raise ConfigurationError(msg)
        for name in ("max_concurrency", "max_response_bytes"):
            if getattr(self, name) < 1:
                msg = f"{name}={getattr(self, name)!r} must be at least 1"
                raise ConfigurationError(msg)


def resolve(
    token: Token | None = None,
    *,
    base_url: str | None = None,
    connection: ConnectionOptions | None = None,
    environ: Mapping[str, str] | None = None,
    home: Path | None = None,
    **options: Any,
) -> Settings:
    """Settings from arguments, then the environment, then the files of CircleCI's CLI, then the defaults.

    Args:
        token: See `Settings`. Default: the variables ``CIRCLE_TOKEN``, ``CIRCLECI_TOKEN``, ``CIRCLECI_CLI_TOKEN``,
            ``CIRCLE_CLI_TOKEN``, then the CLI's files.
        base_url: Default: ``CIRCLECI_BASE_URL``, ``CIRCLE_HOST``, ``CIRCLECI_CLI_HOST``, then the CLI's files, then
            ``https://circleci.com/api/v2``. A host alone is completed to ``https://<host>/api/v2``.
        connection: See `Settings`.
        environ: The environment. Default: that of the process.
        home: The folder in which the CLI's files are looked for. Default: that of the user.
        options: Other fields of `Settings`.

    Raises:
        ConfigurationError: There is no token, or something makes no sense.
    """
    # From here on no local variable of this module holds the token as text.
    token = _checked(_secret(token)) if token is not None else None  # type: ignore[assignment]
    environ = os.environ if environ is None else environ
    home = _home() if home is None else home
    files = [_entries(home / name) for name in CLI_FILES] if home else []
    connection = connection or ConnectionOptions()
    # The token of a file goes to the host of that file, if it names one, and to no other file's.
    owner = next((entries for entries in files if "token" in entries), None)
    found_token = token or _from_environment(environ) or (_checked(owner["token"]) if owner else None)
    if found_token is None:
        looked = ", ".join((*TOKEN_VARIABLES, *(f"~/{name}" for name in CLI_FILES)))
        msg = f"no token: pass token=..., or set CIRCLE_TOKEN to a personal API token. Looked in {looked}."
        raise ConfigurationError(msg)
    host = base_url or _first(environ, HOST_VARIABLES) or _host([owner] if owner else files) or DEFAULT_BASE_URL
    return Settings(
        base_url=_base_url(host, allow_http=connection.allow_http),
        token=found_token,
        connection=connection,
        proxies=_proxies(environ) if connection.trust_env else {},
        log=environ.get("CIRCLECI_V2_LOG") or None,
        **options,
    )


def _home() -> Path | None:
    try:
        return Path.home()
    except RuntimeError:
        # Containers have users without one.
        return None


def _from_environment(environ: Mapping[str, str]) -> Secret | None:
    name = next((name for name in TOKEN_VARIABLES if environ.get(name)), None)
    return None if name is None else _checked(Secret(environ[name]))  # type: ignore[return-value]


def _checked(token: Secret | Callable[[], Awaitable[str]]) -> Secret | Callable[[], Awaitable[str]]:
    """The token, if it can travel in a header; the message must not show it."""
    if not isinstance(token, Secret):
        return token
    stripped = Secret(token.reveal().strip())
    if not stripped.can_travel():
        msg = "the token is empty or holds characters that no token has; copy it again from CircleCI's user settings"
        raise ConfigurationError(msg)
    return stripped


def _base_url(text: str, *, allow_http: bool) -> str:
    parts = _split(text if "://" in text else f"https://{text}")
    if parts is None or not _is_address(parts):
        # What stands before an "@" is a password.
        shown = text.rpartition("@")[2]
        msg = f"base_url={shown!r} is not the address of an API: use a form like https://circleci.example.com/api/v2"
        raise ConfigurationError(msg)
    if parts.scheme == "http" and not allow_http and not _is_loopback(parts.hostname or ""):
        msg = (
            f"base_url={text!r} would send the token unencrypted: use https://, or, inside a network that you trust, "
            "pass connection=ConnectionOptions(allow_http=True)"
        )
        raise ConfigurationError(msg)
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/') or '/api/v2'}"


def _split(address: str) -> SplitResult | None:
    try:
        return urlsplit(address)
    except ValueError:
        # Brackets that hold no IPv6 address, or have no end.
        return None


def _is_address(parts: SplitResult) -> bool:
    try:
        port_is_right = parts.port is None or parts.port > 0
    except ValueError:
        return False
    right = parts.scheme in {"http", "https"} and bool(parts.hostname) and port_is_right
    return right and not (parts.query or parts.fragment or "@" in parts.netloc)


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _proxies(environ: Mapping[str, str]) -> dict[str, str]:
    lowered = {name.lower(): value for name, value in environ.items() if name.lower().endswith("_proxy") and value}
    if "REQUEST_METHOD" in environ:
        # In a CGI program HTTP_PROXY is a header of the request, which a stranger wrote.
        lowered.pop("http_proxy", None)
    return {name.removesuffix("_proxy"): value for name, value in lowered.items()}


def _first(environ: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    return next((environ[name] for name in names if environ.get(name)), None)


def _host(files: list[dict[str, Any]]) -> str | None:
    for entries in files:
        host, endpoint = entries.get("host"), entries.get("rest_endpoint")
        if endpoint and "://" in endpoint:
            return str(endpoint)
        if host:
            return f"{host.rstrip('/')}/{endpoint.strip('/')}" if endpoint else str(host)
    return None


def _entries(path: Path) -> dict[str, Any]:
    """The flat entries of a CLI file that are of interest; these few need no YAML parser."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        # No file, or one that is not ours to read: the next place is asked, and if none has a token, all are named.
        return {}
    return dict(_flat(lines))


def _flat(lines: list[str]) -> Iterator[tuple[str, Any]]:
    for line in lines:
        key, colon, rest = line.partition(":")
        value = rest.split(" #", 1)[0].strip().strip("'\"")
        if colon and value and key in {"host", "rest_endpoint", "token"}:
            yield key, Secret(value) if key == "token" else value
