"""Fast decoders: for each model a function that is generated from its declaration and compiled on first use.

A decoder that loops over a table of fields costs four times as much as `json.loads`; generated code costs about as much as
`json.loads`. It handles only the case that matters for speed, a response without any deviation. At the first deviation it
raises, and the tolerant decoder in `decoding` starts again and reports where and what.

A model that it decodes does not keep the received object, but its layout (`layouts`), from which `Model.to_dict` writes the
object again. Only if the notation of a time has no layout, the model keeps the object.

The generated code holds the names of attributes and, as literals, the keys of fields; no other text of the API's document
gets into it. It is registered with `linecache`, so that tracebacks and debuggers show it.
"""

from __future__ import annotations

import linecache
import struct
import sys
import types
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, Final, Union, get_args, get_origin
from uuid import UUID, SafeUUID

from circleci_v2._wire.layouts import NO_TIMES, Layout, find_layouts, utc_notation
from circleci_v2._wire.types import OpenStrEnum, WireField, is_model, union_arms, wire_fields

__all__ = [
    "DEVIATIONS",
    "DecoderCode",
    "DeviationSignal",
    "FastDecoder",
    "fast_decoder",
    "indented",
    "is_enum",
    "is_repeated_text",
    "is_time",
    "parse_datetime",
    "parse_uuid",
    "parse_uuids",
]

FastDecoder = Callable[[Any], Any]
"""Decodes JSON that is exactly as described, or raises one of `DEVIATIONS`."""


class DeviationSignal(Exception):  # noqa: N818 - a signal to the tolerant decoder, not an error
    """The JSON is not exactly as described."""


DEVIATIONS: Final = (DeviationSignal, KeyError, TypeError, ValueError, AttributeError)
"""The exceptions of a fast decoder for JSON that deviates: a missing key, a value of another type."""

_MISSING: Final = object()
_SOURCES: Final[dict[str, str]] = {}
_JSON_TYPES: Final[dict[Any, type]] = {
    **{kind: kind for kind in (str, int, float, bool)},
    dict[str, Any]: dict,
    list[Any]: list,
}


def parse_datetime(text: str) -> datetime:
    """A time, in UTC if the text has no time zone: that is what CircleCI means then."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


_HALVES: Final = struct.Struct(">QQ")
_new: Final = object.__new__
# Members of an enum are slow to look up.
_IS_SAFE: Final = SafeUUID.unknown


class _UUIDInProgress(UUID):
    """A UUID whose attributes can be set, which takes half of the time of `UUID(text)`."""

    __slots__ = ()
    __setattr__: Any = object.__setattr__  # pyright: ignore[reportIncompatibleMethodOverride]


def parse_uuid(text: str) -> UUID:
    """A UUID from its canonical text, of which it is certain that `str` gives it back.

    Raises:
        DeviationSignal: The text is in another notation, for example with capitals.
        ValueError: The text is no UUID.
    """
    digits = text.replace("-", "")
    octets = bytes.fromhex(digits)
    if len(octets) != 16 or len(text) != 36 or text[8:24:5] != "----" or octets.hex() != digits:
        raise DeviationSignal
    return _uuids_of(octets)[0]


def parse_uuids(texts: Sequence[str]) -> list[UUID]:
    """The UUIDs of several texts, as `parse_uuid` reads each, in less time."""
    text = "".join(texts)
    digits = text.replace("-", "")
    octets = bytes.fromhex(digits)
    has_dashes = text[8::36] == text[13::36] == text[18::36] == text[23::36] == "-" * len(texts)
    if not has_dashes or not {36}.issuperset(map(len, texts)) or octets.hex() != digits:
        raise DeviationSignal
    if len(octets) != 16 * len(texts):
        raise DeviationSignal
    return _uuids_of(octets)


def _uuids_of(octets: bytes) -> list[UUID]:
    parsed: list[UUID] = []
    for high, low in _HALVES.iter_unpack(octets):
        value: Any = _new(_UUIDInProgress)
        value.int = high << 64 | low
        value.is_safe = _IS_SAFE
        value.__class__ = UUID
        parsed.append(value)
    return parsed


def fast_decoder(kind: Any, decode_union: Callable[[Any], FastDecoder]) -> FastDecoder:
    """The fast decoder of a type.

    Args:
        kind: The type, as a model declares it.
        decode_union: Returns the decoder of a union; which member fits takes more than generated code.
    """
    if is_model(kind):
        return _model_decoder(kind, decode_union)
    origin = get_origin(kind)
    if origin is Union or origin is types.UnionType:
        return _json_union_decoder(kind) or decode_union(kind)
    code = DecoderCode(decode_union)
    return code.compiled("source", [f"return {code.plain(kind, 'source')}"], str(getattr(kind, "__name__", kind)))


def _json_union_decoder(kind: Any) -> FastDecoder | None:
    """The decoder of a union of JSON's own types, which are kept as they are; None for other unions."""
    accepted = frozenset(_JSON_TYPES.get(arm) for arm in get_args(kind))
    if None in accepted:
        return None

    def decode(value: Any) -> Any:
        if type(value) not in accepted:
            raise DeviationSignal
        return value

    return decode


@cache
def _model_decoder(kind: Any, decode_union: Callable[[Any], FastDecoder]) -> FastDecoder:
    code = DecoderCode(decode_union)
    fields = wire_fields(kind)
    has_times = any(is_time(field) for field in fields)
    body = [
        "get = received.get",
        # Attributes are set one by one, because a call with keyword arguments costs three times as much.
        "model = new(kind)",
        *(["previous = missing", f"notation = {NO_TIMES!r}"] if has_times else []),
    ]
    for field in fields:
        body += code.time(field) if is_time(field) else [f"model.{field.attribute} = {code.field(field)}"]
    body += [
        "keys, layouts = recent",
        "if [*received] != keys:",
        "    layouts = find(received)",
        f"model._received = layouts.get({'notation' if has_times else repr(NO_TIMES)}, received)",
        "return model",
    ]
    is_restorable = all(_is_restorable(field.type) for field in fields)

    def find(received: dict[str, Any]) -> Mapping[str | None, Layout]:
        keys = tuple(received)
        layouts = find_layouts(kind, keys)
        if layouts is None:
            raise DeviationSignal
        if not is_restorable:
            layouts = dict[str | None, Layout]()
        # Both in one assignment, because threads may decode at the same time.
        code.names["recent"] = ([*keys], layouts)
        return layouts

    code.names |= {"kind": kind, "new": object.__new__, "find": find, "recent": ([], {})}
    return code.compiled("received", body, kind.__name__)


def is_time(field: WireField) -> bool:
    """Whether the value of a field is a time, or null."""
    return [arm for arm in union_arms(field.type) if arm is not types.NoneType] == [datetime]


def _is_restorable(kind: Any) -> bool:
    """Whether the value of a field gives back the text that it was read from, times in fields of their own aside."""
    arms = [arm for arm in union_arms(kind) if arm is not types.NoneType]
    if len(arms) > 1:
        # Text is read as a UUID or a time there if it can be, in any notation.
        return all(is_model(arm) or arm in _JSON_TYPES or is_enum(arm) for arm in arms)
    return all(
        is_model(arm) or arm in {Any, UUID, date} or arm in _JSON_TYPES or is_enum(arm) or _holds_restorable(arm)
        for arm in arms
    ) or arms == [datetime]


def _holds_restorable(kind: Any) -> bool:
    """The same for a list or an object of values. Times count here: those of a model have one notation only."""
    return get_origin(kind) in {list, dict} and get_args(kind)[-1] != datetime and _is_restorable(get_args(kind)[-1])


def is_enum(kind: Any) -> bool:
    """Whether a type is an enum of the API."""
    return isinstance(kind, type) and issubclass(kind, OpenStrEnum)


class _RepeatedText(str):
    """The type of text that repeats in the objects of a response, and then takes memory only once."""

    __slots__ = ()


# fmt: off
_REPEATED_KEYS: Final = frozenset(
    {
        "avatar_url", "branch", "classname", "default_branch", "event_name", "file", "file_path", "full_name", "job-name",
        "job_name", "login", "name", "organization_name", "organization_slug", "origin_repository_url", "project-slug",
        "project_name", "project_slug", "provider", "provider_name", "resource_class", "result", "slug", "source", "status",
        "target_repository_url", "type", "vcs-type", "vcs_url", "workflow-name", "workflow_name",
    }
)
# fmt: on

_EXPRESSIONS: dict[Any, str] = {
    Any: "{source}",
    # Raises TypeError for all that is not text.
    _RepeatedText: "intern({source})",
    **{kind: f"(v if type({{bound}}) is {kind.__name__} else deviate())" for kind in (str, int, bool)},
    float: "(v if type({bound}) is float or type(v) is int else deviate())",
    # The same as `parse_datetime`, without the call.
    datetime: "(m if (m := moment({source})).tzinfo is not None else m.replace(tzinfo=utc))",
    date: "(day(v) if len({bound}) == 10 and v[4:8:3] == '--' else deviate())",
    UUID: "uuid({source})",
}
"""The expression that decodes a value of a simple type: ``source`` is the JSON value, ``bound`` names it ``v`` as well."""


class DecoderCode:
    """The code of one decoder: expressions for its values, and the objects that they name."""

    def __init__(self, decode_union: Callable[[Any], FastDecoder]) -> None:
        self._decode_union = decode_union
        self.names: dict[str, Any] = {
            "deviate": _deviate,
            "missing": _MISSING,
            "day": date.fromisoformat,
            "intern": sys.intern,
            "moment": datetime.fromisoformat,
            "utc": UTC,
            "notation_of": utc_notation,
            "uuid": parse_uuid,
        }

    def field(self, field: WireField) -> str:
        """An expression for a field of the object ``received``."""
        kind = _with_repeated_text(field)
        if field.required:
            return self.value(kind, f"received[{field.key!r}]")
        if types.NoneType in union_arms(kind):
            # Absent and null both become None.
            return self.value(kind, f"get({field.key!r})")
        return f"(None if (v := get({field.key!r}, missing)) is missing else {self.value(kind, 'v')})"

    def time(self, field: WireField) -> list[str]:
        """Statements for a field of the object ``received`` that is a time."""
        attribute = f"model.{field.attribute}"
        read = [
            # Often the same as the time before; then it is the same object as well.
            "if text != previous:",
            "    previous = text",
            "    time = moment(text)",
            "    if time.tzinfo is None:",
            "        time = time.replace(tzinfo=utc)",
            # The same as `utc_notation` for the most common notation, without the call.
            f"    if text[19:] == 'Z' and text[4:17:3] == '--T::' and notation in {('Z', NO_TIMES)}:",
            "        notation = 'Z'",
            "    else:",
            "        notation = notation_of(text, time, notation)",
            f"{attribute} = time",
        ]
        if types.NoneType in union_arms(field.type):
            source = f"received[{field.key!r}]" if field.required else f"get({field.key!r})"
            absent = [f"{attribute} = None"]
            return [f"if (text := {source}) is None:", *indented(absent), "else:", *indented(read)]
        if field.required:
            return [f"text = received[{field.key!r}]", *read]
        return [
            f"if (text := get({field.key!r}, missing)) is missing:",
            f"    {attribute} = None",
            "else:",
            *indented(read),
        ]

    def value(self, kind: Any, source: str) -> str:
        """An expression that decodes the value of another expression, which may be null if the type has None."""
        arms = union_arms(kind)
        rest = [arm for arm in arms if arm is not types.NoneType]
        if len(rest) == len(arms):
            return self.plain(kind, source)
        inner = rest[0] if len(rest) == 1 else Union[tuple(rest)]  # noqa: UP007 - the members are known at run time only
        return f"(None if (v := {source}) is None else {self.plain(inner, 'v')})"

    def plain(self, kind: Any, source: str) -> str:
        """An expression that decodes the value of another expression, which is not null."""
        if kind in _EXPRESSIONS:
            return _EXPRESSIONS[kind].format(source=source, bound=_bound(source))
        if is_enum(kind):
            return f"{self.name(kind.__name__, {member.value: member for member in kind})}[{source}]"
        if get_origin(kind) is list:
            # Many lists are empty, for which a comprehension takes time as well.
            items = f"[{self._call(get_args(kind)[0], 'entry')} for entry in v] if v else []"
            return f"(({items}) if type({_bound(source)}) is list else deviate())"
        if get_origin(kind) is dict:
            values = f"{{key: {self._call(get_args(kind)[1], 'entry')} for key, entry in v.items()}}"
            return f"({values} if type({_bound(source)}) is dict else deviate())"
        return self._call(kind, source)

    def _call(self, kind: Any, argument: str) -> str:
        """An expression that calls the decoder of a type."""
        if kind is Any:
            return argument
        if not is_model(kind):
            decode = fast_decoder(kind, self._decode_union)
            return f"{self.name('decode', decode)}({argument})"

        def compile_first(value: Any) -> Any:
            # Compiled with the first value, because models may refer to each other in a circle.
            self.names[name] = _model_decoder(kind, self._decode_union)
            return self.names[name](value)

        name = self.name(f"decode_{kind.__name__}", compile_first)
        return f"{name}({argument})"

    def name(self, hint: str, value: Any) -> str:
        """A name for an object in the code."""
        name = f"{hint}_{len(self.names)}"
        self.names[name] = value
        return name

    def compiled(self, parameter: str, body: list[str], title: str) -> FastDecoder:
        """The function of one parameter with this body, compiled."""
        text = "\n".join([f"def decode({parameter}):", *(f"    {line}" for line in body), ""])
        file = _register(text, f"<circleci_v2 decoder of {title}>")
        exec(compile(text, file, "exec"), self.names)  # noqa: S102 - see the module
        decode: FastDecoder = self.names["decode"]
        return decode


def indented(lines: Sequence[str]) -> list[str]:
    """The lines of a block, for code that is generated."""
    return [f"    {line}" for line in lines]


def _register(text: str, file: str) -> str:
    """Make generated code visible to tracebacks and debuggers, as attrs does; returns its unique file name."""
    unique, number = file, 1
    # Two classes may have the same name.
    while _SOURCES.setdefault(unique, text) != text:
        number += 1
        unique = f"{file[:-1]} {number}>"
    linecache.cache[unique] = (len(text), None, text.splitlines(keepends=True), unique)
    return unique


def is_repeated_text(field: WireField) -> bool:
    """Whether a field is a text that is usually the same in many objects of a response."""
    return field.key in _REPEATED_KEYS and {*union_arms(field.type)} <= {str, types.NoneType}


def _with_repeated_text(field: WireField) -> Any:
    arms = union_arms(field.type)
    if is_repeated_text(field):
        arms = tuple(_RepeatedText if arm is str else arm for arm in arms)
    return Union[arms]  # noqa: UP007 - the members are known at run time only


def _bound(source: str) -> str:
    """An expression that gives its value the name ``v``."""
    return source if source == "v" else f"v := {source}"


def _deviate() -> None:
    raise DeviationSignal
