"""Report what changed between two documents in terms of the package, graded by the effect on callers.

Both documents are brought into normal form and then compared as the packages that would be generated from them. So schemas
that CircleCI moves, placeholders that it respells, and anything that it reorders are not reported.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import attrs

from codegen.diff.changes import Change, Diff, Grade
from codegen.diff.methods import changed_methods
from codegen.diff.models import changed_enums, changed_models
from codegen.diff.surface import Surface, surface_of
from codegen.documents import Document
from codegen.errors import SpecError
from codegen.generate.layers import layers_by_operation
from codegen.names import Names, canonical_key
from codegen.normalize.normalization import Normalized, normalize
from codegen.normalize.overlay import Overlay
from codegen.normalize.validation import check_validity
from codegen.queries import body_schema_of, component_of, operations_of, reachable_schemas

__all__ = ["PreparedDocument", "diff_documents", "diff_prepared", "prepare"]


def diff_documents(
    old: Document, new: Document, *, old_name: str = "old", new_name: str = "new", overlay: Overlay | None = None
) -> Diff:
    """Return every difference between two documents.

    Args:
        old: An OpenAPI document, ours or any of CircleCI's.
        new: Another one.
        old_name: The name of the old document in reports.
        new_name: The name of the new document in reports.
        overlay: The corrections to make in both; default: overlay.yaml.

    Raises:
        SpecError: A document is not valid, cannot be normalised, or no package can be generated from it.
    """
    return diff_prepared(prepare(old, old_name, overlay=overlay), prepare(new, new_name, overlay=overlay))


@attrs.frozen
class PreparedDocument:
    """A document that was checked and normalised, and its surface."""

    name: str
    normalized: Normalized
    surface: Surface


def prepare(
    document: Document,
    name: str,
    *,
    overlay: Overlay | None = None,
    ours: Document | None = None,
    strict: bool = False,
) -> PreparedDocument:
    """Check and normalise a document, and determine its surface.

    Args:
        document: The document.
        name: Its name, for messages and reports.
        overlay: The corrections; default: overlay.yaml.
        ours: The document from which retained operations are copied; default: openapi.json.
        strict: Whether an overlay action that no longer matches is an error; otherwise the diff lists it as a problem.

    Raises:
        SpecError: As for `diff_documents`.
    """
    try:
        check_validity(document)
        names = Names.load()
        normalized = normalize(document, names=names, overlay=overlay, ours=ours, strict=strict)
        return PreparedDocument(name, normalized, surface_of(normalized.document, names))
    except SpecError as error:
        msg = f"{name}: {error}"
        raise SpecError(msg) from error


def diff_prepared(old: PreparedDocument, new: PreparedDocument) -> Diff:
    """Return every difference between two prepared documents, the worst first."""
    changes = [*_changes(old.surface, new.surface), *_retained(old, new), *_closed(old, new)]
    layers = layers_by_operation()
    ids = {method.operation: method.id for method in old.surface.methods.values()}
    with_layers = [
        attrs.evolve(change, layers=layers.get(ids.get(change.operation or "", ""), ())) if change.operation else change
        for change in changes
    ]
    ordered = sorted(with_layers, key=lambda change: (-change.grade, _group(change), change.subject))
    problems = dict.fromkeys([*old.normalized.problems, *new.normalized.problems])
    return Diff(
        old=old.name,
        new=new.name,
        changes=ordered,
        notes=[*new.normalized.notes, *new.surface.notes],
        problems=list(problems),
    )


def _changes(old: Surface, new: Surface) -> Iterator[Change]:
    enums = {*old.enums, *new.enums}
    yield from changed_methods(old.methods, new.methods, enums)
    yield from changed_models(old.models, new.models, enums)
    yield from changed_enums(old.enums, new.enums)
    yield from _changed_service(old, new)


def _changed_service(old: Surface, new: Surface) -> Iterator[Change]:
    yield from _added_or_removed("servers", "server", old.servers, new.servers)
    yield from _added_or_removed("security", "authentication scheme", old.security, new.security)
    yield from _added_or_removed("authentication", "authentication by", old.authentication, new.authentication)
    for name in sorted(old.security.keys() & new.security.keys()):
        if old.security[name] != new.security[name]:
            message = f"the authentication scheme {name!r} is {new.security[name]!r}, was {old.security[name]!r}"
            yield Change(grade=Grade.BREAKS_AT_RUN_TIME, kind="security-changed", subject="security", message=message)


def _added_or_removed(subject: str, what: str, old: Iterable[str], new: Iterable[str]) -> Iterator[Change]:
    for name in sorted({*old} - {*new}):
        message = f"the {what} {name!r} is removed"
        yield Change(grade=Grade.BREAKS_AT_RUN_TIME, kind=f"{subject}-removed", subject=subject, message=message)
    for name in sorted({*new} - {*old}):
        yield Change(grade=Grade.SAFE, kind=f"{subject}-added", subject=subject, message=f"the {what} {name!r} is new")


def _retained(old: PreparedDocument, new: PreparedDocument) -> Iterator[Change]:
    """Report operations that the new document lacks and the overlay keeps in the package."""
    for path, method in new.normalized.retained:
        before = old.surface.methods.get(canonical_key(method, path))
        after = new.surface.methods.get(canonical_key(method, path))
        # Nothing happened if the old document lacks the operation too, or if it is our own, from which it is retained.
        if before and after and (path, method) not in old.normalized.retained and before.docs != after.docs:
            message = f"is no longer in the document ({after.operation}); overlay.yaml keeps it"
            yield Change(
                grade=Grade.SAFE,
                kind="operation-retained",
                subject=after.name,
                message=message,
                operation=after.operation,
            )


def _closed(old: PreparedDocument, new: PreparedDocument) -> Iterator[Change]:
    """Report request bodies that no longer accept fields that the document does not list, or accept them again."""
    if any("x-source" in prepared.normalized.document["info"] for prepared in (old, new)):
        return  # openapi.json, which does not state this
    before, after = _bodies(old), _bodies(new)
    for key in before.keys() & after.keys():
        method = new.surface.methods[key]
        for name in sorted(before[key].keys() & after[key].keys()):
            was_closed, is_closed = name in old.normalized.closed, name in new.normalized.closed
            if was_closed != is_closed:
                # The fields of the body itself are arguments, so that callers can only pass other fields in a model inside.
                is_inside = not before[key][name]
                verb = "no longer accepts" if is_closed else "accepts"
                yield Change(
                    grade=Grade.BREAKS_AT_RUN_TIME if is_closed and is_inside else Grade.SAFE,
                    kind="body-closed" if is_closed else "body-opened",
                    subject=method.name,
                    message=f"{verb} other fields in {name} than those that the document lists",
                    operation=method.operation,
                )


def _bodies(prepared: PreparedDocument) -> dict[str, dict[str, bool]]:
    """Return the schemas of every request body by canonical key, each with whether it is that of the body itself."""
    document = prepared.normalized.document
    schemas = document["components"]["schemas"]
    bodies: dict[str, dict[str, bool]] = {}
    for method, path, operation in operations_of(document):
        body, key = operation.get("requestBody", {}), canonical_key(method, path)
        if key in prepared.surface.methods:
            own = component_of(body_schema_of(body))
            bodies[key] = {name: name == own for name in reachable_schemas(schemas, body)}
    return bodies


def _group(change: Change) -> tuple[bool, str]:
    """Sort methods before models, and changes of arguments next to those of their method."""
    return (change.operation is None, change.subject.partition("(")[0])
