"""The signatures of all public methods: what users may pass, with names, annotations and defaults.

``data/signatures.json`` holds them; a change that is meant is written there on purpose:

    python -m tests.test_signatures
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from circleci_v2 import CircleCI
from circleci_v2.operations import OPERATIONS

SIGNATURES_FILE = Path(__file__).parent / "data" / "signatures.json"
NAMESPACES = list(dict.fromkeys(operation.namespace for operation in OPERATIONS.values()))


def public_methods(owner: object, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, member in inspect.getmembers(type(owner)):
        if not name.startswith("_") and callable(member) and not isinstance(member, type):
            yield f"{prefix}{name}", getattr(owner, name)


def methods() -> Iterator[tuple[str, Any]]:
    """Name and bound method of everything that users call."""
    circleci = CircleCI("token")
    yield "CircleCI", CircleCI
    yield from public_methods(circleci, "circleci.")
    raw = circleci.with_raw_response
    for namespace in NAMESPACES:
        yield from public_methods(getattr(circleci, namespace), f"circleci.{namespace}.")
        for name, member in vars(type(getattr(raw, namespace))).items():
            if not name.startswith("_") and not isinstance(member, str):
                yield f"circleci.with_raw_response.{namespace}.{name}", getattr(getattr(raw, namespace), name)


def written(method: Any) -> str:
    """A signature as text, without the addresses of functions that are defaults."""
    return re.sub(r" at 0x[0-9a-f]+", "", str(inspect.signature(method)))


CURRENT = {name: written(method) for name, method in methods()}
KEPT: dict[str, str] = json.loads(SIGNATURES_FILE.read_text(encoding="utf-8")) if SIGNATURES_FILE.exists() else {}


def test_no_method_came_or_went() -> None:
    assert sorted(CURRENT) == sorted(KEPT)


@pytest.mark.parametrize("name", sorted(KEPT))
def test_a_signature_is_as_it_was(name: str) -> None:
    assert CURRENT[name] == KEPT[name]


if __name__ == "__main__":
    SIGNATURES_FILE.write_text(json.dumps(CURRENT, indent=1, sort_keys=True) + "\n", encoding="utf-8")
