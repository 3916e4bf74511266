"""What several commands can be told, and how it is read."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

import typer

__all__ = ["Branch", "Limit", "Project", "Since", "key_and_value", "moment"]

_AGO: Final = re.compile(r"([0-9]+)([smhdw])")
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def moment(text: str) -> datetime:
    """The moment that a text stands for: ``7d`` ago, or an ISO 8601 date or time; UTC where it names no zone.

    Raises:
        typer.BadParameter: It stands for none.
    """
    try:
        if ago := _AGO.fullmatch(text):
            return datetime.now(UTC) - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        parsed = datetime.fromisoformat(text)
        return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    except (OverflowError, ValueError) as error:  # the calendar does not reach that far, or it is neither
        msg = f"{text!r} is no moment: write 30m, 12h, 7d or 4w for so long ago, or a date such as 2026-01-31."
        raise typer.BadParameter(msg) from error


def key_and_value(text: str) -> tuple[str, str]:
    """The two sides of ``key=value``.

    Raises:
        typer.BadParameter: There is no ``=``, or nothing before it.
    """
    key, equals, value = text.partition("=")
    if not key or not equals:
        msg = f"{text!r} is not of the form key=value."
        raise typer.BadParameter(msg)
    return key, value


Project = Annotated[str, typer.Argument(help="The project slug, such as gh/acme/web.", metavar="PROJECT")]
Branch = Annotated[str | None, typer.Option(help="Only pipelines of this branch.")]
Since = Annotated[
    datetime | None,
    typer.Option(parser=moment, metavar="MOMENT", help="Only pipelines since then: 12h, 7d, 2026-01-31, …"),
]
Limit = Annotated[int | None, typer.Option(min=1, help="At most so many pipelines, the newest.")]
