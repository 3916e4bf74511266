"""Read YAML as OpenAPI understands it: with the scalars of JSON, and with text as keys.

OpenAPI allows the scalars of YAML 1.2's JSON schema only (https://spec.openapis.org/oas/v3.0.3#format). PyYAML implements
YAML 1.1, in which an unquoted ``2020-08-01T12:00:00Z`` is a time, ``on`` is true, ``12:30`` is 750, and the key ``200`` is an
integer.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

__all__ = ["load_yaml"]

_TAG = "tag:yaml.org,2002:"
_MOST_NODES = 5_000_000
"""An anchor stands for its content wherever an alias repeats it; nested repetitions can exceed any memory."""


class _Loader(yaml.SafeLoader):
    # Without the implicit types of YAML 1.1; `_SCALARS` are added below. ``<<`` still merges mappings.
    yaml_implicit_resolvers = {"<": [(f"{_TAG}merge", re.compile("^<<$"))]}  # noqa: RUF012 - as in the base class

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        self.flatten_mapping(node)
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                key.tag = f"{_TAG}str"
        return super().construct_mapping(node, deep=deep)


_SCALARS = {
    "null": (r"^(?:null|Null|NULL|~|)$", "nN~\0"),
    "bool": (r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    "int": (r"^[-+]?(?:0|[1-9][0-9]*)$", "-+0123456789"),
    "float": (r"^[-+]?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?$", "-+.0123456789"),
}
for _kind, (_pattern, _first) in _SCALARS.items():
    _Loader.add_implicit_resolver(f"{_TAG}{_kind}", re.compile(_pattern), ["" if c == "\0" else c for c in _first])  # pyright: ignore[reportUnknownMemberType]


def load_yaml(text: str | bytes) -> Any:
    """Return the content of a YAML file.

    Raises:
        yaml.YAMLError: The text is not YAML, or its anchors repeat more than any plausible document contains.
    """
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        if _size(node, {}) > _MOST_NODES:
            msg = f"its anchors stand for more than {_MOST_NODES} values"
            raise yaml.YAMLError(msg)
        return loader.construct_document(node)  # pyright: ignore[reportUnknownMemberType]
    finally:
        loader.dispose()  # pyright: ignore[reportUnknownMemberType]


def _size(node: Any, known: dict[int, int]) -> int:
    """Return the number of values that a node stands for, with everything that aliases repeat."""
    if id(node) not in known:
        known[id(node)] = 0  # an anchor inside itself is reported by the check of the document
        children = node.value if isinstance(node, yaml.SequenceNode) else ()
        if isinstance(node, yaml.MappingNode):
            children = [value for _, value in node.value]
        known[id(node)] = 1 + sum(_size(child, known) for child in children)
    return known[id(node)]
