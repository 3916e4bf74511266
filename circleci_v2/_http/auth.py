"""Credentials: how the token travels, and to whom. The one place that puts it into a request."""

from __future__ import annotations

import base64
from typing import Final

import httpx

from circleci_v2._http.logging import hide
from circleci_v2.config import AuthScheme, Secret, Settings
from circleci_v2.errors import ConfigurationError

__all__ = ["Credential", "Credentials", "has_place", "is_web_address", "same_origin"]

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


class Credential:
    """A header with the token. It shows neither: not in a repr, not among the local variables of a traceback.

    As long as it lives, that is while it is the newest or a request with it is under way, no log shows them either.
    """

    __slots__ = ("__weakref__", "header")

    def __init__(self, scheme: AuthScheme, token: Secret) -> None:
        self.header = _header(scheme, token)
        hide(self, token.reveal(), self.header[1].decode("ascii").rpartition(" ")[2])

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
    """The token of a client, ready to be sent.

    Args:
        settings: The settings of the client.
    """

    def __init__(self, settings: Settings) -> None:
        self._token = settings.token
        self._scheme: AuthScheme = settings.auth
        self._known: tuple[Secret, Credential] | None = None
        if isinstance(settings.token, Secret):
            self._known = self._learned(settings.token)

    async def current(self) -> Credential:
        """The credential for the next request; asks the function of the user, where the token is one.

        Raises:
            ConfigurationError: The function gave no text that can travel in a header.
        """
        if isinstance(self._token, Secret):
            assert self._known is not None  # noqa: S101 - set by the constructor
            return self._known[1]
        token = Secret(await self._token())
        if self._known is None or self._known[0] != token:
            self._known = self._learned(token)
        return self._known[1]

    def _learned(self, token: Secret) -> tuple[Secret, Credential]:
        if not token.can_travel():
            msg = "the token function gave no text, an empty one, or one that cannot be sent in a header"
            raise ConfigurationError(msg)
        return token, Credential(self._scheme, token)


def same_origin(one: httpx.URL, other: httpx.URL) -> bool:
    """Whether two addresses have scheme, host and port in common."""
    return (one.scheme, one.host, _port(one)) == (other.scheme, other.host, _port(other))


def is_web_address(url: httpx.URL) -> bool:
    """Whether an address is one of the web that a connection can be made to."""
    return url.scheme in _DEFAULT_PORTS and has_place(url)


def has_place(url: httpx.URL) -> bool:
    """Whether an address has a host and, if any, a port of those that there are: httpx takes more than a socket does."""
    return bool(url.host) and (url.port is None or 0 < url.port < 1 << 16)


def _port(url: httpx.URL) -> int | None:
    return url.port if url.port is not None else _DEFAULT_PORTS.get(url.scheme)
