"""Report incompatible changes of the public API since the last released version, as lines for the changelog.

    python -m codegen.diff.compatibility [--since TAG] [--report-only]

The last version is that of the committed baseline (`codegen.diff.baseline`); in a repository without one, the last version tag.

griffe (https://mkdocstrings.github.io/griffe/) analyses both versions without importing them. The public API consists of
everything that `circleci_v2` exports, and of the methods of the namespaces and the fields of the models, although the modules
that define these are private.

Exit codes: 0 compatible, or no version is released yet; 1 the check failed; 2 wrong arguments; 4 incompatible.
"""

from __future__ import annotations

import argparse
import io
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import griffe

from codegen.diff import baseline
from codegen.documents import ROOT
from codegen.errors import SpecError

__all__ = ["incompatible_changes", "last_tag", "main"]

PACKAGE = "circleci_v2"

_GENERATED = f"{PACKAGE}._generated."
_MESSAGES = {
    griffe.BreakageKind.OBJECT_REMOVED: "`{name}` is removed.",
    griffe.BreakageKind.OBJECT_CHANGED_KIND: "`{name}` is {new} now, was {old}.",
    griffe.BreakageKind.PARAMETER_REMOVED: "`{name}` loses argument `{parameter}`.",
    griffe.BreakageKind.PARAMETER_ADDED_REQUIRED: "`{name}` gains required argument `{parameter}`.",
    griffe.BreakageKind.PARAMETER_CHANGED_REQUIRED: "`{name}` requires argument `{parameter}` now.",
    griffe.BreakageKind.PARAMETER_MOVED: "`{name}` accepts argument `{parameter}` at another position.",
    griffe.BreakageKind.PARAMETER_CHANGED_KIND: "`{name}` accepts argument `{parameter}` as {new} now, was {old}.",
    griffe.BreakageKind.PARAMETER_CHANGED_DEFAULT: "`{name}` has the default {new} for argument `{parameter}`, was {old}.",
    griffe.BreakageKind.RETURN_CHANGED_TYPE: "`{name}` returns `{new}`, was `{old}`.",
    griffe.BreakageKind.ATTRIBUTE_CHANGED_TYPE: "`{name}` is `{new}`, was `{old}`.",
    griffe.BreakageKind.ATTRIBUTE_CHANGED_VALUE: "`{name}` is {new}, was {old}.",
    griffe.BreakageKind.CLASS_REMOVED_BASE: "`{name}` is no longer derived from {old}.",
}


def last_tag(repository: Path = ROOT) -> str | None:
    """Return the newest version tag that the current commit descends from; None if there is none."""
    found = subprocess.run(
        ["git", "describe", "--tags", "--abbrev=0", "--match", "v[0-9]*"],  # noqa: S607 - git from the developer's PATH
        cwd=repository,
        capture_output=True,
        text=True,
        check=False,
    )
    return found.stdout.strip() or None


def incompatible_changes(tag: str | None, repository: Path = ROOT) -> list[str]:
    """Return a line for the changelog for every incompatible change since a version.

    Args:
        tag: The tag, branch or commit of the version; None for the committed baseline.
        repository: The repository.

    Raises:
        SpecError: The tag does not exist, or does not contain the package.
    """
    with tempfile.TemporaryDirectory() as folder:
        if tag is None:
            baseline.unpack(repository, Path(folder))
        else:
            _unpack(tag, repository, Path(folder))
        return sorted(set(_changes(_read(Path(folder)), _read(repository))))


def _read(folder: Path) -> griffe.Module:
    # With try_relative_path, griffe would prefer a `circleci_v2` in the current directory to the one in the folder.
    package = griffe.load(PACKAGE, search_paths=[folder], allow_inspection=False, try_relative_path=False)
    if not isinstance(package, griffe.Module):
        msg = f"{folder}: does not contain the package {PACKAGE}"
        raise SpecError(msg)
    return package


def _unpack(tag: str, repository: Path, folder: Path) -> None:
    archive = subprocess.run(  # noqa: S603 - no shell, and --end-of-options keeps the tag from being an option
        ["git", "archive", "--format=tar", "--end-of-options", tag, PACKAGE],  # noqa: S607 - as above
        cwd=repository,
        capture_output=True,
        check=False,
    )
    if archive.returncode:
        msg = f"{tag}: {archive.stderr.decode(errors='replace').strip()}"
        raise SpecError(msg)
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
        files.extractall(folder, filter="data")


def _changes(old: griffe.Module, new: griffe.Module) -> Iterator[str]:
    for breakage in griffe.find_breaking_changes(old, new):
        if not breakage.obj.path.startswith(_GENERATED):
            yield _message(breakage)
    for before in _public_modules(old):
        after = _member(new, before.path.removeprefix(f"{PACKAGE}."))
        if after is None:
            yield from (f"`{_public_name(member.path)}` is removed." for member in _exported(before))
        else:
            yield from (_message(breakage) for breakage in _breakages_of_exports(before, after))


def _breakages_of_exports(before: griffe.Module, after: griffe.Object | griffe.Alias) -> Iterator[griffe.Breakage]:
    """Yield incompatible changes of the names that a module exports."""
    exported = set(map(str, before.exports or ()))
    for breakage in griffe.find_breaking_changes(before, after):
        if breakage.obj.path.removeprefix(f"{before.path}.").partition(".")[0] in exported:
            yield breakage


def _member(module: griffe.Module, path: str) -> griffe.Object | griffe.Alias | None:
    try:
        found: griffe.Object | griffe.Alias = module[path]
    except KeyError:
        return None
    return found


def _public_modules(package: griffe.Module) -> Iterator[griffe.Module]:
    """Yield the modules whose classes are public: those of the namespaces and of the models."""
    for name in ("api", "models"):
        if found := _member(package, f"_generated.{name}"):
            yield from found.modules.values()


def _exported(module: griffe.Module) -> Iterator[griffe.Object | griffe.Alias]:
    for name in module.exports or ():
        if found := _member(module, str(name)):
            yield found


def _message(breakage: griffe.Breakage) -> str:
    parameter = breakage.old_value or breakage.new_value
    return _MESSAGES[breakage.kind].format(
        name=_public_name(breakage.obj.path),
        parameter=parameter.name if isinstance(parameter, griffe.Parameter) else "",
        old=_value(breakage.old_value, breakage.kind),
        new=_value(breakage.new_value, breakage.kind),
    )


def _value(value: Any, kind: griffe.BreakageKind) -> str:
    """Return the part of a value that the message for this kind of change mentions."""
    if not isinstance(value, griffe.Parameter):
        return value.value if isinstance(value, griffe.Kind) else str(value)
    if kind is griffe.BreakageKind.PARAMETER_CHANGED_DEFAULT:
        return str(value.default)
    return value.kind.value if value.kind else "unknown"


def _public_name(path: str) -> str:
    """Return the name as users write it: ``pipelines.list``, ``models.Workflow.tag``, ``circleci_v2.CircleCI``."""
    inside = path.removeprefix(_GENERATED)
    if inside.startswith("api."):
        namespace, _, member = inside.removeprefix("api.").partition(".")
        return ".".join([namespace, *member.split(".")[1:]])
    if inside.startswith("models."):
        return ".".join(["models", *inside.split(".")[2:]])
    return path


def main(arguments: Sequence[str] | None = None, repository: Path = ROOT) -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m codegen.diff.compatibility",
        description="Report incompatible changes of the public API.",
    )
    parser.add_argument("--since", help="a tag, branch or commit; default: the committed baseline")
    parser.add_argument("--report-only", action="store_true", help="do not fail for incompatible changes")
    options = parser.parse_args(arguments)
    released = None if options.since else baseline.version_of(repository)
    tag = None if released else options.since or last_tag(repository)
    name = tag or released
    if name is None:
        print("No version is tagged yet, and there is no baseline, so there is nothing to compare with.")
        return 0
    try:
        changes = incompatible_changes(tag, repository)
    except SpecError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"Incompatible changes since {name}:" if changes else f"No incompatible changes since {name}.")
    for line in changes:
        print(f"- {line}")
    return 4 if changes and not options.report_only else 0


if __name__ == "__main__":
    sys.exit(main())
