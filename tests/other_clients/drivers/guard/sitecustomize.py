"""Imported by every Python process of a driver: refuses connections that leave this machine."""

import socket

_resolve = socket.getaddrinfo


def _resolve_loopback(host, *args, **kwargs):
    if host not in {None, "127.0.0.1", "localhost", b"127.0.0.1", b"localhost"}:
        raise OSError(f"a client under test tried to reach {host!r}: only the fake is allowed")
    return _resolve(host, *args, **kwargs)


socket.getaddrinfo = _resolve_loopback
