"""Read datasets that tests have written."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import httpx
import pyarrow as pa
import pyarrow.parquet as pq

from circleci_v2 import CircleCI
from circleci_v2.fleet import mirror

__all__ = ["Interrupted", "Replacing", "column", "counts", "ids", "mirrored"]

_IDS = {"pipelines": "pipeline_id", "workflows": "workflow_id", "jobs": "job_id"}


async def mirrored(fake, destination, *, projects=("gh/acme/web",), circleci=None, **options):
    """Mirror projects of a fake by its clock, everything since half a year before its start."""
    if "organization" not in options:
        options["projects"] = projects
    options = {"since": fake.clock.moment() - timedelta(days=180), "clock": fake.clock.now} | options
    if circleci is not None:
        return await mirror(circleci, destination, **options)
    async with CircleCI(fake.token, transport=fake.transport()) as connected:
        return await mirror(connected, destination, **options)


def table(destination, kind):
    """The rows of all files of a kind, newest file first."""
    files = sorted((destination / kind).rglob("*.parquet"), key=lambda file: file.name, reverse=True)
    return pa.concat_tables([pq.ParquetFile(file).read() for file in files])


def column(destination, kind, name):
    """The values of a column in all files of a kind."""
    return table(destination, kind)[name].to_pylist()


def ids(destination, kind):
    """How often each record of a kind is stored."""
    return Counter(column(destination, kind, _IDS[kind]))


def counts(destination):
    """The number of rows of each kind."""
    return {kind: table(destination, kind).num_rows for kind in _IDS}


class Interrupted(httpx.AsyncBaseTransport):
    """A transport to a fake whose connections break after some requests."""

    def __init__(self, fake, *, after):
        self._transport = fake.transport()
        self._left = after

    async def handle_async_request(self, request):
        self._left -= 1
        if self._left < 0:
            message = "the network is down"
            raise httpx.ConnectError(message)
        return await self._transport.handle_async_request(request)


class Replacing(httpx.AsyncBaseTransport):
    """A transport to a fake that replaces a text in responses."""

    def __init__(self, fake, old, new):
        self._transport = fake.transport()
        self._old, self._new = old, new

    async def handle_async_request(self, request):
        response = await self._transport.handle_async_request(request)
        content = (await response.aread()).replace(self._old, self._new)
        return httpx.Response(response.status_code, headers={"content-type": "application/json"}, content=content)
