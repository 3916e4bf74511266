"""Validate requests and responses against the OpenAPI document, ``openapi.json``."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Final, Protocol, cast

from circleci_v2._validation import missing_package_error
from circleci_v2.testing.messages import FakeRequest, FakeResponse

__all__ = ["OperationDescription", "Specification"]

_METHODS: Final = ("get", "post", "put", "patch", "delete", "head", "options")


class _Error(Protocol):
    @property
    def json_path(self) -> str: ...
    @property
    def message(self) -> str: ...


class _Validator(Protocol):
    def iter_errors(self, instance: Any) -> Iterator[_Error]: ...


class OperationDescription:
    """The description of one operation.

    Args:
        described: The operation object of the document, including the parameters of its path item.
        components: The components of the document, to resolve references.
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
        """The field of error responses that contains the message: ``error`` for policies, otherwise ``message``."""
        responses = self._described["responses"]
        error = self.resolve(responses.get("400") or responses.get("default") or {})
        properties = self.resolve(_json_schema(error) or {}).get("properties", {})
        return "error" if "error" in properties and "message" not in properties else "message"

    @property
    def success(self) -> tuple[int, str, Mapping[str, Any] | None]:
        """Status, content type and schema of the first successful response; without a body, the schema is None."""
        responses = self._described["responses"]
        status = min((status for status in responses if status.startswith("2")), default="default")
        described = self.resolve(responses.get(status, {}))
        content = described.get("content", {})
        kind = next((kind for kind in content if kind.endswith("json")), next(iter(content), ""))
        schema = content[kind].get("schema", {}) if kind else None
        return int(status) if status.isdigit() else 200, kind, schema

    def fields_of(self, schema: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
        """Return the fields of an object schema; none if it is another kind of schema."""
        resolved = self.resolve(schema)
        fields = dict(resolved.get("properties", {}))
        for member in resolved.get("allOf", ()):
            fields |= self.fields_of(member)
        return fields

    def accepts(self, schema: Mapping[str, Any], value: Any) -> bool:
        """Whether a schema of the document allows a value."""
        return not self.violations(schema, value)

    def violations(self, schema: Mapping[str, Any], value: Any) -> list[str]:
        """Return how a response violates a schema of the document; empty if it is valid."""
        return list(self._errors(schema, value, "the response"))

    def resolve(self, described: Mapping[str, Any]) -> Mapping[str, Any]:
        """Follow the references of a part of the document."""
        while "$ref" in described:
            _, _, kind, name = described["$ref"].split("/")
            described = self._components[kind][name]
        return described

    def validate_request(self, request: FakeRequest) -> list[str]:
        """Return the violations of a request; empty if it is valid."""
        return [*self._parameter_errors(request), *self._body_errors(request)]

    def validate_response(self, response: FakeResponse) -> list[str]:
        """Return the violations of a response; empty if it is valid."""
        described = self._described["responses"].get(str(response.status_code)) or self._described["responses"].get(
            "default"
        )
        if described is None:
            return [f"status {response.status_code} is not described"]
        schema = _json_schema(self.resolve(described))
        if schema is None:
            return ["there is a body, but none is described"] if response.content else []
        if "application/json" not in response.headers.get("content-type", ""):
            return [f"content type {response.headers.get('content-type')!r} is not described"]
        return list(self._errors(schema, json.loads(response.content), "the response"))

    @cached_property
    def _parameters(self) -> dict[tuple[str, str], Mapping[str, Any]]:
        resolved = (self.resolve(parameter) for parameter in self._described.get("parameters", ()))
        return {(parameter["in"], parameter["name"]): parameter for parameter in resolved}

    @cached_property
    def _credentials(self) -> set[str]:
        """The query parameters that may contain the token, which are allowed on all operations."""
        schemes = self._components.get("securitySchemes", {}).values()
        return {scheme["name"] for scheme in schemes if scheme.get("in") == "query"}

    def _parameter_errors(self, request: FakeRequest) -> Iterator[str]:
        for (location, name), parameter in self._parameters.items():
            texts = [request.path_params[name]] if location == "path" else request.query_values(name)
            if not texts:
                if parameter.get("required"):
                    yield f"{location} parameter {name!r} is missing"
                continue
            schema = self.resolve(parameter.get("schema", {}))
            repeated = schema.get("type") == "array"
            value = [_typed(text, self.resolve(schema["items"])) for text in texts] if repeated else None
            yield from self._errors(schema, value or _typed(texts[0], schema), f"{location} parameter {name!r}")
        for name, _ in request.query:
            if ("query", name) not in self._parameters and name not in self._credentials:
                yield f"query parameter {name!r} is not described"

    def _body_errors(self, request: FakeRequest) -> Iterator[str]:
        described = self.resolve(self._described.get("requestBody", {}))
        schema = _json_schema(described)
        if not request.body:
            if described.get("required"):
                yield "the body is missing"
            return
        if schema is None:
            return  # clients often send bodies that are ignored
        try:
            value = json.loads(request.body)
        except ValueError as error:
            yield f"the body is not JSON: {error}"
            return
        if value is not None or described.get("required"):
            yield from self._errors(schema, value, "the body")

    def _errors(self, schema: Mapping[str, Any], value: Any, subject: str) -> Iterator[str]:
        for error in self._validator(schema).iter_errors(value):
            yield f"{subject} at {error.json_path}: {error.message}"

    def _validator(self, schema: Mapping[str, Any]) -> _Validator:
        key = id(schema)  # ids are unique because the document is never freed
        if key not in self._validators:
            document = {"allOf": [schema], "components": self._components}
            self._validators[key] = _make_validator(document)
        return self._validators[key]


class Specification:
    """An OpenAPI document; a mapping from method and path template to the operation.

    Args:
        document: The decoded OpenAPI 3.0 document.
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
        """Return the document that this library is generated from."""
        folder = Path(__file__).parent
        # The wheel contains the document next to this file; in a checkout it is in the root directory.
        shipped = folder / "openapi.json"
        path = shipped if shipped.exists() else folder.parent.parent / "openapi.json"
        return cls(json.loads(path.read_bytes()))

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._operations)

    def __getitem__(self, key: tuple[str, str]) -> OperationDescription:
        return self._operations[key]


def _make_validator(schema: Mapping[str, Any]) -> _Validator:
    # This import doubles the import time of the fake, and requests without parameters and body do not need it.
    try:
        from openapi_schema_validator import OAS30Validator, oas30_format_checker
    except ModuleNotFoundError as error:
        raise missing_package_error("FakeCircleCI", error.name, "circleci_v2[testing]") from error
    return cast("_Validator", OAS30Validator(schema, format_checker=oas30_format_checker))


def _json_schema(described: Mapping[str, Any]) -> Mapping[str, Any] | None:
    schema = described.get("content", {}).get("application/json", {}).get("schema")
    return cast("Mapping[str, Any] | None", schema)


def _typed(text: str, schema: Mapping[str, Any]) -> Any:
    """Convert a parameter to the type of its schema, or return the text, which the validator rejects."""
    match schema.get("type"):
        case "integer" if (digits := text.removeprefix("-")).isascii() and digits.isdigit():
            return int(text)
        case "boolean" if text in {"true", "false"}:
            return text == "true"
        case _:
            return text
