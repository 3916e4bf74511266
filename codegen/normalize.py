"""Any document of the vendor's, or our own, in the one form that the client is generated from.

The way of the data::

    document -> operations with everything of theirs inline -> schemas hoisted and named -> overlay
             -> shared parameters and error responses -> one order

Names come from names.yaml alone, so that a schema keeps its name when the vendor moves it, and an operation its method
when the vendor renames it. On our own ``openapi.json`` nothing of this changes anything.

    python -m codegen.normalize DOCUMENT [--output FILE]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from circleci_v2._wire.json import is_object
from codegen.documents import Document, read_document, write_document
from codegen.errors import SpecError
from codegen.hoisting import Hoister
from codegen.names import Names, canonical_key
from codegen.normal_operations import NormalOperation
from codegen.overlay import Overlay, settle
from codegen.schemas import Schema, resolve_root
from codegen.sharing import share_error_responses, share_parameters

__all__ = ["METHODS", "OUR_DOCUMENT", "Normalized", "name_schemas", "normalize"]

OUR_DOCUMENT = Path(__file__).parent.parent / "openapi.json"
METHODS = ("get", "post", "put", "patch", "delete", "head", "options")


@attrs.frozen
class Normalized:
    """A document in normal form, and what a person should know about how it got there.

    Attributes:
        document: The document.
        notes: What had no name of ours, which places list different values of one enum, what the overlay no longer finds.
        retained: Path and method of the operations that the document itself does not hold, kept by the overlay.
    """

    document: Document
    notes: Sequence[str]
    retained: Sequence[tuple[str, str]] = ()


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
        ours: The document that has the operations which the overlay retains; default: openapi.json.
        strict: Whether it is an error that a correction finds nothing to correct; else it is a note.

    Raises:
        SpecError: The document cannot be brought into that form; the message names the place.
    """
    names = names or Names.load()
    overlay = overlay or Overlay.load()
    named = name_schemas(document, names, overlay, ours)
    result = named.document
    idle = overlay.apply(result, strict=strict)
    settle(result, names)
    share_parameters(result, names)
    share_error_responses(result, document.get("components", {}).get("schemas", {}))
    return attrs.evolve(named, notes=[*names.unnamed, *named.notes, *idle])


def name_schemas(
    document: Mapping[str, Any], names: Names, overlay: Overlay, ours: Mapping[str, Any] | None = None
) -> Normalized:
    """A document in which every schema has its name: what the actions of the overlay speak of.

    Returns:
        The document, which still lacks the corrections and what `normalize` does after them.

    Raises:
        SpecError: As `normalize`.
    """
    work = _Normalizer(names, Hoister(names))
    work.take(document)
    retained = list(overlay.to_retain(work.keys()))
    for path, method in retained:
        work.take_one(ours or read_document(OUR_DOCUMENT), path, method)
    return Normalized(work.assemble(document), list(work.hoister.united.values()), retained)


@attrs.define
class _Normalizer:
    """Collects the operations of one document, or of several, with their schemas hoisted."""

    names: Names
    hoister: Hoister
    operations: dict[str, tuple[str, str, Schema]] = attrs.field(factory=dict[str, tuple[str, str, Schema]])

    def keys(self) -> set[str]:
        return set(self.operations)

    def take(self, document: Mapping[str, Any]) -> None:
        paths = document.get("paths")
        if not is_object(paths):
            msg = "the document has no paths: is it an OpenAPI document?"
            raise SpecError(msg)
        for path, item in paths.items():
            held = resolve_root(document, item, path)
            for method in METHODS:
                if method in held:
                    self.take_one(document, path, method)

    def take_one(self, document: Mapping[str, Any], path: str, method: str) -> None:
        item = resolve_root(document, document["paths"][path], path)
        key = canonical_key(method, path)
        if key in self.operations:
            msg = f"{method.upper()} {path}: the document has this operation twice, as {self.operations[key][0]} too"
            raise SpecError(msg)
        published = self.names.published_path(method, path)
        operation = NormalOperation(self.names, self.hoister, document, method, path, item[method])
        self.operations[key] = (published, method, operation.normalized(published, item.get("parameters", ())))

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
                "schemas": {name: self.hoister.components[name] for name in sorted(self.hoister.components)},
            },
        }


def main(arguments: Sequence[str] | None = None) -> int:
    """Normalise a document from the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m codegen.normalize", description="Bring an OpenAPI document into normal form."
    )
    parser.add_argument("document", help="a file or a URL")
    parser.add_argument("--output", type=Path, help="where to write it; default: standard output")
    options = parser.parse_args(arguments)
    try:
        normalized = normalize(read_document(options.document))
    except SpecError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    for note in normalized.notes:
        print(f"note: {note}", file=sys.stderr)
    write_document(normalized.document, options.output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
