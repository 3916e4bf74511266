"""Move parameters and error responses that several operations share to the components."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

from codegen.documents import Document
from codegen.names import Names
from codegen.queries import operations_of
from codegen.schemas import Schema

__all__ = ["share_error_responses", "share_parameters"]

_RESPONSE_NAMES = {
    "400": "BadRequest",
    "401": "Unauthorized",
    "403": "Forbidden",
    "404": "NotFound",
    "405": "MethodNotAllowed",
    "409": "Conflict",
    "413": "PayloadTooLarge",
    "422": "UnprocessableEntity",
    "429": "RateLimited",
    "500": "InternalServerError",
    "default": "UnexpectedError",
}
_ERROR_SCHEMAS = {
    "message": ("", "ErrorMessage"),
    "error": ("Policy", "PolicyError"),
}
"""The field that holds the message -> prefix of the response's name, and the schema of the body."""


def _identity(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def share_parameters(document: Document, names: Names) -> None:
    """Move every parameter that several operations declare identically to ``components.parameters``, in place."""
    uses = Counter(_identity(p) for _, _, operation in operations_of(document) for p in operation["parameters"])
    shared: dict[str, Schema] = {}
    pointers: dict[str, str] = {}
    for _, _, operation in operations_of(document):
        for index, parameter in enumerate(operation["parameters"]):
            identity = _identity(parameter)
            if uses[identity] < 2:
                continue
            if identity not in pointers:
                pointers[identity] = _free_name(parameter, names, shared)
                shared[pointers[identity]] = parameter
            operation["parameters"][index] = {"$ref": f"#/components/parameters/{pointers[identity]}"}
    document["components"]["parameters"] = {name: shared[name] for name in sorted(shared)}


def _free_name(parameter: Schema, names: Names, taken: dict[str, Schema]) -> str:
    plain = names.parameter(parameter["in"], parameter["name"])
    candidates = [plain, f"{plain}{parameter['in'].capitalize()}", *(f"{plain}{i}" for i in range(2, len(taken) + 3))]
    return next(name for name in candidates if name not in taken)


def share_error_responses(document: Document, described: Mapping[str, Any]) -> None:
    """Replace every error response by a reference to one shared response per status and body shape, in place.

    Args:
        document: The document; it is changed.
        described: The schemas of the original document. If it comes from us, it holds the two error schemas with
            their descriptions.
    """
    shared: dict[str, Schema] = {}
    schemas = document["components"]["schemas"]
    for _, _, operation in operations_of(document):
        for status, response in operation["responses"].items():
            if status.startswith("2"):
                continue
            field = _error_field(response)
            prefix, schema = _ERROR_SCHEMAS[field]
            name = prefix + _RESPONSE_NAMES.get(status, f"Status{status.capitalize()}")
            schemas.setdefault(schema, described.get(schema, _error_schema(field)))
            shared.setdefault(name, {"description": response["description"] or name, **_error_content(schema)})
            operation["responses"][status] = {"$ref": f"#/components/responses/{name}"}
    document["components"]["responses"] = {name: shared[name] for name in sorted(shared)}
    document["components"]["schemas"] = {name: schemas[name] for name in sorted(schemas)}


def _error_field(response: Schema) -> str:
    content = response.get("content", {}).get("application/json", {})
    return str(content.get("schema", {}).get("x-error-field", "message"))


def _error_content(schema: str) -> Schema:
    return {"content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}}


def _error_schema(field: str) -> Schema:
    return {"type": "object", "properties": {field: {"type": "string"}}}
