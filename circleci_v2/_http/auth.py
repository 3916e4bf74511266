"""Authentication: the header that carries the token, and the hosts that may receive it.

This is the only module that puts the token into a header.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Final, Self

import httpx

from circleci_v2._http.logging import redact_logs, register_secret
from circleci_v2.config import AuthScheme, Secret, Settings, is_loopback
from circleci_v2.errors import ConfigurationError, InvalidURLError

__all__ = [
    "Credential",
    "Credentials",
    "TokenHosts",
    "has_valid_authority",
    "is_same_origin",
    "is_web_address",
    "port_of",
]

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_MAX_LABEL: Final = 63  # bytes; RFC 1035, section 2.3.4
_MAX_HOST: Final = 253  # bytes of a name as text; RFC 1035, section 2.3.4 allows 255 with the lengths of its labels

_CLOUD: Final = "circleci.com"
# The API lists artifacts on output.circle-artifacts.com, and older ones on <number>-<number>-gh.circle-artifacts.com:
# https://support.circleci.com/hc/en-us/articles/5034956515355
_CLOUD_ARTIFACTS: Final = "*.circle-artifacts.com"


class Credential:
    """A header that holds the token, and shows it neither in a repr nor among the local variables of a traceback.

    The token is redacted from logs and errors while this object exists: as long as it is current, or a request that
    carries it is in flight.
    """

    __slots__ = ("__weakref__", "_of_calls", "header")

    def __init__(self, scheme: AuthScheme, token: Secret) -> None:
        self.header = _header(scheme, token)
        self._of_calls: tuple[bytes, httpx.Headers] | None = None
        text = token.reveal()
        # As it is sent with any scheme, because a server may convert one to another.
        encoded = (base64.b64encode(form.encode("ascii")).decode("ascii") for form in (text, f"{text}:"))
        register_secret(self, text, *encoded)

    def headers_of_calls(self, headers: Sequence[tuple[bytes, bytes]], host: bytes) -> httpx.Headers:
        """Return the headers of a request without a body, which are the same for all of them.

        Args:
            headers: Those without the host and the token; always the same ones.
            host: The host of the API.
        """
        if self._of_calls is None or self._of_calls[0] != host:
            self._of_calls = host, httpx.Headers([(b"Host", host), *headers, self.header])
        return self._of_calls[1]

    def __repr__(self) -> str:
        return "Credential(…)"


def _header(scheme: AuthScheme, token: Secret) -> tuple[bytes, bytes]:
    match scheme:
        case "header":
            return b"Circle-Token", token.reveal().encode("ascii")
        case "bearer":
            return b"Authorization", b"Bearer " + token.reveal().encode("ascii")
        case "basic":
            return b"Authorization", b"Basic " + base64.b64encode(token.reveal().encode("ascii") + b":")


class Credentials:
    """The source of a client's credential.

    Args:
        settings: The settings of the client.

    Attributes:
        static: The credential of a token that was passed as text; None when the token is a function, and `fetch` has to
            be awaited for each request.
    """

    def __init__(self, settings: Settings) -> None:
        redact_logs()
        self._token = settings.token
        self._scheme: AuthScheme = settings.auth
        self._latest: tuple[Secret, Credential] | None = None
        self.static = self._credential(settings.token) if isinstance(settings.token, Secret) else None

    async def fetch(self) -> Credential:
        """Return the credential for the next request, from the user's token function where there is one.

        Raises:
            ConfigurationError: The function did not return text that is valid in a header.
        """
        return self._credential(self._token if isinstance(self._token, Secret) else Secret(await self._token()))

    async def token(self) -> str:
        """Return the token for the next request, for what is kept per token."""
        return (self._token if isinstance(self._token, Secret) else Secret(await self._token())).reveal()

    def _credential(self, token: Secret) -> Credential:
        if self._latest is None or self._latest[0] != token:
            if not token.is_valid_header_value():
                msg = "the token function returned no text, empty text, or text that is not valid in a header"
                raise ConfigurationError(msg)
            self._latest = token, Credential(self._scheme, token)
        return self._latest[1]


def is_same_origin(one: httpx.URL, other: httpx.URL) -> bool:
    """Whether two URLs have scheme, host and port in common (RFC 6454, section 5)."""
    return (one.scheme, one.host, port_of(one)) == (other.scheme, other.host, port_of(other))


def is_web_address(url: httpx.URL) -> bool:
    """Whether a URL is ``http`` or ``https`` and can be connected to."""
    return url.scheme in _DEFAULT_PORTS and has_valid_authority(url)


def has_valid_authority(url: httpx.URL) -> bool:
    """Whether a URL has a host that can be looked up, and no port outside the range of TCP; httpx accepts others."""
    return bool(url.host) and _can_be_looked_up(url.raw_host) and (url.port is None or 0 < url.port < 1 << 16)


def _can_be_looked_up(host: bytes) -> bool:
    if len(host.removesuffix(b".")) > _MAX_HOST or not host.isascii():
        return False
    # As Python's codec "idna" does for ASCII before a look-up, which would have to be imported.
    *labels, last = host.split(b".")
    return len(last) <= _MAX_LABEL and all(0 < len(label) <= _MAX_LABEL for label in labels)


def port_of(url: httpx.URL) -> int | None:
    """Return the port of a URL, which is that of its scheme unless it names one; None for an unknown scheme."""
    return url.port if url.port is not None else _DEFAULT_PORTS.get(url.scheme)


class TokenHosts:
    """The origin of the base URL, in the cloud CircleCI's artifact hosts, and those that the user named.

    Args:
        settings: The settings of the client.

    Raises:
        ConfigurationError: One of the user's hosts is not a host.
    """

    def __init__(self, settings: Settings) -> None:
        connection = settings.connection
        self._base_url = httpx.URL(settings.base_url)
        self._allow_http = connection.allow_http
        is_cloud = self._base_url.host == _CLOUD or self._base_url.host.endswith(f".{_CLOUD}")
        others = (*([_CLOUD_ARTIFACTS] if is_cloud else []), *connection.token_hosts)
        self._others = [_HostPattern.parse(text) for text in others]
        base = _HostPattern(self._base_url.raw_host, self._base_url.port, is_wildcard=False)
        self._patterns = [base, *self._others]

    def check(self, url: httpx.URL) -> None:
        """Check that the token may be sent to a URL.

        Raises:
            InvalidURLError: It may not; the message names the host and the way to allow it.
        """
        if is_same_origin(url, self._base_url):
            return
        if not any(pattern.matches(url) for pattern in self._patterns):
            allowed = " and ".join([_origin(self._base_url), *map(str, self._others)])
            msg = (
                f"the token is not sent to {_origin(url)}: it goes only to {allowed}. If this host may have it, pass "
                f"connection=ConnectionOptions(token_hosts=[{_authority(url)!r}]); if the URL needs no token, read it with "
                "stream(url)"
            )
            raise InvalidURLError(msg)
        if url.scheme != "https" and not self._allow_http and not is_loopback(url.host):
            msg = (
                f"the token is not sent to {_origin(url)} unencrypted: use an https:// URL, or, inside a network that you "
                "trust, pass connection=ConnectionOptions(allow_http=True)"
            )
            raise InvalidURLError(msg)


class _HostPattern:
    """A host, or with a wildcard all hosts below a domain.

    Args:
        host: The host or domain, in lower case and IDNA-encoded.
        port: The port; None for that of the scheme.
        is_wildcard: Whether it stands for all hosts below `host`, and not for `host` itself.
    """

    __slots__ = ("host", "is_wildcard", "port")

    def __init__(self, host: bytes, port: int | None, *, is_wildcard: bool) -> None:
        self.host = host
        self.port = port
        self.is_wildcard = is_wildcard

    @classmethod
    def parse(cls, text: object) -> Self:
        """Read ``example.com``, ``*.example.com`` or ``example.com:8443``.

        Raises:
            ConfigurationError: The text is none of these.
        """
        host = text.removeprefix("*.") if isinstance(text, str) else ""
        url = _parse_host(host)
        if url is None:
            msg = (
                f"token_hosts: {text!r} is not a host; write 'files.example.com', '*.example.com' for all hosts below a "
                "domain, or 'files.example.com:8443'"
            )
            raise ConfigurationError(msg)
        return cls(url.raw_host, url.port, is_wildcard=host != text)

    def matches(self, url: httpx.URL) -> bool:
        """Whether a URL is on one of these hosts, and on the port."""
        if (url.port is None) if self.port is None else (port_of(url) == self.port):
            return url.raw_host.endswith(b"." + self.host) if self.is_wildcard else url.raw_host == self.host
        return False

    def __str__(self) -> str:
        port = "" if self.port is None else f":{self.port}"
        return f"https://{'*.' if self.is_wildcard else ''}{self.host.decode('ascii')}{port}"


def _parse_host(text: str) -> httpx.URL | None:
    if not text or set(text) & set("/?#@*\\ "):
        return None
    try:
        url = httpx.URL(f"https://{text}")
        return url if has_valid_authority(url) else None
    except (httpx.InvalidURL, ValueError):
        # IDNA rules raise ValueError, some of them only when the host is accessed.
        return None


def _authority(url: httpx.URL) -> str:
    return url.netloc.decode("ascii")


def _origin(url: httpx.URL) -> str:
    return f"{url.scheme}://{_authority(url)}"
