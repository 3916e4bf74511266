"""Usage exports: merging compressed CSV, and reading typed rows.

An export has eight parts that each repeat the header; merging writes 256 MiB of realistic rows to one file. The floor is
``zcat`` of the same parts to a file, which checks nothing and leaves the headers in. Memory is the growth of the peak of this
process during the first merge.
"""

from __future__ import annotations

import csv
import gzip
import os
import random
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from benchmarks.harness import (
    Bound,
    Settings,
    compared_table,
    interleave,
    peak_memory,
    ratios,
    reset_peak_memory,
    row_of,
)
from benchmarks.results import Column, Row, Table
from circleci_v2._download.atomic_file import AtomicFile
from circleci_v2._download.safe_directory import open_directory
from circleci_v2.usage_export import COLUMNS, read_usage_rows
from circleci_v2.usage_export.merge import Merged, Part, merge_csv

TITLE: Final = "Usage exports"
SECONDS: Final = 180.0

ZCAT: Final = "zcat"
SHARE: Final = "speed of zcat"
SPEED_BOUND: Final = 0.8
"""The least speed relative to zcat."""
MEMORY_BOUND: Final = 64.0
MEBIBYTE: Final = 1 << 20
PARTS: Final = 8
PART_BYTES: Final = 32 << 20
HEADER: Final = ",".join(COLUMNS).encode() + b"\n"


def write_parts(folder: Path, size: int) -> tuple[list[Path], int]:
    """Write realistic rows in compressed parts of a size that each repeat the header; return paths and number of rows."""
    rows = realistic_rows()
    times = size // len(rows)
    paths = [folder / f"part-{number}.csv.gz" for number in range(PARTS)]
    for path in paths:
        with gzip.open(path, "wb", compresslevel=6) as part:
            part.write(HEADER)
            for _ in range(times):
                part.write(rows)
    return paths, PARTS * times * rows.count(b"\n")


def realistic_rows(count: int = 4000) -> bytes:
    chance = random.Random(1)
    lines: list[str] = []
    for number in range(count):
        values = {
            "ORGANIZATION_ID": "f22b6566-597d-46d5-ba74-99ef5bb3d85c",
            "ORGANIZATION_NAME": '"acme, inc"' if number % 50 == 0 else "acme",
            "PROJECT_NAME": chance.choice(["web", "app", "api"]),
            "PIPELINE_ID": f"{chance.getrandbits(128):032x}",
            "PIPELINE_CREATED_AT": f"2026-01-{chance.randrange(1, 29):02} 18:31:31.{chance.randrange(1000):03}",
            "PIPELINE_NUMBER": str(number),
            "IS_UNREGISTERED_USER": "false",
            "JOB_ID": f"{chance.getrandbits(128):032x}",
            "JOB_NAME": chance.choice(["build", "unit tests", "deploy"]),
            "JOB_RUN_SECONDS": str(chance.randrange(3000)),
            "TOTAL_CREDITS": f"{chance.random() * 100:.2f}",
        }
        lines.append(",".join(values.get(column, "\\N") for column in COLUMNS))
    return "\n".join(lines).encode() + b"\n"


def merge_parts(paths: list[Path], dest: Path) -> Merged:
    root = open_directory(dest.parent)
    file = AtomicFile(root, [dest.name], replace=True).open()
    with ExitStack() as files:
        parts = [Part(path.name, files.enter_context(path.open("rb"))) for path in paths]
        merged = merge_csv(parts, file.write, check=lambda: None)
    file.commit()
    root.close()
    return merged


def zcat(paths: list[Path], dest: Path) -> None:
    with dest.open("wb") as output:
        subprocess.run(["zcat", *map(str, paths)], stdout=output, check=True)
        os.fsync(output.fileno())


def measure(settings: Settings) -> Iterator[Table]:
    """Yield the tables of merging and of reading."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths, rows = write_parts(folder, settings.choose(PART_BYTES, 4 << 20))
        dest = folder / "usage.csv"
        reset_peak_memory()
        before = peak_memory()
        merge_parts(paths, dest)
        growth = (peak_memory() - before) / MEBIBYTE

        def merge() -> float:
            started = time.perf_counter()
            merged = merge_parts(paths, dest)
            assert merged.rows == rows
            return dest.stat().st_size / MEBIBYTE / (time.perf_counter() - started)

        def copy() -> float:
            started = time.perf_counter()
            zcat(paths, folder / "zcat.csv")
            return dest.stat().st_size / MEBIBYTE / (time.perf_counter() - started)

        measured = {"circleci_v2": merge, **({ZCAT: copy} if shutil.which("zcat") else {})}
        samples = interleave(measured, rounds=settings.choose(5, 2), warm_up=False)
        yield merge_table(samples, growth, dest.stat().st_size)
        yield rows_table(dest, settings)


def merge_table(samples: dict[str, list[float]], growth: float, size: int) -> Table:
    speed, share, memory = (
        Column(name="speed", unit="MiB/s", digits=0, better="higher"),
        Column(name=SHARE, better="higher", compared=True),
        Column(name="growth of memory", unit="MiB", digits=0),
    )
    bounds = [Bound(column=memory.name, at_most=MEMORY_BOUND)]
    values: dict[str, float | list[float]] = {speed.name: samples["circleci_v2"], memory.name: growth}
    rows: list[Row] = []
    if ZCAT in samples:
        values[share.name] = ratios(samples["circleci_v2"], samples[ZCAT])
        bounds.append(Bound(column=share.name, at_least=SPEED_BOUND))
        rows.append(row_of(ZCAT, "floor", {speed.name: samples[ZCAT], share.name: 1.0}))
    else:
        rows.append(Row(name=ZCAT, kind="floor", not_measured="zcat is not installed"))
    rows.insert(0, row_of("circleci_v2", "ours", values, *bounds))
    title = f"Merging {size / MEBIBYTE:,.0f} MiB of CSV in {PARTS} compressed parts"
    return Table(name="merge", title=title, columns=[speed, share, memory], rows=rows, plotted=speed.name)


def rows_table(file: Path, settings: Settings) -> Table:
    """Compare typed rows with the dicts of the standard library's reader."""
    count = settings.choose(20_000, 1_000)

    def typed() -> float:
        started = time.process_time()
        assert sum(1 for _, row in zip(range(count), read_usage_rows(file), strict=False) if row.job_id) > 0
        return (time.process_time() - started) / count * 1e6

    def dicts() -> float:
        started = time.process_time()
        with file.open(encoding="utf-8", newline="") as lines:
            assert sum(1 for _, row in zip(range(count), csv.DictReader(lines), strict=False) if row["JOB_ID"]) > 0
        return (time.process_time() - started) / count * 1e6

    samples = interleave({"circleci_v2": typed, "csv.DictReader": dicts}, rounds=settings.choose(5, 2))
    return compared_table(
        "rows",
        f"Reading {count:,} rows of {len(COLUMNS)} columns",
        samples,
        value=Column(name="CPU per row", unit="µs", digits=1),
        baseline="csv.DictReader",
        ours=["circleci_v2"],
        floor="csv.DictReader",
        plotted="",
    )
