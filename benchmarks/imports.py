"""CPU time to import the client, and to make a first call.

Each program runs in a new interpreter with compiled modules; its CPU time is that of the process, user and system. The floor is
``import httpx, attrs`` beyond an interpreter that has imported asyncio: no client on these libraries can be cheaper.
*beyond httpx and attrs* is the import of the client alone, as a share of the floor; for the first call, it is beyond a program
that makes the same call with httpx. The call goes through a mock transport, so that no network is measured. Peers are imported
in environments of their own; their share is of the same floor.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import partial
from statistics import median
from typing import Final

from benchmarks.environments import Environment, NotInstalledError, environment, without_places
from benchmarks.harness import Bound, ChildFailedError, Settings, interleave, row_of, run_child
from benchmarks.http import CLIENTS, STOCK, core, fast, stock_environment
from benchmarks.results import Column, Row, Table

TITLE: Final = "Import"
SECONDS: Final = 240.0

IMPORT_BOUND: Final = 0.5
CALL_BOUND: Final = 0.8

INTERPRETER: Final = "python, asyncio"
FLOOR: Final = "httpx, attrs"
PACKAGE: Final = "import circleci_v2"
CLIENT: Final = "from circleci_v2 import CircleCI"
FAST_CLIENT: Final = "the same, extra fast installed"
PLAIN_CALL: Final = "one call with httpx"
CALL: Final = "one call with circleci_v2"

_BODY: Final = {"id": "b5a3c7d8-0000-4000-8000-000000000001", "login": "fake-user", "name": "Fake User"}
_MOCK: Final = f"""
import asyncio, attrs, httpx
transport = httpx.MockTransport(lambda request: httpx.Response(200, json={_BODY!r}))
"""
PROGRAMS: Final[Mapping[str, str]] = {
    INTERPRETER: "import asyncio",
    FLOOR: "import asyncio, attrs, httpx",
    PACKAGE: "import asyncio, circleci_v2",
    CLIENT: "import asyncio, attrs, httpx; from circleci_v2 import CircleCI",
    PLAIN_CALL: _MOCK
    + """
async def main():
    async with httpx.AsyncClient(transport=transport, headers={"Circle-Token": "token"}) as client:
        response = await client.get("https://circleci.com/api/v2/me")
        assert response.json()["login"] == "fake-user"
asyncio.run(main())
""",
    CALL: _MOCK
    + """
from circleci_v2 import CircleCI
async def main():
    async with CircleCI("token", transport=transport) as circleci:
        assert (await circleci.user.me()).login == "fake-user"
asyncio.run(main())
""",
}


def stock_program() -> str:
    return (
        f"import asyncio, sys; sys.path.insert(0, {str(STOCK)!r}); from stock_client import AuthenticatedClient;"
        " import stock_client.api.user.get_current_user"
    )


def peers() -> Iterator[tuple[str, Environment | NotInstalledError, str]]:
    """Yield the name, the environment and the program of each peer."""
    for name, requirements, program in (
        ("aiohttp", ["aiohttp"], "import asyncio, aiohttp"),
        ("pycircleci-async", ["pycircleci-async"], "import asyncio; from pycircleci_async import CircleCIClient"),
        # githubkit 0.16.1 permits hishel 2.0, which does not have a name that it imports.
        ("githubkit", ["githubkit", "hishel<2"], "import asyncio; from githubkit import GitHub"),
        ("openai", ["openai"], "import asyncio; from openai import AsyncOpenAI"),
    ):
        try:
            yield name, environment(name, requirements, newest=name != "aiohttp"), program
        except NotInstalledError as error:
            yield name, error, program
    try:
        yield "openapi-python-client, one operation", stock_environment(), stock_program()
    except NotInstalledError as error:
        yield "openapi-python-client, one operation", error, ""


def prepare() -> None:
    """Make the environments, as far as they can be installed."""
    list(peers())
    for name in CLIENTS:
        with suppress(NotInstalledError):
            CLIENTS[name].environment()


def cpu_of(made: Environment, program: str) -> float:
    # Isolated: neither the variables of this process nor its directory change what is imported, or prevent compiled modules.
    return run_child([str(made.python), "-I", "-c", program], timeout=30).cpu * 1000


def measure(settings: Settings) -> Iterator[Table]:
    """Yield one table of all programs."""
    ours = core()
    measurements = {name: partial(cpu_of, ours, program) for name, program in PROGRAMS.items()}
    not_measured: dict[str, str] = {}
    try:
        measurements[FAST_CLIENT] = partial(cpu_of, fast(), PROGRAMS[CLIENT])
    except NotInstalledError as error:
        not_measured[FAST_CLIENT] = str(error)
    for name, made, program in peers():
        if isinstance(made, NotInstalledError):
            not_measured[name] = str(made)
            continue
        try:
            cpu_of(made, program)
        except ChildFailedError as error:
            not_measured[name] = f"not importable: {without_places(str(error))}"
        else:
            measurements[name] = partial(cpu_of, made, program)
    yield table_of(interleave(measurements, rounds=settings.choose(15, 2)), not_measured)


def table_of(samples: Mapping[str, list[float]], not_measured: Mapping[str, str]) -> Table:
    cpu, share, beyond = (
        Column(name="CPU", unit="ms", digits=0),
        Column(name="times the floor", compared=True),
        Column(name="beyond httpx and attrs", compared=True),
    )
    floor = differences(samples[FLOOR], samples[INTERPRETER])
    subtracted = {CLIENT: FLOOR, CALL: PLAIN_CALL}
    bounds = {
        CLIENT: Bound(column=beyond.name, at_most=IMPORT_BOUND),
        CALL: Bound(column=beyond.name, at_most=CALL_BOUND),
    }
    rows: list[Row] = []
    for name, taken in samples.items():
        values = {cpu.name: taken}
        if name != INTERPRETER:
            values[share.name] = shares(differences(taken, samples[INTERPRETER]), floor)
        if name in subtracted:
            values[beyond.name] = shares(differences(taken, samples[subtracted[name]]), floor)
        ours = name in {PACKAGE, CLIENT, FAST_CLIENT, CALL}
        limits = (bounds[name],) if name in bounds else ()
        rows.append(row_of(name, "ours" if ours else "floor" if name == FLOOR else "other", values, *limits))
    rows.extend(Row(name=name, not_measured=reason) for name, reason in not_measured.items())
    return Table(name="cpu", title="New interpreters", columns=[cpu, share, beyond], rows=rows, plotted=cpu.name)


def differences(samples: list[float], base: list[float]) -> list[float]:
    return [one - other for one, other in zip(samples, base, strict=True)]


def shares(samples: list[float], floor: list[float]) -> list[float]:
    """Divide by the median floor: a single floor may be small by chance."""
    middle = median(floor)
    return [one / middle for one in samples]
