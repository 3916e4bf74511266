"""What the public names of the package have lost since the last tagged version, in the words of a changelog.

griffe reads both versions without importing them. Beside what `circleci_v2` exports, the methods of the namespaces and the
fields of the models are public, although the modules that define them are not.

    python -m codegen.compatibility [--since TAG] [--report-only]

Exit codes: 0 nothing is lost, or no version is tagged yet; 1 the check failed; 2 wrong arguments; 4 something is lost.
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

from codegen.errors import SpecError
from codegen.generate.parsing import ROOT

__all__ = ["last_tag", "losses", "main"]

PACKAGE = "circleci_v2"

_GENERATED = f"{PACKAGE}._generated."
_SENTENCES = {
    griffe.BreakageKind.OBJECT_REMOVED: "`{name}` is gone.",
    griffe.BreakageKind.OBJECT_CHANGED_KIND: "`{name}` is {new} now, was {old}.",
    griffe.BreakageKind.PARAMETER_REMOVED: "`{name}` loses argument `{parameter}`.",
    griffe.BreakageKind.PARAMETER_ADDED_REQUIRED: "`{name}` gains required argument `{parameter}`.",
    griffe.BreakageKind.PARAMETER_CHANGED_REQUIRED: "`{name}` needs argument `{parameter}` now.",
    griffe.BreakageKind.PARAMETER_MOVED: "`{name}` takes argument `{parameter}` in another place.",
    griffe.BreakageKind.PARAMETER_CHANGED_KIND: "`{name}` takes argument `{parameter}` as {new} now, was {old}.",
    griffe.BreakageKind.PARAMETER_CHANGED_DEFAULT: "`{name}` has {new} for argument `{parameter}` by default, was {old}.",
    griffe.BreakageKind.RETURN_CHANGED_TYPE: "`{name}` returns `{new}`, was `{old}`.",
    griffe.BreakageKind.ATTRIBUTE_CHANGED_TYPE: "`{name}` is `{new}`, was `{old}`.",
    griffe.BreakageKind.ATTRIBUTE_CHANGED_VALUE: "`{name}` is {new}, was {old}.",
    griffe.BreakageKind.CLASS_REMOVED_BASE: "`{name}` is no longer derived from {old}.",
}


def last_tag(repository: Path = ROOT) -> str | None:
    """The newest version tag that the checked-out commit descends from; None where nothing is tagged yet."""
    found = subprocess.run(
        ["git", "describe", "--tags", "--abbrev=0", "--match", "v[0-9]*"],  # noqa: S607 - whichever git the developer has
        cwd=repository,
        capture_output=True,
        text=True,
        check=False,
    )
    return found.stdout.strip() or None


def losses(tag: str, repository: Path = ROOT) -> list[str]:
    """What code that was written for a tagged version can no longer rely on, each as a line of a changelog.

    Raises:
        SpecError: There is no such tag, or it holds no package.
    """
    with tempfile.TemporaryDirectory() as folder:
        _unpack(tag, repository, Path(folder))
        return sorted(set(_lost(_read(Path(folder)), _read(repository))))


def _read(folder: Path) -> griffe.Module:
    # A relative path would be looked for where the command is run, and found there before it is in the folder.
    package = griffe.load(PACKAGE, search_paths=[folder], allow_inspection=False, try_relative_path=False)
    if not isinstance(package, griffe.Module):
        msg = f"{folder}: {PACKAGE} is no package there"
        raise SpecError(msg)
    return package


def _unpack(tag: str, repository: Path, folder: Path) -> None:
    archive = subprocess.run(  # noqa: S603 - no shell, and git takes the tag for a name alone
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


def _lost(old: griffe.Module, new: griffe.Module) -> Iterator[str]:
    for breakage in griffe.find_breaking_changes(old, new):
        if not breakage.obj.path.startswith(_GENERATED):
            yield _sentence(breakage)
    for before in _public_modules(old):
        after = _found(new, before.path.removeprefix(f"{PACKAGE}."))
        if after is None:
            yield from (f"`{_name(member.path)}` is gone." for member in _exported(before))
        else:
            yield from (_sentence(breakage) for breakage in _of_exported(before, after))


def _of_exported(before: griffe.Module, after: griffe.Object | griffe.Alias) -> Iterator[griffe.Breakage]:
    """What is broken in a public module, without the modules below it: one for each operation, which users never meet."""
    exported = set(map(str, before.exports or ()))
    for breakage in griffe.find_breaking_changes(before, after):
        if breakage.obj.path.removeprefix(f"{before.path}.").partition(".")[0] in exported:
            yield breakage


def _found(module: griffe.Module, path: str) -> griffe.Object | griffe.Alias | None:
    try:
        found: griffe.Object | griffe.Alias = module[path]
    except KeyError:
        return None
    return found


def _public_modules(package: griffe.Module) -> Iterator[griffe.Module]:
    """The modules of the namespaces and of the models, whose classes users meet."""
    for name in ("api", "models"):
        if found := _found(package, f"_generated.{name}"):
            yield from found.modules.values()


def _exported(module: griffe.Module) -> Iterator[griffe.Object | griffe.Alias]:
    for name in module.exports or ():
        if found := _found(module, str(name)):
            yield found


def _sentence(breakage: griffe.Breakage) -> str:
    parameter = breakage.old_value or breakage.new_value
    return _SENTENCES[breakage.kind].format(
        name=_name(breakage.obj.path),
        parameter=parameter.name if isinstance(parameter, griffe.Parameter) else "",
        old=_shown(breakage.old_value, breakage.kind),
        new=_shown(breakage.new_value, breakage.kind),
    )


def _shown(value: Any, kind: griffe.BreakageKind) -> str:
    """What of a value the sentence about such a change is about."""
    if not isinstance(value, griffe.Parameter):
        return value.value if isinstance(value, griffe.Kind) else str(value)
    if kind is griffe.BreakageKind.PARAMETER_CHANGED_DEFAULT:
        return str(value.default)
    return value.kind.value if value.kind else "unknown"


def _name(path: str) -> str:
    """How users write it: ``pipelines.list``, ``models.Workflow.tag``, ``circleci_v2.CircleCI``."""
    inside = path.removeprefix(_GENERATED)
    if inside.startswith("api."):
        namespace, _, member = inside.removeprefix("api.").partition(".")
        return ".".join([namespace, *member.split(".")[1:]])
    if inside.startswith("models."):
        return ".".join(["models", *inside.split(".")[2:]])
    return path


def main(arguments: Sequence[str] | None = None, repository: Path = ROOT) -> int:
    """Check from the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m codegen.compatibility", description="What the public names have lost since the last version."
    )
    parser.add_argument("--since", help="a tag, branch or commit; default: the last version tag")
    parser.add_argument("--report-only", action="store_true", help="do not fail for what is lost")
    options = parser.parse_args(arguments)
    tag = options.since or last_tag(repository)
    if tag is None:
        print("No version is tagged yet, so there is nothing that the public names could have lost.")
        return 0
    try:
        lost = losses(tag, repository)
    except SpecError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"Since {tag}:" if lost else f"Nothing is lost since {tag}.")
    for line in lost:
        print(f"- {line}")
    return 4 if lost and not options.report_only else 0


if __name__ == "__main__":
    sys.exit(main())
