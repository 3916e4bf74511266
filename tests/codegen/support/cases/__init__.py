"""Documents that the generator had not met, one small case each, as data.

    python -m tests.codegen.support.cases

prints the table. Each case leads to the right code, to a note, or to a refusal with a location.
"""

from __future__ import annotations

from collections.abc import Sequence

from tests.codegen.support.cases import bodies, copies, messages, operations, service, unions, versions
from tests.codegen.support.cases.case import Case

__all__ = ["CASES", "Case"]

CASES: Sequence[Case] = (
    *copies.CASES,
    *messages.CASES,
    *bodies.CASES,
    *service.CASES,
    *operations.CASES,
    *unions.CASES,
    *versions.CASES,
)
