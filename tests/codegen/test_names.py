"""Names: what identifies an operation across documents, and the table's own consistency."""

from __future__ import annotations

import keyword

import pytest
from hypothesis import given
from hypothesis import strategies as st

from circleci_v2 import CircleCI
from codegen.errors import SpecError
from codegen.names import Names, canonical_key, pascal_case, snake_case


@pytest.mark.parametrize("placeholder", ["context-id", "context_id", "contextID"])
def test_the_spelling_of_a_placeholder_does_not_matter(placeholder: str):
    assert canonical_key("get", f"/context/{{{placeholder}}}/restrictions") == "GET /context/{}/restrictions"


@pytest.mark.parametrize(
    ("text", "snake", "pascal"),
    [
        ("getOrgSummaryData", "get_org_summary_data", "GetOrgSummaryData"),
        ("project-slug", "project_slug", "ProjectSlug"),
        ("OrgID", "org_id", "OrgId"),
        ("createURLOrbAllowListEntry", "create_url_orb_allow_list_entry", "CreateUrlOrbAllowListEntry"),
        ("createProject1", "create_project1", "CreateProject1"),
    ],
)
def test_names_are_respelled_word_by_word(text: str, snake: str, pascal: str):
    assert (snake_case(text), pascal_case(text)) == (snake, pascal)


@pytest.mark.parametrize("tag", ["Map", "History", "export-usage"])
def test_a_namespace_hides_nothing_that_the_client_has(tag: str):
    call = Names.load().call("get", "/nowhere", {"operationId": "getNowhere", "tags": [tag]})
    assert not hasattr(CircleCI, call.namespace)
    assert call.namespace == f"{snake_case(tag)}_"


@given(st.text())
def test_any_text_becomes_harmless_words(text: str):
    assert snake_case(text).replace("_", "a").isalnum()
    assert pascal_case(text).isalnum()
    assert snake_case(text).isascii()


def test_every_call_of_the_table_is_unique_and_a_valid_name():
    calls = [entry["call"] for entry in Names.load().table["operations"].values()]
    assert len(calls) == len(set(calls))
    assert all(part.isidentifier() and not keyword.iskeyword(part) for call in calls for part in call.split("."))


def test_an_operation_nobody_has_named_gets_its_operation_id_and_is_reported():
    names = Names.load()
    call = names.call("get", "/pipeline/{id}/lineage", {"operationId": "getPipelineLineage", "tags": ["Pipeline"]})
    assert str(call) == "pipelines.get_pipeline_lineage"
    assert names.unnamed == ["operation GET /pipeline/{id}/lineage is called pipelines.get_pipeline_lineage"]


def test_a_call_into_a_namespace_that_is_not_there_is_rejected():
    names = Names({**Names.load().table, "operations": {"GET /x": {"call": "nowhere.get"}}})
    with pytest.raises(SpecError, match="there is no namespace 'nowhere'"):
        names.call("get", "/x", {})


def test_a_member_of_a_union_beyond_those_of_the_table_has_a_default_name():
    names = Names.load()
    members = [names.field("CreateContextRequest", "owner", variant) for variant in range(3)]
    assert members == ["ContextOwnerById", "ContextOwnerBySlug", "CreateContextRequestOwnerVariant3"]
