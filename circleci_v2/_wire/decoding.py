"""From JSON to models: the decoder of a type is derived from the type itself, on first use.

Decoding never fails on what the live API sends. Where a response deviates from its description, the value is kept as it is
(or None, where it is missing) and the deviation is reported to the `JsonPath`; its handling is decided elsewhere. Keys are
accepted in kebab-case and in snake_case, because the API sends either.

A model is first decoded by generated code (`compiled_decoding`), which is fast and gives up at the first deviation; the
tolerant decoder in this module then decodes it again.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime
from enum import Enum
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin
from uuid import UUID

from circleci_v2._wire.compiled_decoding import (
    DEVIATIONS,
    DeviationSignal,
    FastDecoder,
    fast_decoder,
    parse_datetime,
)
from circleci_v2._wire.json import is_array, is_object
from circleci_v2._wire.types import (
    Deviation,
    JsonPath,
    OpenStrEnum,
    WireField,
    best_variant,
    fitting_variants,
    is_model,
    variant_tags,
    wire_fields,
)

__all__ = [
    "DEVIATIONS",
    "Decoder",
    "decode_silently",
    "decoder_for",
    "decoder_without_deviations",
    "fast_decoder_for",
    "tolerant_decoder_for",
]


Decoder = Callable[[Any, JsonPath, "str | int | None"], Any]
"""Decodes a JSON value; the other arguments are the path of its parent, and its key or index there (None: it has none)."""


@cache
def decoder_for(annotation: Any) -> Decoder:
    """The decoder of a type: a model, an enum, a JSON type, a UUID, a datetime, a list or dict of those, or a union."""
    if not is_model(annotation):
        return tolerant_decoder_for(annotation)
    decode_fast = fast_decoder_for(annotation)
    decode_tolerant = tolerant_decoder_for(annotation)

    def decode(value: Any, path: JsonPath, step: str | int | None) -> Any:
        try:
            return decode_fast(value)
        except DEVIATIONS:
            return decode_tolerant(value, path, step)

    return decode


@cache
def fast_decoder_for(annotation: Any) -> FastDecoder:
    """The decoder for JSON that is exactly as described; it raises one of `DEVIATIONS` for all other JSON."""
    return fast_decoder(annotation, decoder_without_deviations)


@cache
def tolerant_decoder_for(annotation: Any) -> Decoder:
    """The decoder for JSON of which the fast decoder found that it deviates."""
    origin = get_origin(annotation)
    if origin is Union or origin is types.UnionType:
        return _union(get_args(annotation))
    if origin is list:
        return _list(decoder_for(get_args(annotation)[0]))
    if origin is dict:
        return _dict(decoder_for(get_args(annotation)[1]))
    if annotation is Any or origin is Literal:
        return _anything
    if annotation in _SCALARS:
        return _SCALARS[annotation]
    if issubclass(annotation, OpenStrEnum):
        return _enum(annotation)
    if is_model(annotation):
        return _model(annotation)
    msg = f"{annotation!r} has no decoder: JSON is decoded into models, enums, scalars, lists, dicts and unions"
    raise TypeError(msg)


def decode_silently(annotation: Any, value: Any) -> Any:
    """Decode a value without reporting deviations."""
    return decoder_for(annotation)(value, JsonPath(lambda _: None), None)


def _anything(value: Any, _path: JsonPath, _step: str | int | None) -> Any:
    return value


def _exactly(expected: type, name: str) -> Decoder:
    def decode(value: Any, path: JsonPath, step: str | int | None) -> Any:
        if type(value) is not expected:
            path.report(step, f"expected {name}, found {_kind(value)}")
        return value

    return decode


def _number(value: Any, path: JsonPath, step: str | int | None) -> Any:
    if type(value) is not float and type(value) is not int:
        path.report(step, f"expected a number, found {_kind(value)}")
    return value


def _uuid(value: Any, path: JsonPath, step: str | int | None) -> Any:
    try:
        return UUID(value)
    except (AttributeError, TypeError, ValueError):
        path.report(step, f"expected a UUID, found {_kind(value)}")
        return value


def _datetime(value: Any, path: JsonPath, step: str | int | None) -> Any:
    try:
        return parse_datetime(value)
    except (TypeError, ValueError):
        path.report(step, f"expected a time, found {_kind(value)}")
        return value


def _date(value: Any, path: JsonPath, step: str | int | None) -> Any:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        path.report(step, f"expected a date, found {_kind(value)}")
        return value


_SCALARS: Mapping[Any, Decoder] = {
    str: _exactly(str, "text"),
    int: _exactly(int, "a whole number"),
    bool: _exactly(bool, "true or false"),
    float: _number,
    UUID: _uuid,
    date: _date,
    datetime: _datetime,
}


def _enum(kind: type[OpenStrEnum]) -> Decoder:
    members: Mapping[Any, Enum] = {member.value: member for member in kind}

    def decode(value: Any, path: JsonPath, step: str | int | None) -> Any:
        if type(value) is not str:
            path.report(step, f"expected a value of {kind.__name__}, found {_kind(value)}")
            return value
        member = members.get(value)
        if member is None:
            path.report(step, f"unknown value {value!r} of {kind.__name__}")
            return kind(value)
        return member

    return decode


def _list(decode_item: Decoder) -> Decoder:
    def decode(value: Any, path: JsonPath, step: str | int | None) -> Any:
        if is_array(value):
            inner = path if step is None else path.child(step)
            return [decode_item(item, inner, index) for index, item in enumerate(value)]
        path.report(step, f"expected a list, found {_kind(value)}")
        return value

    return decode


def _dict(decode_value: Decoder) -> Decoder:
    def decode(value: Any, path: JsonPath, step: str | int | None) -> Any:
        if is_object(value):
            inner = path if step is None else path.child(step)
            return {key: decode_value(item, inner, key) for key, item in value.items()}
        path.report(step, f"expected an object, found {_kind(value)}")
        return value

    return decode


def _model(kind: Any) -> Decoder:
    plan: list[tuple[str, str, str | None, Decoder, bool]] = []

    def decode(value: Any, path: JsonPath, step: str | int | None) -> Any:
        if is_object(value):
            return decode_fields(value, path if step is None else path.child(step))
        path.report(step, f"expected an object, found {_kind(value)}")
        return value

    def decode_fields(received: dict[str, Any], path: JsonPath) -> Any:
        if not plan:
            # Created with the first value, because models may refer to each other in a circle.
            plan.extend(_planned(field) for field in wire_fields(kind))
        arguments: dict[str, Any] = {}
        for attribute, key, other_key, decode_field, required in plan:
            if key in received:
                arguments[attribute] = decode_field(received[key], path, key)
            elif other_key is not None and other_key in received:
                path.report(other_key, f"spelled {other_key!r}, published as {key!r}")
                arguments[attribute] = decode_field(received[other_key], path, other_key)
            elif required:
                path.report(key, "missing")
                arguments[attribute] = None
        if len(arguments) < len(received):
            _report_unknown(plan, received, path)
        return kind._from_received(arguments, received)  # noqa: SLF001 - for this decoder, and hidden from users

    return decode


def decoder_without_deviations(annotation: Any) -> FastDecoder:
    """The decoder of a type that raises at the first deviation; the member that fits a union best is selected as usual."""
    decode = decoder_for(annotation)

    def report(_: Deviation) -> None:
        raise DeviationSignal

    return lambda value: decode(value, JsonPath(report), None)


def _planned(field: WireField) -> tuple[str, str, str | None, Decoder, bool]:
    return (field.attribute, field.key, field.other_key, decoder_for(field.type), field.required)


def _report_unknown(plan: Sequence[tuple[Any, ...]], value: Mapping[str, Any], path: JsonPath) -> None:
    known = {entry[1] for entry in plan} | {entry[2] for entry in plan}
    for key in value:
        if key not in known:
            path.report(key, "unknown field")


def _union(arms: Sequence[Any]) -> Decoder:
    rest = [arm for arm in arms if arm is not types.NoneType and get_origin(arm) is not Literal]
    nullable = types.NoneType in arms
    decode_rest = decoder_for(rest[0]) if len(rest) == 1 else _choice(rest)

    def decode(value: Any, path: JsonPath, step: str | int | None) -> Any:
        return None if value is None and nullable else decode_rest(value, path, step)

    return decode


def _choice(arms: Sequence[Any]) -> Decoder:
    models = [arm for arm in arms if is_model(arm)]
    texts = [arm for arm in arms if arm in _TEXTS or (isinstance(arm, type) and issubclass(arm, OpenStrEnum))]
    others = [arm for arm in arms if arm not in models and arm not in texts]
    decode_text = _text(texts) if texts else None

    def decode(value: Any, path: JsonPath, step: str | int | None) -> Any:
        if models and is_object(value):
            fitting = fitting_variants(models, value)
            if fitting:
                return decoder_for(best_variant(fitting, value))(value, path, step)
            key = next(key for model in models for key in variant_tags(model) if key in value)
            inner = path if step is None else path.child(step)
            inner.report(key, f"unknown value {value[key]!r} of the field that tells the variants apart")
            return value
        if decode_text is not None and type(value) is str:
            return decode_text(value, path, step)
        arm = next((arm for arm in others if type(value) is (get_origin(arm) or arm)), None)
        if arm is None and type(value) is int and float in others:
            arm = float
        if arm is None:
            path.report(step, f"expected one of {', '.join(_name(arm) for arm in arms)}, found {_kind(value)}")
            return value
        return decoder_for(arm)(value, path, step)

    return decode


_TEXTS: tuple[type[Any], ...] = (UUID, date, datetime, OpenStrEnum, str)
"""The types that are text in JSON, the narrower before the wider: every date is a time, too."""


def _text(arms: Sequence[Any]) -> Decoder:
    """The decoder of text: as the narrowest type that accepts it, or else the widest."""
    *narrower, widest = sorted(arms, key=lambda arm: _TEXTS.index(arm if arm in _TEXTS else OpenStrEnum))
    attempts = [decoder_without_deviations(arm) for arm in narrower]

    def decode(value: Any, path: JsonPath, step: str | int | None) -> Any:
        for attempt in attempts:
            with suppress(DeviationSignal):
                return attempt(value)
        return decoder_for(widest)(value, path, step)

    return decode


def _name(arm: Any) -> str:
    return str(getattr(arm, "__name__", arm))


def _kind(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return f"text {value!r}" if len(value) <= 40 else f"text {value[:40]!r}…"
        case int() | float():
            return f"number {value}"
        case list():
            return "a list"
        case _:
            return "an object"
