"""Fast decoders: for each model a function that is generated from its declaration and compiled on first use.

A decoder that loops over a table of fields costs four times as much as `json.loads`; generated code costs about as much as
`json.loads`. It handles only the case that matters for speed, a response without any deviation. At the first deviation it
raises, and the tolerant decoder in `decoding` starts again and reports where and what.

The generated code holds the names of attributes and, as literals, the keys of fields; no other text of the API's document
gets into it. It is registered with `linecache`, so that tracebacks and debuggers show it.
"""

from __future__ import annotations

import linecache
import types
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, Final, Union, get_args, get_origin
from uuid import UUID

from circleci_v2._wire.types import OpenStrEnum, WireField, is_model, wire_fields

__all__ = ["DEVIATIONS", "DeviationSignal", "FastDecoder", "fast_decoder", "parse_datetime"]

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
    code = _Code(decode_union)
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
    code = _Code(decode_union)
    fields = wire_fields(kind)
    required = sum(field.required for field in fields)
    body = [
        "get = received.get",
        # Attributes are set one by one, because a call with keyword arguments costs three times as much.
        "model = new(kind)",
        *(f"model.{field.attribute} = {code.field(field)}" for field in fields),
        # With exactly as many keys as required fields there is no unknown key, because no required one was missing.
        f"if len(received) != {required} and not known.issuperset(received):",
        "    deviate()",
        "model._received = received",
        "model._additional = None",
        "return model",
    ]
    code.names |= {"kind": kind, "new": object.__new__, "known": frozenset(field.key for field in fields)}
    return code.compiled("received", body, kind.__name__)


_EXPRESSIONS: dict[Any, str] = {
    Any: "{source}",
    **{kind: f"(v if type({{bound}}) is {kind.__name__} else deviate())" for kind in (str, int, bool)},
    float: "(v if type({bound}) is float or type(v) is int else deviate())",
    # The same as `parse_datetime`, without the call.
    datetime: "(m if (m := moment({source})).tzinfo is not None else m.replace(tzinfo=utc))",
    date: "day({source})",
    UUID: "uuid({source})",
}
"""The expression that decodes a value of a simple type: ``source`` is the JSON value, ``bound`` names it ``v`` as well."""


class _Code:
    """The code of one decoder: expressions for its values, and the objects that they name."""

    def __init__(self, decode_union: Callable[[Any], FastDecoder]) -> None:
        self._decode_union = decode_union
        self.names: dict[str, Any] = {
            "deviate": _deviate,
            "missing": _MISSING,
            "day": date.fromisoformat,
            "moment": datetime.fromisoformat,
            "utc": UTC,
            "uuid": UUID,
        }

    def field(self, field: WireField) -> str:
        """An expression for a field of the object ``received``."""
        if field.required:
            return self._value(field.type, f"received[{field.key!r}]")
        if types.NoneType in _arms(field.type):
            # Absent and null both become None.
            return self._value(field.type, f"get({field.key!r})")
        return f"(None if (v := get({field.key!r}, missing)) is missing else {self._value(field.type, 'v')})"

    def _value(self, kind: Any, source: str) -> str:
        arms = _arms(kind)
        rest = [arm for arm in arms if arm is not types.NoneType]
        if len(rest) == len(arms):
            return self.plain(kind, source)
        inner = rest[0] if len(rest) == 1 else Union[tuple(rest)]  # noqa: UP007 - the members are known at run time only
        return f"(None if (v := {source}) is None else {self.plain(inner, 'v')})"

    def plain(self, kind: Any, source: str) -> str:
        """An expression that decodes the value of another expression, which is not null."""
        if kind in _EXPRESSIONS:
            return _EXPRESSIONS[kind].format(source=source, bound=_bound(source))
        if isinstance(kind, type) and issubclass(kind, OpenStrEnum):
            return f"{self._name(kind.__name__, {member.value: member for member in kind})}[{source}]"
        if get_origin(kind) is list:
            items = f"[{self._call(get_args(kind)[0], 'entry')} for entry in v]"
            return f"({items} if type({_bound(source)}) is list else deviate())"
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
            return f"{self._name('decode', decode)}({argument})"

        def compile_first(value: Any) -> Any:
            # Compiled with the first value, because models may refer to each other in a circle.
            self.names[name] = _model_decoder(kind, self._decode_union)
            return self.names[name](value)

        name = self._name(f"decode_{kind.__name__}", compile_first)
        return f"{name}({argument})"

    def _name(self, hint: str, value: Any) -> str:
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


def _register(text: str, file: str) -> str:
    """Make generated code visible to tracebacks and debuggers, as attrs does; returns its unique file name."""
    unique, number = file, 1
    # Two classes may have the same name.
    while _SOURCES.setdefault(unique, text) != text:
        number += 1
        unique = f"{file[:-1]} {number}>"
    linecache.cache[unique] = (len(text), None, text.splitlines(keepends=True), unique)
    return unique


def _arms(kind: Any) -> tuple[Any, ...]:
    return get_args(kind) if get_origin(kind) in (Union, types.UnionType) else (kind,)


def _bound(source: str) -> str:
    """An expression that gives its value the name ``v``."""
    return source if source == "v" else f"v := {source}"


def _deviate() -> None:
    raise DeviationSignal
