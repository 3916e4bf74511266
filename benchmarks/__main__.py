"""Run benchmarks, each area in a process of its own, and write the book.

    python -m benchmarks [AREA ...] [--quick] [--json FILE] [--book FOLDER]

Without areas, all of them run. ``--book`` writes the Markdown, the JSON and the plots, and, if the folder is ``docs``, the
figures that other documents quote; a quick or partial run cannot be written there.
The status is 1 if an area failed or, unless the run is quick, a bound was missed.
"""

from __future__ import annotations

import argparse
import importlib
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

import attrs
from rich.console import Console

from benchmarks.book import BOOK, RESULTS, write_book
from benchmarks.environments import PEER_ENVIRONMENTS, ROOT
from benchmarks.harness import Module, Settings
from benchmarks.quotes import update_documents
from benchmarks.report import print_area
from benchmarks.results import Area, Run, Table, read_run, write_run

AREAS: Final = (
    "imports",
    "http",
    "decoding",
    "memory",
    "bulk",
    "ratelimit",
    "fleet",
    "fleet_crawl",
    "cancellation",
    "artifacts",
    "usage",
    "fake",
    "generate",
    "size",
)
"""The chapters of the book, in their order."""

LIBRARIES: Final = (
    "httpx",
    "httpcore",
    "anyio",
    "attrs",
    "msgspec",
    "httpx-aiohttp",
    "aiohttp",
    "pydantic",
    "trio",
    "openapi-python-client",
)


def describe_run(areas: Sequence[Area], *, quick: bool) -> Run:
    """Return a run with the versions of Python and of the libraries; nothing else about this machine."""
    libraries: dict[str, str] = {}
    for name in LIBRARIES:
        try:
            libraries[name] = version(name)
        except PackageNotFoundError:
            libraries[name] = "not installed"
    return Run(
        quick=quick,
        python=f"{platform.python_implementation()} {platform.python_version()}",
        system=f"{platform.system()} {platform.machine()}",
        cpus=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        libraries=libraries,
        areas=areas,
    )


def measure_here(name: str, settings: Settings, output: Path) -> None:
    """Measure one area in this process, and write its results after each of its tables."""
    module: Module = importlib.import_module(f"benchmarks.{name}")  # type: ignore[assignment]
    area = Area(name=name, title=module.TITLE, prose=module.__doc__ or "", failure="no table was measured")
    write_run(describe_run([area], quick=settings.quick), output)
    started = time.perf_counter()
    tables: list[Table] = []
    for table in module.measure(settings):
        tables.append(table)
        environments = {each: environment.versions() for each, environment in PEER_ENVIRONMENTS.items()}
        area = attrs.evolve(
            area, tables=tables, seconds=time.perf_counter() - started, environments=environments, failure="ended early"
        )
        write_run(describe_run([area], quick=settings.quick), output)
    area = attrs.evolve(area, seconds=time.perf_counter() - started, failure="" if tables else "it yielded no table")
    write_run(describe_run([area], quick=settings.quick), output)


def measure_in_child(name: str, settings: Settings) -> Area:
    """Measure one area in a process of its own, which is stopped at the limit of its time."""
    module: Module = importlib.import_module(f"benchmarks.{name}")  # type: ignore[assignment]
    prepare = getattr(module, "prepare", None)
    if prepare is not None:
        prepare()
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "area.json"
        command = [sys.executable, "-m", "benchmarks", "--measure", name, "--json", str(output)]
        failure = ""
        # A session of its own, so that servers and drivers end with an area that is stopped.
        process = subprocess.Popen(
            [*command, *(["--quick"] if settings.quick else [])], cwd=ROOT, start_new_session=True
        )
        try:
            status = process.wait(module.SECONDS)
            failure = f"it failed with status {status}" if status else ""
        except subprocess.TimeoutExpired:
            failure = f"it was stopped after its limit of {module.SECONDS:g} seconds"
        finally:
            if process.poll() is None:
                os.killpg(process.pid, 9)
                process.wait()
        if not output.exists():
            return Area(name=name, title=module.TITLE, prose=module.__doc__ or "", failure=failure or "no result")
        (area,) = read_run(output).areas
        return attrs.evolve(area, failure=failure or area.failure)


def main(arguments: Sequence[str]) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Run benchmarks.")
    parser.add_argument("areas", nargs="*", metavar="AREA", help=f"any of {', '.join(AREAS)}; all if omitted")
    parser.add_argument("--quick", action="store_true", help="try the benchmarks with few calls and rounds")
    parser.add_argument("--json", type=Path, help="write the results to this file")
    parser.add_argument("--book", type=Path, help="write the book to this folder of the documentation")
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    settings = Settings(quick=options.quick)
    if options.measure:
        measure_here(options.measure, settings, options.json)
        return 0
    published = options.book is not None and options.book.resolve() == ROOT / "docs"
    if published and (options.quick or options.areas):
        parser.error("a quick or partial run is not written to docs: choose another folder for --book")
    console = Console()
    areas: list[Area] = []
    for name in options.areas or AREAS:
        areas.append(measure_in_child(name, settings))
        print_area(areas[-1], console)
    run = describe_run(areas, quick=settings.quick)
    if options.json:
        write_run(run, options.json)
    if options.book:
        write_book(run, options.book)
    if published:
        console.print("written:", RESULTS, BOOK, *update_documents(ROOT, run))
    missed = sum(1 for area in areas for _ in area.missed_bounds())
    failed = sum(1 for area in areas if area.failure)
    seconds = sum(area.seconds for area in areas)
    console.print(f"{len(areas)} areas in {seconds / 60:.1f} minutes: {missed} bounds missed, {failed} areas failed")
    return 1 if failed or (missed and not settings.quick) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
