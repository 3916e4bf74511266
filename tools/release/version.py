"""Check that a tag, the version of the package, the changelog and the baseline of the public API agree.

    python -m tools.release.version [v0.1.0]

Without a tag, the version of the package is checked. Needs nothing but Python. Exit codes: 0 they agree, 1 they do not.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

__all__ = ["main", "problems"]

ROOT: Final = Path(__file__).parent.parent.parent


def problems(tag: str, root: Path = ROOT) -> Iterator[str]:
    """Yield what keeps a version from being released.

    Args:
        tag: The tag, such as ``v0.1.0``; empty to check the version of the package.
        root: The root of the repository.
    """
    package = (root / "circleci_v2" / "__init__.py").read_text(encoding="utf-8")
    found = re.search(r'^__version__ = "(.+)"$', package, re.MULTILINE)
    version = found.group(1) if found else "none"
    if tag and tag != f"v{version}":
        yield f"the tag is {tag}, and circleci_v2.__version__ is {version}: they have to name the same version"
    changelog = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    if not re.search(rf"^## {re.escape(version)} \(\d{{4}}-\d\d-\d\d\)$", changelog, re.MULTILINE):
        yield f"CHANGELOG.md has no heading '## {version} (year-month-day)': run `make release-notes`"
    baseline = root / "codegen" / "diff" / "baseline.json"
    recorded = json.loads(baseline.read_text(encoding="utf-8"))["version"] if baseline.exists() else "none"
    if recorded != version:
        yield f"codegen/diff/baseline.json is that of {recorded}, not of {version}: run `make baseline`"


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """Run the command; return its exit code."""
    tag = next(iter(sys.argv[1:] if arguments is None else arguments), "")
    found = list(problems(tag, root))
    for problem in found:
        print(f"error: {problem}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
