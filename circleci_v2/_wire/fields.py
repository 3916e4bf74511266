"""What is read off the declaration of a model: its fields, their keys in JSON and their types."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib import import_module
from typing import Any, get_type_hints

import attrs

__all__ = ["WireField", "is_model", "known_keys", "wire_fields"]


@attrs.frozen
class WireField:
    """One field of a model, as it travels.

    Attributes:
        attribute: Its name in Python.
        key: Its name in JSON, as published.
        other_key: The other spelling of that name, kebab-case for snake_case or the reverse; None when both are one.
        type: Its type.
        required: Whether every answer is said to hold it.
    """

    attribute: str
    key: str
    other_key: str | None
    type: Any
    required: bool


def is_model(annotation: Any) -> bool:
    """Whether a type is a model."""
    return isinstance(annotation, type) and hasattr(annotation, "models_module") and attrs.has(annotation)


def wire_fields(kind: Any) -> Sequence[WireField]:
    """The fields of a model; its annotations are resolved the first time, which imports the models it refers to."""
    return _wire_fields(kind)


def known_keys(kind: Any) -> Mapping[str, WireField]:
    """Every key that stands for a field of a model, in either spelling."""
    return _known_keys(kind)


@cache
def _wire_fields(kind: Any) -> Sequence[WireField]:
    names = _ModelNames(import_module(kind.models_module))
    hints = get_type_hints(kind, localns=names)
    return tuple(_wire_field(field, hints[field.name]) for field in attrs.fields(kind) if field.init)


class _ModelNames(Mapping[str, Any]):
    """The models as a namespace in which annotations are evaluated: each is imported when its name is met."""

    def __init__(self, module: Any) -> None:
        self._module = module

    def __getitem__(self, name: str) -> Any:
        if name not in self._module.__all__:
            raise KeyError(name)
        return getattr(self._module, name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._module.__all__)

    def __len__(self) -> int:
        return len(self._module.__all__)


def _wire_field(field: attrs.Attribute[Any], kind: Any) -> WireField:
    key: str = field.metadata.get("key", field.name)
    other = key.replace("-", "_") if "-" in key else key.replace("_", "-")
    return WireField(field.name, key, other if other != key else None, kind, field.default is attrs.NOTHING)


@cache
def _known_keys(kind: Any) -> Mapping[str, WireField]:
    fields = wire_fields(kind)
    others = {field.other_key: field for field in fields if field.other_key}
    return {**others, **{field.key: field for field in fields}}
