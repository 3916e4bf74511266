"""A small document with one operation, for tests of the normal form."""

from __future__ import annotations

from typing import Any

from codegen.normalize import normalize
from tests.codegen.support.documents import NO_CORRECTIONS

__all__ = ["WORKFLOW", "document", "normal", "schemas"]

WORKFLOW = {
    "type": "object",
    "required": ["id", "status"],
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "status": {"type": "string", "enum": ["success", "failed"]},
        "stopped_at": {"type": "string", "format": "date-time", "x-nullable": True},
    },
}


def document(schema: dict[str, Any] = WORKFLOW, *, path: str = "/workflow/{id}", **components: Any) -> dict[str, Any]:
    """A document with one operation whose response has a schema."""
    answer = {"description": "", "content": {"application/json": {"schema": schema}}}
    name = path.partition("{")[2].partition("}")[0]
    identity = {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
    operation = {
        "operationId": "getWorkflowById",
        "tags": ["Workflow"],
        "parameters": [identity],
        "responses": {"200": answer},
    }
    return {
        "openapi": "3.0.3",
        "info": {"title": "t", "version": "v2"},
        "paths": {path: {"get": operation}},
        "components": {"schemas": components},
    }


def normal(source: dict[str, Any]) -> dict[str, Any]:
    return normalize(source, overlay=NO_CORRECTIONS).document


def schemas(source: dict[str, Any]) -> dict[str, Any]:
    return normal(source)["components"]["schemas"]
