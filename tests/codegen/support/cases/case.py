"""One case, and small documents to build cases from."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, Literal

import attrs

__all__ = ["Case", "Document", "api", "base", "operation", "response"]

Document = dict[str, Any]
Outcome = Literal["code", "note", "refusal"]


@attrs.frozen
class Case:
    """A document, and what the generator makes of it.

    Attributes:
        topic: The group of the case.
        id: The contents of the document, in words.
        outcome: Right code; right code and a note; or a refusal with its location.
        document: Builds the document.
        expected: Texts that have to be in the code, in the notes, or in the refusal.
    """

    topic: str
    id: str
    outcome: Outcome
    document: Callable[[], Document]
    expected: tuple[str, ...]


def response(schema: Any, kind: str = "application/json") -> Document:
    """A response with a body."""
    return {"description": "Done.", "content": {kind: {"schema": schema}}}


def operation(name: str, result: Any = None, **more: Any) -> Document:
    """An operation that returns a schema, or another response if it is given among `more`."""
    done = {"200": response(result)} if result is not None else {"204": {"description": "Done."}}
    return {"operationId": name, "tags": ["Paint"], "responses": done, **more}


_MODEL = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}


def api(paths: Document, *, version: str = "3.0.3", **more: Any) -> Document:
    """A document with the given paths and one ordinary operation."""
    ordinary = {"/paint": {"get": operation("getPaint", copy.deepcopy(_MODEL))}}
    return {"openapi": version, "info": {"title": "t", "version": "1"}, "paths": {**ordinary, **paths}, **more}


def base() -> Document:
    """The document that every case is compared with."""
    return api({})
