"""Read datasets that tests have written."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import fsspec
import httpx
import pyarrow as pa
import pyarrow.parquet as pq
from fsspec.implementations.memory import MemoryFileSystem

from circleci_v2 import CircleCI
from circleci_v2.fleet import mirror

__all__ = ["Interrupted", "ObjectStore", "Replacing", "column", "everything_of", "ids", "mirrored", "remote_ids"]

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


async def everything_of(circleci, slugs):
    """How often CircleCI lists each pipeline, workflow and job of some projects: once."""
    pipelines = [p for slug in slugs for p in await circleci.pipelines.list_for_project(slug).collect()]
    workflows = [w for p in pipelines for w in await circleci.pipelines.list_workflows(p.id).collect()]
    jobs = [j for w in workflows for j in await circleci.workflows.list_jobs(w.id).collect()]
    return {
        "pipelines": Counter(str(one.id) for one in pipelines),
        "workflows": Counter(str(one.id) for one in workflows),
        "jobs": Counter(str(one.id) for one in jobs),
    }


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


def remote_ids(url, kind):
    """How often each record of a kind is stored below a URL."""
    files, path = fsspec.url_to_fs(f"{url}/{kind}")
    files.invalidate_cache()
    tables = [pq.read_table(files.open(name)) for name in files.find(path)]
    return Counter(pa.concat_tables(tables)[_IDS[kind]].to_pylist())


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


class ObjectStore(MemoryFileSystem):
    """A file system without a rename, whose files appear with one put, and which remembers the listings it has made."""

    protocol = "objects"
    store = {}  # noqa: RUF012 - the interface of MemoryFileSystem
    pseudo_dirs = [""]  # noqa: RUF012
    puts: list[str] = []  # noqa: RUF012
    left: int | None = None
    """The puts that succeed before the network is away; None for all."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._listings = {}

    @classmethod
    def reset(cls):
        cls.store.clear()
        cls.pseudo_dirs[:] = [""]
        cls.puts.clear()
        cls.left = None
        fsspec.register_implementation("objects", cls, clobber=True)
        cls.clear_instance_cache()

    @classmethod
    def _strip_protocol(cls, path):
        return super()._strip_protocol(path.replace("objects://", "memory://", 1))

    def pipe_file(self, path, value, mode="overwrite", **kwargs):
        cls = type(self)
        if cls.left is not None:
            cls.left -= 1
            if cls.left < 0:
                message = "the network is away"
                raise ConnectionError(message)
        cls.puts.append(path)
        super().pipe_file(path, value, mode, **kwargs)

    def find(self, path, maxdepth=None, withdirs=False, detail=False, **kwargs):
        key = path, maxdepth, withdirs
        if key not in self._listings:
            self._listings[key] = super().find(path, maxdepth, withdirs, detail=True, **kwargs)
        found = self._listings[key]
        return found if detail else list(found)

    def invalidate_cache(self, path=None):
        self._listings.clear()

    def _cannot(self, *args, **kwargs):
        message = "an object store has no such operation"
        raise NotImplementedError(message)

    cp_file = copy = _cannot
