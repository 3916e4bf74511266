"""Measure the packages generated from documents: operations, models, lines, CPU seconds, and the result of mypy --strict.

    python -m codegen.diff.survey DOCUMENT [DOCUMENT ...] [--write]

Prints the table of docs/spec-changes.md; with ``--write``, updates it there.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import attrs

from codegen.documents import ROOT, Document, read_document
from codegen.errors import SpecError
from codegen.generate import generate
from codegen.generate.parsing import parse
from codegen.names import Names
from codegen.normalize import normalize
from codegen.queries import operations_of

__all__ = ["Figures", "main", "measure", "table"]

PAGE = ROOT / "docs" / "spec-changes.md"
TABLE_START, TABLE_END = "<!-- written by codegen.diff.survey -->\n", "<!-- end -->\n"

_HEADINGS = ("document", "operations", "models and enums", "lines", "CPU seconds", "mypy --strict")


@attrs.frozen(kw_only=True)
class Figures:
    """Measurements of the package of one document.

    Attributes:
        document: The name of the document.
        operations: The number of operations, including those that the overlay retains.
        models: The number of models and enums.
        lines: The number of lines of Python.
        seconds: The CPU time of one generation, that of ruff included, without reading the document.
        types: The result of mypy.
    """

    document: str
    operations: int
    models: int
    lines: int
    seconds: float
    types: str


def measure(document: Document, name: str, *, check_types: bool = True) -> Figures:
    """Generate the package of a document in a temporary folder and measure it.

    Raises:
        SpecError: No package can be generated from the document.
    """
    with tempfile.TemporaryDirectory() as folder:
        package = Path(folder) / "circleci_v2"
        package.mkdir()
        for entry in (ROOT / "circleci_v2").iterdir():
            if entry.name not in {"_generated", "__pycache__"}:
                (package / entry.name).symlink_to(entry)
        started = _cpu_seconds()
        generate(document, package / "_generated")
        seconds = _cpu_seconds() - started
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


def _cpu_seconds() -> float:
    """The CPU time of this process and of its children that have ended, which other processes of the machine hardly change."""
    return sum(os.times()[:4])


def _types(folder: Path) -> str:
    command = ["mypy", "--strict", "--config-file=", f"--cache-dir={folder / 'cache'}", "--follow-imports=silent"]
    result = subprocess.run(  # noqa: S603 - runs our own interpreter
        [sys.executable, "-m", *command, "-p", "circleci_v2._generated"],
        cwd=folder,
        env={**os.environ, "MYPYPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    return "clean" if result.returncode == 0 else result.stdout.strip().splitlines()[-1]


def table(rows: Sequence[Figures]) -> str:
    """Format the measurements as a Markdown table."""
    return "\n".join([_row(_HEADINGS), _row(["---"] * len(_HEADINGS)), *map(_row, map(_cells, rows))]) + "\n"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cells(row: Figures) -> list[str]:
    return [row.document, str(row.operations), str(row.models), f"{row.lines:,}", f"{row.seconds:.1f}", row.types]


def _measure_all(paths: Sequence[Path]) -> Iterator[Figures]:
    for path in paths:
        try:
            yield measure(read_document(path), path.stem)
        except SpecError as error:
            msg = f"{path}: {error}"
            raise SpecError(msg) from error


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m codegen.diff.survey", description="Measure the packages generated from documents."
    )
    parser.add_argument("documents", type=Path, nargs="+", help="OpenAPI documents")
    parser.add_argument("--write", action="store_true", help="update the table in docs/spec-changes.md")
    options = parser.parse_args(arguments)
    try:
        text = table(list(_measure_all(options.documents)))
    except SpecError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(text, end="")
    if options.write:
        before, _, rest = PAGE.read_text(encoding="utf-8").partition(TABLE_START)
        PAGE.write_text(f"{before}{TABLE_START}{text}{TABLE_END}{rest.partition(TABLE_END)[2]}", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
