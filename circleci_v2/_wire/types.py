"""The types of the wire format: open enums, UNSET, the fields of a model, variants of a union, and deviations."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import Enum, StrEnum
from functools import cache
from importlib import import_module
from types import NoneType, UnionType
from typing import Any, Final, Literal, NamedTuple, Self, TypeVar, Union, get_args, get_origin, get_type_hints

import attrs

__all__ = [
    "UNSET",
    "Deviation",
    "JsonPath",
    "OpenStrEnum",
    "Unset",
    "WireField",
    "best_variant",
    "fitting_variants",
    "is_model",
    "known_keys",
    "maybe_datetime",
    "maybe_null",
    "union_arms",
    "variant_tags",
    "wire_fields",
]

T = TypeVar("T")


class OpenStrEnum(StrEnum):
    """An enum of strings to which CircleCI may add values at any time.

    A value that is not among the members becomes a pseudo-member: an instance of the enum that equals its string, with the
    string as its name. ``is_published`` distinguishes the two.
    """

    __module__ = "circleci_v2.models"

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        member = str.__new__(cls, value)
        member._name_ = value
        member._value_ = value
        return member

    @property
    def is_published(self) -> bool:
        """Whether the value is one of those that the API's document lists."""
        return self._value_ in type(self)._value2member_map_


class _Unset(Enum):
    # An enum with one member, because type checkers can narrow it by `is`.
    __module__ = "circleci_v2"

    UNSET = "UNSET"

    def __bool__(self) -> Literal[False]:
        return False

    def __repr__(self) -> str:
        return "UNSET"

    def __reduce_ex__(self, _protocol: object) -> str:  # type: ignore[override]  # a name is allowed, too
        # Pickled by its public name, `circleci_v2.UNSET`; the class has none.
        return "UNSET"


Unset = Literal[_Unset.UNSET]
"""The type of `UNSET`."""

UNSET: Final = _Unset.UNSET
"""Not passed: the field is left out of the request, in contrast to None, which is sent as null."""


def maybe_null(value: T) -> T | None:
    """Return the value of a required field, typed as optional: the live API may send null there."""
    return value


def maybe_datetime(value: object) -> datetime | None:
    """Return the value of a field for a time; None if it is null, or is kept as it came because it is not a time."""
    return value if isinstance(value, datetime) else None


class WireField:
    """One field of a model in JSON.

    Args:
        attribute: Its name in Python.
        key: Its name in JSON, as published.
        other_key: The other spelling of that name, kebab-case for snake_case or the reverse; None when both are equal.
        kind: Its type, the attribute `type`.
        required: Whether the API's document requires it in every response.
    """

    __slots__ = ("attribute", "key", "other_key", "required", "type")

    def __init__(self, attribute: str, key: str, other_key: str | None, kind: Any, required: bool) -> None:
        self.attribute = attribute
        self.key = key
        self.other_key = other_key
        self.type = kind
        self.required = required


def is_model(annotation: Any) -> bool:
    """Whether a type is a model."""
    return isinstance(annotation, type) and attrs.has(annotation)


def union_arms(kind: Any) -> tuple[Any, ...]:
    """The members of a union; every other type is its own only member."""
    return get_args(kind) if get_origin(kind) in {Union, UnionType} else (kind,)


@cache
def wire_fields(kind: Any) -> Sequence[WireField]:
    """The fields of a model. The first call resolves its annotations, which imports the models it refers to."""
    names = _ModuleNames(import_module(kind.__module__))
    hints = get_type_hints(kind, localns=names)
    return tuple(_wire_field(field, hints[field.name]) for field in attrs.fields(kind))


@cache
def known_keys(kind: Any) -> Mapping[str, WireField]:
    """Every key of a model's fields, in either spelling."""
    fields = wire_fields(kind)
    others = {field.other_key: field for field in fields if field.other_key}
    return {**others, **{field.key: field for field in fields}}


def variant_tags(model: Any) -> Mapping[str, Sequence[str]]:
    """The values of the fields by which the document recognizes a model."""
    return getattr(model, "_tags", {})


def fitting_variants(models: Sequence[Any], value: Mapping[str, Any]) -> Sequence[Any]:
    """The variants that an object can be, by the values of fields that distinguish them; none if one is unknown.

    Such a field is the discriminator of the document, or an enum in every variant of which no two have a value in common.
    """
    tagged = [model for model in models if any(key in value for key in variant_tags(model))]
    if tagged:
        matching = [
            m for m in tagged if all(value[key] in values for key, values in variant_tags(m).items() if key in value)
        ]
        return matching or [model for model in models if model not in tagged]
    by_value = _distinct_values(tuple(models))
    for key, models_of in by_value.items():
        found = models_of.get(value[key]) if isinstance(value.get(key), str) else None
        if found is not None:
            return [found]
    return models


@cache
def _distinct_values(models: Sequence[Any]) -> Mapping[str, Mapping[str, Any]]:
    """Key -> value -> model, for the keys that are an enum in each model and have different values in all of them."""
    enums = [{field.key: enum for field in wire_fields(model) if (enum := _enum_of(field.type))} for model in models]
    result: dict[str, Mapping[str, Any]] = {}
    for key in enums[0]:
        if all(key in fields for fields in enums):
            values = [
                (member.value, model) for model, fields in zip(models, enums, strict=True) for member in fields[key]
            ]
            if len(dict(values)) == len(values):
                result[key] = dict(values)
    return result


def _enum_of(annotation: Any) -> type[OpenStrEnum] | None:
    match [arm for arm in union_arms(annotation) if arm is not NoneType]:
        case [type() as arm] if issubclass(arm, OpenStrEnum):
            return arm
        case _:
            return None


def best_variant(models: Sequence[Any], value: Mapping[str, Any]) -> Any:
    """The model with the fewest missing required fields; among equals, the one that has the most of the keys."""

    def misfit(model: Any) -> tuple[int, int]:
        fields = wire_fields(model)
        present = {field.key for field in fields if field.key in value or field.other_key in value}
        missing = sum(field.required and field.key not in present for field in fields)
        return (missing, len(value) - len(present))

    return min(models, key=misfit)


class _ModuleNames(Mapping[str, Any]):
    """The names of a lazy module, as a namespace in which annotations are evaluated; a model is imported on first use."""

    def __init__(self, module: Any) -> None:
        self._module = module

    def __getitem__(self, name: str) -> Any:
        try:
            return getattr(self._module, name)
        except AttributeError:
            raise KeyError(name) from None

    def __iter__(self) -> Iterator[str]:
        return iter(dir(self._module))

    def __len__(self) -> int:
        return len(dir(self._module))


def _wire_field(field: attrs.Attribute[Any], kind: Any) -> WireField:
    key: str = field.metadata.get("key", field.name)
    other = key.replace("-", "_") if "-" in key else key.replace("_", "-")
    return WireField(field.name, key, other if other != key else None, kind, field.default is attrs.NOTHING)


class Deviation(NamedTuple):
    """One value of a response that is not as the API's document describes it.

    Attributes:
        path: Its location in the body, as a JSON path such as ``$.items[3].status``.
        problem: The difference, for example ``unknown value 'gitlab' of PipelineTriggerType``.
    """

    path: str
    problem: str

    @property
    def field(self) -> str:
        """The path without list indexes: reports are deduplicated by it, because the items of a list deviate alike."""
        return "".join(part.split("]", 1)[-1] if i else part for i, part in enumerate(self.path.split("[")))

    def __str__(self) -> str:
        return f"{self.path}: {self.problem}"


class JsonPath:
    """The path to a value inside a response; a linked list, so that one level deeper costs one small object.

    Args:
        report: Called with each deviation that is found below.
        parent: The path of the object or list that holds the value; None for the body itself.
        step: The key or index of the value in its parent.
    """

    __slots__ = ("_parent", "_report", "_step")

    def __init__(
        self, report: Callable[[Deviation], None], parent: JsonPath | None = None, step: str | int = "$"
    ) -> None:
        self._report = report
        self._parent = parent
        self._step = step

    def child(self, step: str | int) -> JsonPath:
        """The path one level deeper, to a field or an item of a list."""
        return JsonPath(self._report, self, step)

    def report(self, step: str | int | None, problem: str) -> None:
        """Report a deviation of this value or (with `step`) of one of its fields or items."""
        path = self._text() if step is None else self._text() + _step_text(step)
        self._report(Deviation(path, problem))

    def _text(self) -> str:
        if self._parent is None:
            return "$"
        return self._parent._text() + _step_text(self._step)  # noqa: SLF001 - the same class


def _step_text(step: str | int) -> str:
    return f"[{step}]" if isinstance(step, int) else f".{step}"
