"""Decoding: from the bytes of a page of 20 pipelines to models.

The baseline is `json.loads` of the standard library, which returns dicts and is the least that any decoding on top of it costs.
The models keep everything: unknown fields, either spelling of a key, the order of keys and the notation of times. They are
measured without and with msgspec, which the extra ``fast`` installs, in the state of a program that has read a few pages
before; the first pages take longer, because the form of pages is not known then. The floor is msgspec alone, to dicts.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, Final

import msgspec

from benchmarks.drivers.http_clients import pydantic_page
from benchmarks.fake import recorded
from benchmarks.harness import RELATIVE, Bound, Settings, compared_table, interleave, ratios
from benchmarks.page_server import page_of_pipelines
from benchmarks.results import Column, Table
from circleci_v2._wire import json as wire_json
from circleci_v2._wire import page_decoding
from circleci_v2._wire.payload import Payload
from circleci_v2._wire.types import Deviation
from circleci_v2.models import Pipeline
from circleci_v2.response import Response

__all__ = ["decoded", "standard_json"]

TITLE: Final = "Decoding"
SECONDS: Final = 120.0

LOADS: Final = "json.loads, dicts"
STANDARD: Final = "circleci_v2, standard json"
MSGSPEC: Final = "circleci_v2, msgspec"
FIRST_PAGES: Final = "circleci_v2, standard json, first pages"
FLOOR: Final = "msgspec, dicts"
PYDANTIC: Final = "pydantic, model_validate_json"
TO_PYDANTIC: Final = "relative to pydantic"

BOUNDS: Final = {STANDARD: [Bound(column=RELATIVE, at_most=1.35)], MSGSPEC: [Bound(column=RELATIVE, at_most=0.75)]}
PYDANTIC_BOUND: Final = 0.6
PAGES_BEFORE: Final = 10
"""Pages that are decoded before measuring: enough for the form of pages to be known."""


def reject(deviation: Deviation) -> None:
    raise AssertionError(deviation)


@cache
def response_with(page: bytes) -> Response[None]:
    return Response(status_code=200, headers={}, content=page, parsed=None)


def decoded(page: bytes) -> list[Pipeline]:
    """Return the models of a page, decoded as in a call."""
    return Payload(response_with(page), None, reject, lambda: wire_json.load_json(page)).page(Pipeline).items


@contextmanager
def standard_json() -> Iterator[None]:
    """Decode as without msgspec."""
    installed = wire_json.optional_msgspec
    modules: tuple[Any, ...] = (wire_json, page_decoding)
    for module in modules:
        module.optional_msgspec = lambda: None
    try:
        yield
    finally:
        for module in modules:
            module.optional_msgspec = installed


def microseconds(decode: Callable[[], Any], pages: int) -> float:
    started = time.process_time()
    for _ in range(pages):
        decode()
    return (time.process_time() - started) / pages * 1e6


def measured(page: bytes, pages: int) -> float:
    """Return the CPU time to decode a page, with new readers, in microseconds."""
    page_decoding.page_reader.cache_clear()
    for _ in range(PAGES_BEFORE):
        decoded(page)
    return microseconds(lambda: decoded(page), pages)


def measured_standard(page: bytes, pages: int) -> float:
    with standard_json():
        return measured(page, pages)


def measured_first_pages(page: bytes, pages: int) -> float:
    def decode_first() -> None:
        page_decoding.page_reader.cache_clear()
        decoded(page)

    with standard_json():
        return microseconds(decode_first, pages)


def compare(name: str, title: str, page: bytes, settings: Settings, *, is_bounded: bool) -> Table:
    pages, rounds = settings.choose(200, 20), settings.choose(15, 3)
    measurements: dict[str, Callable[[], float]] = {
        LOADS: lambda: microseconds(lambda: json.loads(page), pages),
        STANDARD: lambda: measured_standard(page, pages),
        FIRST_PAGES: lambda: measured_first_pages(page, pages),
        MSGSPEC: lambda: measured(page, pages),
        FLOOR: lambda: microseconds(lambda: msgspec.json.decode(page), pages),
    }
    if is_bounded:
        validate = pydantic_page()
        measurements[PYDANTIC] = lambda: microseconds(lambda: validate(page), pages)
    samples = interleave(measurements, rounds=rounds)
    bounds = {key: [*limits] for key, limits in BOUNDS.items()} if is_bounded else {}
    more: dict[str, dict[str, list[float]]] = {}
    if is_bounded:
        bounds[MSGSPEC].append(Bound(column=TO_PYDANTIC, at_most=PYDANTIC_BOUND))
        more = {key: {TO_PYDANTIC: ratios(samples[key], samples[PYDANTIC])} for key in (STANDARD, MSGSPEC, PYDANTIC)}
    return compared_table(
        name,
        title,
        samples,
        value=Column(name="CPU per page", unit="µs", digits=0),
        baseline=LOADS,
        ours=[STANDARD, FIRST_PAGES, MSGSPEC],
        floor=FLOOR,
        bounds=bounds,
        more=more,
        more_columns=[Column(name=TO_PYDANTIC, compared=True)] if is_bounded else [],
    )


def measure(settings: Settings) -> Iterator[Table]:
    """Measure the page of the other benchmarks, and one of the fake CircleCI, which is as CircleCI's were recorded."""
    yield compare("page", "A page of 20 pipelines", page_of_pipelines(), settings, is_bounded=True)
    page = recorded("/project/gh/acme/web/pipeline")
    yield compare("recorded", "A page in the recorded format", page, settings, is_bounded=False)
