"""CPU time to generate the package of a document with 1,000 operations, ruff included.

Run with ``make bench-generate``. The document repeats the operations of openapi.json with further paths, names and models, in
two forms: with references to shared components, as ours, and with every schema inline, as CircleCI publishes its own.
"""

from __future__ import annotations

import copy
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from codegen.documents import OUR_DOCUMENT, Document, read_document
from codegen.generate import generate
from codegen.queries import operations_of
from codegen.schemas import resolve_pointer, unwrap_reference

OPERATIONS: Final = 1_000
BOUND: Final = 20.0
"""Seconds of CPU for one generation."""

_SCHEMAS: Final = "#/components/schemas/"


def multiplied(document: Document, operations: int) -> Document:
    """Return a document in normal form with its operations and models repeated under other names."""
    originals = list(operations_of(document))
    paths: dict[str, Any] = {}
    schemas: dict[str, Any] = {}
    for number in range(operations):
        repetition, position = divmod(number, len(originals))
        method, path, operation = originals[position]
        suffix = f"V{repetition}" if repetition else ""
        copied = renamed(operation, suffix)
        copied["operationId"] += suffix
        paths.setdefault(f"/{suffix.lower()}{path}" if suffix else path, {})[method] = copied
        if position == 0:
            schemas |= {
                f"{name}{suffix}": renamed(schema, suffix) for name, schema in document["components"]["schemas"].items()
            }
    return {**document, "paths": paths, "components": {**document["components"], "schemas": schemas}}


def renamed(value: Any, suffix: str) -> Any:
    """Return a copy of a part of a document that refers to the models of another repetition."""
    if isinstance(value, list):
        return [renamed(item, suffix) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: f"{item}{suffix}" if key == "$ref" and item.startswith(_SCHEMAS) else renamed(item, suffix)
        for key, item in value.items()
    }


def inlined(document: Document) -> Document:
    """Return a document in which every reference is replaced by a copy of its target."""

    def expanded(value: Any) -> Any:
        if isinstance(value, list):
            return [expanded(item) for item in value]
        if not isinstance(value, dict):
            return value
        plain = dict(unwrap_reference(value))
        if "$ref" in plain:
            target = resolve_pointer(document, plain.pop("$ref"), "")
            return {**expanded(target), **plain}
        return {key: expanded(item) for key, item in value.items()}

    schemes = {"securitySchemes": document["components"]["securitySchemes"]}
    return copy.deepcopy({**document, "paths": expanded(document["paths"]), "components": schemes})


def cpu_seconds() -> float:
    """Return the CPU time of this process and of the processes that it has run."""
    times = os.times()
    return sum(times[:4])


def measure(document: Document) -> tuple[float, float, int]:
    """Return CPU seconds, elapsed seconds and the number of files of one generation."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "_generated"
        started, cpu = time.perf_counter(), cpu_seconds()
        generate(document, output)
        return cpu_seconds() - cpu, time.perf_counter() - started, sum(1 for _ in output.rglob("*.py"))


def main() -> bool:
    ours = read_document(OUR_DOCUMENT)
    large = multiplied(ours, OPERATIONS)
    documents = {"openapi.json": ours, "with references": large, "with inline schemas": inlined(large)}
    print(f"{'document':22} {'operations':>10} {'files':>7} {'CPU':>9} {'elapsed':>9}")
    within_bound = True
    for name, document in documents.items():
        cpu, elapsed, files = measure(document)
        within_bound &= cpu < BOUND
        count = sum(1 for _ in operations_of(document))
        print(f"{name:22} {count:10,} {files:7,} {cpu:7.1f} s {elapsed:7.1f} s")
    print(f"\nBound: less than {BOUND:g} s of CPU: {'met' if within_bound else 'MISSED'}.")
    return within_bound


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
