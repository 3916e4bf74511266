"""The figures that other documents quote from the book.

A quote is a pattern with one group per figure. ``make bench`` writes the figures of its run into the documents, and a test
compares the documents with the results, so that neither changes without the other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

import attrs

from benchmarks.results import Run

__all__ = ["QUOTES", "Quote", "QuoteError", "update_documents", "with_quotes"]


class QuoteError(Exception):
    """A document does not have a quoted sentence exactly once, or the run lacks its figure."""


@attrs.frozen
class Quote:
    """A sentence with figures.

    Attributes:
        document: The path in the repository.
        pattern: A regular expression with one group per figure; spaces match line breaks as well.
        figures: The path of each figure: area, table, row and column.
        form: How a figure is written.
    """

    document: str
    pattern: str
    figures: tuple[str, ...]
    form: Callable[[float], str] = "{:.2f}".format

    def expression(self) -> re.Pattern[str]:
        """Return the compiled pattern."""
        return re.compile(self.pattern.replace(" ", r"\s+"))


QUOTES: Final[tuple[Quote, ...]] = (
    Quote(
        "README.md",
        r"`from circleci_v2 import CircleCI` takes ([\d.]+) times as long as the import of httpx and attrs",
        ("imports/cpu/from circleci_v2 import CircleCI/times the floor",),
        "{:.1f}".format,
    ),
    Quote(
        "README.md",
        r"1,000 calls took ([\d.]+) times the minimum without a 429",
        ("ratelimit/steady/circleci_v2, map/times the floor",),
        "{:.3f}".format,
    ),
    Quote(
        "README.md",
        r"without headers, ([\d.]+) times",
        ("ratelimit/silent/circleci_v2, map/times the floor",),
    ),
    Quote(
        "README.md",
        r"and ([\d.]+) % of the calls were rejected once",
        ("ratelimit/silent/circleci_v2, map/rejected",),
        "{:.1f}".format,
    ),
    Quote(
        "README.md",
        r"a typed page costs ([\d.]+) times the CPU with one request at a time, and ([\d.]+) times with a hundred",
        ("http/1/circleci_v2, standard json/relative", "http/100/circleci_v2, standard json/relative"),
    ),
    Quote(
        "README.md",
        r"over aiohttp with `fast=True`, ([\d.]+) and ([\d.]+) times",
        ("http/1/circleci_v2, fast=True/relative", "http/100/circleci_v2, fast=True/relative"),
    ),
)


def with_quotes(text: str, quotes: Iterable[Quote], run: Run) -> str:
    """Return the text of a document with the figures of a run.

    Raises:
        QuoteError: A quoted sentence does not occur exactly once, or the run does not have its figure.
    """
    for quote in quotes:
        found = list(quote.expression().finditer(text))
        if len(found) != 1:
            msg = f"{quote.document} has {len(found)} passages like {quote.pattern!r}, and needs one"
            raise QuoteError(msg)
        (match,) = found
        try:
            figures = [quote.form(run.figure(path).quartiles.median) for path in quote.figures]
        except LookupError as error:
            msg = f"{quote.document} quotes a figure that the run lacks: {error}"
            raise QuoteError(msg) from error
        for group in range(len(figures), 0, -1):
            text = text[: match.start(group)] + figures[group - 1] + text[match.end(group) :]
    return text


def update_documents(root: Path, run: Run) -> list[str]:
    """Write the figures of a run into the documents that quote them, and return the names of those that changed."""
    changed: list[str] = []
    for name in dict.fromkeys(quote.document for quote in QUOTES):
        path = root / name
        before = path.read_text(encoding="utf-8")
        after = with_quotes(before, [quote for quote in QUOTES if quote.document == name], run)
        if after != before:
            path.write_text(after, encoding="utf-8")
            changed.append(name)
    return changed
