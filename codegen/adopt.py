"""The facts of a newer document, brought into openapi.json in the words of ours.

New operations, fields and parameters come with a marker in place of a description, which `make lint` refuses; what the newer
document no longer has goes, unless overlay.yaml retains it; what seems to be renamed is proposed. What the tables of this
project say of things that are gone, or that have come right by themselves, is named.

    python -m codegen.adopt DOCUMENT [--output FILE]
"""

from __future__ import annotations

import argparse
import copy
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from circleci_v2._wire.json import is_array, is_object
from codegen.diff import diff_documents
from codegen.diffing.changes import Diff
from codegen.diffing.methods import moved_operations
from codegen.diffing.renames import likely_renames
from codegen.diffing.reports import print_table
from codegen.diffing.surface import Surface, surface_of
from codegen.documents import Document, read_document, write_document
from codegen.errors import SpecError
from codegen.facts import facts_of
from codegen.names import Names, canonical_key
from codegen.normalize import OUR_DOCUMENT, name_schemas, normalize
from codegen.our_words import Renames, with_our_words
from codegen.overlay import Overlay
from codegen.unwritten import MARKER, unwritten
from codegen.validation import check_validity

__all__ = ["Adoption", "adopt", "main"]


@attrs.frozen
class Adoption:
    """A document with newer facts, and what a person has to do about it.

    Attributes:
        document: Our document as it should be, in normal form.
        diff: What changed, words set aside.
        proposals: What seems to be renamed, and which entries of our tables have had their day.
    """

    document: Document
    diff: Diff
    proposals: Sequence[str]


def adopt(ours: Document, theirs: Document, *, name: str = "theirs") -> Adoption:
    """Bring the facts of a newer document into ours.

    Args:
        ours: Our document, in normal form.
        theirs: The newer document, as published.
        name: What to call the newer document.

    Raises:
        SpecError: The newer document cannot be used; the message names the place.
    """
    check_validity(theirs)
    names = Names.load()
    newer = normalize(theirs, names=names, ours=ours, strict=False)
    before, after = surface_of(ours, Names.load()), surface_of(newer.document, names)
    renames = _renames(before, after)
    dressed = with_our_words(ours, newer.document, renames)
    if facts_of(ours) != facts_of(newer.document):
        dressed["info"] = {**dressed["info"], "x-source": f"{MARKER} which document of CircleCI's this describes"}
    adopted = normalize(dressed, ours=ours, strict=False).document
    return Adoption(
        _in_the_order_of(ours, adopted),
        diff_documents(ours, theirs, old_name=OUR_DOCUMENT.name, new_name=name).without_words(),
        [
            *_proposed(before, after, renames),
            *_superfluous_names(newer.document),
            *_idle_corrections(theirs, ours),
            *_released(theirs, ours),
        ],
    )


def _renames(before: Surface, after: Surface) -> Renames:
    moved = {new: old for old, new in moved_operations(before.methods, after.methods).items()}
    fields: dict[tuple[str, str], str] = {}
    for name, model in after.models.items():
        if known := before.models.get(name):
            gone = {key: field for key, field in known.fields.items() if key not in model.fields}
            come = {key: field for key, field in model.fields.items() if key not in known.fields}
            for old, new in likely_renames(gone, come, lambda one, other: one.type == other.type).items():
                fields[name, come[new].key] = gone[old].key
    return Renames(moved, fields)


def _proposed(before: Surface, after: Surface, renames: Renames) -> Iterator[str]:
    named = _named_operations()
    for new, old in renames.operations.items():
        was, now = before.methods[old], after.methods[new]
        if old in named:
            yield (
                f"names.yaml: {was.operation} seems to be {now.operation} now; rename the key, take openapi.json back and "
                f"adopt again, or `{was.name}` becomes `{now.name}`"
            )
    for (model, new), old in renames.fields.items():
        yield f"{model}.{new} may be {model}.{old} renamed; the words of {old} stand beside its marker"


def _named_operations() -> dict[str, str]:
    """The operations of names.yaml -> how a message speaks of them."""
    table = Names.load().table["operations"]
    return {canonical_key(*key.split(" ", 1)): f"{key} ({entry['call']})" for key, entry in table.items()}


def _superfluous_names(document: Document) -> Iterator[str]:
    present = _operations(document)
    for key, entry in _named_operations().items():
        if key not in present:
            yield f"names.yaml: {entry} stands for no operation any more"


def _operations(document: Document) -> set[str]:
    return {canonical_key(method, path) for path, item in document["paths"].items() for method in item}


def _released(theirs: Document, ours: Document) -> Iterator[str]:
    """Operations that the overlay retained so far, and that go because what they hung on has gone, or has moved."""
    before, after = _operations(ours), _operations(theirs)
    for entry in Overlay.load().retained:
        operation, dropped_with = entry["operation"], entry["dropped-with"]
        kept = {canonical_key(*key.split(" ", 1)) for key in (operation, dropped_with)}
        if canonical_key(*operation.split(" ", 1)) in before and not kept & after:
            yield (
                f"overlay.yaml: {operation} is no longer retained, since {dropped_with} is gone; if the API still has "
                "it, name an operation under dropped-with that came as it went"
            )


def _idle_corrections(theirs: Document, ours: Document) -> Iterator[str]:
    """Actions of the overlay that match nothing, or change nothing, in the newer document itself."""
    overlay, names = Overlay.load(), Names.load()
    document = name_schemas(theirs, names, overlay, ours).document
    for action in overlay.actions:
        if not overlay.matches(action, document):
            yield f"overlay.yaml: {action['target']} matches nothing; the reason for it was: {action['x-reason']}"
    # What is retained has its corrections from ours already, so it says nothing about whether they are needed.
    alone = name_schemas(theirs, names, attrs.evolve(overlay, retained=())).document
    for action in overlay.superfluous(alone, names):
        yield f"overlay.yaml: {action['target']} is no longer needed; the reason for it was: {action['x-reason']}"


def _in_the_order_of(known: Any, value: Any) -> Any:
    """The same value, its keys in the order that they have in another one, so that version control shows what changed."""
    if is_object(value):
        before: Mapping[str, Any] = known if is_object(known) else {}
        if set(before) == set(value):
            return {key: _in_the_order_of(before[key], value[key]) for key in before}
        return {key: _in_the_order_of(before.get(key), item) for key, item in value.items()}
    if is_array(value) and is_array(known) and len(known) == len(value):
        return [_in_the_order_of(one, other) for one, other in zip(known, value, strict=True)]
    return copy.deepcopy(value)


def main(arguments: Sequence[str] | None = None) -> int:
    """Adopt from the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m codegen.adopt", description="Bring the facts of a newer document into openapi.json."
    )
    parser.add_argument("document", help="a file or a URL")
    parser.add_argument("--output", type=Path, default=OUR_DOCUMENT, help="default: openapi.json")
    options = parser.parse_args(arguments)
    try:
        adoption = adopt(read_document(OUR_DOCUMENT), read_document(options.document), name=options.document)
    except SpecError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    write_document(adoption.document, options.output)
    print_table(adoption.diff)
    for proposal in adoption.proposals:
        print(f"look at {proposal}")
    places = list(unwritten(adoption.document))
    print(f"wrote {options.output}; {len(places)} places have to be described")
    if places:
        print(f"Next: write what belongs where it says {MARKER!r}, set info.version, then `make generate lint test`.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
