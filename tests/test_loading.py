"""JSON is read the same with and without the extra ``fast``."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from circleci_v2._wire import json as loading


@pytest.fixture(params=["fast", "standard"])
def load(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    if request.param == "fast":
        pytest.importorskip("msgspec")
    else:
        monkeypatch.setattr(loading, "optional_msgspec", lambda: None)
    return loading.load_json


@pytest.mark.parametrize(
    "content", [b"{}", b"[1, 2.5, null]", b'"\\u00e9"', b"NaN", b'\xef\xbb\xbf{"a": 1}', "{}".encode("utf-16")]
)
def test_both_accept_the_same_content(load: Any, content: bytes):
    try:
        expected = json.loads(content)
    except ValueError:
        with pytest.raises(ValueError):
            load(content)
    else:
        assert repr(load(content)) == repr(expected)


@pytest.mark.parametrize("content", [b"", b"<html>", b"{", b"\xff", b'{"a": 1} x'])
def test_other_content_is_a_value_error(load: Any, content: bytes):
    with pytest.raises(ValueError):
        load(content)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(), st.lists, max_leaves=10
    )
)
def test_any_json_value_is_restored(value: Any):
    assert loading.load_json(json.dumps(value).encode()) == value
