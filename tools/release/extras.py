"""Install the wheel into new environments, bare, with each extra and with all of them, and try what each promises.

    python -m tools.release.extras [WHEEL] [--only cli --only all] [--python python3.13]

`tools/release/probe.py` runs in each environment, apart from this source tree: it imports every module and uses every extra
that is installed, and checks that an extra that is not installed is named by the error of the feature that needs it.
`pip check` finds requirements that contradict each other.

Exit codes: 0 everything works, 1 otherwise.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

__all__ = ["ROOT", "declared_extras", "main"]

ROOT: Final = Path(__file__).parent.parent.parent
PROBE: Final = Path(__file__).parent / "probe.py"
_INSTALL_TIMEOUT: Final = 900
_PROBE_TIMEOUT: Final = 300


def declared_extras(project: Path = ROOT / "pyproject.toml") -> list[str]:
    """Return the names of the extras, in the order of ``pyproject.toml``."""
    return list(tomllib.loads(project.read_text(encoding="utf-8"))["project"]["optional-dependencies"])


def try_extras(wheel: Path, extras: Sequence[str], python: str, folder: Path) -> str | None:
    """Install a wheel with some extras into a new environment, and run the probe there.

    Args:
        wheel: The wheel.
        extras: The extras.
        python: The interpreter.
        folder: The folder of the environment; it is created.

    Returns:
        The output of the step that failed; None when all succeeded.
    """
    requirement = f"{wheel.resolve()}[{','.join(extras)}]" if extras else str(wheel.resolve())
    inside = str(folder / "bin" / "python")
    steps = [
        ([python, "-m", "venv", str(folder)], _INSTALL_TIMEOUT),
        ([inside, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", requirement], _INSTALL_TIMEOUT),
        ([inside, "-m", "pip", "check", "--disable-pip-version-check"], _PROBE_TIMEOUT),
        # Isolated: neither this source tree nor the packages of the user can be imported. Warnings are errors.
        ([inside, "-I", "-W", "error", str(PROBE), *extras], _PROBE_TIMEOUT),
    ]
    for command, timeout in steps:
        result = subprocess.run(  # noqa: S603 - interpreters that the developer names, without a shell
            command, cwd=folder.parent, capture_output=True, text=True, timeout=timeout, check=False
        )
        if result.returncode:
            return f"{' '.join(command[1:4])}: exit code {result.returncode}\n{result.stdout}{result.stderr}"
    return None


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    extras = declared_extras()
    choices = {"bare": [], **{extra: [extra] for extra in extras}, "all": extras}
    parser = argparse.ArgumentParser(
        prog="python -m tools.release.extras", description="Try the wheel with each extra in a new environment."
    )
    parser.add_argument("wheel", type=Path, nargs="?", help="the wheel (default: the one in dist)")
    parser.add_argument("--only", action="append", choices=choices, help="one environment (default: all); repeatable")
    parser.add_argument("--python", default=sys.executable, help="the interpreter (default: this one)")
    options = parser.parse_args(arguments)
    wheel = options.wheel or next(iter(sorted((ROOT / "dist").glob("*.whl"))), None)
    if wheel is None or not wheel.is_file():
        parser.error(f"there is no wheel {wheel or 'in dist'}: run `make build` first")
    failures = 0
    for name in options.only or choices:
        with tempfile.TemporaryDirectory() as folder:
            problem = try_extras(wheel, choices[name], options.python, Path(folder) / "environment")
        failures += problem is not None
        print(f"{name}: {problem or 'works'}", flush=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
