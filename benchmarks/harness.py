"""How benchmarks measure: interleaved rounds, CPU time, and ratios to a baseline within each round.

A benchmark is a module with a docstring (the prose of its chapter in the book), a ``TITLE``, a limit of its time in
``SECONDS``, a function ``measure(settings)`` that yields tables, and, if it has peers, a function ``prepare()`` that makes
their environments outside of that limit. ``python -m benchmarks NAME`` runs it in a process of its own.

CPU time is measured wherever nothing waits: it varies less than wall time. Alternatives are measured alternately, in an
order that is reversed in every other round, so that a change of the machine's speed affects all of them; figures are ratios
within a round wherever two alternatives do the same task.
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, Protocol, TypeVar

import attrs

from benchmarks.results import Column, Figure, Quartiles, Row, RowKind, Table

__all__ = [
    "RELATIVE",
    "TIMES_FLOOR",
    "Bound",
    "ChildFailedError",
    "Module",
    "Settings",
    "Usage",
    "compared_table",
    "interleave",
    "peak_memory",
    "quartiles_of",
    "ratios",
    "reset_peak_memory",
    "row_of",
    "run_child",
]

T = TypeVar("T")

RELATIVE: Final = "relative"
TIMES_FLOOR: Final = "times the floor"


@attrs.frozen(kw_only=True)
class Settings:
    """How thorough a run is.

    Attributes:
        quick: Try the benchmarks with few calls and rounds; the figures mean little.
    """

    quick: bool = False

    def choose(self, full: T, quick: T) -> T:
        """Return the value for this run."""
        return quick if self.quick else full


class Module(Protocol):
    """A module of benchmarks."""

    __doc__: str | None
    TITLE: str
    SECONDS: float

    @staticmethod
    def measure(settings: Settings) -> Iterable[Table]:
        """Measure, and yield each table when it is complete."""
        ...


def interleave(
    measurements: Mapping[str, Callable[[], float]], *, rounds: int, warm_up: bool = True
) -> dict[str, list[float]]:
    """Take one sample of each measurement per round, in alternating order.

    Args:
        measurements: Functions that return one sample each.
        rounds: The number of samples of each.
        warm_up: Call each function once before, and ignore the result.
    """
    samples: dict[str, list[float]] = {name: [] for name in measurements}
    if warm_up:
        for measurement in measurements.values():
            measurement()
    for number in range(rounds):
        for name in reversed(list(measurements)) if number % 2 else measurements:
            gc.collect()
            samples[name].append(measurements[name]())
    return samples


def ratios(samples: Sequence[float], base: Sequence[float]) -> list[float]:
    """Divide samples by those of the same round."""
    return [one / other for one, other in zip(samples, base, strict=True)]


def quartiles_of(value: Quartiles | float | Sequence[float]) -> Quartiles:
    """Return the quartiles of samples; a single number is its own median."""
    if isinstance(value, Quartiles):
        return value
    return Quartiles.of([value] if isinstance(value, int | float) else value)


@attrs.frozen(kw_only=True)
class Bound:
    """The bound of a row in one column of a table: the largest or the smallest acceptable median."""

    column: str
    at_most: float | None = None
    at_least: float | None = None


def compared_table(
    name: str,
    title: str,
    samples: Mapping[str, Sequence[float]],
    *,
    value: Column,
    baseline: str,
    ours: Iterable[str],
    floor: str | float | None = None,
    bounds: Mapping[str, Bound | Sequence[Bound]] | None = None,
    not_measured: Mapping[str, str] | None = None,
    more: Mapping[str, Mapping[str, float | Sequence[float]]] | None = None,
    more_columns: Sequence[Column] = (),
    plotted: str = RELATIVE,
) -> Table:
    """Build the usual table: an absolute value, its ratio to a baseline in the same round, and to the physical floor.

    Args:
        name: The key of the table.
        title: The measured task.
        samples: The samples of each alternative, one for each round, in the unit of `value`.
        value: The column of the absolute values.
        baseline: The alternative to which the others are compared.
        ours: The alternatives that are this library.
        floor: The alternative that is the physical floor, or the floor itself if it is known without measuring.
        bounds: The bounds of some of the alternatives.
        not_measured: Alternatives that could not be measured, with the reason.
        more: Samples of further columns, by alternative and column.
        more_columns: The further columns.
        plotted: The column that is plotted.
    """
    columns = [value]
    if len(samples) > 1:
        columns.append(Column(name=RELATIVE, compared=True))
    if floor is not None:
        # A computed floor does not depend on the machine.
        columns.append(Column(name=TIMES_FLOOR, compared=not isinstance(floor, str)))
    columns.extend(more_columns)
    own = set(ours)
    rows: list[Row] = []
    for alternative, taken in samples.items():
        measured: dict[str, Sequence[float]] = {value.name: taken}
        if len(samples) > 1:
            measured[RELATIVE] = ratios(taken, samples[baseline])
        if floor is not None:
            measured[TIMES_FLOOR] = (
                ratios(taken, samples[floor]) if isinstance(floor, str) else [one / floor for one in taken]
            )
        found: dict[str, Quartiles] = {column: Quartiles.of(values) for column, values in measured.items()}
        found |= {column: quartiles_of(values) for column, values in (more or {}).get(alternative, {}).items()}
        kind: RowKind = "floor" if alternative == floor else "ours" if alternative in own else "other"
        limits = (bounds or {}).get(alternative, ())
        rows.append(row_of(alternative, kind, found, *((limits,) if isinstance(limits, Bound) else limits)))
    rows.extend(Row(name=missing, not_measured=reason) for missing, reason in (not_measured or {}).items())
    return Table(name=name, title=title, columns=columns, rows=rows, plotted=plotted)


def row_of(name: str, kind: RowKind, values: Mapping[str, Quartiles | float | Sequence[float]], *bounds: Bound) -> Row:
    """Build a row from quartiles, samples or single numbers.

    Raises:
        ValueError: A bound is for a column that the row does not have.
    """
    limits = {bound.column: bound for bound in bounds}
    if unknown := set(limits) - set(values):
        msg = f"the row {name!r} has a bound for {sorted(unknown)}, and figures for {sorted(values)}"
        raise ValueError(msg)
    figures: dict[str, Figure] = {}
    for column, value in values.items():
        bound = limits.get(column)
        figures[column] = Figure(
            quartiles=quartiles_of(value),
            at_most=bound.at_most if bound else None,
            at_least=bound.at_least if bound else None,
        )
    return Row(name=name, kind=kind, figures=figures)


@attrs.frozen
class Usage:
    """The resources that a child process used.

    Attributes:
        cpu: Seconds of CPU time, user and system.
        wall: Seconds.
        output: The standard output.
    """

    cpu: float
    wall: float
    output: str


class ChildFailedError(Exception):
    """A measured child process failed, or exceeded its time."""


def run_child(command: Sequence[str], *, timeout: float = 120.0, environment: Mapping[str, str] | None = None) -> Usage:
    """Run a program to its end, and return the CPU time of exactly this process (and of those that it waited for).

    Args:
        command: The program and its arguments.
        timeout: Seconds until the process is killed.
        environment: Its environment variables, in addition to those of this process.

    Raises:
        ChildFailedError: The program failed or was killed.
    """
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        started = time.perf_counter()
        process = subprocess.Popen(
            command, stdout=output, stderr=errors, stdin=subprocess.DEVNULL, env={**os.environ, **(environment or {})}
        )
        timer = threading.Timer(timeout, process.kill)
        timer.start()
        try:
            _, status, usage = os.wait4(process.pid, 0)
        finally:
            timer.cancel()
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        errors.seek(0)
        if process.returncode:
            last = errors.read().decode(errors="replace").strip().splitlines()[-1:] or ["no message"]
            msg = f"{Path(command[0]).name} ended with status {process.returncode}: {last[0]}"
            raise ChildFailedError(msg)
        return Usage(usage.ru_utime + usage.ru_stime, wall, output.read().decode())


def reset_peak_memory() -> None:
    """Let the peak memory start at the present memory, where the system permits it."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def peak_memory() -> int:
    """Return the largest resident memory of this process so far, in bytes.

    `ru_maxrss` is not used where there is an alternative: on Linux a child process inherits the value of its parent.
    """
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    import resource  # noqa: PLC0415 - does not exist on Windows

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
