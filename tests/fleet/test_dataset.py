"""Datasets: one schema for all files, complete files only, local and remote."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import attrs
import duckdb
import fsspec
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from circleci_v2 import CircleCI, ConfigurationError
from circleci_v2.fleet import crawl_partition, partitions
from circleci_v2.fleet.rows import KINDS, columns_of
from circleci_v2.testing import FakeCircleCI
from tests.fleet.datasets import ObjectStore, Replacing, column, ids, mirrored, remote_ids

pytestmark = pytest.mark.anyio
SLUG = "gh/acme/web"
ALL = ("jobs", "tests", "artifacts")


@pytest.fixture
def fake():
    return FakeCircleCI.seeded(pipelines=25)


@pytest.fixture
async def circleci(fake):
    async with CircleCI(fake.token, transport=fake.transport()) as circleci:
        yield circleci


def partition_of(fake, *, days=400):
    until = fake.clock.moment() + timedelta(seconds=1)
    [*_, partition] = partitions([SLUG], since=until - timedelta(days=days), until=until, every=timedelta(days=4_000))
    return partition


@pytest.mark.parametrize("kind", KINDS)
async def test_the_columns_are_those_of_the_records(fake, circleci, kind):
    records = [record async for record in circleci.history(SLUG, include=ALL)]
    rows = [row for record in records for row in record.to_records(kind)]
    assert rows
    assert {tuple(row) for row in rows} == {tuple(columns_of(kind))}


@pytest.mark.parametrize("kind", KINDS)
async def test_every_file_of_a_kind_has_the_same_types_also_an_empty_one(fake, circleci, tmp_path, kind):
    fake.add_pipeline("gh/acme/empty", status="errored")
    await mirrored(fake, tmp_path, projects=[SLUG, "gh/acme/empty"], include=ALL)
    schemas = [pq.read_schema(file).remove_metadata() for file in (tmp_path / kind).rglob("*.parquet")]
    assert len(schemas) > 1
    assert all(schema == schemas[0] for schema in schemas)
    assert pa.null() not in schemas[0].types
    times = {
        name for name, type_ in zip(schemas[0].names, schemas[0].types, strict=True) if pa.types.is_timestamp(type_)
    }
    assert times == {name for name in schemas[0].names if name.endswith("_at")}


async def test_the_files_are_read_with_one_line_each(fake, tmp_path):
    await mirrored(fake, tmp_path)
    expected = sum(ids(tmp_path, "jobs").values())
    assert duckdb.sql(f"SELECT count(*) FROM '{tmp_path}/jobs/**/*.parquet'").fetchall() == [(expected,)]
    assert len(pd.read_parquet(tmp_path / "jobs")) == expected
    assert pl.read_parquet(f"{tmp_path}/jobs/**/*.parquet").height == expected


async def test_a_partition_is_written_once(fake, circleci, tmp_path):
    partition = partition_of(fake)
    fake.clock.advance(timedelta(days=100).total_seconds())
    first = await crawl_partition(circleci, partition, tmp_path, include=ALL, clock=fake.clock.now)
    assert first.rows["pipelines"] == 25
    assert {kind: first.rows[kind] for kind in KINDS} == {
        kind: len(column(tmp_path, kind, "pipeline_id")) for kind in KINDS
    }
    fake.journal.clear()
    assert (await crawl_partition(circleci, partition, tmp_path, include=ALL, clock=fake.clock.now)).skipped
    assert len(fake.journal) == 0


async def test_a_partition_is_written_again_when_it_covers_more(fake, circleci, tmp_path):
    partition = partition_of(fake)
    fake.clock.advance(timedelta(days=100).total_seconds())
    await crawl_partition(circleci, partition, tmp_path, clock=fake.clock.now)
    fake.add_pipeline(SLUG)
    fake.clock.advance(timedelta(days=100).total_seconds())
    result = await crawl_partition(circleci, partition_of(fake), tmp_path, clock=fake.clock.now)
    assert not result.skipped
    assert result.rows["pipelines"] == 26
    more_kinds = await crawl_partition(circleci, partition_of(fake), tmp_path, include=ALL, clock=fake.clock.now)
    assert not more_kinds.skipped


async def test_a_partition_with_pipelines_in_progress_is_written_again(tmp_path):
    fake = FakeCircleCI()
    fake.add_pipeline(SLUG, status="running")
    partition = partition_of(fake)
    async with CircleCI(fake.token, transport=fake.transport()) as circleci:
        assert (await crawl_partition(circleci, partition, tmp_path, clock=fake.clock.now)).unfinished == 1
        fake.clock.advance(timedelta(days=2).total_seconds())
        result = await crawl_partition(circleci, partition, tmp_path, clock=fake.clock.now)
    assert (result.skipped, result.unfinished) == (False, 0)


async def test_a_damaged_file_is_written_again(fake, circleci, tmp_path):
    partition = partition_of(fake)
    fake.clock.advance(timedelta(days=100).total_seconds())
    await crawl_partition(circleci, partition, tmp_path, clock=fake.clock.now)
    [file] = (tmp_path / "pipelines").rglob("*.parquet")
    file.write_bytes(file.read_bytes()[:100])
    result = await crawl_partition(circleci, partition, tmp_path, clock=fake.clock.now)
    assert result.rows["pipelines"] == 25


async def test_a_partition_whose_jobs_are_missing_is_written_again(fake, circleci, tmp_path):
    partition = partition_of(fake)
    fake.clock.advance(timedelta(days=100).total_seconds())
    first = await crawl_partition(circleci, partition, tmp_path, clock=fake.clock.now)
    next((tmp_path / "jobs").rglob("*.parquet")).unlink()
    again = await crawl_partition(circleci, partition, tmp_path, clock=fake.clock.now)
    assert again.rows == first.rows


async def test_a_partition_that_begins_later_keeps_what_the_file_has(fake, circleci, tmp_path):
    partition = partition_of(fake)
    fake.clock.advance(timedelta(days=100).total_seconds())
    await crawl_partition(circleci, partition, tmp_path, clock=fake.clock.now)
    fake.add_pipeline(SLUG)
    later = attrs.evolve(partition, since=partition.until, until=fake.clock.moment() + timedelta(seconds=1))
    result = await crawl_partition(circleci, later, tmp_path, clock=fake.clock.now)
    assert result.rows["pipelines"] == 26
    fake.journal.clear()
    assert (await crawl_partition(circleci, partition_of(fake), tmp_path, clock=fake.clock.now)).skipped


async def test_windows_of_another_length_are_rejected(fake, circleci, tmp_path):
    await mirrored(fake, tmp_path, every=timedelta(days=7))
    with pytest.raises(ConfigurationError, match=r"every=1 day, .*7 days"):
        await mirrored(fake, tmp_path, every=timedelta(days=1))
    with pytest.raises(ConfigurationError, match=r"every=4000 days, .*7 days"):
        await crawl_partition(circleci, partition_of(fake), tmp_path, clock=fake.clock.now)


async def test_files_that_a_killed_process_left_incomplete_are_removed(fake, tmp_path):
    await mirrored(fake, tmp_path)
    directory = next((tmp_path / "jobs").iterdir())
    incomplete = directory / ".2026-01-01T000000Z.parquet.0123456789abcdef.part"
    incomplete.write_bytes(b"PAR1")
    (directory / "notes.part").write_text("not ours")
    await mirrored(fake, tmp_path)
    assert not incomplete.exists()
    assert (directory / "notes.part").exists()


async def test_a_dataset_on_a_remote_file_system(fake):
    await mirrored(fake, "memory://ci/history")
    await mirrored(fake, "memory://ci/history")
    files = fsspec.filesystem("memory")
    tables = [pq.read_table(files.open(file)) for file in files.glob("/ci/history/pipelines/**/*.parquet")]
    assert sum(table.num_rows for table in tables) == 25
    assert not files.glob("/ci/history/**/*.part")


async def test_a_file_system_without_rename_gets_each_file_with_one_put(fake):
    ObjectStore.reset()
    await mirrored(fake, "objects://bucket/ci", include=ALL)
    files = fsspec.filesystem("objects")
    assert sorted(files.find("/bucket")) == sorted(ObjectStore.puts)
    with files.open(next(name for name in ObjectStore.puts if "/tests/" in name)) as file:
        assert pq.read_table(file).num_rows


async def test_a_put_that_fails_leaves_no_file(fake):
    ObjectStore.reset()
    ObjectStore.left = 2
    report = await mirrored(fake, "objects://bucket/ci")
    assert "the network is away" in str(report.errors[SLUG])
    assert len(fsspec.filesystem("objects").find("/bucket")) == 2
    ObjectStore.left = None
    assert (await mirrored(fake, "objects://bucket/ci")).errors == {}
    assert set(remote_ids("objects://bucket/ci", "jobs").values()) == {1}


async def test_files_are_seen_that_were_written_after_the_file_system_remembered_a_listing(fake):
    ObjectStore.reset()
    await mirrored(fake, "objects://bucket/ci")
    for added in (1, 0):
        fake.clock.advance(timedelta(days=30).total_seconds())
        if added:
            fake.add_pipeline(SLUG)
        assert (await mirrored(fake, "objects://bucket/ci")).added == added


async def test_a_url_with_a_rename_is_written_under_a_temporary_name(fake, tmp_path):
    await mirrored(fake, f"file://{tmp_path}")
    assert sum(ids(tmp_path, "pipelines").values()) == 25
    assert not list(tmp_path.rglob("*.part"))


async def test_an_unknown_file_system_is_a_clear_error(fake):
    with pytest.raises(ConfigurationError, match=r"destination='nowhere://bucket'.*nowhere"):
        await mirrored(fake, "nowhere://bucket")


async def test_values_of_other_types_become_null_with_a_warning(tmp_path, caplog):
    fake = FakeCircleCI()
    fake.add_pipeline(SLUG)
    async with CircleCI(fake.token, transport=Replacing(fake, b'"number":1', b'"number":"one"')) as circleci:
        await mirrored(fake, tmp_path, circleci=circleci)
    assert column(tmp_path, "pipelines", "pipeline_number") == [None]
    assert "pipeline_number" in caplog.text
    assert "'one'" in caplog.text


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"every": timedelta(minutes=1)}, "every=0:01:00"),
        ({"every": 7}, "every=7"),
        ({"since": datetime(2026, 1, 1)}, "no time zone"),  # noqa: DTZ001 - the case
        ({"since": datetime(2999, 1, 1, tzinfo=UTC)}, "is not before"),
        ({"include": ["details"]}, "include="),
        ({"concurrency": 0}, "concurrency=0"),
    ],
)
async def test_invalid_arguments_are_rejected_before_any_request(fake, tmp_path, options, message):
    with pytest.raises(ConfigurationError, match=message):
        await mirrored(fake, tmp_path, **options)
    assert len(fake.journal) == 0
