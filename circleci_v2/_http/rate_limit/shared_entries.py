"""The entries of the log that processes with shared rate limits append to, and their text: JSON."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any, Literal

import attrs

from circleci_v2.policies import RateLimit

__all__ = ["Demand", "Entry", "Report", "ReportedOutcome", "WindowCall", "is_former", "new_member", "next_member"]

ReportedOutcome = Literal["accepted", "rejected", "lost", "unused"]


@attrs.frozen(kw_only=True)
class Report:
    """The outcome of one request. Times are those of the store.

    Attributes:
        operation: The operation.
        lease: The number of its lease; None if it was sent without one.
        outcome: How it ended; ``unused`` means that it was never sent.
        sent_at: When it was sent.
        at: When that was known.
        limit: The rate limit in the headers of the response.
        pause: Seconds after which a rejected call is sent again.
        is_requested: Whether the server requested that pause.
    """

    operation: str
    lease: int | None
    outcome: ReportedOutcome
    sent_at: float
    at: float
    limit: RateLimit | None = None
    pause: float = 0.0
    is_requested: bool = False


@attrs.frozen(kw_only=True)
class Demand:
    """The requests of an operation that wait in a process.

    Attributes:
        operation: The operation, or any of those that share its bucket.
        waiting: The number of requests that wait.
        held: How many leases the process holds for them already.
        interactive: Whether the first of them may use the reserve.
    """

    operation: str
    waiting: int
    held: int = 0
    interactive: bool = True


@attrs.frozen(kw_only=True)
class WindowCall:
    """A call that a published limit applies to.

    Attributes:
        operation: The operation.
        organization: The organization that the limit applies to, in any form.
        released_at: When the call was counted, if it was not sent after all; None to count it.
    """

    operation: str
    organization: str
    released_at: float | None = None


@attrs.frozen(kw_only=True)
class Entry:
    """An entry of the log, by one process.

    Attributes:
        member: The process; a text from `new_member` or `next_member`, which is different for each one.
        reports: The outcomes since its last entry.
        demands: The requests that wait; operations without waiting requests may be left out.
        window_calls: Calls that published limits apply to.
        levels: After a time without the store, the requests that the process expects to be left, by operation.
    """

    member: str
    reports: tuple[Report, ...] = ()
    demands: tuple[Demand, ...] = ()
    window_calls: tuple[WindowCall, ...] = ()
    levels: Mapping[str, float] = attrs.field(factory=dict[str, float])

    def to_text(self) -> str:
        """Return the entry as text."""
        reports = [
            [*attrs.astuple(report, recurse=False)[:5], report.limit and attrs.astuple(report.limit), *_pause(report)]
            for report in self.reports
        ]
        parts = [
            self.member,
            reports,
            [attrs.astuple(demand) for demand in self.demands],
            [attrs.astuple(call) for call in self.window_calls],
            dict(self.levels),
        ]
        return json.dumps(parts, separators=(",", ":"))

    @classmethod
    def from_text(cls, text: str) -> Entry:
        """Return the entry that a text describes.

        Raises:
            ValueError: It describes none.
        """
        try:
            member, reports, demands, calls, levels = json.loads(text)
            return cls(
                member=member,
                reports=tuple(_report(*fields) for fields in reports),
                demands=tuple(_like(Demand, fields) for fields in demands),
                window_calls=tuple(_like(WindowCall, fields) for fields in calls),
                levels=dict(levels),
            )
        except TypeError as error:
            msg = f"not an entry: {error}"
            raise ValueError(msg) from error


def _pause(report: Report) -> tuple[Any, ...]:
    return (report.pause, report.is_requested) if report.outcome == "rejected" else ()


def _like(kind: type[Any], fields: list[Any]) -> Any:
    return kind(**dict(zip((field.name for field in attrs.fields(kind)), fields, strict=True)))


def _report(*fields: Any) -> Report:
    operation, lease, outcome, sent_at, at, limit, *pause = fields
    seconds, is_requested = pause or (0.0, False)
    return Report(
        operation=operation,
        lease=lease,
        outcome=outcome,
        sent_at=sent_at,
        at=at,
        limit=None if limit is None else _like(RateLimit, limit),
        pause=seconds,
        is_requested=is_requested,
    )


def new_member() -> str:
    """Return the name of a process in the log."""
    return f"{uuid.uuid4().hex[:12]}.1"


def next_member(member: str) -> str:
    """Return the name of a process from now on, which thereby gives back all leases that it had under its former names.

    Args:
        member: Its name until now.
    """
    process, _, generation = member.partition(".")
    return f"{process}.{int(generation) + 1}"


def is_former(other: str, member: str) -> bool:
    """Return whether a name is a former one of a process.

    Args:
        other: The name.
        member: The name of the process now.
    """
    return other != member and other.partition(".")[0] == member.partition(".")[0]
