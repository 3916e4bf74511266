"""A crawl that stores each record as a line with its cursor, and resumes at the end of the file; made to be killed."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import anyio

from circleci_v2 import CircleCI

SLUG = "gh/acme/web"


def complete_lines(path: Path) -> list[str]:
    """Return the stored lines, after removing one that the kill cut off."""
    if not path.exists():
        return []
    text = path.read_text(encoding="utf-8")
    complete = text[: text.rfind("\n") + 1]
    path.write_text(complete, encoding="utf-8")
    return complete.splitlines()


async def crawl(base_url: str, path: Path) -> None:
    """Store the missing records."""
    lines = complete_lines(path)
    cursor = json.loads(lines[-1])["cursor"] if lines else None
    async with CircleCI("fake-token", base_url=base_url) as circleci:
        with path.open("a", encoding="utf-8") as file:
            async for record in circleci.history(SLUG, cursor=cursor, concurrency=4):
                file.write(json.dumps(record.to_dict()) + "\n")
                file.flush()


if __name__ == "__main__":
    anyio.run(crawl, sys.argv[1], Path(sys.argv[2]))
