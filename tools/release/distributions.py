"""Build the wheel and the source distribution twice, under different circumstances, and check that both are equal.

    python -m tools.release.distributions [--output dist]

The second build runs on a copy of the files in another folder, with other times of change, another umask, time zone, locale
and hash seed. A third one builds the wheel from the source distribution, as installers do. All wheels have to have the same
bytes, and so do the source distributions. Their bytes depend on the files and on the versions of `build` and hatchling,
which `constraints.txt` pins; ``SOURCE_DATE_EPOCH`` replaces hatchling's fixed time of 2020-02-02.

Exit codes: 0 equal and complete, 1 otherwise.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import attrs

__all__ = ["Distributions", "ReleaseError", "build", "check_contents", "differences", "main"]

ROOT: Final = Path(__file__).parent.parent.parent
PACKAGE: Final = "circleci_v2"
OTHER_CIRCUMSTANCES: Final[Mapping[str, str]] = {
    "TZ": "Pacific/Kiritimati",
    "LC_ALL": "C",
    "PYTHONHASHSEED": "7",
    "HOME": "/nonexistent",
}
IN_EVERY_WHEEL: Final = frozenset({f"{PACKAGE}/py.typed", f"{PACKAGE}/testing/openapi.json.gz"})
IN_EVERY_SDIST: Final = frozenset(
    {
        *(
            "CHANGELOG.md",
            "LICENSE",
            "PKG-INFO",
            "README.md",
            "SECURITY.md",
            "constraints.txt",
            "hatch_build.py",
            "pyproject.toml",
        ),
        *("codegen/names.yaml", "docs/index.md", "examples/README.md", "templates/model.py.jinja", "tests/conftest.py"),
    }
)
_NEVER_TRACKED: Final = (
    ".venv",
    ".git",
    "build",
    "dist",
    "site",
    ".mypy_cache",
    ".ruff_cache",
    ".hypothesis",
    "__pycache__",
)


class ReleaseError(Exception):
    """A distribution cannot be released; the message says why."""


@attrs.frozen
class Distributions:
    """The two files of a version."""

    wheel: Path
    sdist: Path


def build(source: Path, output: Path, environment: Mapping[str, str] | None = None) -> Distributions:
    """Build both distributions of a source tree.

    Args:
        source: The folder with ``pyproject.toml``.
        output: The folder to write to; it is created.
        environment: Variables that differ from those of this process.

    Raises:
        ReleaseError: The build failed.
    """
    # Without isolation, the build uses the pinned hatchling that is installed here instead of the newest one.
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(output), str(source)]
    variables = {**os.environ, **(environment or {})}
    umask = 0o077 if environment else 0o022
    result = subprocess.run(  # noqa: S603 - our own interpreter
        command, env=variables, umask=umask, capture_output=True, text=True, check=False
    )
    if result.returncode:
        msg = f"python -m build failed:\n{result.stdout}{result.stderr}"
        raise ReleaseError(msg)
    (wheel,), (sdist,) = output.glob("*.whl"), output.glob("*.tar.gz")
    return Distributions(wheel, sdist)


def differences(one: Distributions, other: Distributions) -> list[str]:
    """Return a line for each file that differs in the two builds."""
    lines: list[str] = []
    for left, right in ((one.wheel, other.wheel), (one.sdist, other.sdist)):
        if _digest(left) == _digest(right):
            continue
        members, others = _members(left), _members(right)
        names = sorted(name for name in {*members, *others} if members.get(name) != others.get(name))
        lines.append(f"{left.name} differs in {', '.join(names) or 'its metadata: order, times or permissions'}")
    return lines


def check_contents(distributions: Distributions) -> None:
    """Check that the distributions have what they need, and that the wheel has the package only.

    Raises:
        ReleaseError: A file is missing, or should not be there.
    """
    wheel = set(_members(distributions.wheel))
    # Below the folder that has the name and version.
    sdist = {name.partition("/")[2] for name in _members(distributions.sdist)}
    for required, present, file in (
        (IN_EVERY_WHEEL, wheel, distributions.wheel),
        (IN_EVERY_SDIST, sdist, distributions.sdist),
    ):
        if missing := sorted(required - present):
            msg = f"{file.name} lacks {', '.join(missing)}"
            raise ReleaseError(msg)
    foreign = [name for name in wheel if not name.startswith((f"{PACKAGE}/", f"{PACKAGE}-"))]
    left_over = [name for name in wheel | sdist if name.endswith(".pyc") or "__pycache__" in name]
    if foreign or left_over:
        msg = f"the distributions contain {', '.join(sorted({*foreign, *left_over}))}"
        raise ReleaseError(msg)


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _members(file: Path) -> dict[str, bytes]:
    if file.suffix == ".whl":
        with zipfile.ZipFile(file) as archive:
            return {name: archive.read(name) for name in archive.namelist()}
    with tarfile.open(file) as archive:
        opened = {member.name: archive.extractfile(member) for member in archive.getmembers() if member.isfile()}
        return {name: stream.read() for name, stream in opened.items() if stream is not None}


def _copy_of(source: Path, folder: Path) -> Path:
    """Copy a source tree, with another time of change for each file."""
    copy = folder / "copy of the source"
    shutil.copytree(source, copy, ignore=shutil.ignore_patterns(*_NEVER_TRACKED))
    # hatchling leaves out what `.gitignore` names only below the folder that has it.
    for number, path in enumerate(sorted(copy.rglob("*"))):
        os.utime(path, (1_000_000_000 + number, 1_000_000_000 + number))
    return copy


def _unpacked(sdist: Path, folder: Path) -> Path:
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    (tree,) = folder.iterdir()
    return tree


def _rebuilt(source: Path, first: Distributions, folder: Path) -> list[str]:
    second = build(_copy_of(source, folder), folder / "second", OTHER_CIRCUMSTANCES)
    third = build(_unpacked(first.sdist, folder / "unpacked"), folder / "third")
    return [*differences(first, second), *(f"from its own source: {line}" for line in differences(first, third))]


def main(arguments: Sequence[str] | None = None, source: Path = ROOT) -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.release.distributions", description="Build reproducible distributions."
    )
    parser.add_argument("--output", type=Path, default=source / "dist", help="where to write them (default: dist)")
    parser.add_argument("--once", action="store_true", help="do not build them again to compare")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        try:
            built = build(source, Path(folder) / "first")
            check_contents(built)
            problems = [] if options.once else _rebuilt(source, built, Path(folder))
        except ReleaseError as error:
            problems = [str(error)]
        else:
            options.output.mkdir(parents=True, exist_ok=True)
            for file in (built.wheel, built.sdist):
                print(f"{_digest(file)}  {shutil.copy(file, options.output / file.name)}")
    for problem in problems:
        print(f"error: {problem}", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
