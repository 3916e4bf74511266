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

from circleci_v2._wire.json_types import is_object
from codegen.documents import Document, read_document, write_document
from codegen.errors import SpecError
from codegen.names import Names, canonical_key
from codegen.overlay import Overlay, settle
from codegen.schemas import Hoister, NameOf, Schema, resolve_pointer
from codegen.sharing import share_error_responses, share_parameters

__all__ = ["METHODS", "OUR_DOCUMENT", "Normalized", "name_schemas", "normalize"]

OUR_DOCUMENT = Path(__file__).parent.parent / "openapi.json"
METHODS = ("get", "post", "put", "patch", "delete", "head", "options")

_OPERATION_KEYS = ("operationId", "summary", "description", "deprecated", "externalDocs")
_LAST_PARAMETERS = ("limit", "page-size", "offset", "page-token")


@attrs.frozen
class Normalized:
    """A document in normal form, and what a person should know about how it got there.

    Attributes:
        document: The document.
        notes: What had no name of ours, what the overlay no longer finds.
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
    result, retained = name_schemas(document, names, overlay, ours)
    notes = overlay.apply(result, strict=strict)
    settle(result, names)
    share_parameters(result, names)
    share_error_responses(result, document.get("components", {}).get("schemas", {}))
    return Normalized(result, [*names.unnamed, *notes], retained)


def name_schemas(
    document: Mapping[str, Any], names: Names, overlay: Overlay, ours: Mapping[str, Any] | None = None
) -> tuple[Document, Sequence[tuple[str, str]]]:
    """A document in which every schema has its name: what the actions of the overlay speak of.

    Returns:
        The document, and path and method of the operations that were retained.

    Raises:
        SpecError: As `normalize`.
    """
    work = _Normalizer(names, Hoister(names))
    work.take(document)
    retained = list(overlay.to_retain(work.keys()))
    for path, method in retained:
        work.take_one(ours or read_document(OUR_DOCUMENT), path, method)
    return work.assemble(document), retained


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
            for method in METHODS:
                if method in item:
                    self.take_one(document, path, method)

    def take_one(self, document: Mapping[str, Any], path: str, method: str) -> None:
        item = document["paths"][path]
        key = canonical_key(method, path)
        if key in self.operations:
            msg = f"{method.upper()} {path}: the document has this operation twice, as {self.operations[key][0]} too"
            raise SpecError(msg)
        published = self.names.published_path(method, path)
        operation = _Operation(self, document, method, path, item[method])
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


@attrs.frozen
class _Operation:
    """One operation while it is brought into normal form."""

    work: _Normalizer
    document: Mapping[str, Any]
    method: str
    path: str
    source: Mapping[str, Any]

    @property
    def key(self) -> str:
        return f"{self.method.upper()} {self.path}"

    def normalized(self, published: str, shared_parameters: Sequence[Any]) -> Schema:
        call = self.work.names.call(self.method, self.path, self.source)
        result: Schema = {"tags": [self.work.names.tag(call.namespace)]}
        result |= {key: self.source[key] for key in _OPERATION_KEYS if self.source.get(key)}
        result["parameters"] = self._parameters(published, shared_parameters)
        if body := self._body():
            result["requestBody"] = body
        result["responses"] = {
            status: self._response(status, self.source["responses"][status])
            for status in sorted(self.source.get("responses", {}))
        }
        return result

    def _look_up(self, value: Any) -> Any:
        found: Schema = resolve_pointer(self.document, value["$ref"], self.key) if "$ref" in value else dict(value)
        return found

    def _parameters(self, published: str, shared: Sequence[Any]) -> list[Schema]:
        own = [self._look_up(parameter) for parameter in (*shared, *self.source.get("parameters", ()))]
        spelling = _path_spelling(self.path, published)
        by_place: dict[tuple[str, str], Schema] = {}
        for parameter in own:
            place, name = str(parameter["in"]), str(parameter["name"])
            by_place[place, spelling.get(name, name) if place == "path" else name] = parameter
        placeholders = list(spelling.values())
        missing = set(placeholders) - {name for place, name in by_place if place == "path"}
        if missing:
            msg = f"{self.key}: no parameter describes {', '.join(sorted(missing))} of the path"
            raise SpecError(msg)
        ordered = sorted(by_place.items(), key=lambda entry: _parameter_order(entry[0], entry[1], placeholders))
        return [self._parameter(name, parameter) for (_, name), parameter in ordered]

    def _parameter(self, name: str, source: Mapping[str, Any]) -> Schema:
        location = source["in"]
        title = self.work.names.parameter_enum(location, name)
        schema = self.work.hoister.place(self.document, source.get("schema", {}), lambda _: title, f"{self.key} {name}")
        kept = {k: source[k] for k in ("description", "deprecated", "example") if source.get(k)}
        required = {"required": True} if location == "path" or source.get("required") else {}
        return {"name": name, "in": location, **required, **kept, "schema": schema}

    def _body(self) -> Schema | None:
        if "requestBody" not in self.source:
            return None
        source = self._look_up(self.source["requestBody"])
        schema = self._json_schema(source, f"{self.key} body")
        if schema is None:
            return None
        name = self.work.names.body(self.method, self.path, self.source)
        placed = self.work.hoister.place(self.document, schema, _root_namer(self.work.names, name), f"{self.key} body")
        placed.pop("nullable", None)
        plain = {"$ref": placed["allOf"][0]["$ref"]} if set(placed) == {"allOf"} else placed
        required = {"required": True} if source.get("required") or _has_required(self.document, schema) else {}
        words = {"description": source["description"]} if source.get("description") else {}
        return {**words, **required, "content": {"application/json": {"schema": plain}}}

    def _json_schema(self, source: Mapping[str, Any], where: str) -> Any:
        content = source.get("content", {})
        media = next((content[kind] for kind in content if kind.split(";")[0].strip() == "application/json"), None)
        if content and media is None:
            msg = f"{where}: only application/json can be generated, found {', '.join(content)}"
            raise SpecError(msg)
        return media.get("schema", {}) if media else None

    def _response(self, status: str, value: Mapping[str, Any]) -> Schema:
        source = self._look_up(value)
        where = f"{self.key} {status}"
        schema = self._json_schema(source, where)
        result: Schema = {"description": source.get("description", "")}
        if schema is None:
            return result
        placed = self._answer(status, schema, where) if status.startswith("2") else self._error(schema)
        return {**result, "content": {"application/json": {"schema": placed}}}

    def _answer(self, status: str, schema: Any, where: str) -> Schema:
        names = self.work.names
        bare = names.bare_items(self.method, self.path)
        is_array = resolve_root(self.document, schema, where).get("type") == "array"

        def name(variant: int | None) -> str:
            if bare and is_array:
                return bare
            answer = names.answer(self.method, self.path, status, self.source)
            return answer if variant is None else names.field(answer, "", variant)

        return self.work.hoister.place(self.document, schema, name, where)

    def _error(self, schema: Any) -> Schema:
        """Error bodies come in two shapes; the client reads either, so only the name of the field is kept."""
        fields = resolve_root(self.document, schema, self.key).get("properties", {})
        return {"x-error-field": "error" if "error" in fields and "message" not in fields else "message"}


def resolve_root(document: Mapping[str, Any], schema: Any, where: str) -> Schema:
    """The schema behind a chain of references."""
    for _ in range(1000):
        if not is_object(schema) or "$ref" not in schema:
            return schema if is_object(schema) else {}
        schema = resolve_pointer(document, schema["$ref"], where)
    msg = f"{where}: a chain of references leads back to itself or has no end"
    raise SpecError(msg)


def _has_required(document: Mapping[str, Any], schema: Any) -> bool:
    return bool(resolve_root(document, schema, "body").get("required"))


def _root_namer(names: Names, name: str) -> NameOf:
    return lambda variant: name if variant is None else names.field(name, "", variant)


def _path_spelling(path: str, published: str) -> dict[str, str]:
    """Placeholder as this document spells it -> as we publish it, in the order of the path."""

    def placeholders(text: str) -> list[str]:
        return [part.split("}")[0] for part in text.split("{")[1:]]

    return dict(zip(placeholders(path), placeholders(published), strict=True))


def _parameter_order(
    place: tuple[str, str], parameter: Mapping[str, Any], placeholders: Sequence[str]
) -> tuple[Any, ...]:
    location, name = place
    if location == "path":
        return (0, placeholders.index(name) if name in placeholders else len(placeholders), name)
    last = _LAST_PARAMETERS.index(name) + 1 if name in _LAST_PARAMETERS else 0
    return (1, not parameter.get("required"), last, name)


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
