"""Fakes for the behavior that CircleCI-Labs/terraform-provider-circleci measured on the live API in August 2026.

Tests name the file of that repository that records a measurement, below ``internal/circleci/``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from circleci_v2 import CircleCI
from circleci_v2.testing import FakeCircleCI
from circleci_v2.testing.state.projects import FakeProject
from tests.testing.conftest import BASE_URL

__all__ = ["MISSING", "client", "http_of", "project_in"]

MISSING = "11111111-2222-4333-8444-555555555555"
"""The id of nothing."""


def project_in(fake: FakeCircleCI, slug: str = "gh/acme/web") -> FakeProject:
    return fake.state.find_project(slug) or fake.add_project(slug)


def client(fake: FakeCircleCI) -> CircleCI:
    return CircleCI(fake.token, transport=fake.transport())


@contextmanager
def http_of(fake: FakeCircleCI, **options: Any) -> Iterator[httpx.Client]:
    headers = {"Circle-Token": fake.token}
    with httpx.Client(transport=fake.transport(), base_url=BASE_URL, headers=headers, **options) as http:
        yield http
