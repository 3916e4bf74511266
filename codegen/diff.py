"""What changed between two documents, graded by what it means to callers, in terms of the package.

Both documents are brought into normal form first, so that what the vendor only moved, respelled or reordered is no change,
and then compared as the packages that would be generated from them.

    python -m codegen.diff OLD NEW [--format terminal|markdown|json] [--output FILE] [--no-words] [--fail-on GRADE]

Exit codes: 0 nothing that breaks; 1 a document cannot be used; 2 wrong arguments; 3 something breaks at run time; 4 callers
break.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import attrs

from codegen.diffing.changes import Change, Diff, Grade
from codegen.diffing.methods import changed_methods
from codegen.diffing.reports import FORMATS, report
from codegen.diffing.schemas import changed_enums, changed_models
from codegen.diffing.service import changed_service
from codegen.diffing.surface import Surface, surface_of
from codegen.documents import Document, read_document
from codegen.errors import SpecError
from codegen.generate.layers import layers_by_operation
from codegen.names import Names, canonical_key
from codegen.normalize import OUR_DOCUMENT, Normalized, normalize
from codegen.overlay import Overlay
from codegen.validation import check_validity

__all__ = ["EXIT_CODES", "diff_documents", "main"]

EXIT_CODES: Mapping[Grade, int] = {Grade.BREAKS_AT_RUN_TIME: 3, Grade.BREAKS_CALLERS: 4}
_FAIL_ON: Mapping[str, Grade | None] = {
    "run-time": Grade.BREAKS_AT_RUN_TIME,
    "callers": Grade.BREAKS_CALLERS,
    "never": None,
}


def diff_documents(
    old: Document, new: Document, *, old_name: str = "old", new_name: str = "new", overlay: Overlay | None = None
) -> Diff:
    """Every difference between two documents.

    Args:
        old: An OpenAPI document, ours or any of the vendor's.
        new: Another one.
        old_name: What to call the old document in reports.
        new_name: What to call the new document in reports.
        overlay: The corrections to make in both; default: overlay.yaml.

    Raises:
        SpecError: One of them is not valid, cannot be brought into normal form, or no package can be generated from it.
    """
    before, after = _read(old, old_name, overlay), _read(new, new_name, overlay)
    changes = [*_changes(before.surface, after.surface), *_retained(before, after)]
    layers = layers_by_operation()
    ids = {method.operation: method.id for method in before.surface.methods.values()}
    told = [
        attrs.evolve(change, layers=layers.get(ids.get(change.operation or "", ""), ())) if change.operation else change
        for change in changes
    ]
    ordered = sorted(told, key=lambda change: (-change.grade, _place(change), change.subject))
    return Diff(old=old_name, new=new_name, changes=ordered, notes=after.normalized.notes)


@attrs.frozen
class _Side:
    normalized: Normalized
    surface: Surface


def _read(document: Document, name: str, overlay: Overlay | None) -> _Side:
    try:
        check_validity(document)
        names = Names.load()
        normalized = normalize(document, names=names, overlay=overlay, strict=False)
        return _Side(normalized, surface_of(normalized.document, names))
    except SpecError as error:
        msg = f"{name}: {error}"
        raise SpecError(msg) from error


def _changes(old: Surface, new: Surface) -> Iterator[Change]:
    enums = {*old.enums, *new.enums}
    yield from changed_methods(old.methods, new.methods, enums)
    yield from changed_models(old.models, new.models, enums)
    yield from changed_enums(old.enums, new.enums)
    yield from changed_service(old, new)


def _retained(old: _Side, new: _Side) -> Iterator[Change]:
    """Operations that only the new document lacks; the package keeps them."""
    for path, method in new.normalized.retained:
        before = old.surface.methods.get(canonical_key(method, path))
        after = new.surface.methods[canonical_key(method, path)]
        # Where the old document lacks it too, or is the one that it is kept from, nothing happened to it.
        if before and (path, method) not in old.normalized.retained and before.words != after.words:
            message = f"is no longer in the document ({after.operation}); overlay.yaml keeps it"
            yield Change(
                grade=Grade.SAFE,
                kind="operation-retained",
                subject=after.name,
                message=message,
                operation=after.operation,
            )


def _place(change: Change) -> tuple[bool, str]:
    """Methods before models, and each next to its arguments or fields."""
    return (change.operation is None, change.subject.partition("(")[0])


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare two documents from the command line."""
    parser = argparse.ArgumentParser(prog="python -m codegen.diff", description="What changed between two documents.")
    parser.add_argument("old", help="a file or a URL")
    parser.add_argument("new", help="a file or a URL")
    parser.add_argument("--format", choices=FORMATS, default="terminal", help="default: terminal")
    parser.add_argument("--output", type=Path, help="where to write the report; default: standard output")
    parser.add_argument(
        "--no-words",
        action="store_true",
        help="leave out what only changed its description; so it is when one document is openapi.json",
    )
    parser.add_argument(
        "--fail-on", choices=_FAIL_ON, default="run-time", help="the least grade to fail for; default: run-time"
    )
    options = parser.parse_args(arguments)
    try:
        diff = diff_documents(
            read_document(options.old), read_document(options.new), old_name=options.old, new_name=options.new
        )
    except SpecError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    # Ours says everything in words of its own, so that of the words all differ, always.
    no_words = options.no_words or OUR_DOCUMENT in {Path(options.old).resolve(), Path(options.new).resolve()}
    report(diff.without_words() if no_words else diff, options.format, options.output)
    return exit_code(diff, _FAIL_ON[options.fail_on])


def exit_code(diff: Diff, fail_on: Grade | None) -> int:
    """What the process ends with: 0 unless something is as bad as `fail_on`, which None never is."""
    found = diff.worst
    return 0 if found is None or fail_on is None or found < fail_on else EXIT_CODES[found]


if __name__ == "__main__":
    sys.exit(main())
