"""Memory of models: the bytes that a decoded pipeline takes, of the page of the other benchmarks.

All allocations of Python are counted, after several pages were decoded and kept. Dicts are those of `json.loads`. The models
give back the same JSON as the dicts: they keep the keys and notations that many objects share once for all of them.
"""

from __future__ import annotations

import gc
import json
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any, Final

from benchmarks.decoding import decoded, standard_json
from benchmarks.drivers.http_clients import pydantic_page
from benchmarks.harness import RELATIVE, Bound, Settings, compared_table, interleave
from benchmarks.latency_server import PAGE_SIZE
from benchmarks.page_server import page_of_pipelines
from benchmarks.results import Column, Table

TITLE: Final = "Memory of models"
SECONDS: Final = 60.0

DICTS: Final = "dicts of json.loads"
STANDARD: Final = "circleci_v2, standard json"
MSGSPEC: Final = "circleci_v2, msgspec"
PYDANTIC: Final = "pydantic"
BOUND: Final = 0.75


def bytes_per_pipeline(decode: Callable[[], Any], pages: int) -> float:
    """Return the memory of a pipeline of many pages that are kept."""
    decode()
    gc.collect()
    tracemalloc.start()
    try:
        kept = [decode() for _ in range(pages)]
        gc.collect()
        return tracemalloc.get_traced_memory()[0] / len(kept) / PAGE_SIZE
    finally:
        tracemalloc.stop()


def measure(settings: Settings) -> Iterator[Table]:
    """Measure the models of this library and of pydantic."""
    page = page_of_pipelines()
    pages, rounds = settings.choose(100, 10), settings.choose(5, 2)
    validate = pydantic_page()

    def standard() -> float:
        with standard_json():
            return bytes_per_pipeline(lambda: decoded(page), pages)

    samples = interleave(
        {
            DICTS: lambda: bytes_per_pipeline(lambda: json.loads(page), pages),
            STANDARD: standard,
            MSGSPEC: lambda: bytes_per_pipeline(lambda: decoded(page), pages),
            PYDANTIC: lambda: bytes_per_pipeline(lambda: validate(page), pages),
        },
        rounds=rounds,
    )
    yield compared_table(
        "models",
        "A decoded pipeline",
        samples,
        value=Column(name="memory", unit="bytes", digits=0),
        baseline=DICTS,
        ours=[STANDARD, MSGSPEC],
        bounds={name: Bound(column=RELATIVE, at_most=BOUND) for name in (STANDARD, MSGSPEC)},
    )
