"""Usage exports: memory and speed of merging compressed CSV, beside ``zcat`` in the same run.

Run with ``make bench-usage``. Compare the ratio; seconds differ from machine to machine.
"""

from __future__ import annotations

import gzip
import os
import random
import resource
import shutil
import subprocess
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from circleci_v2._download.atomic_file import AtomicFile
from circleci_v2._download.safe_directory import open_directory
from circleci_v2.usage_export import COLUMNS, read_usage_rows
from circleci_v2.usage_export.merge import Merged, Part, merge_csv

PARTS: Final = 8
PART_BYTES: Final = 128 << 20
HEADER: Final = ",".join(COLUMNS).encode() + b"\n"
ROUNDS: Final = 3


def write_parts(folder: Path) -> tuple[list[Path], int]:
    """Write one GiB of realistic rows in compressed parts that each repeat the header; return paths and number of rows."""
    rows = realistic_rows()
    times = PART_BYTES // len(rows)
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


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths, rows = write_parts(folder)
        dest = folder / "usage.csv"
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        ours: list[float] = []
        theirs: list[float] = []
        for _ in range(ROUNDS):
            # Alternating, so that both run under the same load of the machine.
            started = time.perf_counter()
            merged = merge_parts(paths, dest)
            ours.append(time.perf_counter() - started)
            assert merged.rows == rows
            if shutil.which("zcat"):
                started = time.perf_counter()
                zcat(paths, folder / "zcat.csv")
                theirs.append(time.perf_counter() - started)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        size = dest.stat().st_size
        print(
            f"{size / (1 << 30):.2f} GiB of CSV, {rows:,} rows in {PARTS} parts: {size / min(ours) / (1 << 20):,.0f} MiB/s"
        )
        print(f"  peak memory: {peak:.0f} MiB, {before:.0f} MiB of it before merging")
        if theirs:
            print(f"  speed of zcat: {min(theirs) / min(ours):.2f} (goal: >= 0.8)")
        started = time.perf_counter()
        read = sum(1 for _, row in zip(range(100_000), read_usage_rows(dest), strict=False) if row.job_id)
        print(f"  typed rows: {read / (time.perf_counter() - started):,.0f} per second")


if __name__ == "__main__":
    main()
