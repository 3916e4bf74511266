"""Credentials: the header that carries the token, and the origins that may receive it.

This is the only module that puts the token into a header.
"""

from __future__ import annotations

import base64
from typing import Final

import httpx

from circleci_v2._http.redaction import redact_logs, register_secret
from circleci_v2.config import AuthScheme, Secret, Settings
from circleci_v2.errors import ConfigurationError

__all__ = ["Credential", "Credentials", "has_valid_authority", "is_same_origin", "is_web_address", "port_of"]

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_MAX_HOST: Final = 253  # bytes of a name as text; RFC 1035, section 2.3.4 allows 255 with the lengths of its labels


class Credential:
    """A header that holds the token, and shows it neither in a repr nor among the local variables of a traceback.

    The token is redacted from logs and errors while this object exists: as long as it is current, or a request that
    carries it is in flight.
    """

    __slots__ = ("__weakref__", "header")

    def __init__(self, scheme: AuthScheme, token: Secret) -> None:
        self.header = _header(scheme, token)
        text = token.reveal()
        encoded = base64.b64encode(text.encode("ascii")).decode("ascii")
        register_secret(self, text, encoded, self.header[1].decode("ascii").rpartition(" ")[2])

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
    if len(host.removesuffix(b".")) > _MAX_HOST:
        return False
    try:
        # As the standard library does before it looks a host up: it rejects empty labels and those above 63 bytes.
        return bool(host.decode("ascii").encode("idna"))
    except UnicodeError:
        return False


def port_of(url: httpx.URL) -> int | None:
    """Return the port of a URL, which is that of its scheme unless it names one; None for an unknown scheme."""
    return url.port if url.port is not None else _DEFAULT_PORTS.get(url.scheme)
