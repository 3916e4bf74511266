"""Transports: creates and caches the transport for a URL: sharded pools of httpx, HTTP/2, or aiohttp; direct or proxied."""

from __future__ import annotations

import ssl
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import httpx

from circleci_v2._http.auth import has_valid_authority
from circleci_v2._http.lifecycle import closed_error
from circleci_v2._lazy import LazyModule
from circleci_v2._validation import missing_package_error
from circleci_v2.config import AsyncTransport, ConnectionOptions, Settings
from circleci_v2.errors import ConfigurationError

if TYPE_CHECKING:
    from circleci_v2._http.transports import httpx2, pools
    from circleci_v2._http.transports.aiohttp import FastTransport
    from circleci_v2._http.transports.http2 import Http2Connection

else:
    # httpcore takes a third of the time to import all of httpx, and a custom transport does not need it.
    pools = LazyModule("circleci_v2._http.transports.pools")
    httpx2 = LazyModule("circleci_v2._http.transports.httpx2")

__all__ = ["Transports"]

# By host and proxies: whether ``NO_PROXY`` exempts the host. Missing in typeshed, which has `getproxies_environment`.
_is_exempt: Final[Callable[[str, Mapping[str, str]], bool]] = urllib.request.proxy_bypass_environment  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]  # fmt: skip

_HTTP_SCHEMES: Final = frozenset({"http", "https"})
_PROXY_FORM: Final = "its URL must have the form http://host:port, percent-encoded where necessary"


class Transports:
    """The transports of one client, one per scheme and proxy.

    Args:
        settings: The settings of the client.
        transport: A transport to use for everything, instead of the client's own.

    Attributes:
        need_shield: Whether native cancellation can harm the transports, as it does connections of httpcore.
    """

    def __init__(self, settings: Settings, transport: AsyncTransport | None = None) -> None:
        self._settings = settings
        if transport is not None and not isinstance(transport, httpx.AsyncBaseTransport):
            transport = httpx2.as_httpx_transport(transport)
        self._custom = transport
        # A transport of the user may be based on httpcore.
        self.need_shield = not (
            settings.connection.fast if transport is None else isinstance(transport, httpx.MockTransport)
        )
        # urllib does not accept the form ``*.example.com``, which is common in NO_PROXY.
        self._proxies = {
            name: value.replace("*.", ".") if name == "no" else value for name, value in settings.proxies.items()
        }
        self._transports: dict[tuple[str, str | None], httpx.AsyncBaseTransport] = {}
        self._ssl_context: ssl.SSLContext | None = None
        self._is_closed = False

    def for_url(self, url: httpx.URL) -> httpx.AsyncBaseTransport:
        """Return the transport for a URL.

        Args:
            url: An http or https URL.

        Raises:
            ConfigurationError: The client was closed, or the transport cannot be created with its settings.
        """
        if self._is_closed:
            raise closed_error()
        if self._custom is not None:
            return self._custom
        route = (url.scheme, self._proxy_for(url))
        transport = self._transports.get(route)
        if transport is None:
            transport = self._transports[route] = self._make(*route)
        return transport

    async def aclose(self) -> None:
        """Close every connection, including those of a custom transport, and prevent new ones."""
        self._is_closed = True
        for transport in [self._custom] if self._custom is not None else list(self._transports.values()):
            await transport.aclose()

    def _proxy_for(self, url: httpx.URL) -> str | None:
        if self._settings.connection.proxy is not None:
            return self._settings.connection.proxy
        proxies = self._proxies
        if not proxies or _is_exempt(f"{url.host}:{url.port}" if url.port else url.host, proxies):
            return None
        proxy = proxies.get(url.scheme) or proxies.get("all")
        return proxy if proxy is None or "://" in proxy else f"http://{proxy}"

    def _make(self, scheme: str, proxy_url: str | None) -> httpx.AsyncBaseTransport:
        options = self._settings.connection
        proxy = None if proxy_url is None else _parse_proxy(proxy_url, fast=options.fast)
        # Plain HTTP needs no CA bundle; an empty SSLContext is much cheaper to create (a CA bundle takes as long as dozens
        # of requests).
        encrypted = scheme == "https" or proxy is not None
        ssl_context = self._shared_ssl_context() if encrypted else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if options.fast:
            return _import_fast_transport()(
                ssl_context=ssl_context,
                connections=self._settings.max_concurrency,
                keepalive=options.keepalive,
                proxy=proxy,
            )
        return pools.ShardedTransport(
            lambda size: self._make_pool(size, ssl_context, proxy), connections=self._settings.max_concurrency
        )

    def _shared_ssl_context(self) -> ssl.SSLContext:
        if self._ssl_context is None:
            self._ssl_context = _make_ssl_context(self._settings.connection)
        return self._ssl_context

    def _make_pool(self, size: int, ssl_context: ssl.SSLContext, proxy: httpx.Proxy | None) -> httpx.AsyncBaseTransport:
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
            # Raised for SOCKS only, with a command that zsh rejects because it is not quoted.
            raise missing_package_error("a SOCKS proxy", "socksio", "httpx[socks]") from error
        if options.http2:
            return pools.guard_connections(transport, _import_http2_connection())
        return pools.guard_connections(transport)


def _import_fast_transport() -> type[FastTransport]:
    try:
        from circleci_v2._http.transports.aiohttp import FastTransport  # noqa: PLC0415 - an optional dependency
    except ImportError as error:
        raise missing_package_error("fast=True", error.name, "circleci_v2[fast]") from error
    return FastTransport


def _import_http2_connection() -> type[Http2Connection]:
    try:
        from circleci_v2._http.transports.http2 import Http2Connection  # noqa: PLC0415 - an optional dependency
    except ImportError as error:
        raise missing_package_error("http2=True", error.name, "circleci_v2[http2]") from error
    return Http2Connection


def _parse_proxy(url: str, *, fast: bool) -> httpx.Proxy:
    """Return the proxy at a URL; error messages never contain all of it, since it may hold a password."""
    try:
        proxy = httpx.Proxy(url)
    except httpx.InvalidURL:
        raise _proxy_error(_PROXY_FORM) from None
    except ValueError as error:
        # The message is that of httpx, which omits the password.
        raise _proxy_error(str(error)) from None
    if not has_valid_authority(proxy.url):
        raise _proxy_error(_PROXY_FORM)
    if fast and proxy.url.scheme not in _HTTP_SCHEMES:
        raise _proxy_error(f"fast=True sends through aiohttp, which does not support {proxy.url.scheme}")
    return proxy


def _proxy_error(reason: str) -> ConfigurationError:
    return ConfigurationError(f"the proxy cannot be used: {reason}")


def _make_ssl_context(options: ConnectionOptions) -> ssl.SSLContext:
    verify = options.verify
    if isinstance(verify, str):
        is_folder = Path(verify).is_dir()
        try:
            context = ssl.create_default_context(
                cafile=None if is_folder else verify, capath=verify if is_folder else None
            )
        except OSError as error:
            msg = f"verify={verify!r} has no readable CA certificates: {error}"
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
            msg = f"cert={options.cert!r} is not a readable client certificate: {error}"
            raise ConfigurationError(msg) from error
    return context
