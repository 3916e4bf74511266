"""Bring the facts of a newer document into openapi.json and keep our descriptions.

- New operations, fields and parameters get a marker instead of a description; `make lint` fails until it is replaced.
- Everything that the newer document lacks is removed, unless overlay.yaml retains it.
- Probable renames, and entries of names.yaml and overlay.yaml that are no longer needed, are reported as proposals.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs

from circleci_v2._wire.json import is_array, is_object
from codegen.adopt.check_todos import TODO
from codegen.adopt.merge_descriptions import Renames, merge_descriptions
from codegen.adopt.strip_docs import strip_docs
from codegen.diff.changes import Diff
from codegen.diff.document_diff import diff_prepared, prepare
from codegen.diff.renames import likely_renames, moved_operations
from codegen.diff.surface import Surface
from codegen.documents import OUR_DOCUMENT, Document
from codegen.errors import SpecError
from codegen.names import Names, canonical_key
from codegen.normalize.normalization import name_schemas, normalize
from codegen.normalize.overlay import Overlay
from codegen.normalize.validation import check_validity
from codegen.queries import operations_of

__all__ = ["Adoption", "adopt"]


@attrs.frozen
class Adoption:
    """Our document with newer facts, and what is left for the maintainer.

    Attributes:
        document: Our new document, in normal form.
        diff: The changes, without those of descriptions.
        proposals: Probable renames, and entries of names.yaml and overlay.yaml that are no longer needed.
    """

    document: Document
    diff: Diff
    proposals: Sequence[str]


def adopt(ours: Document, theirs: Document, *, name: str = "theirs") -> Adoption:
    """Bring the facts of a newer document into ours.

    Args:
        ours: Our document, in normal form.
        theirs: The newer document, as published.
        name: The name of the newer document, for messages.

    Raises:
        SpecError: The newer document is unusable; the message names the location.
    """
    old, new = prepare(ours, OUR_DOCUMENT.name, ours=ours), prepare(theirs, name, ours=ours, strict=True)
    newer = new.normalized.document
    renames = _renames(old.surface, new.surface)
    merged = merge_descriptions(ours, newer, renames)
    if strip_docs(ours) != strip_docs(newer):
        merged["info"] = {**merged["info"], "x-source": f"{TODO} which document of CircleCI's this corresponds to"}
    adopted = normalize(merged, ours=ours).document
    _check_result(adopted, name)
    return Adoption(
        _in_order_of(ours, adopted),
        diff_prepared(old, new).without_descriptions(),
        [
            *_rename_proposals(old.surface, new.surface, renames),
            *_unused_names(newer),
            *_unneeded_corrections(theirs, ours),
            *_no_longer_retained(theirs, ours),
        ],
    )


def _check_result(adopted: Document, name: str) -> None:
    """Make sure that the adopted document is valid; openapi-spec-validator misses some nested schemas of OpenAPI 3.1."""
    try:
        check_validity(adopted)
    except SpecError as error:
        msg = f"{name} cannot be adopted, because openapi.json would no longer be valid: {error}"
        raise SpecError(msg) from error


def _renames(before: Surface, after: Surface) -> Renames:
    moved = {new: old for old, new in moved_operations(before.methods, after.methods).items()}
    fields: dict[tuple[str, str], str] = {}
    for name, model in after.models.items():
        if known := before.models.get(name):
            removed = {key: field for key, field in known.fields.items() if key not in model.fields}
            added = {key: field for key, field in model.fields.items() if key not in known.fields}
            for old, new in likely_renames(removed, added, lambda one, other: one.type == other.type).items():
                fields[name, added[new].key] = removed[old].key
    return Renames(moved, fields)


def _rename_proposals(before: Surface, after: Surface, renames: Renames) -> Iterator[str]:
    named = _named_operations()
    for new, old in renames.operations.items():
        was, now = before.methods[old], after.methods[new]
        if old in named:
            yield (
                f"names.yaml: {was.operation} is probably {now.operation} now; rename the key, restore openapi.json and "
                f"adopt again, or `{was.name}` becomes `{now.name}`"
            )
    for (model, new), old in renames.fields.items():
        yield f"{model}.{new} may be {model}.{old} renamed; the description of {old} is next to its {TODO!r}"


def _named_operations() -> dict[str, str]:
    """Return canonical key -> text for messages, for all operations in names.yaml."""
    table = Names.load().table["operations"]
    return {canonical_key(*key.split(" ", 1)): f"{key} ({entry['call']})" for key, entry in table.items()}


def _unused_names(document: Document) -> Iterator[str]:
    present = _operation_keys(document)
    for key, entry in _named_operations().items():
        if key not in present:
            yield f"names.yaml: {entry} no longer matches an operation; remove the entry"


def _operation_keys(document: Document) -> set[str]:
    return {canonical_key(method, path) for method, path, _ in operations_of(document)}


def _no_longer_retained(theirs: Document, ours: Document) -> Iterator[str]:
    """Report operations that the overlay retained so far and drops now, because their `dropped-with` is gone or moved."""
    before, after = _operation_keys(ours), _operation_keys(theirs)
    for entry in Overlay.load().retained:
        operation, dropped_with = entry["operation"], entry["dropped-with"]
        kept = {canonical_key(*key.split(" ", 1)) for key in (operation, dropped_with)}
        if canonical_key(*operation.split(" ", 1)) in before and not kept & after:
            yield (
                f"overlay.yaml: {operation} is no longer retained, because {dropped_with} is gone; if the API still has "
                "it, set dropped-with to an operation that was added when it disappeared"
            )


def _unneeded_corrections(theirs: Document, ours: Document) -> Iterator[str]:
    """Report overlay actions that match nothing in the newer document, or do not change it."""
    overlay, names = Overlay.load(), Names.load()
    document = name_schemas(theirs, names, overlay, ours).document
    for action in overlay.actions:
        if not overlay.matches(action, document):
            yield f"overlay.yaml: {action['target']} is not in this document; its reason: {action['x-reason']}"
    # Retained operations come from our document and are already corrected, so they are left out of this check.
    alone = name_schemas(theirs, names, attrs.evolve(overlay, retained=())).document
    for action in overlay.redundant(alone, names):
        yield f"overlay.yaml: {action['target']} is no longer needed; its reason: {action['x-reason']}"


def _in_order_of(known: Any, value: Any) -> Any:
    """Return the value with its keys in the order of a known value, so that version control shows only real changes."""
    if is_object(value):
        before: Mapping[str, Any] = known if is_object(known) else {}
        if set(before) == set(value):
            return {key: _in_order_of(before[key], value[key]) for key in before}
        return {key: _in_order_of(before.get(key), item) for key, item in value.items()}
    if is_array(value) and is_array(known) and len(known) == len(value):
        return [_in_order_of(one, other) for one, other in zip(known, value, strict=True)]
    return copy.deepcopy(value)
