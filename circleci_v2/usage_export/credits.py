"""Credits: what was spent, by project, job and resource class."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from decimal import Decimal
from typing import Literal, TypeAlias, get_args

import attrs

from circleci_v2.errors import ConfigurationError
from circleci_v2.usage_export.rows import UsageRow

__all__ = ["CreditsDimension", "CreditsSpent", "CreditsTally", "sum_credits"]

CreditsDimension: TypeAlias = Literal["project", "job", "resource_class"]

_ALL: tuple[CreditsDimension, ...] = get_args(CreditsDimension)


@attrs.frozen(kw_only=True)
class CreditsSpent:
    """What one kind of job run has cost.

    Attributes:
        project: The name of the project; None when not told apart, or not known.
        job: The name of the job; None when not told apart, or not known.
        resource_class: The resource class; None when not told apart, or not known.
        runs: How many runs there were.
        seconds: How long they took together.
        credits: What they cost together, in credits.
    """

    project: str | None = None
    job: str | None = None
    resource_class: str | None = None
    runs: int = 0
    seconds: Decimal = Decimal(0)
    credits: Decimal = Decimal(0)

    def plus(self, row: UsageRow) -> CreditsSpent:
        """The same with one more run."""
        return attrs.evolve(
            self,
            runs=self.runs + 1,
            seconds=self.seconds + (row.job_run_seconds or 0),
            credits=self.credits + (row.total_credits or 0),
        )


class CreditsTally:
    """Adds up rows as they come, for those that are too many to keep.

    Args:
        by: What to tell apart. Default: projects, jobs and resource classes.

    Raises:
        ConfigurationError: `by` names something else.
    """

    def __init__(self, by: Collection[CreditsDimension] = _ALL) -> None:
        if unknown := set(by) - set(_ALL):
            msg = f"by={sorted(unknown)}: credits can be told apart by {', '.join(_ALL)}."
            raise ConfigurationError(msg)
        self._by = frozenset(by)
        self._spent: dict[CreditsSpent, CreditsSpent] = {}

    def add(self, row: UsageRow) -> None:
        """Count a row."""
        kind = CreditsSpent(
            project=row.project_name if "project" in self._by else None,
            job=row.job_name if "job" in self._by else None,
            resource_class=row.resource_class if "resource_class" in self._by else None,
        )
        self._spent[kind] = self._spent.get(kind, kind).plus(row)

    def spent(self) -> list[CreditsSpent]:
        """What was counted so far, the most expensive first."""
        return sorted(self._spent.values(), key=lambda spent: spent.credits, reverse=True)


def sum_credits(rows: Iterable[UsageRow], *, by: Collection[CreditsDimension] = _ALL) -> list[CreditsSpent]:
    """Add up what rows cost, the most expensive first.

    Args:
        rows: The rows.
        by: What to tell apart. Default: projects, jobs and resource classes.

    Raises:
        ConfigurationError: `by` names something else.
    """
    tally = CreditsTally(by)
    for row in rows:
        tally.add(row)
    return tally.spent()
