"""Run other people's CircleCI clients against a served fake, and compare with the table of expected results.

    python -m tests.other_clients [--environments FOLDER] [CLIENT ...]

Each client is installed in its latest version into an environment of its own, and its driver makes a fixed list of calls
over the loopback interface, once with the default fake and once with the realistic one. Nothing else can be reached: name
resolution is restricted to this machine in the processes of the drivers.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import anyio

from circleci_v2.testing import FakeCircleCI
from tests.other_clients.environments import (
    InstallError,
    RegistryUnavailableError,
    create_environment,
    installed_version,
)
from tests.other_clients.results import REASONS, REQUIRED_SHARE, Call, Expected, compare, count_served, read_expected
from tests.other_clients.scenario import MODES, create_scenario
from tests.other_clients.scripts import compare_scripts

FOLDER: Final = Path(__file__).parent
DOCUMENT: Final = FOLDER.parent.parent / "openapi.json"
_DRIVER_TIMEOUT: Final = 300


def main(arguments: Sequence[str]) -> int:
    """Run the clients; returns the exit code."""
    expected = read_expected(FOLDER / "expected.toml")
    parser = argparse.ArgumentParser(prog="python -m tests.other_clients", description="Run other people's clients.")
    parser.add_argument("clients", nargs="*", metavar="CLIENT", help="the clients to run; default: all")
    parser.add_argument("--environments", type=Path, help="keep the environments in this folder, for faster runs")
    options = parser.parse_args(arguments)
    if unknown := set(options.clients) - {client.client for client in expected}:
        parser.error(f"unknown clients {sorted(unknown)}: choose from {[client.client for client in expected]}")
    # The realistic fake deviates from the document on purpose; the setup of the scenario need not report it.
    logging.getLogger("circleci_v2").addHandler(logging.NullHandler())
    selected = [client for client in expected if not options.clients or client.client in options.clients]
    with tempfile.TemporaryDirectory() as temporary:
        return _run_all(selected, options.environments or Path(temporary))


def _run_all(clients: Sequence[Expected], environments: Path) -> int:
    totals = dict.fromkeys(MODES, (0, 0))
    failed = False
    for client in clients:
        try:
            folder = (environments / client.driver).resolve()
            command = create_environment(client.kind, client.packages, folder)
        except RegistryUnavailableError as error:
            print(f"{client.client}: skipped: {error}", flush=True)
            continue
        except InstallError as error:
            print(f"{client.client}: could not be installed:\n{error}", flush=True)
            failed = True
            continue
        version = installed_version(client.kind, client.packages[0], folder)
        table = "" if version == client.version else f"; the table describes {client.version}"
        print(f"{client.client} {version}{table}", flush=True)
        for mode in MODES:
            calls, differences = _run(client, mode, command, folder)
            succeeded, counted = count_served(client, mode, calls)
            totals[mode] = (totals[mode][0] + succeeded, totals[mode][1] + counted)
            _print_run(client, mode, calls, (succeeded, counted), differences)
            failed = failed or bool(differences)
        with tempfile.TemporaryDirectory() as home:
            scripts = compare_scripts(client.client, command, _environment({}, home))
        if scripts is not None:
            print(*(scripts or ["    docs/migrating: both scripts print the same"]), sep="\n", flush=True)
            failed = failed or bool(scripts)
    for mode, (succeeded, counted) in totals.items():
        if counted:
            share = succeeded / counted
            print(f"{mode}: {succeeded} of {counted} calls that the fake has to serve succeeded ({share:.1%})")
            failed = failed or share < REQUIRED_SHARE
    return int(failed)


def _run(client: Expected, mode: str, command: list[str], folder: Path) -> tuple[list[Call], list[str]]:
    """Run a driver against a fresh fake; returns the results of its calls and how they differ from the expected ones."""
    fake, known = anyio.run(create_scenario, mode)
    with fake.serve() as url, tempfile.TemporaryDirectory() as temporary:
        known |= {"url": url, "origin": url.removesuffix("/api/v2"), "document": str(DOCUMENT)}
        try:
            completed = subprocess.run(
                [*command, str(FOLDER / "drivers" / client.driver), *client.options],
                capture_output=True,
                text=True,
                cwd=folder,
                env=_environment(known, temporary),
                timeout=_DRIVER_TIMEOUT,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            return _read(error.stdout)[0], [f"the driver did not end within {_DRIVER_TIMEOUT} seconds"]
    calls, finished = _read(completed.stdout)
    differences = compare(client, mode, calls)
    if not finished:
        differences.append(f"the driver did not come to its end: {completed.stderr[-2000:]}")
    unexpected = any(call.error is not None and call.name not in client.failures for call in calls)
    return calls, [*differences, *(_refused(fake) if unexpected or not finished else ())]


def _environment(known: dict[str, str], temporary: str) -> dict[str, str]:
    """Return the environment of a driver: no token or proxy of the caller, and name resolution for this machine only."""
    guard = FOLDER / "drivers" / "guard"
    return {
        "PATH": os.environ["PATH"],
        "HOME": temporary,
        "TMPDIR": temporary,
        "LANG": "C.UTF-8",
        "KNOWN": json.dumps(known),
        "PYTHONPATH": str(guard),
        "PYTHONDONTWRITEBYTECODE": "1",
        "NODE_OPTIONS": f"--import={(guard / 'loopback.mjs').as_uri()}",
    }


def _read(output: str | bytes | None) -> tuple[list[Call], bool]:
    text = output.decode() if isinstance(output, bytes) else output or ""
    lines: list[dict[str, Any]] = [json.loads(line) for line in text.splitlines() if line.endswith("}")]
    calls = [Call(line["call"], line["error"]) for line in lines if "call" in line]
    return calls, any("finished" in line for line in lines)


def _refused(fake: FakeCircleCI) -> list[str]:
    """Describe the requests that the fake refused, to find the cause of an unexpected failure."""
    refused = [entry for entry in fake.journal if entry.response.status_code >= 400]
    return [f"    refused: {entry} {entry.response.content[:300].decode(errors='replace')}" for entry in refused]


def _print_run(
    client: Expected, mode: str, calls: Sequence[Call], served: tuple[int, int], differences: Sequence[str]
) -> None:
    failures = [client.failures[call.name] for call in calls if call.error is not None and call.name in client.failures]
    reasons = [
        f"{count} {reason}" for reason in REASONS if (count := sum(failure.reason == reason for failure in failures))
    ]
    succeeded = sum(call.error is None for call in calls)
    suffix = f" (expected failures: {', '.join(reasons)})" if reasons else ""
    print(f"    {mode}: {succeeded} of {len(calls)} calls, {served[0]} of {served[1]} to serve{suffix}")
    for difference in differences:
        print(f"        {difference}")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
