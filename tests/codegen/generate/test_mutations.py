"""Whatever a document holds: it becomes harmless code, or is rejected with the location of the error."""

from __future__ import annotations

import ast
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings

from codegen.errors import SpecError
from codegen.generate import render
from codegen.generate.parsing import parse
from codegen.names import Names
from codegen.normalize import normalize
from codegen.normalize.validation import check_validity
from tests.codegen.support.documents import NO_CORRECTIONS
from tests.codegen.support.mutations import CANARY, Mutated, mutated_documents

TABLE = Names.load().table
ALLOWED_IMPORTS = (
    "__future__",
    "attrs",
    "circleci_v2",
    "collections.abc",
    "datetime",
    "functools",
    "types",
    "typing",
    "uuid",
)


def write(document: dict[str, Any], folder: Path) -> None:
    check_validity(document)
    names = Names(TABLE)
    normalized = normalize(document, names=names, overlay=NO_CORRECTIONS)
    render(parse(normalized.document, names, folder), names, folder)


def names_in(value: Any) -> set[str]:
    """Every key of a document, and every text that names something."""
    if isinstance(value, dict):
        return {str(key) for key in value}.union(*map(names_in, value.values()))
    if isinstance(value, list):
        return set[str]().union(*map(names_in, value))
    return {value} if isinstance(value, str) else set()


def check_harmless(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    compile(text, path.name, "exec")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            assert all(alias.name.startswith(ALLOWED_IMPORTS) for alias in node.names), path
        if isinstance(node, ast.ImportFrom):
            assert (node.module or "").startswith(ALLOWED_IMPORTS), path
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id != CANARY, path
        if isinstance(node, ast.FormattedValue):
            assert isinstance(node.value, ast.Call), path
            assert ast.unparse(node.value.func) in {"path_segment", "project_path", "org_path"}, path


@settings(max_examples=300, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(mutated_documents())
def test_a_damaged_document_becomes_harmless_code_or_is_rejected_with_the_location(mutated: Mutated):
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "_generated"
        try:
            write(mutated.document, folder)
        except SpecError as error:
            message = str(error)
            # A part that the mutation took away is a place as well.
            names = {"paths", "info", "openapi"} | {
                form for name in names_in(mutated.document) for form in (name, repr(name)[1:-1]) if len(form) > 2
            }
            assert any(name in message for name in names), message
        else:
            files = list(folder.rglob("*.py"))
            assert files
            for path in files:
                check_harmless(path)
