"""CPU time to generate the package of a document, ruff included.

The large document has 1,000 operations: it repeats the operations of openapi.json with further paths, names and models, in
two forms: with references to shared components, as ours, and with every schema inline, as CircleCI publishes its own.
"""

from __future__ import annotations

import copy
import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from benchmarks.harness import Bound, Settings, interleave, row_of, run_child
from benchmarks.results import Column, Table
from codegen.documents import OUR_DOCUMENT, Document, read_document
from codegen.queries import operations_of
from codegen.schemas import resolve_pointer, unwrap_reference

TITLE: Final = "Generating the package"
SECONDS: Final = 240.0

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


def generate_in_child(document: Path, output: Path) -> float:
    """Return the CPU seconds of one generation, including the processes that it runs."""
    command = [sys.executable, "-m", "codegen.generate", "--spec", str(document), "--output", str(output)]
    return run_child(command, timeout=240).cpu


def measure(settings: Settings) -> Iterator[Table]:
    """Yield one table with a row for each document."""
    ours = read_document(OUR_DOCUMENT)
    large = multiplied(ours, OPERATIONS)
    documents = {"openapi.json": ours, "with references": large, "with inline schemas": inlined(large)}
    chosen = settings.choose(documents, {"openapi.json": ours})
    samples: dict[str, list[float]] = {name: [] for name in chosen}
    files: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for document in chosen:
            (folder / f"{document}.json").write_text(json.dumps(documents[document]), encoding="utf-8")

        def sample(document: str) -> float:
            output = folder / "_generated"
            shutil.rmtree(output, ignore_errors=True)
            cpu = generate_in_child(folder / f"{document}.json", output)
            files[document] = sum(1 for _ in output.rglob("*.py"))
            return cpu

        measurements = {document: lambda document=document: sample(document) for document in chosen}
        samples = interleave(measurements, rounds=1, warm_up=False)
    cpu, count, written = (
        Column(name="CPU", unit="s", digits=1),
        Column(name="operations", digits=0),
        Column(name="files", digits=0),
    )
    rows = [
        row_of(
            document,
            "ours",
            {
                count.name: float(sum(1 for _ in operations_of(documents[document]))),
                written.name: float(files[document]),
                cpu.name: taken,
            },
            Bound(column=cpu.name, at_most=BOUND),
        )
        for document, taken in samples.items()
    ]
    yield Table(name="documents", title="Generating a package", columns=[count, written, cpu], rows=rows)
