"""The table of cases: right code, a note, or a refusal with its location; never a traceback, never silence."""

from __future__ import annotations

from pathlib import Path

import pytest

from codegen.adopt.adoption import adopt
from codegen.diff.document_diff import diff_documents
from codegen.errors import SpecError
from codegen.generate.generation import write_package
from codegen.normalize import normalize
from codegen.normalize.validation import check_validity
from tests.codegen.support.cases import CASES, Case
from tests.codegen.support.cases.case import base


def code_of(folder: Path) -> str:
    """Everything that was written, compiled, with single spaces so that the format does not matter."""
    texts = {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*.py"))}
    for name, text in texts.items():
        compile(text, name, "exec")
    return " ".join("\n".join(texts.values()).split())


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.topic}: {case.id}")
def test_a_case_becomes_code_a_note_or_a_refusal(case: Case, tmp_path: Path):
    if case.outcome == "refusal":
        with pytest.raises(SpecError) as caught:
            write_package(case.document(), tmp_path / "_generated")
        found = str(caught.value)
    else:
        notes = write_package(case.document(), tmp_path / "_generated")
        found = f"{code_of(tmp_path)}\n" + "\n".join(notes)
    for text in case.expected:
        assert text in found, "\n".join(found.splitlines()[-5:])


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.topic}: {case.id}")
def test_the_diff_of_a_case_finishes(case: Case):
    if case.outcome == "refusal":
        with pytest.raises(SpecError):
            diff_documents(base(), case.document())
    else:
        diff_documents(base(), case.document())
        assert diff_documents(case.document(), case.document()).changes == []


@pytest.mark.parametrize(
    "case", [c for c in CASES if c.outcome != "refusal"], ids=lambda case: f"{case.topic}: {case.id}"
)
def test_the_normal_form_of_a_case_is_normal(case: Case):
    once = normalize(case.document()).document
    assert normalize(once).document == once


@pytest.mark.parametrize(
    "case", [c for c in CASES if c.outcome != "refusal"], ids=lambda case: f"{case.topic}: {case.id}"
)
def test_a_case_can_be_adopted_without_losing_a_fact(case: Case):
    adopted = adopt(normalize(base()).document, case.document()).document
    check_validity(adopted)
    changes = diff_documents(case.document(), adopted).without_descriptions().changes
    assert [change.message for change in changes if change.kind not in _NOT_STATED] == []


_NOT_STATED = frozenset({"body-opened"})
"""The changes of facts that openapi.json does not state."""


def test_every_case_is_listed_once():
    names = [(case.topic, case.id) for case in CASES]
    assert len(set(names)) == len(names)
