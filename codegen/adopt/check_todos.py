"""List the places of openapi.json that still need a description.

Adopting a newer document adds its facts but not its descriptions, which are CircleCI's. A marker takes their place, and
`make lint` fails until every marker has been replaced.

    python -m codegen.adopt.check_todos
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from circleci_v2._wire.json import is_array, is_object
from codegen.documents import OUR_DOCUMENT, read_document
from codegen.errors import SpecError

__all__ = ["TODO", "find_todos", "main"]

TODO = "TODO: describe"


def find_todos(value: Any, location: str = "") -> Iterator[str]:
    """Yield the location of every marker in a document."""
    if isinstance(value, str):
        if value.startswith(TODO):
            yield location
    elif is_array(value):
        for index, item in enumerate(value):
            name = item.get("name", index) if is_object(item) else index
            yield from find_todos(item, f"{location}/{name}")
    elif is_object(value):
        for key, item in value.items():
            yield from find_todos(item, f"{location}/{key}" if location else key)


def main() -> int:
    """Print the markers in openapi.json; return 1 if there are any."""
    try:
        locations = list(find_todos(read_document(OUR_DOCUMENT)))
    except SpecError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    for location in locations:
        print(f"{OUR_DOCUMENT.name}: {location} says {TODO!r}; replace it with a sentence of your own", file=sys.stderr)
    return 1 if locations else 0


if __name__ == "__main__":
    sys.exit(main())
