"""Compare two documents: the command line.

    python -m codegen.diff OLD NEW [--format terminal|markdown|json] [--output FILE] [--no-descriptions] [--fail-on GRADE]

Exit codes: 0 nothing breaks; 1 a document is unusable, or overlay.yaml has to be corrected for it; 2 wrong arguments;
3 something breaks at run time; 4 callers break.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from codegen.diff.changes import Diff, Grade
from codegen.diff.document_diff import diff_documents
from codegen.diff.reports import FORMATS, report
from codegen.documents import OUR_DOCUMENT, read_document
from codegen.errors import SpecError

__all__ = ["main"]

_EXIT_CODES: Mapping[Grade, int] = {Grade.BREAKS_AT_RUN_TIME: 3, Grade.BREAKS_CALLERS: 4}
_FAIL_ON: Mapping[str, Grade | None] = {
    "run-time": Grade.BREAKS_AT_RUN_TIME,
    "callers": Grade.BREAKS_CALLERS,
    "never": None,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m codegen.diff", description="Report what changed between documents."
    )
    parser.add_argument("old", help="a file or a URL")
    parser.add_argument("new", help="a file or a URL")
    parser.add_argument("--format", choices=FORMATS, default="terminal", help="default: terminal")
    parser.add_argument("--output", type=Path, help="the file to write; default: standard output")
    parser.add_argument(
        "--no-descriptions",
        action="store_true",
        help="leave out changes of descriptions; always done if one document is openapi.json",
    )
    parser.add_argument(
        "--fail-on", choices=_FAIL_ON, default="run-time", help="the lowest grade to fail for; default: run-time"
    )
    options = parser.parse_args(arguments)
    try:
        diff = diff_documents(
            read_document(options.old), read_document(options.new), old_name=options.old, new_name=options.new
        )
    except SpecError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    # All descriptions of openapi.json are our own, so they would all be reported.
    is_ours = OUR_DOCUMENT in {Path(options.old).resolve(), Path(options.new).resolve()}
    reported = diff.without_descriptions() if options.no_descriptions or is_ours else diff
    report(reported, options.format, options.output)
    return 1 if diff.problems else _exit_code(diff, _FAIL_ON[options.fail_on])


def _exit_code(diff: Diff, fail_on: Grade | None) -> int:
    """Return 0 unless a change has the grade `fail_on` or a worse one; None means never to fail."""
    found = diff.worst
    return 0 if found is None or fail_on is None or found < fail_on else _EXIT_CODES[found]


if __name__ == "__main__":
    sys.exit(main())
