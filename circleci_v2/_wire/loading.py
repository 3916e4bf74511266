"""From bytes to JSON values: with msgspec where the extra ``fast`` is installed, else with the standard library."""

from __future__ import annotations

import json
from typing import Any

try:
    import msgspec
except ImportError:
    msgspec = None  # type: ignore[assignment]

__all__ = ["load_json"]


def load_json(content: bytes) -> Any:
    """The JSON value of a body.

    Raises:
        ValueError: It is no JSON, or JSON that is nested more deeply than Python can go.
    """
    try:
        return _loaded(content)
    except RecursionError:
        msg = "it is nested too deeply"
        raise ValueError(msg) from None


def _loaded(content: bytes) -> Any:
    if msgspec is not None:
        try:
            return msgspec.json.decode(content)
        except msgspec.DecodeError:
            # The standard library takes more, such as NaN and UTF-16, and what it takes must not depend on an extra.
            pass
    return json.loads(content)
