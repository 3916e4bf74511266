"""No sentence of CircleCI's documents is in openapi.json."""

from __future__ import annotations

from pathlib import Path

import pytest

from codegen.adopt.license_check import main, sentences, shared_sentences
from tests.codegen.support.documents import VENDOR_DOCUMENTS, ours, vendor


def test_no_sentence_of_it_is_in_a_document_of_circleci(reference: Path):
    published = sorted(path.stem.removeprefix("openapi-") for path in reference.glob("openapi-*.json"))
    documents = [vendor(reference, name) for name in published]
    assert len(documents) >= len(VENDOR_DOCUMENTS)
    assert len(sentences(ours())) > 500
    assert shared_sentences(ours(), documents) == []


def test_a_shared_sentence_is_found_whatever_its_punctuation():
    one = {"paths": {"/x": {"summary": "One thing. This is a sentence of eight whole words!"}}}
    other = {"info": {"description": "this is a sentence, of eight whole words"}}
    assert shared_sentences(one, [other]) == ["this is a sentence of eight whole words"]


def test_the_command_counts_the_sentences(reference: Path, capsys: pytest.CaptureFixture[str]):
    assert main([str(reference / "openapi-2022-04.json")]) == 0
    assert "0 of " in capsys.readouterr().out
