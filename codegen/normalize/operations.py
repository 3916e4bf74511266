"""Bring one operation into normal form: ordered parameters, one JSON body, responses, all schemas extracted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from codegen.errors import SpecError, UnsupportedError
from codegen.names import Names
from codegen.normalize.extract_schemas import NameFunction, SchemaExtractor
from codegen.schemas import Schema, follow_references

__all__ = ["NormalOperation", "parameter_order"]

_JSON = ("application/json",)
_JSON_SUFFIXES = (*_JSON, "+json")
"""Responses are read as JSON whatever their type is; requests are always sent as ``application/json``."""

_OPERATION_KEYS = ("operationId", "summary", "description", "deprecated", "externalDocs")
_LAST_PARAMETERS = ("limit", "page-size", "offset", "page-token")


@attrs.frozen
class NormalOperation:
    """An operation while it is brought into normal form.

    Attributes:
        names: The table of names.
        extractor: Collects the schemas.
        document: The document in which references are resolved.
        method: The HTTP method, in lower case.
        path: The path in the document's spelling.
        source: The operation as the document has it.
    """

    names: Names
    extractor: SchemaExtractor
    document: Mapping[str, Any]
    method: str
    path: str
    source: Mapping[str, Any]

    @property
    def key(self) -> str:
        """Method and path, for messages."""
        return f"{self.method.upper()} {self.path}"

    def normalized(self, published: str, shared_parameters: Sequence[Any]) -> Schema:
        """Return the operation in normal form.

        Args:
            published: The path in our spelling.
            shared_parameters: Parameters that the document declares for all operations of the path.

        Raises:
            SpecError: A part of the operation cannot be normalised; the message names it.
        """
        call = self.names.call(self.method, self.path, self.source)
        result: Schema = {"tags": [self.names.tag(call.namespace)]}
        result |= {key: self.source[key] for key in _OPERATION_KEYS if self.source.get(key)}
        result |= self._service()
        result["parameters"] = self._parameters(published, shared_parameters)
        if body := self._body():
            result["requestBody"] = body
        result["responses"] = {
            status: self._response(status, self.source["responses"][status])
            for status in sorted(self.source.get("responses", {}))
        }
        return result

    def _service(self) -> Schema:
        """Return the servers and the ways to authenticate, where those of the document do not apply to the operation."""
        own: Schema = {}
        if self.source.get("servers"):
            own["servers"] = [{"url": server.get("url", "")} for server in self.source["servers"]]
        security = self.source.get("security")
        if security is not None and sorted(map(str, security)) != sorted(map(str, self.document.get("security", ()))):
            own["security"] = security
        return own

    def _look_up(self, value: Any) -> Schema:
        return follow_references(self.document, value, self.key)

    def _parameters(self, published: str, shared: Sequence[Any]) -> list[Schema]:
        own = [self._look_up(parameter) for parameter in (*shared, *self.source.get("parameters", ()))]
        spelling = _path_spelling(self.path, published)
        by_location: dict[tuple[str, str], Schema] = {}
        for parameter in own:
            location, name = str(parameter["in"]), str(parameter["name"])
            by_location[location, spelling.get(name, name) if location == "path" else name] = parameter
        placeholders = list(spelling.values())
        missing = set(placeholders) - {name for location, name in by_location if location == "path"}
        if missing:
            msg = f"{self.key}: no parameter describes {', '.join(sorted(missing))} of the path"
            raise SpecError(msg)
        ordered = sorted(by_location.items(), key=lambda entry: parameter_order(entry[0], entry[1], placeholders))
        return [self._parameter(name, parameter) for (_, name), parameter in ordered]

    def _parameter(self, name: str, source: Mapping[str, Any]) -> Schema:
        location = source["in"]
        title = self.names.parameter_enum(location, name)
        schema = self.extractor.extract(self.document, source.get("schema", {}), lambda _: title, f"{self.key} {name}")
        kept = {k: source[k] for k in ("description", "deprecated", "example") if source.get(k)}
        required = {"required": True} if location == "path" or source.get("required") else {}
        return {"name": name, "in": location, **required, **kept, **_style(source), "schema": schema}

    def _body(self) -> Schema | None:
        if "requestBody" not in self.source:
            return None
        source = self._look_up(self.source["requestBody"])
        schema = self._required_json_schema(source, f"{self.key} body", _JSON)
        if schema is None:
            return None
        name = self.names.body(self.method, self.path, self.source)
        extracted = self.extractor.extract(
            self.document, schema, _body_name_function(self.names, name), f"{self.key} body"
        )
        extracted.pop("nullable", None)
        plain = {"$ref": extracted["allOf"][0]["$ref"]} if set(extracted) == {"allOf"} else extracted
        required = {"required": True} if source.get("required") or _has_required(self.document, schema) else {}
        docs = {"description": source["description"]} if source.get("description") else {}
        return {**docs, **required, "content": {"application/json": {"schema": plain}}}

    def _required_json_schema(self, source: Mapping[str, Any], where: str, kinds: tuple[str, ...]) -> Any:
        """Return the JSON schema of a body, or None if there is no body.

        Raises:
            UnsupportedError: There are bodies in other formats only.
        """
        content = source.get("content", {})
        schema = _json_schema_if_any(source, kinds)
        if content and schema is None:
            msg = f"{where}: a body of {' or '.join(content)} cannot be generated"
            raise UnsupportedError(msg)
        return schema

    def _response(self, status: str, value: Mapping[str, Any]) -> Schema:
        source = self._look_up(value)
        where = f"{self.key} {status}"
        is_success = status.startswith("2")
        schema = (
            self._required_json_schema(source, where, _JSON_SUFFIXES)
            if is_success
            else _json_schema_if_any(source, _JSON)
        )
        result: Schema = {"description": source.get("description", "")}
        if schema is None:
            return result
        extracted = self._success(status, schema, where) if is_success else self._error(schema)
        return {**result, "content": {"application/json": {"schema": extracted}}}

    def _success(self, status: str, schema: Any, where: str) -> Schema:
        names = self.names
        bare = names.bare_items(self.method, self.path)
        is_array = follow_references(self.document, schema, where).get("type") == "array"

        def name(variant: int | None) -> str:
            if bare and is_array:
                return bare
            response = names.response(self.method, self.path, status, self.source)
            return response if variant is None else names.field(response, "", variant)

        return self.extractor.extract(self.document, schema, name, where)

    def _error(self, schema: Any) -> Schema:
        """Reduce an error body to the name of its message field: there are two shapes, and the client reads both."""
        fields = follow_references(self.document, schema, self.key).get("properties", {})
        return {"x-error-field": "error" if "error" in fields and "message" not in fields else "message"}


def _json_schema_if_any(source: Mapping[str, Any], kinds: tuple[str, ...]) -> Any:
    """Return the JSON schema of a body, or None. Error responses need none: the client also reads text, HTML and no body."""
    content = source.get("content", {})
    types = {kind: kind.split(";")[0].strip().lower() for kind in content}
    found = next((kind for kind in content if types[kind] == "application/json"), None)
    found = found or next((kind for kind in content if types[kind].endswith(kinds)), None)
    return None if found is None else content[found].get("schema", {})


def _style(parameter: Mapping[str, Any]) -> Schema:
    """Return how a query parameter is encoded, where that is not ``form`` with a repeated name."""
    if parameter["in"] != "query":
        return {}
    style, explode = parameter.get("style", "form"), parameter.get("explode")
    is_repeated = explode is not False if style == "form" else explode is True
    return {
        **({"style": style} if style != "form" else {}),
        **({"explode": False} if style == "form" and not is_repeated else {}),
    }


def _has_required(document: Mapping[str, Any], schema: Any) -> bool:
    return bool(follow_references(document, schema, "body").get("required"))


def _body_name_function(names: Names, name: str) -> NameFunction:
    return lambda variant: name if variant is None else names.field(name, "", variant)


def _path_spelling(path: str, published: str) -> dict[str, str]:
    """Map the document's spelling of each placeholder to ours, in the order of the path."""

    def placeholders(text: str) -> list[str]:
        return [part.split("}")[0] for part in text.split("{")[1:]]

    return dict(zip(placeholders(path), placeholders(published), strict=True))


def parameter_order(key: tuple[str, str], parameter: Mapping[str, Any], placeholders: Sequence[str]) -> tuple[Any, ...]:
    """Return the sort key of a parameter: those of the path first, then the required ones, and paging last."""
    location, name = key
    if location == "path":
        return (0, placeholders.index(name) if name in placeholders else len(placeholders), name)
    last = _LAST_PARAMETERS.index(name) + 1 if name in _LAST_PARAMETERS else 0
    return (1, not parameter.get("required"), last, name)
