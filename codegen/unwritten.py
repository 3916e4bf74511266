"""The places of openapi.json that nobody has described yet.

Adopting a newer document adds its facts without its words, which are the vendor's; in their place stands a marker, and
`make lint` fails until a person has written what belongs there.

    python -m codegen.unwritten
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from circleci_v2._wire.json import is_array, is_object
from codegen.documents import read_document
from codegen.errors import SpecError
from codegen.normalize import OUR_DOCUMENT

__all__ = ["MARKER", "unwritten"]

MARKER = "TODO: describe"


def unwritten(value: Any, place: str = "") -> Iterator[str]:
    """The places of a document where the marker stands."""
    if isinstance(value, str):
        if value.startswith(MARKER):
            yield place
    elif is_array(value):
        for index, item in enumerate(value):
            name = item.get("name", index) if is_object(item) else index
            yield from unwritten(item, f"{place}/{name}")
    elif is_object(value):
        for key, item in value.items():
            yield from unwritten(item, f"{place}/{key}" if place else key)


def main() -> int:
    """List the places; fail if there are any."""
    try:
        places = list(unwritten(read_document(OUR_DOCUMENT)))
    except SpecError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    for place in places:
        print(f"{OUR_DOCUMENT.name}: {place} says {MARKER!r}: say in a sentence what it is", file=sys.stderr)
    return 1 if places else 0


if __name__ == "__main__":
    sys.exit(main())
