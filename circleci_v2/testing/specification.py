"""Validate requests and responses against the OpenAPI document, ``openapi.json``."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cache, cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, Protocol, cast

import attrs

from circleci_v2._validation import did_you_mean, missing_package_error
from circleci_v2._wire.json import is_array, is_object
from circleci_v2.testing.messages import FakeRequest, FakeResponse

__all__ = ["OperationDescription", "RequestCheck", "Specification", "require_extra"]

_OPTIONAL_LIVE: Final[Mapping[str, tuple[str, ...]]] = {
    "/webhook": ("verify-tls", "signing-secret"),
    "/webhook/{webhook_id}": ("verify-tls", "signing-secret"),
}
"""Keys of bodies that the document requires and the live API does not (terraform-provider-circleci, webhook.go)."""

_EXTRA: Final = ("openapi_schema_validator", "starlette", "uvicorn")
"""The packages of the extra ``testing``."""

_METHODS: Final = ("get", "post", "put", "patch", "delete", "head", "options")


class _Error(Protocol):
    @property
    def json_path(self) -> str: ...
    @property
    def validator(self) -> str: ...
    @property
    def message(self) -> str: ...


class _Validator(Protocol):
    def iter_errors(self, instance: Any) -> Iterator[_Error]: ...


@attrs.frozen(kw_only=True)
class RequestCheck:
    """The result of checking a request.

    Attributes:
        request: The request, with query parameters in the document's notation.
        errors: How it violates the document.
        complaints: How it violates the document in ways that the live API accepts.
    """

    request: FakeRequest
    errors: tuple[str, ...]
    complaints: tuple[str, ...]


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

    def check_request(self, request: FakeRequest) -> RequestCheck:
        """Check a request against the document, and note what the live API accepts although the document does not."""
        complaints: list[str] = []
        request = attrs.evolve(request, query=tuple(self._read_query(request, complaints)))
        errors = [*self._parameter_errors(request), *self._body_errors(request, complaints)]
        return RequestCheck(request=request, errors=tuple(errors), complaints=tuple(complaints))

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

    def _read_query(self, request: FakeRequest, complaints: list[str]) -> Iterator[tuple[str, str]]:
        """Yield the query parameters, with values in the document's notation."""
        for name, text in request.query:
            parameter = self._parameters.get(("query", name))
            value = text if parameter is None else _normalized(text, self.resolve(parameter.get("schema", {})))
            if value != text:
                complaints.append(
                    f"query parameter {name!r} is {text!r}: the document describes values such as {value!r}"
                )
            elif parameter is None and name not in self._credentials:
                known = [name for location, name in self._parameters if location == "query"]
                complaints.append(f"query parameter {name!r} is not described{did_you_mean(name, known)}")
            yield name, value

    def _body_errors(self, request: FakeRequest, complaints: list[str]) -> Iterator[str]:
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
        if value is None and not described.get("required"):
            return
        complaints += self._unknown_keys(schema, value, "$")
        for found in self._validator(schema).iter_errors(value):
            text = f"the body at {found.json_path}: {found.message}"
            if found.validator == "required" and found.message.split("'")[1] in _OPTIONAL_LIVE.get(request.route, ()):
                complaints.append(text)
            else:
                yield text

    def _unknown_keys(self, schema: Mapping[str, Any], value: Any, path: str) -> Iterator[str]:
        """Yield a complaint for each key of a body that the document does not describe; the live API ignores most of them."""
        schema = self.resolve(schema)
        if is_array(value):
            for position, item in enumerate(value):
                yield from self._unknown_keys(schema.get("items", {}), item, f"{path}[{position}]")
        properties = schema.get("properties")
        if not is_object(value) or not properties or "additionalProperties" in schema:
            return
        for name, item in value.items():
            if name in properties:
                yield from self._unknown_keys(properties[name], item, f"{path}.{name}")
            else:
                yield f"the body has the key {path}.{name}, which is not described{did_you_mean(name, properties)}"

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
        return cls(_published_document())

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._operations)

    def __getitem__(self, key: tuple[str, str]) -> OperationDescription:
        return self._operations[key]


def _published_document() -> Mapping[str, Any]:
    folder = Path(__file__).parent
    # In a wheel, the document is next to this file, compressed and without its texts; in a checkout, in the root directory.
    packed = folder / "openapi.json.gz"
    content = (
        gzip.decompress(packed.read_bytes()) if packed.exists() else (folder.parents[1] / "openapi.json").read_bytes()
    )
    return cast("Mapping[str, Any]", json.loads(content))


def _make_validator(schema: Mapping[str, Any]) -> _Validator:
    # This import doubles the import time of the fake, and requests without parameters and body do not need it.
    from openapi_schema_validator import OAS30Validator, oas30_format_checker

    return cast("_Validator", OAS30Validator(schema, format_checker=oas30_format_checker))


def _json_schema(described: Mapping[str, Any]) -> Mapping[str, Any] | None:
    schema = described.get("content", {}).get("application/json", {}).get("schema")
    return cast("Mapping[str, Any] | None", schema)


def _normalized(text: str, schema: Mapping[str, Any]) -> str:
    """Return the value of a query parameter in the document's notation, if the live API accepts the given one.

    Airbyte's connectors and Python programs send ``True`` for a boolean, and dates without a time or a time zone.
    """
    if schema.get("type") == "boolean" and text in {"True", "False"}:
        return text.lower()
    if schema.get("format") == "date-time":
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            return text
        if moment.tzinfo is None:
            return moment.replace(tzinfo=UTC).isoformat().replace("+00:00", "Z")
    return text


def _typed(text: str, schema: Mapping[str, Any]) -> Any:
    """Convert a parameter to the type of its schema, or return the text, which the validator rejects."""
    match schema.get("type"):
        case "integer" if (digits := text.removeprefix("-")).isascii() and digits.isdigit():
            return int(text)
        case "boolean" if text in {"true", "false"}:
            return text == "true"
        case _:
            return text


@cache
def require_extra() -> None:
    """Raise ConfigurationError unless the extra ``testing`` is installed.

    Otherwise the first request with parameters, or the first server, would fail with an error from deep inside.
    """
    for name in _EXTRA:
        if find_spec(name) is None:
            raise missing_package_error("FakeCircleCI", name, "circleci_v2[testing]")
