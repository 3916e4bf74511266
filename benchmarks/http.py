"""CPU time of a typed page: GET of 20 pipelines over HTTP, decoded.

Every client runs in a process of its own, in an environment of its own, against a server in another process; the CPU time is
that of the client's process alone. The baseline is httpx with all connections kept alive, which returns dicts. The floor
writes prepared requests to open sockets, and reads the bytes of the responses without looking at them.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final

import attrs

from benchmarks.environments import ROOT, Driver, Environment, NotInstalledError, driver, environment
from benchmarks.harness import RELATIVE, Bound, Settings, compared_table, interleave, ratios
from benchmarks.latency_server import PAGE_SIZE
from benchmarks.page_server import PageServer, page_server
from benchmarks.results import Column, Table

TITLE: Final = "CPU time of a call"
SECONDS: Final = 300.0

CORE: Final = ("httpx", "attrs", "anyio")
BASELINE: Final = "httpx, all connections kept alive"
STANDARD: Final = "circleci_v2, standard json"
MSGSPEC: Final = "circleci_v2, msgspec"
FAST: Final = "circleci_v2, fast=True"
AIOHTTP: Final = "aiohttp, dicts"
NO_LIMITER: Final = "circleci_v2, no limiter"
DEFAULT_LIMITS: Final = "httpx, default limits"
FLOOR: Final = "raw bytes"
TO_AIOHTTP: Final = "relative to aiohttp"
CONNECTIONS: Final = "connections"
MAX_CONNECTIONS: Final = 110

BOUNDS: Final = {
    1: {STANDARD: 1.0, MSGSPEC: 0.92},
    20: {STANDARD: 0.37, MSGSPEC: 0.33},
    100: {STANDARD: 0.08, MSGSPEC: 0.07},
}
"""The largest CPU time relative to the baseline, by number of concurrent calls."""
FAST_BOUNDS: Final = {1: 1.5, 100: 1.5}
"""The largest CPU time of `fast=True` relative to aiohttp that returns dicts."""


@attrs.frozen(kw_only=True)
class Client:
    """A client: its name in the driver, and how to make its environment."""

    contender: str
    environment: Callable[[], Environment]
    variables: dict[str, str] | None = None


def core() -> Environment:
    return environment("circleci_v2", CORE, checkout=True)


def fast() -> Environment:
    return environment("circleci_v2[fast]", [*CORE, "msgspec", "httpx-aiohttp", "aiohttp"], checkout=True)


def stock_environment() -> Environment:
    """Generate the code of openapi-python-client with its default templates, and install what that imports."""
    made = environment("openapi-python-client", ["httpx", "attrs", "python-dateutil"])
    target = STOCK / "stock_client"
    if not target.exists() or target.stat().st_mtime < (ROOT / "openapi.json").stat().st_mtime:
        command = [sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none", "--overwrite"]
        arguments = ["--path", str(ROOT / "openapi.json"), "--output-path", str(target)]
        try:
            subprocess.run([*command, *arguments], check=True, capture_output=True, timeout=120)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            msg = f"openapi-python-client generated nothing: {error}"
            raise NotInstalledError(msg) from error
        os.utime(target)
    return made


STOCK: Final[Path] = ROOT / "build" / "benchmarks" / "stock"

CLIENTS: Final[dict[str, Client]] = {
    BASELINE: Client(contender="httpx", environment=core),
    STANDARD: Client(contender="ours", environment=core),
    MSGSPEC: Client(contender="ours", environment=fast),
    FAST: Client(contender="ours-fast", environment=fast),
    NO_LIMITER: Client(contender="ours-without-limiter", environment=core),
    DEFAULT_LIMITS: Client(contender="httpx-default", environment=core),
    "httpx + pydantic": Client(
        contender="httpx-pydantic", environment=lambda: environment("pydantic", ["httpx", "pydantic"])
    ),
    "openapi-python-client": Client(
        contender="stock", environment=stock_environment, variables={"PYTHONPATH": str(STOCK)}
    ),
    "pycircleci-async, dicts": Client(
        contender="pycircleci-async",
        environment=lambda: environment("pycircleci-async", ["pycircleci-async"], newest=True),
    ),
    AIOHTTP: Client(contender="aiohttp", environment=lambda: environment("aiohttp", ["aiohttp"])),
    FLOOR: Client(contender="raw", environment=core),
}


def prepare() -> None:
    """Make the environments, as far as they can be installed."""
    for client in CLIENTS.values():
        with suppress(NotInstalledError):
            client.environment()


@contextmanager
def running_clients(clients: Mapping[str, Client]) -> Generator[tuple[dict[str, Driver], dict[str, str]]]:
    """Run the drivers of clients; yield them, and the reasons of those that cannot be installed."""
    not_measured: dict[str, str] = {}
    drivers: dict[str, Driver] = {}
    with ExitStack() as stack:
        for name, client in clients.items():
            try:
                made = client.environment()
            except NotInstalledError as error:
                not_measured[name] = str(error)
                continue
            variables = {**os.environ, **(client.variables or {})}
            drivers[name] = stack.enter_context(driver(made, "http_clients", variables=variables))
        yield drivers, not_measured


def measure(settings: Settings) -> Iterator[Table]:
    """Yield a table for each number of concurrent calls."""
    with running_clients(CLIENTS) as (drivers, not_measured), page_server() as server:
        for concurrency in settings.choose((1, 20, 100), (1, 20)):
            yield compare(server, drivers, not_measured, concurrency, settings)


def compare(
    server: PageServer, drivers: dict[str, Driver], not_measured: dict[str, str], concurrency: int, settings: Settings
) -> Table:
    calls = settings.choose(400 if concurrency < 100 else 200, 20)
    opened: dict[str, list[float]] = {name: [] for name in drivers}

    def sample(name: str) -> float:
        before = server.connections()
        reply = drivers[name].measure(
            task="page",
            contender=CLIENTS[name].contender,
            base_url=server.base_url,
            concurrency=concurrency,
            calls=calls,
        )
        opened[name].append(server.connections() - before)
        return float(reply["cpu"]) * 1000

    samples = interleave(
        {name: lambda name=name: sample(name) for name in drivers},  # type: ignore[misc]
        rounds=settings.choose(5, 2),
        warm_up=concurrency == 1,
    )
    more: dict[str, dict[str, list[float]]] = {name: {CONNECTIONS: counts} for name, counts in opened.items()}
    bounds = {
        name: [Bound(column=RELATIVE, at_most=limit), Bound(column=CONNECTIONS, at_most=MAX_CONNECTIONS)]
        for name, limit in BOUNDS[concurrency].items()
    }
    if FAST in samples and AIOHTTP in samples:
        more[FAST][TO_AIOHTTP] = ratios(samples[FAST], samples[AIOHTTP])
        bounds[FAST] = [
            Bound(column=TO_AIOHTTP, at_most=limit) for limit in (FAST_BOUNDS.get(concurrency),) if limit is not None
        ]
    return compared_table(
        str(concurrency),
        f"A page of {PAGE_SIZE} pipelines, {concurrency} concurrent call{'s' if concurrency > 1 else ''}",
        samples,
        value=Column(name="CPU per call", unit="ms"),
        baseline=BASELINE,
        ours=[name for name in samples if name.startswith("circleci_v2")],
        floor=FLOOR,
        bounds=bounds,
        not_measured=not_measured,
        more=more,
        more_columns=[Column(name=TO_AIOHTTP, compared=True), Column(name=CONNECTIONS, digits=0)],
    )
