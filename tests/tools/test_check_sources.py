"""Every claim of openapi.json has a source, and the check notices one that does not."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from tools import check_sources
from tools.check_sources import DOCUMENT, GUIDE, Sources, claims_in, descriptions, guide_problems, problems


@pytest.fixture
def document() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(DOCUMENT.read_text(encoding="utf-8"))
    return loaded


def operation(document: dict[str, Any], operation_id: str) -> dict[str, Any]:
    found: dict[str, Any]
    (found,) = (
        operation
        for item in document["paths"].values()
        for operation in item.values()
        if operation["operationId"] == operation_id
    )
    return found


def test_the_check_passes_on_this_tree(capsys: pytest.CaptureFixture[str]):
    assert check_sources.main() == 0
    assert "entries: " in capsys.readouterr().out


def test_a_limit_without_a_source_is_listed_with_place_and_sentence(document: dict[str, Any]):
    operation(document, "getCurrentUser")["description"] += " A user can have at most 7 tokens."
    assert list(problems(document, Sources.load())) == [
        "getCurrentUser: no source for the claim: A user can have at most 7 tokens."
    ]


def test_a_number_added_to_a_claim_that_has_a_source_needs_one_too(document: dict[str, Any]):
    described = operation(document, "getTests")
    described["description"] = described["description"].replace(
        "cannot be distinguished from no tests", "cannot be distinguished from no tests, and beyond 90,000 tests"
    )
    (found,) = problems(document, Sources.load())
    assert found.startswith("getTests: no source for '90,000'")


def test_a_changed_number_makes_its_entry_stale(document: dict[str, Any]):
    described = operation(document, "getTests")
    described["description"] = described["description"].replace("250 MB", "500 MB")
    found = list(problems(document, Sources.load()))
    assert any(problem.startswith("getTests: no source for the claim: The list is also empty") for problem in found)
    assert any(problem.startswith("getTests: stale entry") and "250 MB" in problem for problem in found)


def test_an_entry_for_a_place_that_is_gone_is_stale(document: dict[str, Any]):
    sources = Sources.load()
    claims = {**sources.claims, "getNothing": {"at most 5 things": "vendor"}}
    found = list(problems(document, Sources(sources.known, claims)))
    assert found == ["getNothing: stale entry, remove or update it: 'at most 5 things' is not in the description"]


def test_an_unknown_source_is_listed(document: dict[str, Any]):
    sources = Sources.load()
    claims = copy.deepcopy(dict(sources.claims))
    claims["tag OTel"] = dict.fromkeys(claims["tag OTel"], "hearsay: a blog")
    found = list(problems(document, Sources(sources.known, claims)))
    assert found
    assert all(problem.startswith("tag OTel: unknown source 'hearsay'") for problem in found)


def test_an_inferred_claim_has_to_say_so(document: dict[str, Any]):
    sources = Sources.load()
    claims = copy.deepcopy(dict(sources.claims))
    claims["tag OTel"] = dict.fromkeys(claims["tag OTel"], "inferred")
    (found,) = problems(document, Sources(sources.known, claims))
    assert found.startswith("tag OTel: ")
    assert "is inferred; say so" in found


@pytest.mark.parametrize(
    "claim",
    [
        "Kept for 30 days.",
        "Files of up to 3 GB are stored.",
        "Only administrators may call it.",
        "The order is not documented.",
        "An existing name overwrites the old value.",
        "A missing one is answered with 403.",
        "Values must be text.",
    ],
)
def test_limits_permissions_and_side_effects_are_claims(claim: str):
    assert [sentence for _, sentence, _ in claims_in(f"Returns it. {claim}")] == [claim]


@pytest.mark.parametrize("prose", ["Name of the group.", "See `GET /only/404`.", "Returns one page of groups."])
def test_plain_descriptions_are_not_claims(prose: str):
    assert list(claims_in(prose)) == []


@pytest.mark.parametrize(
    ("added", "problem"),
    [
        ("| caches | 15 days | hearsay |", "the last cell names no source: | caches | 15 days | hearsay |"),
        ("| [caches](https://circleci.com/docs/) | 15 days |  |", "the last cell names no source: | [caches]"),
        ("Caches are kept for 15 days.", "no source for the claim: Caches are kept for 15 days."),
    ],
)
def test_a_claim_of_the_guide_without_a_source_is_listed(added: str, problem: str):
    page = GUIDE.read_text(encoding="utf-8")
    assert list(guide_problems(page)) == []
    (found,) = guide_problems(f"{page}\n{added}\n")
    assert found.startswith(f"{GUIDE.name}: {problem}")


def test_every_description_of_the_document_has_a_place(document: dict[str, Any]):
    def count(value: object) -> int:
        if isinstance(value, dict):
            return sum(
                1 if key in {"description", "summary"} and isinstance(inner, str) else count(inner)
                for key, inner in value.items()
            )
        return sum(map(count, value)) if isinstance(value, list) else 0

    places = [place for place, _ in descriptions(document)]
    assert len(places) == len(set(places)) == count(document)
