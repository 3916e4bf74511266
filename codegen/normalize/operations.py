"""Bring one operation into normal form: ordered parameters, one JSON body, responses, all schemas extracted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from codegen.errors import SpecError, UnsupportedError
from codegen.media import JSON, chosen_media, kind_of, type_of
from codegen.names import Names
from codegen.normalize.extract_schemas import NameFunction, SchemaExtractor
from codegen.schemas import Schema, first_difference, follow_references

__all__ = ["NormalOperation", "parameter_order"]

_TEXT = {"type": "string"}
_BYTES = {**_TEXT, "format": "binary"}
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
        responses = self._responses()
        result["responses"] = {status: self._response(status, responses[status]) for status in sorted(responses)}
        if self.source.get("callbacks"):
            self._note(
                f"has the callbacks {', '.join(sorted(self.source['callbacks']))}, which the package does not describe"
            )
        return result

    def _note(self, text: str) -> None:
        self.extractor.copies.others.append(f"{self.key} {text}")

    def _responses(self) -> Mapping[str, Any]:
        """Return the responses, among which there is a success if the operation has one.

        Raises:
            UnsupportedError: The operation only redirects.
        """
        responses: Mapping[str, Any] = self.source.get("responses", {})
        redirects = [status for status in responses if status.startswith("3")]
        if any(status.startswith("2") for status in responses):
            return responses
        if redirects:
            msg = f"{self.key}: its only success is a redirect ({', '.join(redirects)})"
            raise UnsupportedError(msg, way="`stream()`" if self.method == "get" else "`request()`")
        if "default" in responses:
            self._note("describes its success under `default` only; every success is read as described there")
            return {"2XX" if status == "default" else status: response for status, response in responses.items()}
        self._note("has no successful response in the document; the method returns None")
        return responses

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
        media, described = self._media(source, f"{self.key} {name}")
        if location == "path" and (media is not None or source.get("style", "simple") != "simple"):
            msg = f"{self.key}: the path parameter {name!r} has the style {source.get('style') or media}"
            raise UnsupportedError(msg)
        schema = described if media else source.get("schema", {})
        schema = self.extractor.extract(self.document, schema, lambda _: title, f"{self.key} {name}", hides="readOnly")
        as_json = media is not None and kind_of(media, schema) == "json"
        place = {"content": {JSON: {"schema": schema}}} if as_json else {"schema": schema}
        kept = {k: source[k] for k in ("description", "deprecated", "example") if source.get(k)}
        required = {"required": True} if location == "path" or source.get("required") else {}
        return {"name": name, "in": location, **required, **kept, **_style(source), **place}

    def _body(self) -> Schema | None:
        if "requestBody" not in self.source:
            return None
        source = self._look_up(self.source["requestBody"])
        where = f"{self.key} body"
        media, schema = self._media(source, where)
        if media is None:
            return None
        docs = {"description": source["description"]} if source.get("description") else {}
        is_required = source.get("required")
        kind = kind_of(media, follow_references(self.document, schema, where))
        if kind in ("text", "bytes"):
            required = {"required": True} if is_required else {}
            return {**docs, **required, "content": {media: {"schema": _TEXT if kind == "text" else _BYTES}}}
        name = self.names.body(self.method, self.path, self.source)
        named = _body_name_function(self.names, name)
        extracted = self.extractor.extract(self.document, schema, named, where, hides="readOnly")
        extracted.pop("nullable", None)
        plain = {"$ref": extracted["allOf"][0]["$ref"]} if set(extracted) == {"allOf"} else extracted
        required = {"required": True} if is_required or _has_required(self.document, schema) else {}
        if kind == "json":
            return {**docs, **required, "content": {_json_media(media): {"schema": plain}}}
        if "$ref" not in plain:
            msg = f"{where}: a form without fields"
            raise UnsupportedError(msg, way=None)
        encoding = source["content"][media].get("encoding")
        return {**docs, **required, "content": {type_of(media): {"schema": plain, **_encoding(encoding)}}}

    def _media(self, source: Mapping[str, Any], where: str) -> tuple[str | None, Any]:
        """Return the media type to use of a body, and its schema; None if there is no body.

        Raises:
            UnsupportedError: The body cannot be sent or returned.
        """
        content = source.get("content", {})
        try:
            media = chosen_media(content)
        except UnsupportedError as error:
            msg = f"{where}: {error}"
            raise UnsupportedError(msg, way=error.way) from error
        return media, content[media].get("schema", {}) if media else None

    def _response(self, status: str, value: Mapping[str, Any]) -> Schema:
        source = self._look_up(value)
        where = f"{self.key} {status}"
        result: Schema = {"description": source.get("description", "")}
        if not status.startswith("2"):
            schema = _json_schema_if_any(source)
            return result if schema is None else {**result, "content": {JSON: {"schema": self._error(schema)}}}
        media, schema = self._media(source, where)
        if media is None:
            return result
        kind = kind_of(media, follow_references(self.document, schema, where))
        if kind == "json":
            return {**result, "content": {JSON: {"schema": self._success(status, schema, where)}}}
        return {**result, "content": {type_of(media): {"schema": _TEXT if kind == "text" else _BYTES}}}

    def _success(self, status: str, schema: Any, where: str) -> Schema:
        names = self.names
        bare = names.bare_items(self.method, self.path)
        is_array = follow_references(self.document, schema, where).get("type") == "array"

        suffix = status if self._differs_from_earlier(status, schema) else ""

        def name(variant: int | None) -> str:
            if bare and is_array:
                return bare
            response = names.response(self.method, self.path, status, self.source, suffix)
            return response if variant is None else names.field(response, "", variant)

        return self.extractor.extract(self.document, schema, name, where, hides="writeOnly")

    def _differs_from_earlier(self, status: str, schema: Any) -> bool:
        """Whether an earlier success has another schema, which therefore needs another name."""
        names, responses = self.names, self.source.get("responses", {})
        mine = names.listed_response(self.method, self.path, status)
        for earlier in sorted(responses):
            if not earlier.startswith("2") or earlier >= status:
                continue
            media, other = self._media(self._look_up(responses[earlier]), self.key)
            if media is None or kind_of(media, self._look_up(other)) != "json":
                continue
            if mine == names.listed_response(self.method, self.path, earlier):
                return first_difference(self._look_up(other), self._look_up(schema)) is not None
        return False

    def _error(self, schema: Any) -> Schema:
        """Reduce an error body to the name of its message field: there are two shapes, and the client reads both."""
        fields = follow_references(self.document, schema, self.key).get("properties", {})
        return {"x-error-field": "error" if "error" in fields and "message" not in fields else "message"}


def _json_schema_if_any(source: Mapping[str, Any]) -> Any:
    """Return the JSON schema of an error response, or None: the client also reads text, HTML and no body."""
    content = source.get("content", {})
    return next((content[media].get("schema", {}) for media in content if type_of(media) == JSON), None)


def _json_media(media: str) -> str:
    """Return the type in which JSON is sent: a type such as ``application/merge-patch+json`` has a meaning of its own."""
    return type_of(media) if type_of(media).endswith("+json") else JSON


def _encoding(encoding: Mapping[str, Any] | None) -> Schema:
    """Return how the fields of a form are encoded, where that is not the default."""
    kept = {
        field: {key: rule[key] for key in ("contentType", "style", "explode") if key in rule}
        for field, rule in (encoding or {}).items()
    }
    kept = {field: rule for field, rule in kept.items() if rule}
    return {"encoding": kept} if kept else {}


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
    """Return the sort key of a parameter: those of the path in their order, then required ones, then those of paging last."""
    location, name = key
    if location == "path":
        return (0, placeholders.index(name) if name in placeholders else len(placeholders), name)
    last = _LAST_PARAMETERS.index(name) + 1 if name in _LAST_PARAMETERS else 0
    return (1, not parameter.get("required"), last, name)
