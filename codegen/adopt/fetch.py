"""Download CircleCI's current document, check it, and compare it with ours.

    python -m codegen.adopt.fetch [SOURCE] [--output FILE]

The output file is replaced only by a document that passes every check. Changes that the comparison finds do not affect the exit
code; use `python -m codegen.diff` on the two documents for that.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from codegen.diff.document_diff import diff_documents
from codegen.diff.reports import print_table
from codegen.documents import METHODS, OUR_DOCUMENT, Document, dump_document, read_document, write_document
from codegen.errors import SpecError
from codegen.normalize.validation import check_validity

__all__ = ["CIRCLECI_DOCUMENT", "check_plausibility", "main"]

CIRCLECI_DOCUMENT = "https://circleci.com/api/v2/openapi.json"
DEFAULT_OUTPUT = Path("build/openapi.json")

_MINIMUM_SIZE = 50_000
"""Bytes; CircleCI's document of 2022, with half of today's operations, is three times as large once reformatted."""


def check_plausibility(document: Document, source: str) -> None:
    """Make sure that a document can be one that CircleCI published.

    Args:
        document: The document.
        source: Its origin, for messages.

    Raises:
        SpecError: The document is implausibly small, not valid OpenAPI, or has far fewer or far more operations than ours.
    """
    size = len(dump_document(document).encode())
    if size < _MINIMUM_SIZE:
        msg = f"{source}: {size} bytes is too small for CircleCI's document, which has at least {_MINIMUM_SIZE}"
        raise SpecError(msg)
    try:
        check_validity(document)
    except SpecError as error:
        msg = f"{source}: {error}"
        raise SpecError(msg) from error
    found, ours = _count_operations(document), _count_operations(read_document(OUR_DOCUMENT))
    if not ours // 2 <= found <= ours * 3:
        msg = f"{source}: {found} operations; ours has {ours}, so between {ours // 2} and {ours * 3} are plausible"
        raise SpecError(msg)


def _count_operations(document: Document) -> int:
    return sum(method in item for item in document.get("paths", {}).values() for method in METHODS)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m codegen.adopt.fetch", description="Download, check and compare CircleCI's document."
    )
    parser.add_argument("source", nargs="?", default=CIRCLECI_DOCUMENT, help="a file or a URL; default: CircleCI's own")
    parser.add_argument("--output", type=Path, default=DEFAULT_OUTPUT, help=f"default: {DEFAULT_OUTPUT}")
    options = parser.parse_args(arguments)
    try:
        document = read_document(options.source)
        check_plausibility(document, options.source)
        diff = diff_documents(
            read_document(OUR_DOCUMENT), document, old_name=OUR_DOCUMENT.name, new_name=options.source
        )
    except SpecError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    write_document(document, options.output)
    print_table(diff.without_descriptions())
    print(f"wrote {options.output} with {_count_operations(document)} operations")
    return 0


if __name__ == "__main__":
    sys.exit(main())
