"""Forms: the layouts that the objects of a page have in common, from which a reader for such pages is compiled.

The objects of an operation are written alike: the server sends the same keys in the same order. A form is learned from the
models of pages that were read before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from types import NoneType
from typing import Any

import attrs

from circleci_v2._wire.layouts import Layout, find_layouts
from circleci_v2._wire.types import WireField, is_model, union_arms

__all__ = ["Form", "form_of", "model_of"]


@attrs.frozen
class Form:
    """The form of the objects that were read as one model.

    Attributes:
        kind: The model.
        fields: The fields that at least one object has, in their order.
        optional: The attributes of those that other objects do not have.
        nested: The forms of objects in fields, by attribute. A field without one was null or absent in all objects.
    """

    kind: Any
    fields: Sequence[WireField]
    optional: frozenset[str]
    nested: Mapping[str, Form]

    def layouts(self, keys: tuple[str, ...]) -> Mapping[str | None, Layout] | None:
        """The layouts of an object with some keys, by the notation of times; None if one is unknown."""
        return find_layouts(self.kind, keys)


def form_of(models: Sequence[Any], before: Form | None = None) -> Form | None:
    """The form of some models, and of those that another form was learned from.

    Models of objects that deviate are left out.

    Returns:
        None if there is no such form: for models of several kinds, and keys in several orders.
    """
    regular: list[Any] = [model for model in models if isinstance(getattr(model, "_received", None), Layout)]
    kinds: set[type[Any]] = {type(model) for model in regular}
    if len(kinds) != 1:
        return None
    (kind,) = kinds
    known = [before] if before is not None and before.kind is kind else []
    present: set[Sequence[WireField]] = {model._received.fields for model in regular}  # noqa: SLF001 - for decoders
    fields = _merged([*(form.fields for form in known), *present])
    if fields is None:
        return None
    nested: dict[str, Form] = {}
    for field in fields:
        values = [value for model in regular if (value := getattr(model, field.attribute)) is not None]
        form_before = known[0].nested.get(field.attribute) if known else None
        form = form_of(values, form_before) if values and model_of(field.type) else form_before
        if form is not None:
            nested[field.attribute] = form
        elif values and model_of(field.type):
            return None
    absent = [{*fields} - {*some} for some in (*present, *(form.fields for form in known))]
    optional = {field.attribute for some in absent for field in some}
    return Form(kind, fields, frozenset(optional).union(*(form.optional for form in known)), nested)


def model_of(kind: Any) -> Any:
    """The model that a type is, or is apart from None; None for every other type."""
    arms = [arm for arm in union_arms(kind) if arm is not NoneType]
    return arms[0] if len(arms) == 1 and is_model(arms[0]) else None


def _merged(sequences: Iterable[Sequence[WireField]]) -> Sequence[WireField] | None:
    """The fields of all sequences, in an order that is that of each; None if there is no such order."""
    after: dict[WireField, set[WireField]] = {}
    for fields in sequences:
        for index, field in enumerate(fields):
            after.setdefault(field, set()).update(fields[index - 1 : index])
    try:
        return tuple(TopologicalSorter(after).static_order())
    except CycleError:
        return None
