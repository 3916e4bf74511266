"""Adopt a newer document: the command line.

    python -m codegen.adopt DOCUMENT [--output FILE]

Exit codes: 0 the document is written; 1 the newer document is unusable; 2 wrong arguments.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from codegen.adopt.adoption import adopt
from codegen.adopt.check_todos import TODO, find_todos
from codegen.diff.reports import print_table
from codegen.documents import OUR_DOCUMENT, read_document, write_document
from codegen.errors import SpecError

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m codegen.adopt", description="Bring the facts of a newer document into openapi.json."
    )
    parser.add_argument("document", help="a file or a URL")
    parser.add_argument("--output", type=Path, default=OUR_DOCUMENT, help="default: openapi.json")
    options = parser.parse_args(arguments)
    try:
        adoption = adopt(read_document(OUR_DOCUMENT), read_document(options.document), name=options.document)
    except SpecError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    write_document(adoption.document, options.output)
    print_table(adoption.diff)
    for proposal in adoption.proposals:
        print(f"check: {proposal}")
    locations = list(find_todos(adoption.document))
    print(f"wrote {options.output}; {len(locations)} descriptions are missing")
    if locations:
        print(f"Next: replace every {TODO!r} by a description, set info.version, then run `make generate lint test`.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
