"""Copies of one schema that differ."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.codegen.support.cases.case import Case, Document, api, operation
from tests.codegen.support.workflow_document import WORKFLOW

__all__ = ["CASES", "two_copies"]

_ONE, _LIST = "GET /workflow/{id} 200", "GET /pipeline/{pipeline-id}/workflow 200.items[]"
_TEXT = {"type": "string"}
_OBJECT = {"type": "object", "properties": {"red": {"type": "integer"}}}


def two_copies(one: Document, two: Document) -> Document:
    """A document that describes a workflow as a single response and as an item of a list."""

    def placeholder(name: str) -> list[Any]:
        return [{"name": name, "in": "path", "required": True, "schema": _TEXT}]

    listed = {"type": "object", "properties": {"items": {"type": "array", "items": two}}}
    return api(
        {
            "/workflow/{id}": {"get": operation("getWorkflowById", one, parameters=placeholder("id"))},
            "/pipeline/{pipeline-id}/workflow": {
                "get": operation("listWorkflowsByPipelineId", listed, parameters=placeholder("pipeline-id"))
            },
        }
    )


def _with(**fields: Any) -> Document:
    return {**WORKFLOW, "properties": {**WORKFLOW["properties"], **fields}}


def _field(one: Any, two: Any) -> Callable[[], Document]:
    """The field `color` as each copy describes it; None where a copy lacks it."""
    copies = [_with(color=schema) if schema is not None else WORKFLOW for schema in (one, two)]
    return lambda: two_copies(*copies)


def _note(name: str, one: Any, two: Any, *expected: str) -> Case:
    return Case("copies", name, "note", _field(one, two), expected)


CASES = (
    _note(
        "a field that only the first copy has",
        {"type": "boolean"},
        None,
        f"Workflow.color is at {_ONE} and missing at {_LIST}; it is optional",
        "color: bool | None = None",
    ),
    _note(
        "a field that only the second copy has",
        None,
        {"type": "boolean"},
        f"Workflow.color is missing at {_ONE} and is at {_LIST}; it is optional",
        "color: bool | None = None",
    ),
    Case(
        "copies",
        "a field that one copy does not require",
        "note",
        lambda: two_copies(WORKFLOW, {**WORKFLOW, "required": ["id"]}),
        (
            f"Workflow.status is not required in the same copies: at {_ONE} and at {_LIST}; it is optional",
            "status: WorkflowStatus | None = None",
        ),
    ),
    _note(
        "a field that may be null in one copy",
        {**_TEXT, "nullable": True},
        _TEXT,
        f"Workflow.color is nullable at {_ONE} and not nullable at {_LIST}; it may be null",
    ),
    _note(
        "integer and number",
        {"type": "integer"},
        {"type": "number"},
        f"Workflow.color is integer at {_ONE} and number at {_LIST}; it is a number",
        "color: float | None = None",
    ),
    _note(
        "integer and string",
        {"type": "integer"},
        _TEXT,
        f"Workflow.color is integer at {_ONE} and string at {_LIST}; it is either",
        "color: int | str | None = None",
    ),
    _note(
        "a format in one copy only",
        {**_TEXT, "format": "uuid"},
        _TEXT,
        f"Workflow.color is string (uuid) at {_ONE} and string at {_LIST}; it is string (uuid)",
        "color: UUID | None = None",
    ),
    _note(
        "two formats",
        {**_TEXT, "format": "uuid"},
        {**_TEXT, "format": "date-time"},
        "it has no format",
        "color: str | None = None",
    ),
    _note(
        "an empty schema in one copy",
        {},
        _TEXT,
        f"Workflow.color is without a type at {_ONE} and string at {_LIST}; it is string",
        "color: str | None = None",
    ),
    _note(
        "an object with fields and one without",
        {"type": "object"},
        _OBJECT,
        "Workflow.color is object at",
        "it is WorkflowColor",
        "color: WorkflowColor | None = None",
    ),
    _note(
        "an enum and a string",
        {**_TEXT, "enum": ["red", "blue"]},
        _TEXT,
        "it is WorkflowColor",
        "color: WorkflowColor | None = None",
    ),
    _note(
        "an object and a string", _OBJECT, _TEXT, "Workflow.color is WorkflowColor at", "it is Any", "color: Any = None"
    ),
    _note(
        "arrays of different items",
        {"type": "array", "items": _TEXT},
        {"type": "array", "items": {"type": "integer"}},
        "Workflow.color[] is string at",
        "color: list[str | int] | None = None",
    ),
    _note(
        "an object and an enum",
        _OBJECT,
        {**_TEXT, "enum": ["red"]},
        "WorkflowColor is an object at GET /workflow/{id} 200.color and an enum at",
        "there it is called WorkflowColor2",
        "color: Any = None",
    ),
    _note(
        "enums with different values",
        {**_TEXT, "enum": ["red"]},
        {**_TEXT, "enum": ["blue"]},
        "WorkflowColor has different values at",
        'BLUE = "blue"',
        'RED = "red"',
    ),
    _note(
        "a union with one more variant",
        {"oneOf": [_TEXT, {"type": "integer"}]},
        {"oneOf": [_TEXT, {"type": "integer"}, {"type": "boolean"}]},
        "Workflow.color is a union at",
        "color: str | int | bool | None = None",
    ),
    Case(
        "copies",
        "another type of the values of an object",
        "note",
        lambda: two_copies(
            {**WORKFLOW, "additionalProperties": _TEXT}, {**WORKFLOW, "additionalProperties": {"type": "integer"}}
        ),
        ("Workflow.* is string at",),
    ),
)
