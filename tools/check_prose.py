"""Check that docstrings, comments and documents use the field's words and plain sentences.

A few words and sentence shapes make technical prose hard to read: a verb where HTTP has a noun ("answer" for a response),
indefinite persons ("whoever", "nobody"), and sentences that open with a subordinate clause ("What is sent ..."). Each file
may have fewer than 3 of them in 1,000 words.

    python -m tools.check_prose [FILE ...]
"""

from __future__ import annotations

import ast
import io
import json
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from circleci_v2._wire.json import is_array, is_object

ROOT: Final = Path(__file__).parent.parent
MAXIMUM: Final = 3.0
"""Occurrences in 1,000 words; each file must stay below."""

EXCEPTIONS: Final[frozenset[str]] = frozenset({"tools/check_prose.py"})
"""Files that are not checked: this one quotes the words."""

_WORDS: Final = re.compile(
    r"\b(?:answer(?:s|ed|ing)?|asks?|asked|told|tells?|nobody|somebody|whoever|whom)\b", re.IGNORECASE
)
_OPENINGS: Final = re.compile(r"(?:^|(?<=[.:;!?]\s)|(?<=\n\n))[\"'(]?(?:What|Who|Whoever|Whom)\b")
_FENCED: Final = re.compile(r"```.*?```", re.DOTALL)
_QUOTED: Final = re.compile(r"`[^`\n]*`")


def main(arguments: Sequence[str]) -> int:
    """Check the given files, or every file that git tracks."""
    paths = [Path(argument).resolve() for argument in arguments] or _tracked_files()
    failures = 0
    for path in paths:
        name = path.relative_to(ROOT).as_posix()
        if name in EXCEPTIONS:
            continue
        prose = _QUOTED.sub("", "\n\n".join(_prose_of(path)))
        words = len(prose.split())
        found = [*_WORDS.finditer(prose), *_OPENINGS.finditer(prose)]
        if words and len(found) * 1000 / words >= MAXIMUM:
            failures += 1
            print(f"{name}: {len(found)} in {words} words ({len(found) * 1000 / words:.1f} per 1,000)")
            for match in sorted(found, key=lambda match: match.start()):
                print(f"    …{_around(prose, match)}…")
    return 1 if failures else 0


def _tracked_files() -> list[Path]:
    patterns = ["*.py", "*.md", "*.yaml", "*.toml", "Makefile", "templates/*", "openapi.json"]
    listed = subprocess.run(  # noqa: S603 - a fixed command
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns],  # noqa: S607 - git on the PATH
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    names = [name for name in listed.stdout.split() if not name.startswith(("circleci_v2/_generated/", "tests/"))]
    return [ROOT / name for name in names if (ROOT / name).exists()]


def _prose_of(path: Path) -> Iterator[str]:
    text = path.read_text(encoding="utf-8")
    match path.suffix:
        case ".py":
            yield from _docstrings(text)
            yield from _comments(text)
        case ".json":
            yield from _descriptions(json.loads(text))
        case ".md":
            yield _FENCED.sub("", text)
        case _:
            yield from re.findall(r"#\s?(.*)", text)


def _docstrings(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield node.value.value.strip()


def _comments(source: str) -> Iterator[str]:
    """Comments; those on adjoining lines are one."""
    lines: list[str] = []
    last = -1
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type != tokenize.COMMENT:
            continue
        if token.start[0] != last + 1 and lines:
            yield " ".join(lines)
            lines = []
        lines.append(token.string.lstrip("#: "))
        last = token.start[0]
    if lines:
        yield " ".join(lines)


def _descriptions(value: Any) -> Iterator[str]:
    if is_object(value):
        for key, inner in value.items():
            if key in {"description", "summary"} and isinstance(inner, str):
                yield inner
            else:
                yield from _descriptions(inner)
    elif is_array(value):
        for inner in value:
            yield from _descriptions(inner)


def _around(prose: str, match: re.Match[str]) -> str:
    return " ".join(prose[max(0, match.start() - 30) : match.end() + 40].split())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
