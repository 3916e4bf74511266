"""Bring a document of CircleCI's, or our own, into normal form.

The steps::

    document -> OpenAPI 3.0 -> operations with everything inline -> schemas extracted and named -> overlay
             -> shared parameters and error responses -> a fixed order

All names come from names.yaml: a schema keeps its name when CircleCI moves it, and an operation keeps its method when CircleCI
renames it. Normalising our own ``openapi.json`` changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

import attrs

from circleci_v2._wire.json import is_object
from codegen.documents import METHODS, OUR_DOCUMENT, Document, read_document
from codegen.errors import SpecError, UnsupportedError
from codegen.names import Names, canonical_key
from codegen.normalize.components import share_error_responses, share_parameters
from codegen.normalize.extract_schemas import SchemaExtractor
from codegen.normalize.openapi31 import as_openapi_30, parts_left_out
from codegen.normalize.operations import NormalOperation
from codegen.normalize.overlay import Overlay, clean_up
from codegen.normalize.tolerate import tolerate
from codegen.queries import reachable_schemas
from codegen.schemas import Schema, follow_references

__all__ = ["Normalized", "left_out_note", "name_schemas", "normalize"]


@attrs.frozen
class Normalized:
    """A document in normal form, with notes for the maintainer.

    Attributes:
        document: The document.
        notes: Default names, operations that are left out, copies of a schema that differ, overlay actions without a place,
            and parts that are ignored.
        retained: Path and method of the operations that the document lacks and the overlay retains.
        problems: Overlay actions that no longer match at a place that exists; no package is generated before they are
            corrected.
        closed: The schemas of which a copy forbids fields that it does not list. openapi.json does not state this.
    """

    document: Document
    notes: Sequence[str]
    retained: Sequence[tuple[str, str]] = ()
    problems: Sequence[str] = ()
    closed: AbstractSet[str] = frozenset()


def normalize(
    document: Mapping[str, Any],
    *,
    names: Names | None = None,
    overlay: Overlay | None = None,
    ours: Mapping[str, Any] | None = None,
    strict: bool = True,
) -> Normalized:
    """Bring a document into normal form.

    Args:
        document: An OpenAPI 3 document; it is not changed.
        names: The table of names; default: names.yaml.
        overlay: The corrections; default: overlay.yaml.
        ours: The document from which retained operations are copied; default: openapi.json.
        strict: Whether an overlay action that no longer matches at a place that exists is an error; otherwise it is among
            the `problems` of the result.

    Raises:
        SpecError: The document cannot be normalised; the message names the location.
    """
    names = names or Names.load()
    overlay = overlay or Overlay.load()
    left_out = parts_left_out(document)
    tolerated = tolerate(as_openapi_30(document))
    document = tolerated.document
    named = name_schemas(document, names, overlay, ours)
    result = named.document
    outcome = overlay.apply(result)
    if strict and outcome.problems:
        raise SpecError("\n".join(outcome.problems))
    clean_up(result, names)
    share_parameters(result, names)
    share_error_responses(result, document.get("components", {}).get("schemas", {}))
    return attrs.evolve(
        named,
        notes=[*names.unnamed, *left_out, *tolerated.notes, *named.notes, *outcome.notes],
        problems=outcome.problems,
    )


def name_schemas(
    document: Mapping[str, Any], names: Names, overlay: Overlay, ours: Mapping[str, Any] | None = None
) -> Normalized:
    """Extract and name every schema of a document; overlay actions refer to the result.

    Returns:
        The document without the corrections of the overlay and the later steps of `normalize`.

    Raises:
        SpecError: As for `normalize`.
    """
    document = as_openapi_30(document)
    collector = _OperationCollector(names, SchemaExtractor(names))
    collector.add_all(document)
    retained = list(overlay.to_retain(collector.keys()))
    for path, method in retained:
        collector.add(ours or read_document(OUR_DOCUMENT), path, method)
    extractor = collector.extractor
    notes = [*collector.left_out.values(), *extractor.copies.lines()]
    return Normalized(collector.assemble(document), notes, retained, closed=extractor.closed)


@attrs.define
class _OperationCollector:
    """Collects normalised operations, from one or several documents, and their schemas."""

    names: Names
    extractor: SchemaExtractor
    operations: dict[str, tuple[str, str, Schema]] = attrs.field(factory=dict[str, tuple[str, str, Schema]])
    left_out: dict[str, str] = attrs.field(factory=dict[str, str])
    """Canonical key -> note, for the operations that cannot be generated."""

    def keys(self) -> set[str]:
        return {*self.operations, *self.left_out}

    def add_all(self, document: Mapping[str, Any]) -> None:
        paths = document.get("paths")
        if not is_object(paths):
            msg = "the document has no paths; is it an OpenAPI document?"
            raise SpecError(msg)
        for path, value in paths.items():
            item = follow_references(document, value, path)
            for method in METHODS:
                if method in item:
                    self.add(document, path, method)
            if "trace" in item:
                # https://owasp.org/www-community/attacks/Cross_Site_Tracing
                error = UnsupportedError("the response to TRACE is the request, with the token", way=None)
                self.left_out[canonical_key("trace", path)] = left_out_note(f"TRACE {path}", error)

    def add(self, document: Mapping[str, Any], path: str, method: str) -> None:
        item = follow_references(document, document["paths"][path], path)
        key = canonical_key(method, path)
        if key in self.operations:
            msg = f"{method.upper()} {path}: the document also has this operation as {self.operations[key][0]}"
            raise SpecError(msg)
        published = self.names.published_path(method, path)
        source = {**{key: item[key] for key in ("servers",) if key in item}, **item[method]}
        operation = NormalOperation(self.names, self.extractor, document, method, path, source)
        try:
            normalized = operation.normalized(published, item.get("parameters", ()))
        except UnsupportedError as error:
            self.left_out[key] = left_out_note(f"{method.upper()} {path}", error)
        else:
            self.operations[key] = (published, method, normalized)

    def assemble(self, document: Mapping[str, Any]) -> Document:
        ordered = sorted(self.operations.values(), key=lambda entry: self.names.position(entry[1], entry[0]))
        paths: dict[str, Any] = {}
        for path, method, operation in ordered:
            paths.setdefault(path, {})[method] = operation
        used = list(dict.fromkeys(operation["tags"][0] for _, _, operation in ordered))
        described = {tag["name"]: tag for tag in document.get("tags", ())}
        head = {key: document[key] for key in ("openapi", "info", "servers", "security") if key in document}
        return {
            **head,
            "tags": [described.get(tag, {"name": tag}) for tag in used],
            "paths": paths,
            "components": {
                "securitySchemes": document.get("components", {}).get("securitySchemes", {}),
                "schemas": reachable_schemas(self.extractor.components, paths),
            },
        }


def left_out_note(place: str, error: UnsupportedError) -> str:
    """Return the note about an operation that cannot be generated."""
    reason = str(error).removeprefix(f"{place} ").removeprefix(f"{place}: ")
    return f"{place} is left out: {reason}" + (f"; call it with {error.way}" if error.way else "")
