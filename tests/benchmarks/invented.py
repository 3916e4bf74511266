"""Invented results of benchmarks."""

from __future__ import annotations

from benchmarks.harness import TIMES_FLOOR, Bound, compared_table
from benchmarks.results import Area, Column, Row, Run, Table

OURS = "circleci_v2"
BASE = 'httpx <dicts> & "more" | less'
FLOOR = "raw bytes"


def table(ours: tuple[float, ...] = (2.0, 2.2, 2.1), *, name: str = "page", at_most: float | None = None) -> Table:
    return compared_table(
        name,
        "A page of 20 <pipelines>",
        {BASE: [2.0] * len(ours), OURS: list(ours), FLOOR: [0.5] * len(ours)},
        value=Column(name="CPU per call", unit="ms"),
        baseline=BASE,
        ours=[OURS],
        floor=FLOOR,
        bounds={OURS: Bound(column=TIMES_FLOOR, at_most=at_most)} if at_most else None,
        not_measured={"pycircleci": "not installed: no matching distribution"},
    )


def area(*tables: Table, name: str = "http", failure: str = "") -> Area:
    prose = "CPU time of ``GET``.\n\nThe server runs in another process.\n"
    environments = {"aiohttp": {"aiohttp": "3.14.5"}}
    return Area(
        name=name,
        title="CPU time of a call",
        prose=prose,
        tables=tables,
        seconds=12.34,
        environments=environments,
        failure=failure,
    )


def run(*areas: Area, quick: bool = False, python: str = "CPython 3.11.7") -> Run:
    return Run(
        quick=quick, python=python, system="Linux x86_64", cpus=2, libraries={"httpx": "0.28.1"}, areas=list(areas)
    )


def row_names(found: Table) -> list[str]:
    return [each.name for each in found.rows]


__all__ = ["BASE", "FLOOR", "OURS", "Row", "area", "row_names", "run", "table"]
