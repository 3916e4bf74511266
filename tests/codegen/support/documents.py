"""Documents for the tests; each is read once per session. Copy what a test changes."""

from __future__ import annotations

import copy
from functools import cache
from pathlib import Path
from typing import Any

from codegen.documents import OUR_DOCUMENT, read_document
from codegen.normalize import Normalized, normalize
from codegen.normalize.overlay import Overlay
from codegen.queries import operations_of, references_in

__all__ = [
    "NO_CORRECTIONS",
    "OPERATIONS",
    "VENDOR_DOCUMENTS",
    "copy_of_ours",
    "excerpt",
    "normalized_vendor",
    "ours",
    "vendor",
]

VENDOR_DOCUMENTS = ("2022-04", "2023-10", "2024-11", "2025-05", "2025-10", "2026-08-partial")

NO_CORRECTIONS = Overlay([], [])

OPERATIONS = frozenset(
    {
        "listPipelinesForProject",  # a list, with a slug
        "getWorkflowById",
        "triggerPipelineRun",  # a slug in three segments, two kinds of responses, a body with models in it
        "createWebhook",  # kebab-case, an enum in a list, a model that is sent
        "createContext",  # a union in the body
        "listOtelExporters",  # a bare array
        "GetDecisionLogs",  # paged by offset
        "deleteContext",
    }
)


@cache
def ours() -> dict[str, Any]:
    """openapi.json, not to be changed."""
    return read_document(OUR_DOCUMENT)


def copy_of_ours() -> dict[str, Any]:
    """A copy of openapi.json."""
    return copy.deepcopy(ours())


@cache
def vendor(reference: Path, name: str) -> dict[str, Any]:
    """A document published by CircleCI, not to be changed."""
    return read_document(reference / f"openapi-{name}.json")


@cache
def normalized_vendor(reference: Path, name: str) -> Normalized:
    """A document published by CircleCI in normal form, not to be changed."""
    return normalize(vendor(reference, name))


@cache
def excerpt() -> dict[str, Any]:
    """Our document with the operations above alone and everything that they refer to, not to be changed."""
    document = copy_of_ours()
    paths: dict[str, Any] = {}
    for method, path, operation in operations_of(document):
        if operation["operationId"] in OPERATIONS:
            paths.setdefault(path, {})[method] = operation
    found = sum(len(item) for item in paths.values())
    assert found == len(OPERATIONS), f"{found} of {len(OPERATIONS)} operations are in openapi.json"
    document["paths"] = paths
    components = document["components"]
    needed: set[str] = set()
    pending = list(references_in([paths, components["parameters"], components["responses"]]))
    while pending:
        name = pending.pop()
        if name not in needed:
            needed.add(name)
            pending.extend(references_in(components["schemas"][name]))
    components["schemas"] = {name: components["schemas"][name] for name in sorted(needed)}
    return document
