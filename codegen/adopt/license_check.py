"""Check that openapi.json contains no sentence from CircleCI's documents, whose text we have no license to redistribute.

    python -m codegen.adopt.license_check DOCUMENT [DOCUMENT ...]

Exit codes: 0 no sentence is shared; 1 there are shared sentences, or a document cannot be read.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from circleci_v2._wire.json import is_array, is_object
from codegen.documents import OUR_DOCUMENT, read_document
from codegen.errors import SpecError

__all__ = ["main", "sentences", "shared_sentences"]

_FEWEST_WORDS = 6
"""Shorter sentences, such as "The name of the project.", are often equal by chance."""


def sentences(document: Any) -> set[str]:
    """Return the sentences of six words or more in the descriptions and summaries, in lower case without punctuation."""
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


def shared_sentences(ours: Any, theirs: Sequence[Any]) -> list[str]:
    """Return the sentences of one document that are also in any of the others."""
    return sorted(sentences(ours) & set[str]().union(*(sentences(document) for document in theirs)))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m codegen.adopt.license_check", description="Find sentences of CircleCI's in openapi.json."
    )
    parser.add_argument("documents", nargs="+", help="documents published by CircleCI: files or URLs")
    options = parser.parse_args(arguments)
    try:
        ours = read_document(OUR_DOCUMENT)
        shared = shared_sentences(ours, [read_document(document) for document in options.documents])
    except SpecError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    for sentence in shared:
        print(f"  {sentence}")
    print(f"{len(shared)} of {len(sentences(ours))} sentences in openapi.json are also in a document of CircleCI's")
    if shared:
        print("Rewrite the sentences above in your own words.")
    return 1 if shared else 0


if __name__ == "__main__":
    sys.exit(main())
