"""The public API of the last released version, in one committed file: signatures, fields and imports, without any code.

    python -m codegen.diff.baseline

`codegen.diff.compatibility` compares the package with it. A tag of git cannot be relied on: shallow clones, source
distributions and copies have none. The file is written at each release, and differs from one release to the next only where
the interface does.
"""

from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from codegen.documents import ROOT
from codegen.errors import SpecError

__all__ = ["BASELINE", "baseline_of", "main", "signatures_of", "unpack", "version_of"]

BASELINE: Final = Path("codegen") / "diff" / "baseline.json"
PACKAGE: Final = "circleci_v2"


def baseline_of(repository: Path = ROOT) -> dict[str, Any]:
    """Return the content of the file: the version, and the signatures of each module by its path."""
    package = repository / PACKAGE
    found = re.search(r'^__version__ = "(.+)"$', (package / "__init__.py").read_text(encoding="utf-8"), re.MULTILINE)
    return {
        "version": found.group(1) if found else "unknown",
        "modules": {
            path.relative_to(repository).as_posix(): signatures_of(path.read_text(encoding="utf-8"))
            for path in sorted(package.rglob("*.py"))
        },
    }


def signatures_of(source: str) -> str:
    """Return a module without docstrings, comments, private functions and the bodies of the others."""
    tree = ast.parse(source)
    tree.body = list(_declarations(tree.body))
    return ast.unparse(ast.fix_missing_locations(tree))


def _declarations(statements: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    for statement in statements:
        match statement:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                if not name.startswith("_") or name.endswith("__"):
                    statement.body = [ast.Expr(ast.Constant(...))]
                    yield statement
            case ast.ClassDef():
                statement.body = [*_declarations(statement.body)] or [ast.Pass()]
                yield statement
            case ast.If():
                # Imports for type checkers, and what differs by platform.
                statement.body = [*_declarations(statement.body)] or [ast.Pass()]
                statement.orelse = list(_declarations(statement.orelse))
                yield statement
            case ast.Import() | ast.ImportFrom() | ast.Assign() | ast.AnnAssign() | ast.AugAssign():
                yield statement
            case _:
                pass


def version_of(repository: Path = ROOT) -> str | None:
    """Return the version of the committed baseline; None if there is none."""
    file = repository / BASELINE
    return str(json.loads(file.read_text(encoding="utf-8"))["version"]) if file.exists() else None


def unpack(repository: Path, folder: Path) -> None:
    """Write the modules of the committed baseline into a folder.

    Raises:
        SpecError: A path of the file leads out of the folder.
    """
    content: dict[str, Any] = json.loads((repository / BASELINE).read_text(encoding="utf-8"))
    for name, source in content["modules"].items():
        path = (folder / name).resolve()
        if not path.is_relative_to(folder.resolve() / PACKAGE):
            msg = f"{BASELINE}: {name!r} is not a module of {PACKAGE}"
            raise SpecError(msg)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source, encoding="utf-8")


def main(repository: Path = ROOT) -> int:
    """Write the file; return the exit code."""
    content = baseline_of(repository)
    file = repository / BASELINE
    file.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    print(f"wrote {file}: {len(content['modules'])} modules of version {content['version']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
