from __future__ import annotations

import json
import pickle
from urllib.parse import unquote
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from circleci_v2.errors import CircleCIError, InvalidSlugError
from circleci_v2.slugs import OrgSlug, ProjectSlug, org_path, project_path

PROVIDERS = ["gh", "github", "bb", "bitbucket", "circleci"]
ORGANIZATION_ID = UUID("6f2b1c9e-8f0a-4a57-9b7c-2d7f3f0b1c11")


def segments() -> st.SearchStrategy[str]:
    characters = st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="/?#\\")
    return st.text(characters, min_size=1).filter(lambda text: text not in {".", ".."} and text == text.strip())


def path_or_refusal(text):
    try:
        return ProjectSlug(text).path, None
    except InvalidSlugError as error:
        return None, str(error)


@pytest.mark.parametrize("provider", [*PROVIDERS, "GitHub", "Bitbucket"])
def test_every_known_provider_is_accepted_in_the_case_given(provider):
    assert str(ProjectSlug(f"{provider}/acme/web")) == f"{provider}/acme/web"
    assert str(OrgSlug(f"{provider}/acme")) == f"{provider}/acme"


def test_a_slug_is_its_text_wherever_text_goes():
    slug = ProjectSlug("gh/acme/web")
    assert slug == "gh/acme/web"
    assert {slug: 1}["gh/acme/web"] == 1
    assert f"{slug}" == "gh/acme/web"
    assert json.dumps([slug]) == '["gh/acme/web"]'
    assert repr(slug) == "ProjectSlug('gh/acme/web')"


def test_a_slug_survives_pickling_with_its_type():
    copy = pickle.loads(pickle.dumps(OrgSlug("gh/acme")))
    assert copy == "gh/acme"
    assert type(copy) is OrgSlug


@given(st.sampled_from(PROVIDERS), segments(), segments())
def test_the_path_of_any_slug_reads_back_as_the_slug(provider, organization, project):
    slug = ProjectSlug(f"{provider}/{organization}/{project}")
    path = project_path(slug)
    assert [unquote(segment) for segment in path.split("/")] == [provider, organization, project]
    assert path.isascii()
    assert not set(path) & set("?#\\ ")


@given(st.text())
def test_any_text_is_a_slug_or_an_error_that_names_it(text):
    path, refusal = path_or_refusal(text)
    if refusal is None:
        assert path.count("/") == 2
        assert not {"", ".", ".."} & set(path.split("/"))
    else:
        assert repr(text) in refusal
        assert "gh/acme/web" in refusal


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("", "1 part(s)"),
        ("acme/web", "2 part(s)"),
        ("gh/acme/web/extra", "4 part(s)"),
        ("gh%2Facme%2Fweb", "write '/'"),
        ("https://app.circleci.com/pipelines/github/acme/web", "7 part(s)"),
        ("gh//web", "organization is ''"),
        ("gh/acme/", "project is ''"),
        ("gh/../web", "organization is '..'"),
        ("gh/acme/.", "project is '.'"),
        ("gh/acme/web ", "project is 'web '"),
        ("svn/acme/web", "provider is 'svn'"),
        ("gh/acme/web?branch=main", "'?'"),
        ("gh/acme/web#1", "'#'"),
        ("gh/acme/we\\b", "'\\\\'"),
        ("gh/acme/web\n", "'\\n'"),
        ("gh/acme/\x00", "'\\x00'"),
        ("gh/acme/\x85", "'\\x85'"),
        ("gh/acme/\ud800", "'\\ud800'"),
    ],
)
def test_text_that_is_not_a_project_slug_is_rejected_with_the_reason(value, reason):
    with pytest.raises(InvalidSlugError) as caught:
        ProjectSlug(value)
    assert reason in str(caught.value)
    assert repr(value) in str(caught.value)


@pytest.mark.parametrize("value", [None, 7, ORGANIZATION_ID, b"gh/acme/web"])
def test_values_that_are_not_text_are_rejected_like_any_other_invalid_slug(value):
    with pytest.raises(InvalidSlugError, match=f"type {type(value).__name__}"):
        ProjectSlug(value)


def test_the_error_is_both_of_this_library_and_a_value_error():
    with pytest.raises(InvalidSlugError) as caught:
        OrgSlug("gh/acme/web")
    assert isinstance(caught.value, CircleCIError)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [("gh/acme/web", "github/acme/web"), ("bitbucket/acme/web", "bb/acme/web"), ("GitHub/acme/web", "gh/acme/web")],
)
def test_the_spellings_of_a_provider_are_the_same_project_but_not_the_same_text(ours, theirs):
    assert ProjectSlug(ours).same_as(theirs)
    assert ProjectSlug(ours).canonical == ProjectSlug(theirs).canonical
    assert ProjectSlug(ours) != theirs


def test_different_projects_are_not_the_same_however_alike():
    slug = ProjectSlug("gh/acme/web")
    assert not slug.same_as("bb/acme/web")
    assert not slug.same_as("gh/acme/Web")
    with pytest.raises(InvalidSlugError):
        slug.same_as("gh/acme")


@given(st.sampled_from(PROVIDERS), segments(), segments())
def test_the_canonical_slug_is_canonical_and_keeps_the_rest(provider, organization, project):
    canonical = ProjectSlug(f"{provider}/{organization}/{project}").canonical
    assert canonical.canonical == canonical
    assert canonical.split("/")[1:] == [organization, project]
    assert canonical.split("/")[0] in {"gh", "bb", "circleci"}


def test_an_organization_is_named_by_slug_or_by_id():
    assert org_path("gh/acme inc") == "gh/acme%20inc"
    assert org_path(OrgSlug("circleci/7kZbB3")) == "circleci/7kZbB3"
    assert org_path(ORGANIZATION_ID) == str(ORGANIZATION_ID)
    assert org_path(str(ORGANIZATION_ID).upper()) == str(ORGANIZATION_ID)


def test_values_that_name_no_organization_are_rejected():
    with pytest.raises(InvalidSlugError, match="'acme'"):
        org_path("acme")
    with pytest.raises(InvalidSlugError, match="'gh/acme/web'"):
        org_path(ProjectSlug("gh/acme/web"))


@pytest.mark.parametrize("value", ["gh/acme/a b", "gh/acme/50%", "gh/acmé/web", "gh/acme/a:b@c;d"])
def test_everything_but_the_slash_is_percent_encoded(value):
    path = project_path(value)
    assert path.count("/") == 2
    assert unquote(path) == value
    assert not set(path) & set(" :@;é")
