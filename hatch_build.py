"""Build hook: puts the API's document into the wheel, for the checks of the fake CircleCI.

The wheel has it without indentation and without its texts, which nothing reads there, compressed: 12 instead of 62 KB. In a
checkout, and in an editable installation, `circleci_v2.testing` reads ``openapi.json`` itself.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any, Final

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

TARGET: Final = "circleci_v2/testing/openapi.json.gz"
_TEXTS: Final = frozenset({"description", "summary"})
# A value may have fields of these names, too.
_VALUES: Final = frozenset({"default", "enum", "example", "examples"})


class DocumentHook(BuildHookInterface[Any]):
    """Writes the document when a wheel is built."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the document to the files of the wheel, unless it is an editable one."""
        if version == "editable":
            return
        root = Path(self.root)
        packed = root / "build" / "openapi.json.gz"
        packed.parent.mkdir(exist_ok=True)
        packed.write_bytes(pack(json.loads((root / "openapi.json").read_bytes())))
        build_data["force_include"][str(packed)] = TARGET


def pack(document: Any) -> bytes:
    """Return a document as the wheel has it; the same bytes for the same document."""
    text = json.dumps(without_texts(document), ensure_ascii=False, separators=(",", ":"))
    return gzip.compress(text.encode(), compresslevel=9, mtime=0)


def without_texts(node: Any) -> Any:
    """Return a part of a document without summaries and descriptions; properties of that name are schemas, and stay."""
    if isinstance(node, dict):
        return {
            name: value if name in _VALUES else without_texts(value)
            for name, value in node.items()
            if not (name in _TEXTS and isinstance(value, str))
        }
    return [without_texts(item) for item in node] if isinstance(node, list) else node
