"""Throw-away environments: one virtual environment or node_modules folder for each client."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

__all__ = ["InstallError", "RegistryUnavailableError", "create_environment", "installed_version"]

_INSTALL_TIMEOUT: Final = 900
_AWAY: Final = re.compile(
    r"Retrying \(Retry|NewConnectionError|ConnectTimeout|NameResolutionError|ProxyError|code E(?:AI_AGAIN|NOTFOUND|CONNREFUSED"
    r"|CONNRESET|TIMEDOUT|HOSTUNREACH)"
)
"""Messages of pip and of npm about a registry that cannot be reached, as opposed to a package that does not exist."""


class RegistryUnavailableError(Exception):
    """The registry cannot be reached, or its client is not installed."""


class InstallError(Exception):
    """The registry was reached, and the package could not be installed."""


def create_environment(kind: str, packages: list[str], folder: Path) -> list[str]:
    """Install packages, unless `folder` contains them from an earlier run.

    Args:
        kind: ``pip`` or ``npm``.
        packages: The requirements.
        folder: The folder of the environment.

    Returns:
        The command that runs a driver in the environment.

    Raises:
        RegistryUnavailableError: The registry cannot be reached, or its client is not installed.
        InstallError: The packages could not be installed for another reason.
    """
    complete = folder / "complete"
    folder.mkdir(parents=True, exist_ok=True)
    if kind == "npm":
        node, npm = shutil.which("node"), shutil.which("npm")
        if node is None or npm is None:
            msg = "Node.js with npm is not installed"
            raise RegistryUnavailableError(msg)
        command = [node]
        # The scripts of other people's packages are not run: no client needs one.
        install = [[npm, "install", "--prefix", str(folder), "--no-audit", "--no-fund", "--ignore-scripts", *packages]]
    else:
        python = str(folder / "venv" / "bin" / "python")
        command = [python]
        install = [
            [sys.executable, "-m", "venv", str(folder / "venv")],
            [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages],
        ]
    if not complete.exists():
        if kind == "npm":
            (folder / "package.json").write_text("{}", encoding="utf-8")
        for step in install:
            _run(step)
        complete.touch()
    return command


def installed_version(kind: str, package: str, folder: Path) -> str:
    """Return the version of an installed package."""
    if kind == "npm":
        described = (folder / "node_modules" / package / "package.json").read_text(encoding="utf-8")
        return str(json.loads(described)["version"])
    program = f"from importlib.metadata import version; print(version({package!r}))"
    python = str(folder / "venv" / "bin" / "python")
    return subprocess.run([python, "-c", program], capture_output=True, text=True, check=True).stdout.strip()


def _run(command: list[str]) -> None:
    try:
        completed = subprocess.run(command, capture_output=True, text=True, timeout=_INSTALL_TIMEOUT, check=False)
    except subprocess.TimeoutExpired as error:
        msg = f"{command[0]} did not end within {_INSTALL_TIMEOUT} seconds"
        raise RegistryUnavailableError(msg) from error
    if completed.returncode == 0:
        return
    lines = completed.stderr.strip().splitlines() or ["no message"]
    unreachable = next((line for line in lines if _AWAY.search(line)), None)
    if unreachable is not None:
        msg = f"the registry cannot be reached: {unreachable.strip()}"
        raise RegistryUnavailableError(msg)
    raise InstallError("\n".join(lines[-5:]))
