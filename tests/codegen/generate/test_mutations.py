"""Whatever a document holds: it becomes harmless code, or is rejected with the location of the error."""

from __future__ import annotations

import ast
import contextlib
import copy
import json
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from codegen.adopt.adoption import adopt
from codegen.diff.document_diff import PreparedDocument, diff_prepared, prepare
from codegen.diff.reports import as_json, as_markdown
from codegen.documents import dump_document
from codegen.errors import SpecError
from codegen.generate import render
from codegen.generate.generation import write_package
from codegen.generate.parsing import parse
from codegen.names import Names
from codegen.normalize import normalize
from codegen.normalize.validation import check_validity
from tests.codegen.support.documents import NO_CORRECTIONS, excerpt
from tests.codegen.support.mutations import CANARY, Mutated, mutated_documents
from tests.codegen.support.unseen_documents import inlined, modern_document

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


def in_other_words() -> dict[str, Any]:
    """The excerpt with inline schemas, in OpenAPI 3.1."""
    return modern_document(copy.deepcopy(inlined(excerpt())))


COMMANDS = 250 if settings.get_current_profile_name() == "explore" else 20
"""Mutations of each of the two documents; all 500 are tried every night."""


@pytest.mark.parametrize("source", [excerpt, in_other_words], ids=lambda source: source.__name__)
def test_every_command_ends_with_a_result_or_an_error_of_its_own(source: Callable[[], dict[str, Any]]):
    whole = source()

    # Without shrinking, which would take many minutes; the mutations are few.
    @settings(
        max_examples=COMMANDS,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(mutated_documents(whole))
    def check(mutated: Mutated) -> None:
        for command in (generate_unformatted, compare, adopt_and_generate):
            with contextlib.suppress(SpecError):
                command(mutated.document)

    check()


def generate_unformatted(document: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "_generated"
        write_package(document, folder)
        for path in folder.rglob("*.py"):
            compile(path.read_text(encoding="utf-8"), path.name, "exec")


@cache
def prepared_excerpt() -> PreparedDocument:
    return prepare(excerpt(), "excerpt")


def compare(document: dict[str, Any]) -> None:
    diff = diff_prepared(prepared_excerpt(), prepare(document, "mutated"))
    as_markdown(diff)
    as_json(diff)


def adopt_and_generate(document: dict[str, Any]) -> None:
    adopted = adopt(excerpt(), document).document
    try:
        generate_unformatted(json.loads(dump_document(adopted)))
    except SpecError as error:
        pytest.fail(f"the adopted document is rejected: {error}")
