"""Check which share of the mutants of the core the tests have noticed.

    python -m tools.check_mutants [--at-least PERCENT]

Run by ``make mutation`` after mutmut, of whose mutants in ``mutants/`` it counts those that were tried.

Exit codes: 0 enough were noticed; 1 too few were, or none was tried; 2 wrong arguments.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

__all__ = ["main"]

STATISTICS: Final = Path("mutants/mutmut-cicd-stats.json")
_NOTICED: Final = ("killed", "timeout", "caught_by_type_check")
_MISSED: Final = ("survived", "suspicious", "no_tests", "segfault")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.check_mutants", description="Check how many mutants of the core the tests have noticed."
    )
    parser.add_argument("--at-least", type=float, default=90.0, metavar="PERCENT", help="default: 90")
    parser.add_argument("--statistics", type=Path, default=STATISTICS, help=f"default: {STATISTICS}")
    options = parser.parse_args(arguments)
    try:
        counts: Mapping[str, Any] = json.loads(options.statistics.read_text(encoding="utf-8"))
    except OSError as error:
        print(f"error: {options.statistics}: {error.strerror}; run `make mutation` first", file=sys.stderr)
        return 1
    noticed = sum(counts.get(name, 0) for name in _NOTICED)
    tried = noticed + sum(counts.get(name, 0) for name in _MISSED)
    if not tried:
        print("error: no mutant was tried: check the pattern in MUTANTS", file=sys.stderr)
        return 1
    share = 100 * noticed / tried
    print(f"{noticed} of {tried} mutants were noticed: {share:.1f} % (at least {options.at_least:g} %)")
    if share < options.at_least:
        print("`mutmut results` lists the others, and `mutmut show NAME` shows one of them", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
