"""Pages straight from bytes: readers that msgspec and generated code make for the form of the objects.

The extra ``fast`` installs msgspec, which reads JSON into objects of given types much faster than Python code looks at a dict.
Such a reader accepts only pages of which nothing would be lost: msgspec writes the objects that it read as JSON again, and the
result has to equal the page, apart from whitespace between values. Everything else is left to the general decoders: the
pages by which a form is learned, deviations, and unusual notations such as escapes of plain characters.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from types import NoneType
from typing import Any, Final, Union
from uuid import UUID

from circleci_v2._wire.compiled_decoding import (
    DEVIATIONS,
    DecoderCode,
    DeviationSignal,
    indented,
    is_enum,
    is_repeated_text,
    is_time,
)
from circleci_v2._wire.decoding import decoder_without_deviations
from circleci_v2._wire.forms import Form, form_of, model_of
from circleci_v2._wire.json import optional_msgspec
from circleci_v2._wire.layouts import Layout
from circleci_v2._wire.types import WireField, is_model, union_arms, wire_fields

__all__ = ["PageReader", "page_reader"]

# A reader is compiled in a few milliseconds, which it has to save: in a program that reads some pages only, it could not.
_PAGES_BEFORE_FIRST: Final = 3

_ReadPage = Callable[[bytes], dict[str, Any]]
_BuildModels = Callable[[Sequence[Any]], list[Any]]


class PageReader:
    """Reads pages of one type of items, in the form that it learned from earlier pages.

    Args:
        key: The field of a page with the items.
    """

    def __init__(self, key: str) -> None:
        self._key = key
        self._form: Form | None = None
        self._read: _ReadPage | None = None
        self._build: _BuildModels | None = None
        self._pages_until_learning = _PAGES_BEFORE_FIRST
        self._pages_between = 1

    def read(self, content: bytes) -> dict[str, Any] | None:
        """The fields of a page, with models as items; None without msgspec, and if the page has another form."""
        if self._read is None:
            return None
        try:
            return self._read(content)
        except (*DEVIATIONS, RecursionError, optional_msgspec().MsgspecError):
            return None

    def build(self, items: Sequence[Any]) -> list[Any] | None:
        """The models of a page that was loaded without msgspec; None if it has another form than those before."""
        if self._build is None:
            return None
        try:
            return self._build(items)
        except DEVIATIONS:
            return None

    def learn(self, models: Sequence[Any], keys: Sequence[str]) -> None:
        """Learn the form of a page that was decoded otherwise.

        Readers do not pay off where pages have ever new forms: the number of pages until the next attempt doubles each time.

        Args:
            models: The decoded items.
            keys: The keys of the page, in their order.
        """
        self._pages_until_learning -= 1
        if self._pages_until_learning > 0 or not models:
            return
        self._pages_until_learning = self._pages_between
        self._pages_between *= 2
        self._form = form_of(models, self._form)
        self._read = self._build = None
        if self._form is not None and optional_msgspec() is None:
            self._build = _DictCode().items_decoder(self._form)
        elif self._form is not None:
            self._read = _page_decoder(self._form, self._key, keys)


@cache
def page_reader(kind: Any, key: str) -> PageReader | None:
    """The reader of all pages with items of a type in a field; None for items that are not models."""
    return PageReader(key) if is_model(kind) else None


def _page_decoder(form: Form, key: str, keys: Sequence[str]) -> _ReadPage:
    msgspec = optional_msgspec()
    names = {f"field_{index}": name for index, name in enumerate(keys)}
    fields: list[Any] = [(name, list[_struct(form)] if names[name] == key else Any) for name in names]  # type: ignore[misc]
    page: Any = msgspec.defstruct("Page", fields, rename=names, forbid_unknown_fields=True)
    decode: Callable[[bytes], Any] = msgspec.json.Decoder(page).decode
    encode = msgspec.json.Encoder().encode
    build = _StructCode().items_decoder(form)

    def read(content: bytes) -> dict[str, Any]:
        received = decode(content)
        written = encode(received)
        if written != content and written != msgspec.json.format(content, indent=-1):
            raise DeviationSignal
        values = {names[name]: getattr(received, name) for name in names}
        values[key] = build(values[key])
        return values

    return read


def _struct(form: Form) -> Any:
    """The type of objects of a form. Its fields are in the received order, because msgspec writes them in that of the type."""
    msgspec = optional_msgspec()
    fields: list[Any] = []
    for field in form.fields:
        kind = _struct_type(field, form)
        if field.attribute in form.optional:
            fields.append((field.attribute, Union[kind, msgspec.UnsetType], msgspec.UNSET))  # noqa: UP007 - see below
        else:
            fields.append((field.attribute, kind))
    keys = {field.attribute: field.key for field in form.fields}
    # Without gc, because the objects exist only while models are built from them.
    return msgspec.defstruct(
        form.kind.__name__, fields, rename=keys, forbid_unknown_fields=True, kw_only=True, gc=False
    )


def _struct_type(field: WireField, form: Form) -> Any:
    """The type with which msgspec reads a field: `Any` leaves the check to the general decoders, which `_ModelCode` calls."""
    arms = union_arms(field.type)
    rest = [arm for arm in arms if arm is not NoneType]
    if model_of(field.type) is not None:
        nested = form.nested.get(field.attribute)
        read: Any = NoneType if nested is None else _struct(nested)
    elif rest == [float]:
        # A number without a fraction remains a whole number.
        read = int | float
    elif len(rest) == 1 and (rest[0] in {str, int, bool, UUID}):
        read = rest[0]
    elif is_time(field) or (len(rest) == 1 and is_enum(rest[0])):
        read = str
    else:
        return Any
    return Union[read, None] if NoneType in arms else read  # noqa: UP007 - the type is known at run time only


_CHECKED: Final = frozenset({str, int, float, bool, UUID, NoneType})
"""The types of which msgspec makes the final values."""


class _LayoutsByKeys(dict[tuple[str, ...], Layout]):
    """The layouts of a form's objects, by their keys."""

    def __init__(self, form: Form) -> None:
        super().__init__()
        self._form = form

    def __missing__(self, keys: tuple[str, ...]) -> Layout:
        layout = self._form.layout(keys)
        if layout is None:
            raise DeviationSignal
        self[keys] = layout
        return layout


class _ModelCode(DecoderCode, ABC):
    """The code that builds the models of a page, nested ones in place, from objects of a form."""

    def __init__(self) -> None:
        super().__init__(decoder_without_deviations)
        self.names |= {"new": object.__new__}
        self._variables = 0
        # Variables with values of the objects before: to compare with them takes less time than to read or to share a value.
        self._previous: list[str] = []
        self._times: dict[str, str] = {}

    def items_decoder(self, form: Form) -> _BuildModels:
        """The function that builds the models of a page from its items."""
        model = self._model(form, "source", "model")
        body = [
            "models = []",
            *(f"{name} = missing" for name in self._previous),
            "for source in sources:",
            *indented(model),
            "    models.append(model)",
            "return models",
        ]
        return self.compiled("sources", body, f"pages of {form.kind.__name__}")

    @abstractmethod
    def _opening(self, form: Form, source: str) -> tuple[list[str], Mapping[str, str], str]:
        """How to read an object: statements that come first, the value of each attribute, and that of the layout."""

    @abstractmethod
    def _is_final(self, field: WireField) -> bool:
        """Whether the value of a field is checked, and already that of the model."""

    def _model(self, form: Form, source: str, model: str) -> list[str]:
        """Statements that build a model from an object; both are given by their names."""
        opening, values, layout = self._opening(form, source)
        lines = [*opening, f"{model} = new({self.name(form.kind.__name__, form.kind)})"]
        for field in wire_fields(form.kind):
            target = f"{model}.{field.attribute}"
            if field not in form.fields:
                lines.append(f"{target} = None")
            elif field.attribute in form.optional:
                lines += [f"if (value := {values[field.attribute]}) is missing:", f"    {target} = None"]
                lines += ["else:", *indented(self._field(form, field, "value", target))]
            else:
                lines += self._field(form, field, values[field.attribute], target)
        return [*lines, f"{model}._received = {layout}"]

    def _field(self, form: Form, field: WireField, value: str, target: str) -> list[str]:
        """Statements for a field that is present."""
        is_nullable = NoneType in union_arms(field.type)
        if (nested := form.nested.get(field.attribute)) is not None:
            number = self._new_number()
            source, model = f"source_{number}", f"model_{number}"
            build = [*self._model(nested, source, model), f"{target} = {model}"]
            return _unless_null(source, value, target, build) if is_nullable else [f"{source} = {value}", *build]
        if is_time(field):
            read = self._time(form.suffix, target)
            return _unless_null("text", value, target, read) if is_nullable else [f"text = {value}", *read]
        if is_repeated_text(field):
            previous = self._new_previous("text")
            shared = f"({previous} := intern(v))"
            if is_nullable:
                shared = f"(None if v is None else {shared})"
            return [f"{target} = {previous} if (v := {value}) == {previous} else {shared}"]
        if self._is_final(field):
            return [f"{target} = {value}"]
        return [f"{target} = {self.value(field.type, value)}"]

    def _time(self, suffix: str, target: str) -> list[str]:
        if suffix not in self._times:
            self._times[suffix] = self._new_previous("text")
        previous = self._times[suffix]
        time = f"time_{previous}"
        return [
            f"if text != {previous}:",
            f"    {previous} = text",
            f"    {time} = moment(text)",
            # The second condition suffices. The first is that for times without a fraction, and much faster.
            f"    if (text[19:] != {suffix!r} or text[4:17:3] != '--T::') and suffix_of(text, {time}, '') != {suffix!r}:",
            "        deviate()",
            f"{target} = {time}",
        ]

    def _new_previous(self, hint: str) -> str:
        name = f"{hint}_{self._new_number()}"
        self._previous.append(name)
        return name

    def _new_number(self) -> int:
        self._variables += 1
        return self._variables


def _unless_null(name: str, value: str, target: str, statements: list[str]) -> list[str]:
    return [f"if ({name} := {value}) is None:", f"    {target} = None", "else:", *indented(statements)]


class _StructCode(_ModelCode):
    """Builds models from the objects that msgspec read."""

    def __init__(self) -> None:
        super().__init__()
        self.names["missing"] = optional_msgspec().UNSET

    def _opening(self, form: Form, source: str) -> tuple[list[str], Mapping[str, str], str]:
        values = {field.attribute: f"{source}.{field.attribute}" for field in form.fields}
        layouts = _LayoutsByKeys(form)
        if not form.optional:
            return [], values, self.name("layout", layouts[tuple(field.key for field in form.fields)])
        present = [
            f"*(() if {values[field.attribute]} is missing else ({field.key!r},))"
            if field.attribute in form.optional
            else repr(field.key)
            for field in form.fields
        ]
        return [], values, f"{self.name('layouts', layouts)}[{', '.join(present)},]"

    def _is_final(self, field: WireField) -> bool:
        return model_of(field.type) is not None or _CHECKED.issuperset(union_arms(field.type))


class _DictCode(_ModelCode):
    """Builds models from dicts."""

    def _opening(self, form: Form, source: str) -> tuple[list[str], Mapping[str, str], str]:
        keys = [field.key for field in form.fields]
        layouts = _LayoutsByKeys(form)
        number = self._new_number()
        if form.optional:
            opening = [f"get_{number} = {source}.get"]
            values = {field.attribute: f"get_{number}({field.key!r}, missing)" for field in form.fields}
            return opening, values, f"{self.name('layouts', layouts)}[(*{source},)]"
        # Values in the order of the keys need not be looked up.
        values = {field.attribute: f"value_{number}_{index}" for index, field in enumerate(form.fields)}
        opening = [
            f"if [*{source}] != {self.name('keys', keys)}:",
            "    deviate()",
            f"({''.join(f'{value}, ' for value in values.values())}) = {source}.values()",
        ]
        return opening, values, self.name("layout", layouts[tuple(keys)])

    def _is_final(self, field: WireField) -> bool:
        return field.type is Any
