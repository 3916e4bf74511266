"""CircleCI's current document: downloaded, checked, kept out of version control, and compared with ours.

    python -m codegen.fetch [SOURCE] [--output FILE]

The file is replaced only by a document that passes every check. What the diff finds does not fail the command: for exit
codes, run `python -m codegen.diff` on the two documents.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from codegen.diff import diff_documents
from codegen.diffing.reports import print_table
from codegen.documents import Document, dump_document, read_document, write_document
from codegen.errors import SpecError
from codegen.normalize import METHODS, OUR_DOCUMENT
from codegen.validation import check_validity

__all__ = ["CIRCLECI_DOCUMENT", "check", "main"]

CIRCLECI_DOCUMENT = "https://circleci.com/api/v2/openapi.json"
DEFAULT_OUTPUT = Path("build/openapi.json")

_SMALLEST_DOCUMENT = 50_000
"""Bytes; CircleCI's document of 2022, with half the operations of today, has three times as many."""


def check(document: Document, source: str) -> None:
    """Make sure that a document can be what CircleCI publishes.

    Args:
        document: The document, as read.
        source: Where it is from, for messages.

    Raises:
        SpecError: It is implausibly small, not valid OpenAPI, or has far fewer or far more operations than ours.
    """
    size = len(dump_document(document).encode())
    if size < _SMALLEST_DOCUMENT:
        msg = f"{source}: {size} bytes is too little for CircleCI's document, which has {_SMALLEST_DOCUMENT} at least"
        raise SpecError(msg)
    try:
        check_validity(document)
    except SpecError as error:
        msg = f"{source}: {error}"
        raise SpecError(msg) from error
    found, ours = _operations(document), _operations(read_document(OUR_DOCUMENT))
    if not ours // 2 <= found <= ours * 3:
        msg = f"{source}: {found} operations, where ours has {ours}: between {ours // 2} and {ours * 3} are plausible"
        raise SpecError(msg)


def _operations(document: Document) -> int:
    return sum(method in item for item in document.get("paths", {}).values() for method in METHODS)


def main(arguments: Sequence[str] | None = None) -> int:
    """Fetch from the command line."""
    parser = argparse.ArgumentParser(prog="python -m codegen.fetch", description="Fetch and check CircleCI's document.")
    parser.add_argument("source", nargs="?", default=CIRCLECI_DOCUMENT, help="a file or a URL; default: CircleCI's own")
    parser.add_argument("--output", type=Path, default=DEFAULT_OUTPUT, help=f"default: {DEFAULT_OUTPUT}")
    options = parser.parse_args(arguments)
    try:
        document = read_document(options.source)
        check(document, options.source)
        diff = diff_documents(
            read_document(OUR_DOCUMENT), document, old_name=OUR_DOCUMENT.name, new_name=options.source
        )
    except SpecError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    write_document(document, options.output)
    print_table(diff.without_words())
    print(f"{_operations(document)} operations, kept in {options.output}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
