"""Defaults are behaviour: a user who sets nothing relies on them, so each is pinned here with its value."""

from __future__ import annotations

import inspect
import re
from typing import Any

import attrs
import pytest

from circleci_v2 import CircleCI, ConnectionOptions, RateLimitPolicy, RetryPolicy, Timeout

SETTINGS: dict[type[Any], dict[str, object]] = {
    Timeout: {"connect": 10.0, "read": 60.0, "write": 60.0},
    RetryPolicy: {"max_retries": 5, "deadline": 300.0, "backoff": 0.5, "max_backoff": 30.0},
    RateLimitPolicy: {"enabled": True, "initial": 5, "reserve": 1, "store": None},
    ConnectionOptions: {
        "proxy": None,
        "verify": True,
        "cert": None,
        "trust_env": True,
        "http2": False,
        "fast": False,
        "token_hosts": (),
        "keepalive": 30.0,
        "allow_http": False,
    },
}


@pytest.mark.parametrize("kind", SETTINGS, ids=lambda kind: kind.__name__)
def test_a_setting_that_is_not_given_has_its_documented_default(kind: type[Any]):
    defaults = {field.name: getattr(kind(), field.name) for field in attrs.fields(kind)}
    assert defaults == SETTINGS[kind]


@pytest.mark.parametrize("kind", SETTINGS, ids=lambda kind: kind.__name__)
def test_the_docstring_of_a_setting_states_its_default(kind: type[Any]):
    documentation = inspect.getdoc(kind) or ""
    for name, value in SETTINGS[kind].items():
        match = re.search(rf"^ +{name}: (.*?)(?=^ +\w+: |\Z|^\w)", documentation, re.MULTILINE | re.DOTALL)
        assert match, f"{kind.__name__} does not document {name}"
        shown = f"{value:g}" if isinstance(value, int | float) and not isinstance(value, bool) else str(value)
        if value == ():
            shown = "none"
        if value is not None:
            assert re.search(rf"Default:\s+`*{re.escape(shown)}\b", match[1]), f"{kind.__name__}.{name} is {shown}"


def test_the_client_has_its_documented_defaults():
    parameters = inspect.signature(CircleCI).parameters
    assert {name: parameter.default for name, parameter in parameters.items()} == {
        "token": None,
        "base_url": None,
        "auth": "header",
        "timeout": None,
        "max_concurrency": 100,
        "retry": None,
        "rate_limit": None,
        "connection": None,
        "transport": None,
        "strict": False,
        "on_event": None,
        "max_response_bytes": 64 * 1024 * 1024,
    }
