"""Prepared requests: URLs that are built without parsing are those that httpx would parse."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from circleci_v2 import ConfigurationError
from circleci_v2._http.prepared_request import PreparedRequest
from circleci_v2._wire.request import Request
from circleci_v2.policies import Timeout

BASES = (
    "https://circleci.com/api/v2",
    "http://127.0.0.1:8080/api/v2",
    "https://[::1]:8443/v2",
    "https://ci.example.com",
)
ANY_TEXT = st.text(st.sampled_from("aZ09-._~!$&'()*+,;=:@/?%2eF é\\\t\"<>[]^`{|}#"), max_size=12)


def prepared(base_url: str, path: str, query: tuple[tuple[str, str], ...] = ()) -> httpx.URL:
    request = Request("GET", path, query, None, False)
    return PreparedRequest.for_operation(request, base_url=base_url, timeout=Timeout()).url


@given(st.sampled_from(BASES), ANY_TEXT)
@example("https://circleci.com/api/v2", "//double")
@example("https://circleci.com/api/v2", "a%2fb%zz")
@example("https://circleci.com/api/v2", "a?b=c'd")
def test_a_url_is_the_one_that_httpx_parses_or_an_error(base_url: str, text: str):
    address = f"{base_url}/{text}"
    try:
        url = prepared(base_url, f"/{text}")
    except ConfigurationError:
        return
    parsed = httpx.URL(address)
    assert url == parsed
    assert str(url) == str(parsed)
    assert (url.scheme, url.raw_host, url.port, url.netloc) == (
        parsed.scheme,
        parsed.raw_host,
        parsed.port,
        parsed.netloc,
    )
    assert url.raw_path == parsed.raw_path
    assert address.endswith(url.raw_path.decode())


@given(st.dictionaries(st.text(max_size=5), st.text(max_size=8), max_size=3))
def test_query_parameters_arrive_as_they_were_given(query: dict[str, str]):
    try:
        url = prepared(BASES[0], "/me", tuple(query.items()))
    except ConfigurationError:
        return
    assert url == httpx.URL(str(url))
    assert dict(url.params) == query


@pytest.mark.parametrize("segment", [".", "..", "%2e%2E"])
def test_a_path_that_would_be_resolved_is_an_error(segment: str):
    with pytest.raises(ConfigurationError, match="cannot be sent unchanged"):
        prepared(BASES[0], f"/a/{segment}/b")
