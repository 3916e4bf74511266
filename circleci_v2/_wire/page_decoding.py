"""Pages straight from bytes: readers that msgspec and generated code make for the form of the objects.

The extra ``fast`` installs msgspec, which reads JSON into objects of given types much faster than Python code looks at a dict.
Such a reader accepts only pages of which nothing would be lost: msgspec writes the objects that it read as JSON again, and the
result has to equal the page, apart from whitespace between values. Everything else is left to the general decoders: the
pages by which a form is learned, deviations, and unusual notations such as escapes of plain characters.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
from circleci_v2._wire.json import msgspec
from circleci_v2._wire.layouts import Layout
from circleci_v2._wire.types import WireField, is_model, union_arms, wire_fields

__all__ = ["PageReader", "page_reader"]

# A reader is compiled in a few milliseconds, which it has to save: in a program that reads some pages only, it could not.
_PAGES_BEFORE_FIRST: Final = 3
_MAX_PAGES_BETWEEN: Final = 1024


class PageReader:
    """Reads pages of one type of items, in the form that it learned from earlier pages.

    Args:
        key: The field of a page with the items.
    """

    def __init__(self, key: str) -> None:
        self._key = key
        self._form: Form | None = None
        self._read: Callable[[bytes], dict[str, Any]] | None = None
        self._pages_until_learning = _PAGES_BEFORE_FIRST
        self._pages_between = 1

    def read(self, content: bytes) -> dict[str, Any] | None:
        """The fields of a page, with models as items; None if the page has another form than those before."""
        if self._read is None:
            return None
        try:
            return self._read(content)
        except (*DEVIATIONS, RecursionError, msgspec.MsgspecError):
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
        self._pages_between = min(2 * self._pages_between, _MAX_PAGES_BETWEEN)
        self._form = form_of(models, self._form)
        self._read = None if self._form is None else _page_decoder(self._form, self._key, keys)


@cache
def page_reader(kind: Any, key: str) -> PageReader | None:
    """The reader of all pages with items of a type in a field; None without msgspec, and for items that are not models."""
    return PageReader(key) if msgspec is not None and is_model(kind) else None


def _page_decoder(form: Form, key: str, keys: Sequence[str]) -> Callable[[bytes], dict[str, Any]]:
    names = {f"field_{index}": name for index, name in enumerate(keys)}
    fields: list[Any] = [(name, list[_struct(form)] if names[name] == key else Any) for name in names]  # type: ignore[misc]
    page: Any = msgspec.defstruct("Page", fields, rename=names, forbid_unknown_fields=True)
    decode: Callable[[bytes], Any] = msgspec.json.Decoder(page).decode
    encode = msgspec.json.Encoder().encode
    build = _ModelCode().items_decoder(form)

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
    fields: list[Any] = []
    for field in form.fields:
        kind = _struct_type(field, form)
        if field.attribute in form.optional:
            fields.append((field.attribute, Union[kind, msgspec.UnsetType], msgspec.UNSET))  # noqa: UP007 - see below
        else:
            fields.append((field.attribute, kind))
    keys = {field.attribute: field.key for field in form.fields}
    # Without gc, because the objects exist only while models are built from them.
    return msgspec.defstruct(form.kind.__name__, fields, rename=keys, forbid_unknown_fields=True, kw_only=True, gc=False)


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


class _LayoutsByAbsence(dict[tuple[str, ...], Layout]):
    """The layouts of a form's objects, by the attributes that they lack."""

    def __init__(self, form: Form) -> None:
        super().__init__()
        self._form = form

    def __missing__(self, absent: tuple[str, ...]) -> Layout:
        layout = self._form.layout_without(absent)
        if layout is None:
            raise DeviationSignal
        self[absent] = layout
        return layout


class _ModelCode(DecoderCode):
    """The code that builds models from the objects that msgspec read, nested ones in place."""

    def __init__(self) -> None:
        super().__init__(decoder_without_deviations)
        self.names |= {"new": object.__new__, "unset": msgspec.UNSET}
        self._variables = 0
        # Variables with values of the objects before: to compare with them takes less time than to read or to share a value.
        self._previous: list[str] = []
        self._times: dict[str, str] = {}

    def items_decoder(self, form: Form) -> Callable[[Any], Any]:
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

    def _model(self, form: Form, source: str, model: str) -> list[str]:
        """Statements that build a model from an object of a form; both are given by their names."""
        absent = f"absent_{self._new_number()}"
        layouts = _LayoutsByAbsence(form)
        layout = f"{self.name('layouts', layouts)}[{absent}]" if form.optional else self.name("layout", layouts[()])
        lines = [f"{model} = new({self.name(form.kind.__name__, form.kind)})"]
        if form.optional:
            lines.append(f"{absent} = ()")
        for field in wire_fields(form.kind):
            target = f"{model}.{field.attribute}"
            value = f"{source}.{field.attribute}"
            if field not in form.fields:
                lines.append(f"{target} = None")
            elif field.attribute in form.optional:
                lines += [f"if {value} is unset:", f"    {target} = None", f"    {absent} += ({field.attribute!r},)"]
                lines += ["else:", *indented(self._field(form, field, value, target))]
            else:
                lines += self._field(form, field, value, target)
        return [*lines, f"{model}._received = {layout}"]

    def _field(self, form: Form, field: WireField, value: str, target: str) -> list[str]:
        """Statements for a field that is present."""
        if (nested := form.nested.get(field.attribute)) is not None:
            number = self._new_number()
            source, model = f"source_{number}", f"model_{number}"
            build = [*self._model(nested, source, model), f"{target} = {model}"]
            return [f"if ({source} := {value}) is None:", f"    {target} = None", "else:", *indented(build)]
        if is_time(field):
            read = self._time(form.suffix, target)
            return [f"if (text := {value}) is None:", f"    {target} = None", "else:", *indented(read)]
        if is_repeated_text(field):
            previous = self._new_previous("text")
            shared = f"(None if v is None else ({previous} := intern(v)))"
            return [f"{target} = {previous} if (v := {value}) == {previous} else {shared}"]
        if model_of(field.type) is not None or _CHECKED.issuperset(union_arms(field.type)):
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
