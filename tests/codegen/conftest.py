"""The reference documents, and the cache of mypy, for the tests that need them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

VARIABLE = "CIRCLECI_REFERENCE_SPECS"


@pytest.fixture(scope="session")
def reference() -> Path:
    """The folder of the vendor's documents; they are not ours to ship, so the tests that need them skip without it."""
    folder = os.environ.get(VARIABLE)
    if not folder:
        pytest.skip(f"{VARIABLE} does not name the folder of CircleCI's published documents")
    return Path(folder)


@pytest.fixture(scope="session")
def mypy_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cache of mypy, which is cold once per session."""
    return tmp_path_factory.mktemp("mypy")
