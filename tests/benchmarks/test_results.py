"""Results of benchmarks: quartiles, bounds, and the JSON of a run."""

from __future__ import annotations

import json
import socket
import statistics
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.__main__ import describe_run
from benchmarks.results import SCHEMA_VERSION, Figure, Quartiles, read_run, write_run
from tests.benchmarks.invented import OURS, area, run, table

NUMBERS = st.floats(min_value=1e-6, max_value=1e6)


@given(st.lists(NUMBERS, min_size=1, max_size=30))
def test_quartiles_are_ordered_and_within_the_samples(samples: list[float]):
    found = Quartiles.of(samples)
    assert min(samples) <= found.first <= found.median <= found.third <= max(samples)
    assert found.median == pytest.approx(statistics.median(samples))
    assert found.samples == len(samples)
    assert found == Quartiles.of(reversed(samples))


@given(st.lists(NUMBERS, min_size=1, max_size=30), st.floats(min_value=0.01, max_value=100))
def test_quartiles_follow_the_unit_of_the_samples(samples: list[float], factor: float):
    scaled = Quartiles.of([factor * sample for sample in samples])
    plain = Quartiles.of(samples)
    assert scaled.median == pytest.approx(factor * plain.median)
    assert scaled.spread == pytest.approx(factor * plain.spread, abs=1e-6 * factor * max(samples))


def test_quartiles_of_five_samples_are_the_second_and_the_fourth():
    assert Quartiles.of([5, 1, 4, 2, 3]) == Quartiles(2, 3, 4, 5)


@pytest.mark.parametrize("samples", [[], [1.0, float("nan")], [float("inf")]])
def test_samples_that_are_no_numbers_are_an_error(samples: list[float]):
    with pytest.raises(ValueError, match="must be one or more finite numbers"):
        Quartiles.of(samples)


@pytest.mark.parametrize(
    ("at_most", "at_least", "within"),
    [(None, None, True), (2.0, None, True), (1.9, None, False), (None, 2.0, True), (None, 2.1, False)],
)
def test_a_bound_is_for_the_median(at_most: float | None, at_least: float | None, within: bool):
    figure = Figure(quartiles=Quartiles(1.0, 2.0, 3.0, 5), at_most=at_most, at_least=at_least)
    assert figure.within_bound is within


@given(st.lists(NUMBERS, min_size=1, max_size=9).map(tuple), st.none() | NUMBERS)
def test_a_run_survives_its_json(tmp_path_factory, ours: tuple[float, ...], at_most: float | None):
    path = tmp_path_factory.mktemp("runs") / "results.json"
    write_run(run(area(table(ours, at_most=at_most))), path)
    once = read_run(path)
    write_run(once, path)
    assert read_run(path) == once
    figure = once.figure(f"http/page/{OURS}/CPU per call")
    assert figure.quartiles.median == pytest.approx(statistics.median(ours), rel=1e-5)


def test_the_json_states_versions_and_nothing_about_the_machine(tmp_path: Path):
    path = tmp_path / "results.json"
    write_run(describe_run([area(table())], quick=False), path)
    data = json.loads(path.read_text())
    assert set(data) == {"schema_version", "quick", "python", "system", "cpus", "libraries", "areas"}
    assert data["schema_version"] == SCHEMA_VERSION
    assert data["libraries"]["httpx"]
    text = path.read_text()
    assert socket.gethostname() not in text
    assert str(Path.home()) not in text
    assert str(Path.cwd()) not in text


@pytest.mark.parametrize("content", ["{}", "[]", '{"schema_version": 999}'])
def test_another_schema_is_an_error_that_names_both_versions(tmp_path: Path, content: str):
    path = tmp_path / "old.json"
    path.write_text(content)
    with pytest.raises(ValueError, match=rf"old.json has the schema version .*; this code reads {SCHEMA_VERSION}"):
        read_run(path)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("bulk/page/x/relative", "no area 'bulk'"),
        ("http/list/x/relative", "no table 'list'"),
        ("http/page/x/relative", "no row 'x'"),
        ("http/page/circleci_v2/wall / ideal", "has no 'wall / ideal'"),
        ("http/page/pycircleci/relative", "not installed: no matching distribution"),
    ],
)
def test_the_path_of_no_figure_is_an_error(path: str, message: str):
    with pytest.raises(LookupError, match=message):
        run(area(table())).figure(path)
