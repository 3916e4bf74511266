"""Decoders as straight code: for each model one function, written from its declaration and compiled when first needed.

A decoder that walks over a table of fields costs four times what `json.loads` costs; straight code costs about as much as
`json.loads` does. It takes the one case that matters for speed, an answer that deviates nowhere. At the first thing that is
not as described it raises, and the careful decoder in `decoding` starts again and says where and what.

What is compiled is made of the names of attributes and of keys written as literals; no other text of the API's document
gets here.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, Final, Union, get_args, get_origin
from uuid import UUID

from circleci_v2._wire.fields import WireField, is_model, wire_fields
from circleci_v2._wire.types import OpenStrEnum

__all__ = ["DEVIATIONS", "Deviates", "Straight", "parse_datetime", "straight_decoder"]

Straight = Callable[[Any], Any]
"""Makes a value out of JSON that is exactly as described, or raises one of `DEVIATIONS`."""


class Deviates(Exception):  # noqa: N818 - a signal to the careful decoder and no error
    """The answer is not exactly as described."""


DEVIATIONS: Final = (Deviates, KeyError, TypeError, ValueError, AttributeError)
"""What straight code raises where an answer deviates: a key that is missing, a value that is of another type."""

_MISSING: Final = object()
_JSON_TYPES: Final[dict[Any, type]] = {
    **{kind: kind for kind in (str, int, float, bool)},
    dict[str, Any]: dict,
    list[Any]: list,
}


def parse_datetime(text: str) -> datetime:
    """A time, in UTC where the text names no zone: that is what CircleCI means then."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def straight_decoder(kind: Any, choose: Callable[[Any], Straight]) -> Straight:
    """The straight decoder of a type.

    Args:
        kind: The type, as a model declares it.
        choose: Gives the function for a union, which takes more than straight code.
    """
    origin = get_origin(kind)
    if is_model(kind):
        return _model(kind, choose)
    if origin is list:
        return _list(straight_decoder(get_args(kind)[0], choose))
    if origin is dict:
        return _dict(straight_decoder(get_args(kind)[1], choose))
    if origin is Union or origin is types.UnionType:
        return _union_of_json(kind) or choose(kind)
    code = _Code(choose)
    return code.compiled("source", [f"return {code.plain(kind, 'source')}"], str(kind))


def _list(item: Straight) -> Straight:
    def decode(value: Any) -> Any:
        if type(value) is not list:
            raise Deviates
        return [item(entry) for entry in value]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]

    return decode


def _dict(item: Straight) -> Straight:
    def decode(value: Any) -> Any:
        if type(value) is not dict:
            raise Deviates
        return {key: item(entry) for key, entry in value.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]

    return decode


def _union_of_json(kind: Any) -> Straight | None:
    """For a union of JSON's own types, which need no decoding."""
    accepted = frozenset(_JSON_TYPES.get(arm) for arm in get_args(kind))
    if None in accepted:
        return None

    def decode(value: Any) -> Any:
        if type(value) not in accepted:
            raise Deviates
        return value

    return decode


def _model(kind: Any, choose: Callable[[Any], Straight]) -> Straight:
    made: Straight | None = None

    def decode(value: Any) -> Any:
        nonlocal made
        if made is None:
            # Not made with the decoder but with the first value, because models may refer to each other in a circle.
            made = _compiled_model(kind, choose)
        return made(value)

    return decode


@cache
def _compiled_model(kind: Any, choose: Callable[[Any], Straight]) -> Straight:
    code = _Code(choose)
    fields = wire_fields(kind)
    required = sum(field.required for field in fields)
    body = [
        "get = received.get",
        # Set one by one, because a call with keyword arguments costs three times as much.
        "model = new(kind)",
        *(f"model.{field.attribute} = {code.field(field)}" for field in fields),
        # With as many keys as are required there is none that is unknown, since none of the required was missing.
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
    # As `parse_datetime` does it, without the call.
    datetime: "(m if (m := moment({source})).tzinfo is not None else m.replace(tzinfo=utc))",
    date: "day({source})",
    UUID: "uuid({source})",
}
"""How a value without parts is decoded: ``source`` is its expression, ``bound`` the same with its value named ``v``."""


class _Code:
    """The code of one decoder: expressions for its values, and the objects that they name."""

    def __init__(self, choose: Callable[[Any], Straight]) -> None:
        self._choose = choose
        self.names: dict[str, Any] = {
            "deviate": _deviate,
            "missing": _MISSING,
            "day": date.fromisoformat,
            "moment": datetime.fromisoformat,
            "utc": UTC,
            "uuid": UUID,
        }

    def field(self, field: WireField) -> str:
        """An expression for a field, out of ``received``."""
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
        inner = rest[0] if len(rest) == 1 else Union[tuple(rest)]  # noqa: UP007 - made at run time
        return f"(None if (v := {source}) is None else {self.plain(inner, 'v')})"

    def plain(self, kind: Any, source: str) -> str:
        """An expression for a value that is not null, out of the value of another expression."""
        if kind in _EXPRESSIONS:
            return _EXPRESSIONS[kind].format(source=source, bound=_bound(source))
        if isinstance(kind, type) and issubclass(kind, OpenStrEnum):
            return f"{self._name({member.value: member for member in kind})}[{source}]"
        if is_model(kind):
            return f"{self._model(kind)}({source})"
        if get_origin(kind) is list and is_model(get_args(kind)[0]):
            decode = self._model(get_args(kind)[0])
            return f"([{decode}(entry) for entry in v] if type({_bound(source)}) is list else deviate())"
        return f"{self._name(straight_decoder(kind, self._choose))}({source})"

    def _model(self, kind: Any) -> str:
        """The name of the decoder of a model: at first a stand-in, which puts the decoder in its place when it is called."""

        def stand_in(value: Any) -> Any:
            self.names[name] = _compiled_model(kind, self._choose)
            return self.names[name](value)

        name = self._name(stand_in)
        return name

    def _name(self, value: Any) -> str:
        name = f"name_{len(self.names)}"
        self.names[name] = value
        return name

    def compiled(self, parameter: str, body: list[str], title: str) -> Straight:
        """The function of one parameter with this body, compiled."""
        text = "\n".join([f"def decode({parameter}):", *(f"    {line}" for line in body)])
        exec(compile(text, f"<decoder of {title}>", "exec"), self.names)  # noqa: S102 - see the module
        decode: Straight = self.names["decode"]
        return decode


def _arms(kind: Any) -> tuple[Any, ...]:
    return get_args(kind) if get_origin(kind) in (Union, types.UnionType) else (kind,)


def _bound(source: str) -> str:
    """An expression that gives its value the name ``v``."""
    return source if source == "v" else f"v := {source}"


def _deviate() -> None:
    raise Deviates
