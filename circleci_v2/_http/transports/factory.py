"""Which transport carries a request: the sharded pools of httpx, HTTP/2, or aiohttp; straight or through a proxy."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import TYPE_CHECKING, Final

import httpx

from circleci_v2._http.auth import has_place
from circleci_v2._http.lifecycle import closed_error
from circleci_v2._http.transports.connect_cleanup import closing_cancelled_handshakes
from circleci_v2._http.transports.sharded import ShardedTransport
from circleci_v2.config import ConnectionOptions, Settings
from circleci_v2.errors import ConfigurationError

if TYPE_CHECKING:
    from circleci_v2._http.transports.aiohttp import FastTransport

__all__ = ["Transports"]

_WITHOUT_SOCKS: Final = frozenset({"http", "https"})
_FORM_OF_PROXIES: Final = "its address must have the form http://host:port, percent-encoded where necessary"


class Transports:
    """The transports of one client: one for each scheme and proxy.

    Args:
        settings: The settings of the client.
        transport: Carries everything, instead of transports of our own.
    """

    def __init__(self, settings: Settings, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._settings = settings
        self._given = transport
        self._made: dict[tuple[str, str | None], httpx.AsyncBaseTransport] = {}
        self._ssl_context: ssl.SSLContext | None = None
        self._closed = False

    def for_url(self, url: httpx.URL) -> httpx.AsyncBaseTransport:
        """The transport for an address.

        Raises:
            ConfigurationError: All were closed, or this one cannot be made as the settings want it.
        """
        if self._closed:
            raise closed_error()
        if self._given is not None:
            return self._given
        way = (url.scheme, self._proxy(url))
        transport = self._made.get(way)
        if transport is None:
            transport = self._made[way] = self._make(*way)
        return transport

    async def aclose(self) -> None:
        """Close every connection, those of a transport that was given included. None is made from now on."""
        self._closed = True
        for transport in [self._given] if self._given is not None else list(self._made.values()):
            await transport.aclose()

    def _proxy(self, url: httpx.URL) -> str | None:
        if self._settings.connection.proxy is not None:
            return self._settings.connection.proxy
        proxies = self._settings.proxies
        if not proxies:
            return None
        if _needs_no_proxy(url, proxies.get("no", "")):
            return None
        found = proxies.get(url.scheme) or proxies.get("all")
        return found if found is None or "://" in found else f"http://{found}"

    def _make(self, scheme: str, proxy: str | None) -> httpx.AsyncBaseTransport:
        options = self._settings.connection
        way = None if proxy is None else _proxy_at(proxy, fast=options.fast)
        # What is never encrypted gets a context that trusts nobody: the real one costs as much as dozens of requests.
        encrypted = scheme == "https" or proxy is not None
        ssl_context = self._shared_ssl_context() if encrypted else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if options.fast:
            return _fast_transport()(
                ssl_context=ssl_context,
                connections=self._settings.max_concurrency,
                keepalive=options.keepalive,
                proxy=way,
            )
        return ShardedTransport(
            lambda size: self._pool(size, ssl_context, way), connections=self._settings.max_concurrency
        )

    def _shared_ssl_context(self) -> ssl.SSLContext:
        if self._ssl_context is None:
            self._ssl_context = _ssl_context(self._settings.connection)
        return self._ssl_context

    def _pool(self, size: int, ssl_context: ssl.SSLContext, proxy: httpx.Proxy | None) -> httpx.AsyncBaseTransport:
        options = self._settings.connection
        try:
            transport = httpx.AsyncHTTPTransport(
                verify=ssl_context,
                trust_env=False,
                http2=options.http2,
                limits=httpx.Limits(
                    max_connections=size, max_keepalive_connections=size, keepalive_expiry=options.keepalive
                ),
                proxy=proxy,
            )
        except ImportError as error:
            raise ConfigurationError(str(error)) from error
        return closing_cancelled_handshakes(transport)


def _fast_transport() -> type[FastTransport]:
    try:
        from circleci_v2._http.transports.aiohttp import FastTransport  # noqa: PLC0415 - it needs an extra
    except ImportError as error:
        msg = f"fast=True needs what is not installed ({error.name}): pip install 'circleci_v2[fast]'"
        raise ConfigurationError(msg) from error
    return FastTransport


def _proxy_at(address: str, *, fast: bool) -> httpx.Proxy:
    """The proxy at an address. No error shows all of that, since it may hold a password."""
    try:
        proxy = httpx.Proxy(address)
    except httpx.InvalidURL:
        raise _unusable_proxy(_FORM_OF_PROXIES) from None
    except ValueError as error:
        # Its text is that of httpx, which leaves the password out.
        raise _unusable_proxy(str(error)) from None
    if not has_place(proxy.url):
        raise _unusable_proxy(_FORM_OF_PROXIES)
    if fast and proxy.url.scheme not in _WITHOUT_SOCKS:
        raise _unusable_proxy(f"fast=True sends through aiohttp, which does not speak {proxy.url.scheme}")
    return proxy


def _unusable_proxy(why: str) -> ConfigurationError:
    return ConfigurationError(f"the proxy cannot be used: {why}")


def _needs_no_proxy(url: httpx.URL, exceptions: str) -> bool:
    """Whether ``NO_PROXY`` names a host: itself, a domain above it, or ``*``; with or without the port."""
    names = {url.host, f"{url.host}:{url.port}"}
    for exception in exceptions.split(","):
        entry = exception.strip().lower().removeprefix("*.").lstrip(".")
        if entry and (entry == "*" or any(name == entry or name.endswith(f".{entry}") for name in names)):
            return True
    return False


def _ssl_context(options: ConnectionOptions) -> ssl.SSLContext:
    verify = options.verify
    if isinstance(verify, str):
        is_folder = Path(verify).is_dir()
        try:
            context = ssl.create_default_context(
                cafile=None if is_folder else verify, capath=verify if is_folder else None
            )
        except OSError as error:
            msg = f"verify={verify!r} holds no certificates of authorities that can be read: {error}"
            raise ConfigurationError(msg) from error
    elif isinstance(verify, ssl.SSLContext):
        context = verify
    else:
        context = httpx.create_ssl_context(verify=verify, trust_env=options.trust_env)
    if options.cert is not None:
        chain = (options.cert,) if isinstance(options.cert, str) else options.cert
        try:
            context.load_cert_chain(*chain)
        except OSError as error:
            msg = f"cert={options.cert!r} is no client certificate that can be read: {error}"
            raise ConfigurationError(msg) from error
    return context
