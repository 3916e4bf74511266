"""One operation in normal form: parameters in order, one JSON body, its answers, its schemas hoisted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from codegen.errors import SpecError
from codegen.hoisting import Hoister, NameOf
from codegen.names import Names
from codegen.schemas import Schema, resolve_root

__all__ = ["NormalOperation"]

_OPERATION_KEYS = ("operationId", "summary", "description", "deprecated", "externalDocs")
_LAST_PARAMETERS = ("limit", "page-size", "offset", "page-token")


@attrs.frozen
class NormalOperation:
    """One operation while it is brought into normal form.

    Attributes:
        names: The table of names.
        hoister: Takes the schemas.
        document: Where references are looked up.
        method: The HTTP method, in lower case.
        path: The path, as the document spells it.
        source: The operation as it stands in the document.
    """

    names: Names
    hoister: Hoister
    document: Mapping[str, Any]
    method: str
    path: str
    source: Mapping[str, Any]

    @property
    def key(self) -> str:
        """Method and path, for messages."""
        return f"{self.method.upper()} {self.path}"

    def normalized(self, published: str, shared_parameters: Sequence[Any]) -> Schema:
        """The operation in normal form.

        Args:
            published: The path as we publish it.
            shared_parameters: Parameters that the document gives to all operations of the path.

        Raises:
            SpecError: Something of the operation cannot be brought into that form; the message names the place.
        """
        call = self.names.call(self.method, self.path, self.source)
        result: Schema = {"tags": [self.names.tag(call.namespace)]}
        result |= {key: self.source[key] for key in _OPERATION_KEYS if self.source.get(key)}
        result["parameters"] = self._parameters(published, shared_parameters)
        if body := self._body():
            result["requestBody"] = body
        result["responses"] = {
            status: self._response(status, self.source["responses"][status])
            for status in sorted(self.source.get("responses", {}))
        }
        return result

    def _look_up(self, value: Any) -> Schema:
        return resolve_root(self.document, value, self.key)

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
        title = self.names.parameter_enum(location, name)
        schema = self.hoister.place(self.document, source.get("schema", {}), lambda _: title, f"{self.key} {name}")
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
        name = self.names.body(self.method, self.path, self.source)
        placed = self.hoister.place(self.document, schema, _root_namer(self.names, name), f"{self.key} body")
        placed.pop("nullable", None)
        plain = {"$ref": placed["allOf"][0]["$ref"]} if set(placed) == {"allOf"} else placed
        required = {"required": True} if source.get("required") or _has_required(self.document, schema) else {}
        words = {"description": source["description"]} if source.get("description") else {}
        return {**words, **required, "content": {"application/json": {"schema": plain}}}

    def _json_schema(self, source: Mapping[str, Any], where: str) -> Any:
        content = source.get("content", {})
        schema = _json_or_nothing(source)
        if content and schema is None:
            msg = f"{where}: only application/json can be generated, found {', '.join(content)}"
            raise SpecError(msg)
        return schema

    def _response(self, status: str, value: Mapping[str, Any]) -> Schema:
        source = self._look_up(value)
        where = f"{self.key} {status}"
        is_success = status.startswith("2")
        schema = self._json_schema(source, where) if is_success else _json_or_nothing(source)
        result: Schema = {"description": source.get("description", "")}
        if schema is None:
            return result
        placed = self._answer(status, schema, where) if is_success else self._error(schema)
        return {**result, "content": {"application/json": {"schema": placed}}}

    def _answer(self, status: str, schema: Any, where: str) -> Schema:
        names = self.names
        bare = names.bare_items(self.method, self.path)
        is_array = resolve_root(self.document, schema, where).get("type") == "array"

        def name(variant: int | None) -> str:
            if bare and is_array:
                return bare
            answer = names.answer(self.method, self.path, status, self.source)
            return answer if variant is None else names.field(answer, "", variant)

        return self.hoister.place(self.document, schema, name, where)

    def _error(self, schema: Any) -> Schema:
        """Error bodies come in two shapes; the client reads either, so only the name of the field is kept."""
        fields = resolve_root(self.document, schema, self.key).get("properties", {})
        return {"x-error-field": "error" if "error" in fields and "message" not in fields else "message"}


def _json_or_nothing(source: Mapping[str, Any]) -> Any:
    """The schema of a body in JSON. Of refusals, nothing else is asked: the client reads text, HTML and no body as well."""
    content = source.get("content", {})
    media = next((content[kind] for kind in content if kind.split(";")[0].strip() == "application/json"), None)
    return None if media is None else media.get("schema", {})


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
