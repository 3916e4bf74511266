"""The harness: order of rounds, ratios, tables, child processes, and drivers in environments of their own."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks import environments
from benchmarks.environments import DriverFailedError, NotInstalledError, driver, environment
from benchmarks.harness import (
    RELATIVE,
    TIMES_FLOOR,
    Bound,
    ChildFailedError,
    Settings,
    interleave,
    peak_memory,
    ratios,
    row_of,
    run_child,
)
from benchmarks.results import Quartiles
from tests.benchmarks.invented import BASE, FLOOR, OURS, table
from tests.other_clients.environments import InstallError


def test_rounds_are_interleaved_and_every_other_one_is_reversed():
    order: list[str] = []

    def measurement(name: str) -> float:
        order.append(name)
        return float(len(order))

    samples = interleave({name: lambda name=name: measurement(name) for name in "abc"}, rounds=2)
    assert "".join(order) == "abc" + "abc" + "cba"
    assert samples == {"a": [4.0, 9.0], "b": [5.0, 8.0], "c": [6.0, 7.0]}


def test_ratios_are_taken_within_a_round():
    assert ratios([2.0, 30.0], [1.0, 10.0]) == [2.0, 3.0]
    with pytest.raises(ValueError, match="longer than argument 1"):
        ratios([1.0], [1.0, 2.0])


def test_a_table_has_the_value_its_ratio_to_the_baseline_and_to_the_floor():
    found = table((2.0, 4.0, 3.0), at_most=5.0)
    ours = found.row(OURS)
    assert ours.figures["CPU per call"].quartiles == Quartiles(2.5, 3.0, 3.5, 3)
    assert ours.figures[RELATIVE].quartiles == Quartiles(1.25, 1.5, 1.75, 3)
    assert ours.figures[TIMES_FLOOR].quartiles == Quartiles(5.0, 6.0, 7.0, 3)
    assert not ours.figures[TIMES_FLOOR].within_bound
    assert [(row.name, row.kind) for row in found.rows[:3]] == [(BASE, "other"), (OURS, "ours"), (FLOOR, "floor")]
    assert found.row("pycircleci").not_measured == "not installed: no matching distribution"


def test_a_bound_for_a_column_that_is_not_measured_is_an_error():
    with pytest.raises(ValueError, match=r"'circleci_v2' has a bound for .*'memory'"):
        row_of("circleci_v2", "ours", {"speed": 1.0}, Bound(column="memory", at_most=1))


def test_a_quick_run_chooses_the_smaller_effort():
    assert Settings().choose(500, 20) == 500
    assert Settings(quick=True).choose(500, 20) == 20


def test_the_cpu_time_of_a_child_is_its_own():
    idle = run_child([sys.executable, "-c", "print('idle')"])
    busy = run_child([sys.executable, "-c", "for _ in range(10_000_000): pass"])
    assert idle.output == "idle\n"
    assert busy.cpu > idle.cpu
    assert busy.wall > 0


def test_a_child_that_fails_or_takes_too_long_is_an_error_with_its_last_line():
    with pytest.raises(ChildFailedError, match="ended with status 1: ZeroDivisionError"):
        run_child([sys.executable, "-c", "1 / 0"])
    with pytest.raises(ChildFailedError, match="ended with status -9"):
        run_child([sys.executable, "-c", "import time; time.sleep(60)"], timeout=0.1)


def test_the_peak_memory_of_a_child_is_not_that_of_its_parent():
    ballast = bytearray(200 << 20)
    program = "from benchmarks.harness import peak_memory; print(peak_memory())"
    child = int(run_child([sys.executable, "-c", program]).output)
    assert child < len(ballast) < peak_memory()


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="not on this system")
def test_the_peak_memory_starts_anew():
    program = "; ".join(
        [
            "from benchmarks.harness import peak_memory, reset_peak_memory",
            "ballast = b'x' * (50 << 20)",
            "del ballast",
            "before = peak_memory()",
            "reset_peak_memory()",
            "print(before - peak_memory())",
        ]
    )
    assert int(run_child([sys.executable, "-c", program]).output) > 40 << 20


def test_a_driver_replies_to_each_request_and_its_end_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    program = "import json, sys\nfor line in sys.stdin: print(json.dumps(10 / json.loads(line)['by']), flush=True)\n"
    (tmp_path / "divide.py").write_text(program)
    monkeypatch.setattr(environments, "DRIVERS", tmp_path)
    with driver(Path(sys.executable), "divide", quiet=True) as running:
        assert running.measure(by=2) == 5.0
        assert running.measure(by=4) == 2.5
        with pytest.raises(DriverFailedError, match=r"ended with status 1 at the request \{'by': 0\}"):
            running.measure(by=0)


def test_a_package_that_cannot_be_installed_is_a_reason_without_addresses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def fail(kind: str, packages: list[str], folder: Path) -> list[str]:
        error = f"ERROR: No matching distribution for {packages[-1]} at https://registry.test/x, see {tmp_path}"
        msg = f"WARNING: retrying\n{error}"
        raise InstallError(msg)

    monkeypatch.setattr(environments, "create_environment", fail)
    with pytest.raises(NotInstalledError) as error:
        environment("peer", ["peer"])
    assert str(error.value) == "not installed: No matching distribution for peer at (URL) see (path)"
