"""Whose words stand in openapi.json: counts the sentences that it has in common with documents of the vendor.

    python -m codegen.wording DOCUMENT [DOCUMENT ...]

It fails if there is any.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from circleci_v2._wire.json import is_array, is_object
from codegen.documents import read_document
from codegen.errors import SpecError
from codegen.normalize import OUR_DOCUMENT

__all__ = ["borrowed_sentences", "sentences"]

_FEWEST_WORDS = 6


def sentences(document: Any) -> set[str]:
    """The sentences of six words or more among the texts of a document, as words alone, in lower case."""
    parts = (part for text in _texts(document) for part in re.split(r"(?<=[.!?])\s+|\n+", text))
    words = (re.findall(r"[a-z0-9]+", part.lower()) for part in parts)
    return {" ".join(found) for found in words if len(found) >= _FEWEST_WORDS}


def _texts(value: Any) -> Iterator[str]:
    if is_object(value):
        for key, item in value.items():
            if key in {"description", "summary"} and isinstance(item, str):
                yield item
            else:
                yield from _texts(item)
    elif is_array(value):
        for item in value:
            yield from _texts(item)


def borrowed_sentences(ours: Any, theirs: Sequence[Any]) -> list[str]:
    """The sentences of one document that stand in any of the others, too."""
    return sorted(sentences(ours) & set[str]().union(*(sentences(document) for document in theirs)))


def main(arguments: Sequence[str] | None = None) -> int:
    """Count from the command line."""
    parser = argparse.ArgumentParser(prog="python -m codegen.wording", description="Count the sentences we share.")
    parser.add_argument("documents", nargs="+", help="documents of the vendor")
    options = parser.parse_args(arguments)
    try:
        ours = read_document(OUR_DOCUMENT)
        borrowed = borrowed_sentences(ours, [read_document(document) for document in options.documents])
    except SpecError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    for sentence in borrowed:
        print(f"  {sentence}")
    print(f"{len(borrowed)} of {len(sentences(ours))} sentences of openapi.json stand in a document of the vendor")
    return 1 if borrowed else 0


if __name__ == "__main__":
    sys.exit(main())
