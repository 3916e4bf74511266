"""The comparison of two runs fails for a change for the worse beyond noise, and for nothing else."""

from __future__ import annotations

import random
from pathlib import Path

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.compare import LEAST_NOISE, SPREADS, compare_figures, compare_runs, main
from benchmarks.results import Area, Column, Figure, Quartiles, write_run
from tests.benchmarks.invented import OURS, area, run, table

LOWER = Column(name="relative", compared=True)
HIGHER = Column(name="speed", better="higher", compared=True)

POSITIVE = st.floats(min_value=1e-3, max_value=1e3)


@st.composite
def figures(draw: st.DrawFn) -> Figure:
    return Figure(quartiles=Quartiles.of(draw(st.lists(POSITIVE, min_size=1, max_size=9))))


def exactly(value: float, spread: float = 0.0) -> Figure:
    return Figure(quartiles=Quartiles(value - spread / 2, value, value + spread / 2, 5))


@given(figures())
def test_the_same_figure_has_not_changed(figure: Figure):
    assert compare_figures(figure, figure, LOWER) == "same"


@given(figures(), figures())
def test_worse_for_one_direction_is_better_for_the_other(old: Figure, new: Figure):
    opposite = {"worse": "better", "better": "worse", "same": "same"}
    assert compare_figures(old, new, HIGHER) == opposite[compare_figures(old, new, LOWER)]


@given(figures(), figures())
def test_a_change_is_reported_only_beyond_both_spreads_and_the_least_noise(old: Figure, new: Figure):
    difference = abs(new.quartiles.median - old.quartiles.median)
    if compare_figures(old, new, LOWER) != "same":
        assert difference > SPREADS * (old.quartiles.spread + new.quartiles.spread)
        assert difference > LEAST_NOISE * old.quartiles.median


@given(figures(), st.floats(min_value=1.01, max_value=10))
def test_a_slower_figure_is_never_better(old: Figure, factor: float):
    quartiles = old.quartiles
    slower = Quartiles(quartiles.first * factor, quartiles.median * factor, quartiles.third * factor, 5)
    assert compare_figures(old, Figure(quartiles=slower), LOWER) in {"worse", "same"}
    assert compare_figures(Figure(quartiles=slower), old, LOWER) in {"better", "same"}


@pytest.mark.parametrize(
    ("old", "new", "verdict"),
    [
        (exactly(1.00), exactly(1.04), "same"),
        (exactly(1.00), exactly(1.06), "worse"),
        (exactly(1.00), exactly(0.94), "better"),
        (exactly(1.00, 0.1), exactly(1.25, 0.1), "same"),
        (exactly(1.00, 0.1), exactly(1.35, 0.1), "worse"),
        (exactly(0.0), exactly(1.0), "worse"),
        (exactly(0.0), exactly(0.0), "same"),
    ],
)
def test_the_rule_by_example(old: Figure, new: Figure, verdict: str):
    assert compare_figures(old, new, LOWER) == verdict


def test_repeated_runs_of_the_same_code_rarely_differ():
    chance = random.Random(1)

    def measured() -> Figure:
        return Figure(quartiles=Quartiles.of(chance.gauss(1.0, 0.05) for _ in range(5)))

    verdicts = [compare_figures(measured(), measured(), LOWER) for _ in range(2_000)]
    assert verdicts.count("worse") <= 20


def test_a_regression_of_a_quarter_is_found_in_the_same_noise():
    chance = random.Random(1)

    def measured(middle: float) -> Figure:
        return Figure(quartiles=Quartiles.of(chance.gauss(middle, 0.03 * middle) for _ in range(5)))

    verdicts = [compare_figures(measured(1.0), measured(1.25), LOWER) for _ in range(500)]
    assert verdicts.count("worse") >= 475


def compared(tmp_path: Path, old: Area, new: Area, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    for name, measured in (("old", old), ("new", new)):
        write_run(run(measured), tmp_path / f"{name}.json")
    status = main([str(tmp_path / "old.json"), str(tmp_path / "new.json")])
    return status, capsys.readouterr().out


def test_equal_runs_are_status_0(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    status, output = compared(tmp_path, area(table()), area(table()), capsys)
    assert status == 0
    assert "1 figures compared: 0 worse, 0 missing, 0 better" in output


def test_a_slower_run_is_status_1_and_names_the_figure(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    status, output = compared(tmp_path, area(table()), area(table((4.0, 4.2, 4.1))), capsys)
    assert status == 1
    assert f"worse   http/page/{OURS}/relative: 1.05 (1.02 to 1.07), then 2.05 (2.02 to 2.08)" in output


def test_a_faster_run_is_status_0(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    status, output = compared(tmp_path, area(table((4.0, 4.2, 4.1))), area(table()), capsys)
    assert status == 0
    assert "1 better" in output


def test_a_figure_that_is_no_longer_measured_is_status_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    status, output = compared(tmp_path, area(table()), area(table(name="other")), capsys)
    assert status == 1
    assert "not measured" in output


def test_peers_and_absolute_times_are_not_compared():
    found = list(compare_runs(run(area(table())), run(area(table((2.0, 2.2, 2.1))))))
    assert [change.path for change in found] == [f"http/page/{OURS}/relative"]


def test_differing_versions_are_stated(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    newer = attrs.evolve(run(area(table()), python="CPython 3.13.1"), libraries={"httpx": "0.28.2"})
    write_run(run(area(table())), tmp_path / "old.json")
    write_run(newer, tmp_path / "new.json")
    assert main([str(tmp_path / "old.json"), str(tmp_path / "new.json")]) == 0
    output = capsys.readouterr().out
    assert "The runs differ in python: CPython 3.11.7, then CPython 3.13.1" in output
    assert "The runs differ in httpx: 0.28.1, then 0.28.2" in output


def test_runs_that_cannot_be_compared_are_status_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    write_run(run(area(table()), quick=True), tmp_path / "quick.json")
    assert main([str(tmp_path / "quick.json")] * 2) == 2
    assert "compare runs without --quick" in capsys.readouterr().out
    assert main([str(tmp_path / "missing.json")] * 2) == 2
    assert main([]) == 2
