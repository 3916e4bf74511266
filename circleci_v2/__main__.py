"""Make ``python -m circleci_v2`` an alias of ``circleci-v2``."""

from __future__ import annotations

from circleci_v2.cli import main

main()
