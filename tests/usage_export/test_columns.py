"""The columns of a usage export: those that the fake writes are those that are read."""

from __future__ import annotations

import csv
import gzip
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from circleci_v2 import CircleCI
from circleci_v2.testing import FakeCircleCI
from circleci_v2.usage_export import COLUMNS

pytestmark = pytest.mark.anyio


async def test_the_fake_writes_the_columns_that_are_read():
    fake = FakeCircleCI.seeded("gh/acme/web")
    async with CircleCI(fake.token, transport=fake.transport()) as circleci:
        organization = await circleci.organizations.get("gh/acme")
        end = datetime.fromtimestamp(fake.clock.now(), UTC)
        job = await circleci.usage.create_export(organization.id, start=end - timedelta(days=7), end=end)
        await fake.advance(3600)
        status = await circleci.usage.get_export(organization.id, job.usage_export_job_id)
    assert status.download_urls
    async with httpx.AsyncClient(transport=fake.transport()) as storage:
        content = (await storage.get(status.download_urls[0])).content
    header = next(csv.reader(gzip.decompress(content).decode().splitlines()))
    assert tuple(column.upper() for column in header) == tuple(COLUMNS)
