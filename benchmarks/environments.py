"""Environments of their own for the peers, and drivers that run in them.

Each is a virtual environment in ``build/benchmarks``, made from the package registry when it is first needed and kept for the
next run. A driver is a Python program in ``benchmarks/drivers`` that imports nothing of this repository: it reads a JSON
object per line from standard input, measures, and writes one per line to standard output.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Generator, Mapping, Sequence
from importlib.metadata import distributions
from pathlib import Path
from typing import Any, Final

import attrs

from tests.other_clients.environments import InstallError, RegistryUnavailableError, create_environment

__all__ = [
    "DRIVERS",
    "PEER_ENVIRONMENTS",
    "ROOT",
    "Driver",
    "DriverFailedError",
    "Environment",
    "NotInstalledError",
    "driver",
    "environment",
    "without_places",
]

ROOT: Final = Path(__file__).parent.parent
DRIVERS: Final = Path(__file__).parent / "drivers"
_FOLDER: Final = ROOT / "build" / "benchmarks"


class NotInstalledError(Exception):
    """A peer could not be installed; the message is the reason that the book states."""


class DriverFailedError(Exception):
    """A driver ended instead of replying."""


@attrs.frozen
class Environment:
    """A virtual environment.

    Attributes:
        name: Its name in the results.
        python: Its interpreter.
        requirements: The packages that were requested.
    """

    name: str
    python: Path
    requirements: tuple[str, ...]

    def versions(self) -> dict[str, str]:
        """Return the versions of the requested packages, in their order."""
        folders = [str(path) for path in self.python.parent.parent.glob("lib/python*/site-packages")]
        found = {each.name.lower(): each.version for each in distributions(path=folders)}
        names = [re.split(r"[\[<>=!~ ]", requirement)[0] for requirement in self.requirements]
        return {name: found[name.lower()] for name in names}


PEER_ENVIRONMENTS: Final[dict[str, Environment]] = {}
"""The environments that this process has used; the results state their versions."""


def environment(name: str, requirements: Sequence[str], *, checkout: bool = False, newest: bool = False) -> Environment:
    """Return an environment with these packages, and create it if there is none.

    The packages have the versions in ``constraints.txt``; those that are not in it, the newest.

    Args:
        name: The name in the results.
        requirements: The packages to install.
        checkout: Make this repository's ``circleci_v2`` importable, as an editable installation does.
        newest: Ignore ``constraints.txt``: for packages that require other versions of their dependencies.

    Raises:
        NotInstalledError: The packages cannot be installed.
    """
    constraints = ROOT / "constraints.txt"
    options = [] if newest else ["--constraint", str(constraints)]
    identity = json.dumps([*requirements, newest, sys.version, constraints.read_text(encoding="utf-8")])
    folder = _FOLDER / f"{name}-{hashlib.sha256(identity.encode()).hexdigest()[:8]}"
    try:
        create_environment("pip", [*options, *requirements], folder)
    except (InstallError, RegistryUnavailableError) as error:
        msg = f"not installed: {_reason(str(error))}"
        raise NotInstalledError(msg) from error
    site_packages = next((folder / "venv").glob("lib/python*/site-packages"))
    path_file = site_packages / "checkout.pth"
    if checkout:
        path_file.write_text(f"{ROOT}\n", encoding="utf-8")
    made = Environment(name, folder / "venv" / "bin" / "python", tuple(requirements))
    PEER_ENVIRONMENTS[name] = made
    return made


def _reason(message: str) -> str:
    """Return the last error in a message of pip."""
    errors = [line for line in message.splitlines() if "ERROR:" in line] or message.splitlines()[-1:]
    return without_places(errors[-1].replace("ERROR:", "").strip())


def without_places(message: str) -> str:
    """Return the beginning of a message without addresses and paths."""
    without_addresses = re.sub(r"https?://\S+", "(URL)", message)
    return re.sub(r"(?<!\w)/\S+", "(path)", without_addresses)[:200]


@attrs.frozen
class Driver:
    """A running driver."""

    _process: subprocess.Popen[str]

    def measure(self, **request: Any) -> Any:
        """Send a request and return the reply.

        Raises:
            DriverFailedError: The driver has ended.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            print(json.dumps(request), file=self._process.stdin, flush=True)
        reply = self._process.stdout.readline()
        if not reply:
            msg = f"the driver ended with status {self._process.wait(10)} at the request {request}"
            raise DriverFailedError(msg)
        return json.loads(reply)


@contextlib.contextmanager
def driver(
    python: Path | Environment,
    program: str,
    *arguments: str,
    variables: Mapping[str, str] | None = None,
    quiet: bool = False,
) -> Generator[Driver]:
    """Run a driver until the block ends.

    Args:
        python: The environment, or an interpreter.
        program: The name of the program in ``benchmarks/drivers``, without its suffix.
        arguments: Its arguments.
        variables: The environment variables of the process; those of this process if omitted.
        quiet: Drop its standard error.
    """
    interpreter = python.python if isinstance(python, Environment) else python
    # Isolated from the current directory, so that only the environment determines what is imported.
    command = [str(interpreter), "-P", str(DRIVERS / f"{program}.py"), *arguments]
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL if quiet else None,
        text=True,
        env=variables,
    )
    try:
        yield Driver(process)
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()
