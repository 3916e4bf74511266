"""Specification: calls and answers held against the API's own document, ``openapi.json``."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Final, Protocol, cast

from circleci_v2.testing.messages import FakeRequest, FakeResponse

__all__ = ["OperationDescription", "Specification"]

_METHODS: Final = ("get", "post", "put", "patch", "delete")
_WHOLE_NUMBER: Final = frozenset("0123456789")


class _Error(Protocol):
    @property
    def json_path(self) -> str: ...
    @property
    def message(self) -> str: ...


class _Validator(Protocol):
    def iter_errors(self, instance: Any) -> Iterator[_Error]: ...


class OperationDescription:
    """What the document says of one operation.

    Args:
        described: The operation object, with the parameters of its path.
        components: The components of the document, for references.
    """

    def __init__(self, described: Mapping[str, Any], components: Mapping[str, Any]) -> None:
        self._described = described
        self._components = components
        self._validators: dict[int, _Validator] = {}

    @property
    def id(self) -> str:
        """The operationId."""
        return str(self._described["operationId"])

    @cached_property
    def error_key(self) -> str:
        """The field in which this operation's refusals say what is wrong: ``message``, or for policies ``error``."""
        responses = self._described["responses"]
        refusal = self._resolve(responses.get("400") or responses.get("default") or {})
        properties = self._resolve(_json_schema(refusal) or {}).get("properties", {})
        return "error" if "error" in properties and "message" not in properties else "message"

    def validate_request(self, request: FakeRequest) -> list[str]:
        """What a call does that the document does not allow."""
        return [*self._about_parameters(request), *self._about_body(request)]

    def validate_response(self, response: FakeResponse) -> list[str]:
        """Where an answer is not what the document promises."""
        described = self._described["responses"].get(str(response.status_code)) or self._described["responses"].get(
            "default"
        )
        if described is None:
            return [f"status {response.status_code} is not described"]
        schema = _json_schema(self._resolve(described))
        if schema is None:
            return ["there is a body where none is described"] if response.content else []
        if "application/json" not in response.headers.get("content-type", ""):
            return [f"content type {response.headers.get('content-type')!r} is not described"]
        return list(self._errors(schema, json.loads(response.content), "the answer"))

    @cached_property
    def _parameters(self) -> dict[tuple[str, str], Mapping[str, Any]]:
        resolved = (self._resolve(parameter) for parameter in self._described.get("parameters", ()))
        return {(parameter["in"], parameter["name"]): parameter for parameter in resolved}

    @cached_property
    def _credentials(self) -> set[str]:
        """Query parameters that hold the token; any call may have them."""
        schemes = self._components.get("securitySchemes", {}).values()
        return {scheme["name"] for scheme in schemes if scheme.get("in") == "query"}

    def _about_parameters(self, request: FakeRequest) -> Iterator[str]:
        for (place, name), parameter in self._parameters.items():
            texts = [request.path_params[name]] if place == "path" else request.query_values(name)
            if not texts:
                if parameter.get("required"):
                    yield f"{place} parameter {name!r} is missing"
                continue
            schema = self._resolve(parameter.get("schema", {}))
            repeated = schema.get("type") == "array"
            value = [_typed(text, self._resolve(schema["items"])) for text in texts] if repeated else None
            yield from self._errors(schema, value or _typed(texts[0], schema), f"{place} parameter {name!r}")
        for name, _ in request.query:
            if ("query", name) not in self._parameters and name not in self._credentials:
                yield f"query parameter {name!r} is not described"

    def _about_body(self, request: FakeRequest) -> Iterator[str]:
        described = self._resolve(self._described.get("requestBody", {}))
        schema = _json_schema(described)
        if not request.body:
            if described.get("required"):
                yield "the body is missing"
            return
        if schema is None:
            return  # bodies that nobody reads are common, and harmless
        try:
            value = json.loads(request.body)
        except ValueError as error:
            yield f"the body is not JSON: {error}"
            return
        if value is not None or described.get("required"):
            yield from self._errors(schema, value, "the body")

    def _errors(self, schema: Mapping[str, Any], value: Any, what: str) -> Iterator[str]:
        for error in self._validator(schema).iter_errors(value):
            yield f"{what} at {error.json_path}: {error.message}"

    def _validator(self, schema: Mapping[str, Any]) -> _Validator:
        key = id(schema)  # the schemas are parts of the document, which stays
        if key not in self._validators:
            whole = {"allOf": [schema], "components": self._components}
            self._validators[key] = _make_validator(whole)
        return self._validators[key]

    def _resolve(self, described: Mapping[str, Any]) -> Mapping[str, Any]:
        while "$ref" in described:
            _, _, kind, name = described["$ref"].split("/")
            described = self._components[kind][name]
        return described


class Specification:
    """A whole document, by method and path template.

    Args:
        document: An OpenAPI 3.0 document.
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._operations: dict[tuple[str, str], OperationDescription] = {}
        components = document["components"]
        for template, item in document["paths"].items():
            shared = item.get("parameters", [])
            for method in _METHODS:
                if method in item:
                    described = {**item[method], "parameters": [*shared, *item[method].get("parameters", [])]}
                    self._operations[method.upper(), template] = OperationDescription(described, components)

    @classmethod
    @cache
    def published(cls) -> Specification:
        """The document that this library is generated from."""
        folder = Path(__file__).parent
        # The wheel carries the document beside this file; a checkout has it at its root.
        shipped = folder / "openapi.json"
        path = shipped if shipped.exists() else folder.parent.parent / "openapi.json"
        return cls(json.loads(path.read_bytes()))

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._operations)

    def __getitem__(self, key: tuple[str, str]) -> OperationDescription:
        return self._operations[key]


def _make_validator(schema: Mapping[str, Any]) -> _Validator:
    # The import takes as long as everything else here, and a fake whose calls hold nothing to check does without it.
    from openapi_schema_validator import OAS30Validator, oas30_format_checker

    return cast("_Validator", OAS30Validator(schema, format_checker=oas30_format_checker))


def _json_schema(described: Mapping[str, Any]) -> Mapping[str, Any] | None:
    schema = described.get("content", {}).get("application/json", {}).get("schema")
    return cast("Mapping[str, Any] | None", schema)


def _typed(text: str, schema: Mapping[str, Any]) -> Any:
    """The value that a text stands for; the text itself where it stands for none, for the validator to refuse."""
    match schema.get("type"):
        case "integer" if set(text.removeprefix("-")) <= _WHOLE_NUMBER and text.removeprefix("-"):
            return int(text)
        case "boolean" if text in {"true", "false"}:
            return text == "true"
        case _:
            return text
