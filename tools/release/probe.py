"""Use an installed circleci_v2 and its extras; run by `tools.release.extras` in an environment that has nothing else.

python -I probe.py [EXTRA ...]
"""

from __future__ import annotations

import asyncio
import importlib
import pkgutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

import circleci_v2
from circleci_v2 import CircleCI, ConfigurationError, ConnectionOptions

__all__ = ["main"]

_NEEDS: Final[Mapping[str, frozenset[str]]] = {
    "circleci_v2.cli": frozenset({"cli"}),
    "circleci_v2.fleet.dask": frozenset({"dask"}),
    "circleci_v2._http.transports.aiohttp": frozenset({"fast"}),
    "circleci_v2._http.transports.http2": frozenset({"http2"}),
    "circleci_v2._http.transports.http2_frames": frozenset({"http2"}),
    "circleci_v2.testing.server": frozenset({"testing", "cli"}),
    # pytest is not part of the extra: a project that uses the plugin has it.
    "circleci_v2.testing.pytest_plugin": frozenset({"pytest"}),
    "circleci_v2.__main__": frozenset({"never: it runs the command"}),
}
"""Modules that need one of these extras, with everything below them."""


def main(extras: frozenset[str]) -> None:
    """Import all modules, and use or miss each extra.

    Args:
        extras: The extras that are installed.
    """
    # These bring the dependencies of others.
    if "cli" in extras:
        extras |= {"testing"}
    if "dask" in extras:
        extras |= {"parquet"}
    _import_everything(extras)
    for extra, use in _USES.items():
        if extra in extras:
            use()
        else:
            _expect_missing(extra, use)
    print(f"circleci_v2 {circleci_v2.__version__} works with {', '.join(sorted(extras)) or 'no extra'}")


def _import_everything(extras: frozenset[str]) -> None:
    for module in pkgutil.walk_packages(circleci_v2.__path__, "circleci_v2.", onerror=_ignore):
        needs = [of for name, of in _NEEDS.items() if f"{module.name}.".startswith(f"{name}.")]
        if all(of & extras for of in needs):
            importlib.import_module(module.name)


def _ignore(_name: str) -> None:
    """A package that needs an extra; `_import_everything` imports those whose extra is installed."""


def _expect_missing(extra: str, use: Callable[[], None]) -> None:
    """Check that the error of a feature names the extra that it needs."""
    try:
        use()
    except (ConfigurationError, _CommandFailedError) as error:
        if f"[{extra}]" not in str(error):
            raise
    else:
        msg = f"the feature of the extra {extra!r} works although the extra is not installed"
        raise AssertionError(msg)


class _CommandFailedError(Exception):
    pass


class _Responder(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        content = b'{"name": "probe", "login": "probe", "id": "5034460f-c7c4-4c43-9457-de07e2029e7b"}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the interface
        """Print nothing."""


def _connect(options: ConnectionOptions | None = None) -> None:
    """Send a request to a server of the standard library, through the connections that the options choose."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Responder) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/api/v2"

        async def send() -> None:
            async with CircleCI("token", base_url=url, connection=options) as client:
                user = await client.user.me()
                assert user.name == "probe"  # noqa: S101 - a check

        try:
            asyncio.run(send())
        finally:
            server.shutdown()


def _use_testing() -> None:
    from circleci_v2.testing import FakeCircleCI  # noqa: PLC0415 - the extra may be missing

    fake = FakeCircleCI.seeded("gh/acme/web", pipelines=25)

    async def count() -> None:
        async with CircleCI(fake.token, transport=fake.transport()) as client:
            pipelines = await client.pipelines.list_for_project("gh/acme/web").collect()
            assert len(pipelines) == 25  # noqa: S101 - a check

    asyncio.run(count())
    with fake.serve():
        pass


def _use_parquet() -> None:
    from circleci_v2.fleet import mirror  # noqa: PLC0415 - as above

    async def write() -> None:
        with tempfile.TemporaryDirectory() as folder:
            async with CircleCI("token") as client:
                await mirror(client, Path(folder) / "dataset", projects=[], since=datetime(2026, 1, 1, tzinfo=UTC))

    asyncio.run(write())


def _use_dask() -> None:
    circleci_v2_fleet = importlib.import_module("circleci_v2.fleet")
    assert callable(circleci_v2_fleet.crawl_org_history)  # noqa: S101 - a check


def _use_redis() -> None:
    from circleci_v2.fleet.stores import RedisStore  # noqa: PLC0415 - as above

    async def connect() -> None:
        # Nothing is sent before the first exchange.
        RedisStore("redis://127.0.0.1:6379/0").connect()

    asyncio.run(connect())


def _use_cli() -> None:
    for command in ([str(Path(sys.executable).with_name("circleci-v2"))], [sys.executable, "-I", "-m", "circleci_v2"]):
        demo = [*command, "projects", "gh/acme", "--demo"]
        result = subprocess.run(demo, capture_output=True, text=True, check=False)  # noqa: S603 - installed here
        if result.returncode:
            raise _CommandFailedError(result.stdout + result.stderr)


_USES: Final[Mapping[str, Callable[[], None]]] = {
    "fast": lambda: _connect(ConnectionOptions(fast=True)),
    "http2": lambda: _connect(ConnectionOptions(http2=True)),
    "testing": _use_testing,
    "parquet": _use_parquet,
    "dask": _use_dask,
    "redis": _use_redis,
    "cli": _use_cli,
}

if __name__ == "__main__":
    _connect()
    main(frozenset(sys.argv[1:]))
