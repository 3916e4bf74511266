"""Print the table of cases."""

from __future__ import annotations

import sys
from collections import Counter

from tests.codegen.support.cases import CASES

for case in CASES:
    sys.stdout.write(f"{case.topic:14} {case.id:60} {case.outcome}\n")
sys.stdout.write(f"{len(CASES)} cases: {dict(Counter(case.outcome for case in CASES))}\n")
