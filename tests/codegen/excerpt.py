"""A small document, cut out of ours, for tests that need many generations."""

from __future__ import annotations

import copy
from typing import Any

from codegen.documents import read_document
from codegen.normalize import OUR_DOCUMENT
from codegen.overlay import Overlay
from codegen.reading import operations_of, references_in

__all__ = ["NO_CORRECTIONS", "OPERATIONS", "excerpt"]

NO_CORRECTIONS = Overlay([], [])

OPERATIONS = frozenset(
    {
        "listPipelinesForProject",  # a list, with a slug
        "getWorkflowById",
        "triggerPipelineRun",  # a slug in three segments, two kinds of answers, a body with models in it
        "createWebhook",  # kebab-case, an enum in a list, a model that is sent
        "createContext",  # a union in the body
        "listOtelExporters",  # a bare array
        "GetDecisionLogs",  # paged by offset
        "deleteContext",
    }
)


def excerpt() -> dict[str, Any]:
    """Our document with the operations above alone, and what they refer to."""
    ours = copy.deepcopy(read_document(OUR_DOCUMENT))
    paths: dict[str, Any] = {}
    for method, path, operation in operations_of(ours):
        if operation["operationId"] in OPERATIONS:
            paths.setdefault(path, {})[method] = operation
    found = sum(len(item) for item in paths.values())
    assert found == len(OPERATIONS), f"{found} of {len(OPERATIONS)} operations are in openapi.json"
    ours["paths"] = paths
    components = ours["components"]
    needed: set[str] = set()
    waiting = list(references_in([paths, components["parameters"], components["responses"]]))
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed.add(name)
            waiting.extend(references_in(components["schemas"][name]))
    components["schemas"] = {name: components["schemas"][name] for name in sorted(needed)}
    return ours
