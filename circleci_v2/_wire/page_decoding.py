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
    parse_uuids,
)
from circleci_v2._wire.decoding import decoder_without_deviations
from circleci_v2._wire.forms import Form, form_of, model_of
from circleci_v2._wire.json import optional_msgspec
from circleci_v2._wire.layouts import EITHER, MILLISECONDS, NO_TIMES, Layout, combined_notation
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
        self._keys: Sequence[str] = ()
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
        except (*DEVIATIONS, RecursionError):
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

        Readers do not pay off where pages have ever new forms: after each attempt, twice as many pages are left out.

        Args:
            models: The decoded items.
            keys: The keys of the page, in their order.
        """
        self._pages_until_learning -= 1
        if self._pages_until_learning > 0 or not models:
            return
        self._pages_until_learning = self._pages_between
        self._pages_between *= 2
        form = form_of(models, self._form) or form_of(models)
        if form == self._form and keys == self._keys:
            # The page was left out for something else, such as an object that deviates.
            return
        self._form, self._keys = form, keys
        self._read = self._build = None
        if form is not None and optional_msgspec() is None:
            self._build = _DictCode().items_decoder(form)
        elif form is not None:
            self._read = _page_decoder(form, self._key, keys)


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
            fields.append((field.attribute, Union[kind, msgspec.UnsetType], msgspec.UNSET))  # noqa: UP007 - known at run time only
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


class _Layouts(dict[Any, Mapping[str | None, Layout]]):
    """The layouts of the objects of a form, by something that determines their keys.

    Args:
        form: The form.
        keys_of: Returns the keys of an object.
    """

    def __init__(self, form: Form, keys_of: Callable[[Any], tuple[str, ...]]) -> None:
        super().__init__()
        self._form = form
        self._keys_of = keys_of

    def __missing__(self, determinant: Any) -> Mapping[str | None, Layout]:
        layouts = self._form.layouts(self._keys_of(determinant))
        if layouts is None:
            raise DeviationSignal
        self[determinant] = layouts
        return layouts


class _ModelCode(DecoderCode, ABC):
    """The code that builds the models of a page, nested ones in place, from objects of a form."""

    def __init__(self) -> None:
        super().__init__(decoder_without_deviations)
        self.names |= {"new": object.__new__, "uuids": parse_uuids}
        self._columns: dict[WireField, str] = {}
        self._variables = 0
        # Variables with values of the objects before: to compare with them takes less time than to read or to share a value.
        self._previous: list[str] = []
        self.names |= {"combined": combined_notation}

    def items_decoder(self, form: Form) -> _BuildModels:
        """The function that builds the models of a page from its items."""
        self._columns = self._columns_of(form)
        model = self._model(form, "source", "model")
        loop = "for source in sources:"
        if self._columns:
            columns = [f"uuids([source[{field.key!r}] for source in sources])" for field in self._columns]
            loop = f"for source, {', '.join(self._columns.values())} in zip(sources, {', '.join(columns)}):"
        body = [
            "models = []",
            *(f"{name} = missing" for name in ("time_text", *self._previous)),
            loop,
            *indented(model),
            "    models.append(model)",
            "return models",
        ]
        return self.compiled("sources", body, f"pages of {form.kind.__name__}")

    @abstractmethod
    def _opening(self, form: Form, source: str) -> tuple[list[str], Mapping[str, str], str]:
        """How to read an object: statements that come first, the value of each attribute, and that of its layouts."""

    def _columns_of(self, form: Form) -> dict[WireField, str]:
        """The fields of items that are read for all items together, with a variable for each."""
        del form
        return {}

    @abstractmethod
    def _is_final(self, field: WireField) -> bool:
        """Whether the value of a field is checked, and already that of the model."""

    def _model(self, form: Form, source: str, model: str) -> list[str]:
        """Statements that build a model from an object; both are given by their names."""
        opening, values, layouts = self._opening(form, source)
        lines = [*opening, f"{model} = new({self.name(form.kind.__name__, form.kind)})"]
        notation = repr(NO_TIMES)
        if any(is_time(field) for field in form.fields):
            notation = f"notation_{self._new_number()}"
            lines.append(f"{notation} = {NO_TIMES!r}")
        for field in wire_fields(form.kind):
            target = f"{model}.{field.attribute}"
            if source == "source" and field in self._columns:
                lines.append(f"{target} = {self._columns[field]}")
            elif field not in form.fields:
                lines.append(f"{target} = None")
            elif field.attribute in form.optional:
                lines += [f"if (value := {values[field.attribute]}) is missing:", f"    {target} = None"]
                lines += ["else:", *indented(self._field(form, field, "value", target, notation))]
            else:
                lines += self._field(form, field, values[field.attribute], target, notation)
        return [*lines, f"{model}._received = {layouts}[{notation}]"]

    def _field(self, form: Form, field: WireField, value: str, target: str, notation: str) -> list[str]:
        """Statements for a field that is present."""
        is_nullable = NoneType in union_arms(field.type)
        if (nested := form.nested.get(field.attribute)) is not None:
            number = self._new_number()
            source, model = f"source_{number}", f"model_{number}"
            build = [*self._model(nested, source, model), f"{target} = {model}"]
            return _unless_null(source, value, target, build) if is_nullable else [f"{source} = {value}", *build]
        if is_time(field):
            read = _time(target, notation)
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

    def _new_previous(self, hint: str) -> str:
        name = f"{hint}_{self._new_number()}"
        self._previous.append(name)
        return name

    def _new_number(self) -> int:
        self._variables += 1
        return self._variables


def _time(target: str, notation: str) -> list[str]:
    """Statements that read a time from ``text``."""
    return [
        "if text != time_text:",
        "    time_text = text",
        "    time = moment(text)",
        # The same as `utc_notation` for seconds without a fraction, and with three digits, and faster.
        "    time_notation = text[19:]",
        "    if text[4:17:3] != '--T::':",
        "        time_notation = None",
        "    elif time_notation[4:] == 'Z' and time_notation[0] == '.':",
        f"        time_notation = {EITHER!r} if time.microsecond else {MILLISECONDS!r}",
        "    elif time_notation not in ('Z', '+00:00'):",
        f"        time_notation = notation_of(text, time, {NO_TIMES!r})",
        f"if {notation} != time_notation:",
        f"    {notation} = time_notation if {notation} == {NO_TIMES!r} else combined({notation}, time_notation)",
        f"{target} = time",
    ]


def _unless_null(name: str, value: str, target: str, statements: list[str]) -> list[str]:
    return [f"if ({name} := {value}) is None:", f"    {target} = None", "else:", *indented(statements)]


class _StructCode(_ModelCode):
    """Builds models from the objects that msgspec read."""

    def __init__(self) -> None:
        super().__init__()
        self.names["missing"] = optional_msgspec().UNSET

    def _opening(self, form: Form, source: str) -> tuple[list[str], Mapping[str, str], str]:
        values = {field.attribute: f"{source}.{field.attribute}" for field in form.fields}
        optional = [field for field in form.fields if field.attribute in form.optional]

        def keys(absent: int) -> tuple[str, ...]:
            missing = {field for bit, field in enumerate(optional) if absent >> bit & 1}
            return tuple(field.key for field in form.fields if field not in missing)

        layouts = _Layouts(form, keys)
        if not form.optional:
            return [], values, self.name("layouts", layouts[0])
        bits = [
            f"({values[field.attribute]} is missing)" + f" << {bit}" * (bit > 0) for bit, field in enumerate(optional)
        ]
        return [], values, f"{self.name('layouts', layouts)}[{' | '.join(bits)}]"

    def _is_final(self, field: WireField) -> bool:
        return model_of(field.type) is not None or _CHECKED.issuperset(union_arms(field.type))


class _DictCode(_ModelCode):
    """Builds models from dicts."""

    def _opening(self, form: Form, source: str) -> tuple[list[str], Mapping[str, str], str]:
        keys = [field.key for field in form.fields]
        layouts = _Layouts(form, tuple)
        number = self._new_number()
        if form.optional:
            opening = [f"get_{number} = {source}.get"]
            values = {
                field.attribute: f"get_{number}({field.key!r}, missing)"
                if field.attribute in form.optional
                else f"{source}[{field.key!r}]"
                for field in form.fields
            }
            return opening, values, f"{self.name('layouts', layouts)}[(*{source},)]"
        # Values in the order of the keys need not be looked up.
        values = {field.attribute: f"value_{number}_{index}" for index, field in enumerate(form.fields)}
        opening = [
            f"if [*{source}] != {self.name('keys', keys)}:",
            "    deviate()",
            f"({''.join(f'{value}, ' for value in values.values())}) = {source}.values()",
        ]
        return opening, values, self.name("layouts", layouts[tuple(keys)])

    def _columns_of(self, form: Form) -> dict[WireField, str]:
        fields = [field for field in form.fields if field.type is UUID and field.attribute not in form.optional]
        return {field: f"uuid_{self._new_number()}" for field in fields}

    def _is_final(self, field: WireField) -> bool:
        return field.type is Any
