"""Normalise a document: the command line.

    python -m codegen.normalize DOCUMENT [--output FILE]

Exit codes: 0 the document is written; 1 it cannot be normalised; 2 wrong arguments.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from codegen.documents import read_document, write_document
from codegen.errors import SpecError
from codegen.normalize.normalization import normalize

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m codegen.normalize", description="Bring an OpenAPI document into normal form."
    )
    parser.add_argument("document", help="a file or a URL")
    parser.add_argument("--output", type=Path, help="the file to write; default: standard output")
    options = parser.parse_args(arguments)
    try:
        normalized = normalize(read_document(options.document))
    except SpecError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    for note in normalized.notes:
        print(f"note: {note}", file=sys.stderr)
    write_document(normalized.document, options.output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
