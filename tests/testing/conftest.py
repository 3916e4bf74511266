"""A fake and a plain httpx client wired to it."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from circleci_v2.testing import FakeCircleCI

BASE_URL = "https://circleci.com/api/v2"


@pytest.fixture
def fake() -> FakeCircleCI:
    return FakeCircleCI.seeded(pipelines=50)


@pytest.fixture
def http(fake: FakeCircleCI) -> Iterator[httpx.Client]:
    with httpx.Client(transport=fake.transport(), base_url=BASE_URL, headers={"Circle-Token": fake.token}) as client:
        yield client
