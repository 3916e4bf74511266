"""How documents fare as input: operations, models, lines and seconds of the package of each, and whether its types hold.

    python -m codegen.survey DOCUMENT [DOCUMENT ...] [--write]

Prints the table of docs/spec-changes.md; with ``--write``, puts it there. The types are checked by `mypy --strict`.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import attrs

from codegen.documents import Document, read_document
from codegen.errors import SpecError
from codegen.generate import generate
from codegen.generate.parsing import ROOT, parse
from codegen.names import Names
from codegen.normalize import normalize
from codegen.reading import operations_of

__all__ = ["Figures", "measure", "table"]

PAGE = ROOT / "docs" / "spec-changes.md"
BEGINNING, END = "<!-- written by codegen.survey -->\n", "<!-- end -->\n"

_HEADINGS = ("document", "operations", "models and enums", "lines", "seconds", "mypy --strict")


@attrs.frozen(kw_only=True)
class Figures:
    """The package of one document.

    Attributes:
        document: Its name.
        operations: Methods of the package, those that the overlay retains included.
        models: Models and enums.
        lines: Lines of Python.
        seconds: What one generation took, from the document read to the tree formatted.
        types: What mypy says of it, or why there is nothing to check.
    """

    document: str
    operations: int
    models: int
    lines: int
    seconds: float
    types: str


def measure(document: Document, name: str, *, check_types: bool = True) -> Figures:
    """Generate the package of a document into a temporary folder and measure it.

    Raises:
        SpecError: No package can be generated from the document.
    """
    with tempfile.TemporaryDirectory() as folder:
        package = Path(folder) / "circleci_v2"
        package.mkdir()
        for entry in (ROOT / "circleci_v2").iterdir():
            if entry.name not in {"_generated", "__pycache__"}:
                (package / entry.name).symlink_to(entry)
        started = time.perf_counter()
        generate(document, package / "_generated")
        seconds = time.perf_counter() - started
        normal = normalize(document).document
        parsed = parse(normal, Names.load(), package)
        return Figures(
            document=name,
            operations=sum(1 for _ in operations_of(normal)),
            models=len(parsed.models) + len(parsed.enums),
            lines=sum(
                len(path.read_text(encoding="utf-8").splitlines()) for path in package.glob("_generated/**/*.py")
            ),
            seconds=seconds,
            types=_types(Path(folder)) if check_types else "not checked",
        )


def _types(folder: Path) -> str:
    command = ["mypy", "--strict", "--config-file=", f"--cache-dir={folder / 'cache'}", "--follow-imports=silent"]
    result = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-m", *command, "-p", "circleci_v2._generated"],
        cwd=folder,
        env={**os.environ, "MYPYPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    return "clean" if result.returncode == 0 else result.stdout.strip().splitlines()[-1]


def table(rows: Sequence[Figures]) -> str:
    """The figures as a Markdown table."""
    return "\n".join([_row(_HEADINGS), _row(["---"] * len(_HEADINGS)), *map(_row, map(_cells, rows))]) + "\n"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cells(row: Figures) -> list[str]:
    return [row.document, str(row.operations), str(row.models), f"{row.lines:,}", f"{row.seconds:.1f}", row.types]


def _all(paths: Sequence[Path]) -> Iterator[Figures]:
    for path in paths:
        try:
            yield measure(read_document(path), path.stem)
        except SpecError as error:
            msg = f"{path}: {error}"
            raise SpecError(msg) from error


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure from the command line."""
    parser = argparse.ArgumentParser(prog="python -m codegen.survey", description="How documents fare as input.")
    parser.add_argument("documents", type=Path, nargs="+", help="OpenAPI documents")
    parser.add_argument("--write", action="store_true", help="put the table into docs/spec-changes.md")
    options = parser.parse_args(arguments)
    try:
        text = table(list(_all(options.documents)))
    except SpecError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(text, end="")
    if options.write:
        before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGINNING)
        PAGE.write_text(f"{before}{BEGINNING}{text}{END}{rest.partition(END)[2]}", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
