"""TokenHosts: the hosts that may receive the token, where a user passes a complete URL."""

from __future__ import annotations

from typing import Final, Self

import attrs
import httpx

from circleci_v2._http.auth import has_valid_authority, is_same_origin, port_of
from circleci_v2.config import Settings, is_loopback
from circleci_v2.errors import ConfigurationError, InvalidURLError

__all__ = ["TokenHosts"]

_CLOUD: Final = "circleci.com"
# The API lists artifacts on output.circle-artifacts.com, and older ones on <number>-<number>-gh.circle-artifacts.com:
# https://support.circleci.com/hc/en-us/articles/5034956515355
_CLOUD_ARTIFACTS: Final = "*.circle-artifacts.com"


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


@attrs.frozen
class _HostPattern:
    """A host, or with a wildcard all hosts below a domain.

    Attributes:
        host: The host or domain, in lower case and IDNA-encoded.
        port: The port; None for that of the scheme.
        is_wildcard: Whether it stands for all hosts below `host`, and not for `host` itself.
    """

    host: bytes
    port: int | None
    is_wildcard: bool = attrs.field(kw_only=True)

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
